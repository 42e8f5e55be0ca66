/* test_postgresql_outage.c - connections to PostgreSQL that break at the worst moment: no post is lost, none is stored
 * twice, and whoever reads goes on. */
#include "base/event.h"
#include "bus/bus.h"
#include "fault/tcp_proxy.h"
#include "servers/postgresql.h"
#include "store/store.h"
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <setjmp.h>

#include <cmocka.h>

#define START_US    INT64_C(1790000000000000)
#define BATCH_MAX   8
#define RETRIES_MAX 200

struct fixture {
    char url[512]; /* of the server itself */
    struct tcp_proxy *proxy;
    meower_options *options; /* with the proxy's URL */
    struct store store;
    meower_error error;
    unsigned chance;
};

static void check_ok(int status, const meower_error *error)
{
    if (status != MEOWER_OK) {
        fail_msg("status %d: %s", status, error->message);
    }
}

/* With parameters for the URL, such as "&options=..." */
static void open_fixture(struct fixture *fixture, const char *parameters)
{
    char url[800];
    postgresql_server_make_database(fixture->url, sizeof(fixture->url));
    PGconn *conn = postgresql_server_connect(fixture->url);
    fixture->proxy = tcp_proxy_open((unsigned)strtoul(PQport(conn), NULL, 10));
    PQfinish(conn);
    snprintf(url, sizeof(url), "%s&host=127.0.0.1&port=%u%s", fixture->url, tcp_proxy_port(fixture->proxy), parameters);
    assert_int_equal(meower_options_new(&fixture->options, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(fixture->options, "store", url, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(fixture->options, "bus", url, NULL), MEOWER_OK);
    check_ok(store_open(&fixture->store, fixture->options, 2, &fixture->error), &fixture->error);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.chance = 7};
    *state = &fixture;
    open_fixture(&fixture, "");
    return 0;
}

static int set_up_with_short_timeout(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.chance = 7};
    *state = &fixture;
    open_fixture(&fixture, "&options=-clock_timeout%3D300");
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    store_close(&fixture->store);
    tcp_proxy_close(fixture->proxy);
    postgresql_server_drop_database(fixture->url);
    meower_options_free(fixture->options);
    return 0;
}

/* ---- batches in few words --------------------------------------------------------------------------------------- */

/* Static storage for the 64 latest. */
static const char *id_of(unsigned number)
{
    static char ids[64][MEOWER_ID_SIZE];
    static unsigned next;
    char *id = ids[next++ % 64];
    snprintf(id, MEOWER_ID_SIZE, "2ST%024u", number);
    return id;
}

static meower_store_operation post(unsigned number)
{
    return (meower_store_operation){
        .kind = MEOWER_STORE_POST, .id = id_of(number), .body = "meow", .body_len = 4, .at_us = START_US + number};
}

static int append(struct fixture *fixture, meower_store_operation *operations, size_t count)
{
    return store_append(&fixture->store, operations, count, &fixture->error);
}

/* As the library's writer does: the same batch again for as long as that may help. */
static void append_until_done(struct fixture *fixture, meower_store_operation *operations, size_t count)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    int status = append(fixture, operations, count);
    for (int i = 0; i < RETRIES_MAX && status != MEOWER_OK; i++) {
        assert_int_equal(fixture->error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
        nanosleep(&pause, NULL);
        status = append(fixture, operations, count);
    }
    check_ok(status, &fixture->error);
}

static void check_unknown(struct fixture *fixture, int status)
{
    assert_int_equal(status, MEOWER_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(fixture->error.code, MEOWER_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(fixture->error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
}

static void check_answer(const struct fixture *fixture, const char *sql, const char *answer)
{
    assert_string_equal(postgresql_server_execute(fixture->url, "%s", sql), answer);
}

/* ---- append ----------------------------------------------------------------------------------------------------- */

static void a_batch_whose_answer_is_lost_is_stored_once(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operations[] = {post(1), post(2), post(3)};
    append_until_done(fixture, operations, 1);
    tcp_proxy_break(fixture->proxy, TCP_FAULT_LOSE_ANSWER);
    check_unknown(fixture, append(fixture, operations + 1, 2));
    append_until_done(fixture, operations + 1, 2);
    assert_int_equal(operations[1].status, MEOWER_OK);
    assert_int_equal(operations[1].replayed, 1);
    assert_int_equal(operations[1].position, 2);
    assert_string_equal(operations[1].stored_id, id_of(2));
    assert_int_equal(operations[1].stored_at_us, START_US + 2);
    assert_int_equal(operations[2].replayed, 1);
    assert_int_equal(operations[2].position, 3);
    check_answer(fixture, "SELECT count(*) FROM meower_events", "3");
}

static void a_batch_whose_request_is_lost_is_stored_when_it_comes_again(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operations[] = {post(1), post(2)};
    append_until_done(fixture, operations, 1);
    tcp_proxy_break(fixture->proxy, TCP_FAULT_LOSE_REQUEST);
    check_unknown(fixture, append(fixture, operations + 1, 1));
    check_answer(fixture, "SELECT count(*) FROM meower_events", "1");
    append_until_done(fixture, operations + 1, 1);
    assert_int_equal(operations[1].replayed, 0);
    assert_int_equal(operations[1].position, 2);
}

static void a_batch_of_any_operations_may_come_again(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation first = post(1);
    meower_store_operation operations[] = {
        post(2),
        post(3),
        {.kind = MEOWER_STORE_DELETE, .id = id_of(1), .at_us = START_US},
        {.kind = MEOWER_STORE_CHECKPOINT, .name = "relay", .position = 41},
    };
    operations[1].idempotency_key = "key";
    operations[1].fingerprint = UINT64_MAX;
    operations[1].expires_us = INT64_C(1790000001000000);
    append_until_done(fixture, &first, 1);
    tcp_proxy_break(fixture->proxy, TCP_FAULT_LOSE_ANSWER);
    check_unknown(fixture, append(fixture, operations, 4));
    append_until_done(fixture, operations, 4);
    assert_int_equal(operations[0].position, 2);
    assert_int_equal(operations[1].position, 3);
    assert_int_equal(operations[1].replayed, 1);
    assert_int_equal(operations[2].status, MEOWER_ERROR_NOT_FOUND);
    check_answer(fixture, "SELECT count(*) FROM meower_events", "4");
}

/* Another process has seen the meow and deleted it before its post comes again. */
static void a_batch_that_comes_again_brings_no_deleted_meow_back(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operation = post(1);
    append_until_done(fixture, &(meower_store_operation){.kind = MEOWER_STORE_CHECKPOINT, .name = "x"}, 1);
    tcp_proxy_break(fixture->proxy, TCP_FAULT_LOSE_ANSWER);
    check_unknown(fixture, append(fixture, &operation, 1));
    check_answer(fixture,
                 "WITH d AS (DELETE FROM meows RETURNING id), h AS (UPDATE meower_head SET position = position + 1) "
                 "INSERT INTO meower_events SELECT 2, 2, id, now() FROM d RETURNING position",
                 "2");
    append_until_done(fixture, &operation, 1);
    assert_int_equal(operation.status, MEOWER_OK);
    assert_int_equal(operation.replayed, 1);
    assert_int_equal(operation.position, 1);
    check_answer(fixture, "SELECT count(*) FROM meows", "0");
}

/* The server does not know yet that the connection broke, and goes on with the batch when it can. */
static void a_session_left_behind_stores_nothing_after_the_batch_came_again(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operations[] = {post(1), post(2)};
    append_until_done(fixture, operations, 1);
    PGconn *blocker = postgresql_server_connect(fixture->url);
    PQclear(PQexec(blocker, "BEGIN; SELECT FROM meower_head FOR UPDATE"));
    tcp_proxy_break(fixture->proxy, TCP_FAULT_LEAVE_SERVER);
    check_unknown(fixture, append(fixture, operations + 1, 1));
    assert_int_equal(append(fixture, operations + 1, 1), MEOWER_ERROR_UNAVAILABLE);
    assert_non_null(strstr(fixture->error.message, "ending the session"));
    check_answer(fixture,
                 "SELECT pg_sleep(0.2); SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                 "AND application_name = 'meower' AND wait_event_type = 'Lock'",
                 "0");
    PQfinish(blocker);
    append_until_done(fixture, operations + 1, 1);
    assert_int_equal(operations[1].replayed, 0);
    assert_int_equal(operations[1].position, 2);
    check_answer(fixture, "SELECT count(*) FROM meower_events", "2");
}

static void a_connection_that_broke_while_idle_is_replaced_unnoticed(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operations[] = {post(1), post(2), post(3)};
    append_until_done(fixture, operations, 1);
    tcp_proxy_hang_up(fixture->proxy);
    check_ok(append(fixture, operations + 1, 1), &fixture->error);
    postgresql_server_execute(fixture->url, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                                            "WHERE datname = current_database() AND application_name = 'meower'; "
                                            "SELECT pg_sleep(0.3)");
    check_ok(append(fixture, operations + 2, 1), &fixture->error);
    assert_int_equal(operations[2].position, 3);
}

static void a_session_that_holds_the_head_is_waited_for_only_so_long(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operation = post(1);
    PGconn *blocker = postgresql_server_connect(fixture->url);
    PQclear(PQexec(blocker, "BEGIN; SELECT FROM meower_head FOR UPDATE"));
    assert_int_equal(append(fixture, &operation, 1), MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(fixture->error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    PQfinish(blocker);
    append_until_done(fixture, &operation, 1);
    assert_int_equal(operation.position, 1);
}

/* Breaks something in every second batch. */
static void break_something(struct fixture *fixture)
{
    fixture->chance = fixture->chance * 1103515245 + 12345; /* ISO C11, 7.22.2.2 */
    unsigned kind = fixture->chance / 65536 % 8;
    if (kind == 0) {
        tcp_proxy_hang_up(fixture->proxy);
    } else if (kind <= 3) {
        tcp_proxy_break(fixture->proxy, (enum tcp_fault)kind);
    }
}

static void whatever_breaks_each_post_is_stored_once_without_a_hole(void **state)
{
    struct fixture *fixture = *state;
    unsigned number = 0;
    for (unsigned batch = 0; batch < 60; batch++) {
        meower_store_operation operations[BATCH_MAX];
        unsigned first = number + 1;
        size_t count = 1 + batch % BATCH_MAX;
        for (size_t i = 0; i < count; i++) {
            operations[i] = post(++number);
        }
        break_something(fixture);
        append_until_done(fixture, operations, count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(operations[i].position, first + i);
        }
    }
    check_answer(fixture,
                 "SELECT count(*) FROM meower_events JOIN meows ON id = meow_id "
                 "WHERE meow_id = '2ST' || lpad(position::text, 24, '0')",
                 "262");
    check_answer(fixture, "SELECT count(*) + max(position) FROM meower_events", "524");
    assert_int_equal(number, 262);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static int ignore_row(meower_row_sink *sink, const meower_row *row)
{
    (void)sink;
    (void)row;
    return MEOWER_OK;
}

static void read_everything(struct fixture *fixture)
{
    meower_row_sink sink = {.row = ignore_row};
    const char *id = id_of(1);
    uint64_t position = 0;
    struct store *store = &fixture->store;
    check_ok(store_head(store, 0, &position, &fixture->error), &fixture->error);
    assert_int_equal(position, 1);
    check_ok(store_read_events(store, 1, 0, 10, &sink, &fixture->error), &fixture->error);
    check_ok(store_list(store, 1, &(meower_range){.take = 10}, &sink, &fixture->error), &fixture->error);
    check_ok(store_get(store, 1, &id, 1, &sink, &fixture->error), &fixture->error);
    check_ok(store_checkpoint(store, 1, "relay", &position, &fixture->error), &fixture->error);
}

static void readers_connect_again_within_the_call(void **state)
{
    static const enum tcp_fault faults[] = {TCP_FAULT_LOSE_REQUEST, TCP_FAULT_LOSE_ANSWER, TCP_FAULT_LEAVE_SERVER};
    struct fixture *fixture = *state;
    meower_store_operation operation = post(1);
    append_until_done(fixture, &operation, 1);
    read_everything(fixture);
    tcp_proxy_hang_up(fixture->proxy);
    read_everything(fixture);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        tcp_proxy_break(fixture->proxy, faults[i]);
        read_everything(fixture);
    }
}

static void a_server_that_is_gone_is_unavailable(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operations[] = {post(1), post(2)};
    uint64_t position = 7;
    append_until_done(fixture, operations, 1);
    read_everything(fixture);
    unsigned port = tcp_proxy_port(fixture->proxy);
    tcp_proxy_close(fixture->proxy);
    assert_int_equal(store_head(&fixture->store, 0, &position, &fixture->error), MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(fixture->error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    assert_int_equal(position, 7);
    assert_int_equal(append(fixture, operations + 1, 1), MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(fixture->error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    fixture->proxy = tcp_proxy_open(port);
}

/* ---- the bus ---------------------------------------------------------------------------------------------------- */

struct listener {
    meower_bus_sink sink;
    uint64_t last;
};

static int note_position(meower_bus_sink *sink, const char *payload, size_t payload_len)
{
    char epoch[MEOWER_EPOCH_SIZE];
    assert_true(event_parse_payload(payload, payload_len, epoch, &((struct listener *)sink)->last));
    return MEOWER_OK;
}

static void publish_until_heard(struct fixture *fixture, struct bus *bus, uint64_t position)
{
    struct listener listener = {.sink.message = note_position};
    meower_bus_message message = {.position = position, .epoch = "0123456789abcdef"};
    for (int i = 0; i < 20 && listener.last < position; i++) {
        int status = bus_receive(bus, 50, &listener.sink, &fixture->error);
        if (status == MEOWER_OK) {
            status = bus_publish(bus, &message, 1, &fixture->error);
        }
        if (status != MEOWER_OK) {
            assert_int_equal(status, MEOWER_ERROR_UNAVAILABLE);
            assert_int_equal(fixture->error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
        }
    }
    assert_int_equal(listener.last, position);
}

static void a_bus_is_heard_again_after_its_connections_broke(void **state)
{
    struct fixture *fixture = *state;
    struct bus bus;
    check_ok(bus_open(&bus, fixture->options, &fixture->error), &fixture->error);
    publish_until_heard(fixture, &bus, 1);
    tcp_proxy_hang_up(fixture->proxy);
    publish_until_heard(fixture, &bus, 2);
    tcp_proxy_break(fixture->proxy, TCP_FAULT_LOSE_REQUEST);
    publish_until_heard(fixture, &bus, 3);
    bus_close(&bus);
}

#define OUTAGE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OUTAGE_TEST(a_batch_whose_answer_is_lost_is_stored_once),
        OUTAGE_TEST(a_batch_whose_request_is_lost_is_stored_when_it_comes_again),
        OUTAGE_TEST(a_batch_of_any_operations_may_come_again),
        OUTAGE_TEST(a_batch_that_comes_again_brings_no_deleted_meow_back),
        OUTAGE_TEST(a_session_left_behind_stores_nothing_after_the_batch_came_again),
        OUTAGE_TEST(a_connection_that_broke_while_idle_is_replaced_unnoticed),
        cmocka_unit_test_setup_teardown(a_session_that_holds_the_head_is_waited_for_only_so_long,
                                        set_up_with_short_timeout, tear_down),
        OUTAGE_TEST(whatever_breaks_each_post_is_stored_once_without_a_hole),
        OUTAGE_TEST(readers_connect_again_within_the_call),
        OUTAGE_TEST(a_server_that_is_gone_is_unavailable),
        OUTAGE_TEST(a_bus_is_heard_again_after_its_connections_broke),
    };
    return cmocka_run_group_tests_name("postgresql outage", tests, NULL, NULL);
}
