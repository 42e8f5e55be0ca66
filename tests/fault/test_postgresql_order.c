/* test_postgresql_order.c - several processes write, one reads on from the last position it has. With a number from a
 * sequence, as any table may have, that reader loses rows: they are committed in another order than that of their
 * numbers. This control must lose some, or the test proves nothing; the store's reader must lose none, and see ids
 * rise, though each writer draws them by a clock of its own. */
#include "base/clock.h"
#include "base/ksuid.h"
#include "servers/postgresql.h"
#include "store/store.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>

#include <cmocka.h>

#define WRITERS    8
#define BATCH_SIZE 4
#define ROUND_MS   1000
#define ROUNDS_MAX 15
#define ROWS_MAX   1000000

struct fixture {
    char url[512];
    meower_options *options;
    atomic_bool must_end;
    atomic_int failures;
    uint64_t last;  /* the reader's position */
    uint64_t rows;  /* that it has seen */
    uint64_t steps; /* of one position each, among them */
    uint64_t rises; /* creations with an id above all before */
    uint64_t creations;
    char newest_id[MEOWER_ID_SIZE];
};

struct writer {
    struct fixture *fixture;
    unsigned number;
    pthread_t thread;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    *state = fixture;
    postgresql_server_make_database(fixture->url, sizeof(fixture->url));
    assert_int_equal(meower_options_new(&fixture->options, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(fixture->options, "store", fixture->url, NULL), MEOWER_OK);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    postgresql_server_drop_database(fixture->url);
    meower_options_free(fixture->options);
    free(fixture);
    return 0;
}

static void start(struct fixture *fixture, struct writer *writers, void *(*run)(void *))
{
    atomic_store(&fixture->must_end, false);
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.fixture = fixture, .number = i};
        assert_int_equal(pthread_create(&writers[i].thread, NULL, run, &writers[i]), 0);
    }
}

static void end(struct fixture *fixture, struct writer *writers)
{
    atomic_store(&fixture->must_end, true);
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
    }
    assert_int_equal(atomic_load(&fixture->failures), 0);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the control: a sequence ------------------------------------------------------------------------------------ */

static void *insert_with_sequence(void *argument)
{
    struct writer *writer = argument;
    PGconn *conn = PQconnectdb(writer->fixture->url);
    while (!atomic_load(&writer->fixture->must_end)) {
        PGresult *result = PQexec(conn, "INSERT INTO naive(body) SELECT 'meow' FROM generate_series(1, 4)");
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            atomic_fetch_add(&writer->fixture->failures, 1);
            atomic_store(&writer->fixture->must_end, true);
        }
        PQclear(result);
    }
    PQfinish(conn);
    return NULL;
}

static void read_naively(struct fixture *fixture, PGconn *reader)
{
    char sql[120];
    snprintf(sql, sizeof(sql), "SELECT number FROM naive WHERE number > %llu ORDER BY number",
             (unsigned long long)fixture->last);
    PGresult *result = PQexec(reader, sql);
    int count = PQntuples(result);
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    fixture->rows += (uint64_t)count;
    if (count > 0) {
        fixture->last = strtoull(PQgetvalue(result, count - 1, 0), NULL, 10);
    }
    PQclear(result);
}

static void a_reader_of_a_sequence_loses_rows(void **state)
{
    struct fixture *fixture = *state;
    struct writer writers[WRITERS];
    uint64_t written = 0;
    postgresql_server_execute(fixture->url, "CREATE TABLE naive(number BIGSERIAL PRIMARY KEY, body TEXT)");
    PGconn *reader = postgresql_server_connect(fixture->url);
    for (int round = 0; round < ROUNDS_MAX && written == fixture->rows; round++) {
        int64_t end_ms = now_ms() + ROUND_MS;
        start(fixture, writers, insert_with_sequence);
        while (now_ms() < end_ms) {
            read_naively(fixture, reader);
        }
        end(fixture, writers);
        read_naively(fixture, reader);
        written = strtoull(postgresql_server_execute(fixture->url, "SELECT count(*) FROM naive"), NULL, 10);
    }
    PQfinish(reader);
    print_message("control: %llu of %llu rows lost\n", (unsigned long long)(written - fixture->rows),
                  (unsigned long long)written);
    assert_true(fixture->rows < written);
}

/* ---- the store -------------------------------------------------------------------------------------------------- */

/* Some clocks are ahead, and one of them by an hour. */
static int64_t writer_now_us(const struct writer *writer)
{
    return clock_wall_us(clock_system()) + (int64_t)writer->number * writer->number * 1250000 +
           (writer->number == 3 ? INT64_C(3600000000) : 0);
}

static int append_batch(struct writer *writer, struct store *store, struct ksuid_source *source, unsigned batch)
{
    meower_store_operation operations[BATCH_SIZE];
    char ids[BATCH_SIZE][MEOWER_ID_SIZE];
    int status = MEOWER_ERROR_CONFLICT;
    for (unsigned refusals = 0; status == MEOWER_ERROR_CONFLICT && refusals < 30; refusals++) {
        int64_t now_us = writer_now_us(writer);
        if (refusals > 0) {
            ksuid_source_raise(source, operations[0].stored_id, now_us, INT64_C(500) << refusals);
        }
        for (int i = 0; i < BATCH_SIZE; i++) {
            ksuid_source_next(source, now_us, ids[i]);
            operations[i] = (meower_store_operation){
                .kind = MEOWER_STORE_POST, .id = ids[i], .body = "meow", .body_len = 4, .at_us = now_us};
        }
        if (batch % 4 == 0) { /* the other way that a batch may take */
            operations[1] = (meower_store_operation){.kind = MEOWER_STORE_DELETE, .id = ids[0], .at_us = now_us};
        }
        status = store_append(store, operations, BATCH_SIZE, NULL);
    }
    return status;
}

/* Each as a process of its own would: with its own store. */
static void *append_to_store(void *argument)
{
    struct writer *writer = argument;
    struct fixture *fixture = writer->fixture;
    struct ksuid_source source;
    struct store store;
    int status = store_open(&store, fixture->options, 1, NULL);
    bool is_open = status == MEOWER_OK;
    if (is_open) {
        ksuid_source_init(&source, clock_system(), store.info.newest_id);
    }
    for (unsigned batch = 0; status == MEOWER_OK && !atomic_load(&fixture->must_end); batch++) {
        status = append_batch(writer, &store, &source, batch);
    }
    if (status != MEOWER_OK) {
        atomic_fetch_add(&fixture->failures, 1);
    }
    if (is_open) {
        store_close(&store);
    }
    return NULL;
}

struct follower {
    meower_row_sink sink;
    struct fixture *fixture;
};

static int follow(meower_row_sink *sink, const meower_row *row)
{
    struct fixture *fixture = ((struct follower *)sink)->fixture;
    fixture->rows++;
    fixture->steps += row->position == fixture->last + 1 ? 1 : 0;
    fixture->last = row->position;
    if (row->kind == MEOWER_EVENT_CREATED) {
        fixture->creations++;
        fixture->rises += strcmp(row->id, fixture->newest_id) > 0 ? 1 : 0;
        memcpy(fixture->newest_id, row->id, sizeof(fixture->newest_id));
    }
    return MEOWER_OK;
}

static void a_reader_of_the_store_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct writer writers[WRITERS];
    struct follower follower = {.sink.row = follow, .fixture = fixture};
    struct store store;
    uint64_t head = 0;
    int64_t end_ms = now_ms() + 3 * ROUND_MS;
    assert_int_equal(store_open(&store, fixture->options, 1, NULL), MEOWER_OK);
    start(fixture, writers, append_to_store);
    while (now_ms() < end_ms) {
        assert_int_equal(store_head(&store, 0, &head, NULL), MEOWER_OK);
        assert_int_equal(store_read_events(&store, 0, fixture->last, ROWS_MAX, &follower.sink, NULL), MEOWER_OK);
        assert_true(fixture->last >= head);
    }
    end(fixture, writers);
    assert_int_equal(store_read_events(&store, 0, fixture->last, ROWS_MAX, &follower.sink, NULL), MEOWER_OK);
    store_close(&store);
    uint64_t written =
        strtoull(postgresql_server_execute(fixture->url, "SELECT count(*) FROM meower_events"), NULL, 10);
    print_message("store: %llu of %llu events lost\n", (unsigned long long)(written - fixture->rows),
                  (unsigned long long)written);
    assert_true(written > 0);
    assert_int_equal(fixture->rows, written);
    assert_int_equal(fixture->steps, written);
    assert_int_equal(fixture->last, written);
    assert_int_equal(fixture->rises, fixture->creations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_reader_of_a_sequence_loses_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_of_the_store_loses_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("postgresql order", tests, NULL, NULL);
}
