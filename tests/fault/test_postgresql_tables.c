/* test_postgresql_tables.c - what the PostgreSQL store finds, makes and leaves alone in a database. */
#include "servers/postgresql.h"
#include "store/postgresql_schema.h"
#include "store/store.h"
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#define ORIGINAL_TABLE                                                                                                 \
    "CREATE TABLE meows(id VARCHAR(32) PRIMARY KEY, body TEXT NOT NULL, created_at TIMESTAMP WITH TIME ZONE NOT NULL)"

#define OPENERS 8

struct fixture {
    char url[512];
    meower_options *options;
    struct store store;
    bool is_open;
    meower_error error;
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

static void close_it(struct fixture *fixture)
{
    if (fixture->is_open) {
        store_close(&fixture->store);
    }
    fixture->is_open = false;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    close_it(fixture);
    postgresql_server_drop_database(fixture->url);
    meower_options_free(fixture->options);
    free(fixture);
    return 0;
}

static int open_it(struct fixture *fixture)
{
    close_it(fixture);
    int status = store_open(&fixture->store, fixture->options, 2, &fixture->error);
    fixture->is_open = status == MEOWER_OK;
    return status;
}

static void must_open(struct fixture *fixture)
{
    if (open_it(fixture) != MEOWER_OK) {
        fail_msg("%s", fixture->error.message);
    }
}

static void check_message(const struct fixture *fixture, const char *part)
{
    if (strstr(fixture->error.message, part) == NULL) {
        fail_msg("\"%s\" is missing in: %s", part, fixture->error.message);
    }
}

static void post(struct fixture *fixture, const char *id, int64_t at_us)
{
    meower_store_operation operation = {
        .kind = MEOWER_STORE_POST, .id = id, .body = "meow", .body_len = 4, .at_us = at_us};
    if (store_append(&fixture->store, &operation, 1, &fixture->error) != MEOWER_OK) {
        fail_msg("%s", fixture->error.message);
    }
    assert_int_equal(operation.status, MEOWER_OK);
}

static void check_answer(const struct fixture *fixture, const char *sql, const char *answer)
{
    assert_string_equal(postgresql_server_execute(fixture->url, "%s", sql), answer);
}

/* ---- the original system's database ----------------------------------------------------------------------------- */

#define UPPER_ID "2STcKMQ7MGgoDxpX9A5WuaJlx8V"
#define LOWER_ID "2SmasRGkif9qETAHwssB4GGYwdi"

static void make_original_database(const struct fixture *fixture)
{
    postgresql_server_execute(fixture->url,
                              ORIGINAL_TABLE "; INSERT INTO meows VALUES "
                                             "('" LOWER_ID "', 'lower', '2026-11-23 23:49:58.620261+00'), "
                                             "('" UPPER_ID "', 'upper', '1969-12-31 23:59:59.999999+00')");
}

struct collector {
    meower_row_sink sink;
    size_t count;
    char ids[8][MEOWER_ID_SIZE];
    int64_t created_at_us[8];
};

static int collect(meower_row_sink *sink, const meower_row *row)
{
    struct collector *collector = (struct collector *)sink;
    assert_true(collector->count < 8);
    snprintf(collector->ids[collector->count], MEOWER_ID_SIZE, "%s", row->id);
    collector->created_at_us[collector->count++] = row->created_at_us;
    return MEOWER_OK;
}

static void an_original_database_is_adopted_in_bytewise_order(void **state)
{
    struct fixture *fixture = *state;
    struct collector collector = {.sink.row = collect};
    make_original_database(fixture);
    must_open(fixture);
    assert_int_equal(fixture->store.info.head, 2);
    assert_string_equal(fixture->store.info.newest_id, LOWER_ID);
    assert_int_equal(store_read_events(&fixture->store, 0, 0, 8, &collector.sink, &fixture->error), MEOWER_OK);
    assert_int_equal(collector.count, 2);
    assert_string_equal(collector.ids[0], UPPER_ID);
    assert_string_equal(collector.ids[1], LOWER_ID);
}

static void times_are_exact_to_the_microsecond(void **state)
{
    struct fixture *fixture = *state;
    struct collector collector = {.sink.row = collect};
    make_original_database(fixture);
    must_open(fixture);
    post(fixture, "2SzzzzzzzzzzzzzzzzzzzzzzzzZ", INT64_C(1795477798620261));
    assert_int_equal(store_read_events(&fixture->store, 0, 0, 8, &collector.sink, &fixture->error), MEOWER_OK);
    assert_int_equal(collector.created_at_us[0], -1);
    assert_int_equal(collector.created_at_us[1], INT64_C(1795477798620261));
    assert_int_equal(collector.created_at_us[2], INT64_C(1795477798620261));
    check_answer(fixture, "SELECT count(DISTINCT created_at) FROM meows WHERE created_at > '2000-01-01'", "1");
}

static void the_original_table_keeps_its_columns(void **state)
{
    struct fixture *fixture = *state;
    static const char columns[] =
        "SELECT string_agg(column_name || ' ' || data_type || coalesce(character_maximum_length::text, '') || ' ' || "
        "is_nullable || coalesce(collation_name, ''), ', ' ORDER BY ordinal_position) "
        "FROM information_schema.columns WHERE table_name = 'meows'";
    static const char expected[] = "id character varying32 NO, body text NO, created_at timestamp with time zone NO";
    make_original_database(fixture);
    check_answer(fixture, columns, expected);
    must_open(fixture);
    check_answer(fixture, columns, expected);
}

static void a_new_table_of_meows_is_the_original_one(void **state)
{
    struct fixture *fixture = *state;
    must_open(fixture);
    check_answer(fixture,
                 "SELECT string_agg(column_name || ' ' || data_type || coalesce(character_maximum_length::text, '') || "
                 "' ' || is_nullable || coalesce(collation_name, ''), ', ' ORDER BY ordinal_position) "
                 "FROM information_schema.columns WHERE table_name = 'meows'",
                 "id character varying32 NO, body text NO, created_at timestamp with time zone NO");
    check_answer(fixture, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'meows'::regclass",
                 "PRIMARY KEY (id)");
}

static void an_original_program_reads_what_is_posted(void **state)
{
    struct fixture *fixture = *state;
    make_original_database(fixture);
    must_open(fixture);
    post(fixture, "2SzzzzzzzzzzzzzzzzzzzzzzzzZ", INT64_C(1795477798620261));
    check_answer(fixture, "SELECT id || body FROM meows ORDER BY created_at DESC, id DESC LIMIT 1",
                 "2SzzzzzzzzzzzzzzzzzzzzzzzzZmeow");
}

/* Nobody draws it, but then the batch is refused, not lost: higher ids are free. */
static void an_id_of_a_meow_that_is_not_adopted_yet_is_taken(void **state)
{
    struct fixture *fixture = *state;
    must_open(fixture);
    postgresql_server_execute(fixture->url, "INSERT INTO meows VALUES ('" UPPER_ID "', 'meow', now())");
    meower_store_operation operations[] = {
        {.kind = MEOWER_STORE_CHECKPOINT, .name = "relay", .position = 7},
        {.kind = MEOWER_STORE_POST, .id = UPPER_ID, .body = "meow", .body_len = 4, .at_us = 1}};
    assert_int_equal(store_append(&fixture->store, operations, 2, &fixture->error), MEOWER_ERROR_CONFLICT);
    assert_string_equal(operations[0].stored_id, UPPER_ID);
    assert_int_equal(store_append(&fixture->store, &operations[1], 1, &fixture->error), MEOWER_ERROR_CONFLICT);
    assert_string_equal(operations[1].stored_id, UPPER_ID);
    operations[1].id = LOWER_ID;
    assert_int_equal(store_append(&fixture->store, &operations[1], 1, &fixture->error), MEOWER_OK);
    must_open(fixture);
    assert_int_equal(fixture->store.info.head, 2);
    assert_string_equal(fixture->store.info.newest_id, LOWER_ID);
}

/* ---- tables of version 1, as they were before ids rose with positions ------------------------------------------- */

/* What a process of that version leaves: the newest id is not the last one, and it is deleted. */
static void make_version_1(struct fixture *fixture)
{
    must_open(fixture);
    post(fixture, UPPER_ID, 1);
    post(fixture, LOWER_ID, 2);
    close_it(fixture);
    postgresql_server_execute(
        fixture->url,
        "UPDATE meower_events SET position = position + 10; UPDATE meower_events SET position = 13 - position; "
        "INSERT INTO meower_events VALUES (3, 2, '" LOWER_ID "', now()); "
        "DELETE FROM meows WHERE id = '" LOWER_ID "'; UPDATE meower_head SET position = 3; "
        "ALTER TABLE meower_head DROP COLUMN newest_id; "
        "DROP FUNCTION meower_post_in_order; DROP FUNCTION meower_append_in_order; "
        "DROP FUNCTION meower_append_with_labels; DROP FUNCTION meower_filter; DROP FUNCTION meower_forget_labels "
        "CASCADE; DROP TABLE "
        "meower_labels; "
        "UPDATE meower_meta SET value = '1' WHERE name = 'version'");
}

static void the_newest_id_of_an_earlier_version_is_found(void **state)
{
    struct fixture *fixture = *state;
    make_version_1(fixture);
    must_open(fixture);
    assert_string_equal(fixture->store.info.newest_id, LOWER_ID);
    assert_int_equal(fixture->store.info.head, 3);
    check_answer(fixture, "SELECT value FROM meower_meta WHERE name = 'version'", "3");
    post(fixture, "2SzzzzzzzzzzzzzzzzzzzzzzzzZ", 3);
    meower_store_operation low = {.kind = MEOWER_STORE_POST, .id = LOWER_ID, .body = "meow", .body_len = 4};
    assert_int_equal(store_append(&fixture->store, &low, 1, &fixture->error), MEOWER_ERROR_CONFLICT);
}

static void what_a_process_of_an_earlier_version_has_stored_since_counts(void **state)
{
    struct fixture *fixture = *state;
    must_open(fixture);
    post(fixture, UPPER_ID, 1);
    close_it(fixture);
    postgresql_server_execute(fixture->url, "INSERT INTO meows VALUES ('" LOWER_ID "', 'meow', now()); "
                                            "INSERT INTO meower_events VALUES (2, 1, '" LOWER_ID "', now()); "
                                            "UPDATE meower_head SET position = 2");
    must_open(fixture);
    assert_string_equal(fixture->store.info.newest_id, LOWER_ID);
}

/* It would leave too few ids above it. */
/* ---- labels ----------------------------------------------------------------------------------------------------- */

static const meower_label some_labels[] = {MEOWER_LABEL("room", "garden"), MEOWER_LABEL("tag", "cats")};

static meower_store_operation labelled_post(const char *id)
{
    return (meower_store_operation){
        .kind = MEOWER_STORE_POST, .id = id, .body = "meow", .body_len = 4, .labels = some_labels, .label_count = 2};
}

static void append(struct fixture *fixture, meower_store_operation *operations, size_t count)
{
    if (store_append(&fixture->store, operations, count, &fixture->error) != MEOWER_OK) {
        fail_msg("%s", fixture->error.message);
    }
}

/* A database as commit 9dd1588 made it, which was of version 1, with one meow and a deletion. */
static void make_database_of_version_1(const struct fixture *fixture)
{
    for (size_t i = 0; i < POSTGRESQL_MIGRATION_STEPS && postgresql_migrations[0][i] != NULL; i++) {
        postgresql_server_execute(fixture->url, "%s", postgresql_migrations[0][i]);
    }
    postgresql_server_execute(
        fixture->url, "INSERT INTO meower_meta VALUES ('epoch', '0123456789abcdef'), ('version', '1'); "
                      "INSERT INTO meows VALUES ('" UPPER_ID "', 'upper', now()); "
                      "INSERT INTO meower_events VALUES (1, 1, '" UPPER_ID "', now()), (2, 1, '" LOWER_ID "', now()), "
                      "(3, 2, '" LOWER_ID "', now()); UPDATE meower_head SET position = 3");
}

static void a_database_of_version_1_gets_its_labels(void **state)
{
    struct fixture *fixture = *state;
    make_database_of_version_1(fixture);
    must_open(fixture);
    assert_int_equal(fixture->store.info.head, 3);
    check_answer(fixture, "SELECT value FROM meower_meta WHERE name = 'version'", "3");
    check_answer(fixture,
                 "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute "
                 "WHERE attrelid = 'meows'::regclass AND attnum > 0",
                 "id body created_at");
    meower_store_operation operation = labelled_post("2SzzzzzzzzzzzzzzzzzzzzzzzzZ");
    append(fixture, &operation, 1);
    assert_int_equal(operation.position, 4);
    check_answer(fixture, "SELECT count(*) FROM meower_labels", "2");
}

static void deletions_leave_no_labels_whoever_deletes(void **state)
{
    struct fixture *fixture = *state;
    must_open(fixture);
    meower_store_operation operations[] = {
        labelled_post(UPPER_ID), labelled_post(LOWER_ID), {.kind = MEOWER_STORE_DELETE, .id = UPPER_ID}};
    append(fixture, operations, 3);
    check_answer(fixture, "SELECT string_agg(DISTINCT meow_id, ' ') FROM meower_labels", LOWER_ID);
    postgresql_server_execute(fixture->url, "DELETE FROM meows");
    check_answer(fixture, "SELECT count(*) FROM meower_labels", "0");
}

static void who_deletes_needs_no_right_to_our_tables(void **state)
{
    struct fixture *fixture = *state;
    const char *database = strstr(fixture->url, "dbname=") + strlen("dbname=");
    must_open(fixture);
    meower_store_operation operation = labelled_post(UPPER_ID);
    append(fixture, &operation, 1);
    postgresql_server_execute(fixture->url,
                              "CREATE ROLE %s_writer; GRANT SELECT, DELETE ON meows TO %s_writer; SET ROLE %s_writer; "
                              "DELETE FROM meows; RESET ROLE; DROP OWNED BY %s_writer; DROP ROLE %s_writer",
                              database, database, database, database, database);
    check_answer(fixture, "SELECT count(*) FROM meower_labels", "0");
}

static void an_id_of_the_end_of_time_is_not_adopted(void **state)
{
    struct fixture *fixture = *state;
    make_original_database(fixture);
    postgresql_server_execute(fixture->url, "INSERT INTO meows VALUES ('aWgEPLxxrZOFaOlDVFHTB3ZiQOO', 'x', now())");
    assert_int_equal(open_it(fixture), MEOWER_ERROR_CORRUPT);
    check_message(fixture, "aWgEPLxxrZOFaOlDVFHTB3ZiQOO");
    check_message(fixture, "June 2150");
}

static void a_malformed_id_is_named_and_nothing_is_changed(void **state)
{
    struct fixture *fixture = *state;
    make_original_database(fixture);
    postgresql_server_execute(fixture->url, "INSERT INTO meows VALUES ('not a ksuid', 'x', now())");
    assert_int_equal(open_it(fixture), MEOWER_ERROR_CORRUPT);
    check_message(fixture, "'not a ksuid'");
    postgresql_server_execute(fixture->url, "DELETE FROM meows WHERE id = 'not a ksuid'");
    must_open(fixture);
    assert_int_equal(fixture->store.info.head, 2);
}

static void a_time_that_is_none_is_refused(void **state)
{
    struct fixture *fixture = *state;
    make_original_database(fixture);
    postgresql_server_execute(fixture->url, "UPDATE meows SET created_at = 'infinity' WHERE id = '" UPPER_ID "'");
    assert_int_equal(open_it(fixture), MEOWER_ERROR_CORRUPT);
    check_message(fixture, UPPER_ID);
}

/* ---- tables that are not ours ----------------------------------------------------------------------------------- */

static void a_table_of_another_program_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    postgresql_server_execute(fixture->url, "CREATE TABLE meows(id INTEGER, body TEXT, created_at TIMESTAMP)");
    assert_int_equal(open_it(fixture), MEOWER_ERROR_CORRUPT);
    check_message(fixture, "another program");
    check_answer(fixture, "SELECT count(*) FROM pg_class WHERE relname LIKE 'meower%'", "0");
}

static void tables_of_a_newer_version_are_left_alone(void **state)
{
    struct fixture *fixture = *state;
    must_open(fixture);
    close_it(fixture);
    postgresql_server_execute(fixture->url, "UPDATE meower_meta SET value = '999' WHERE name = 'version'");
    assert_int_equal(open_it(fixture), MEOWER_ERROR_UNSUPPORTED);
    check_message(fixture, "999");
}

static void a_head_without_its_row_is_corrupt(void **state)
{
    struct fixture *fixture = *state;
    must_open(fixture);
    postgresql_server_execute(fixture->url, "DELETE FROM meower_head");
    meower_store_operation operation = {
        .kind = MEOWER_STORE_POST, .id = UPPER_ID, .body = "meow", .body_len = 4, .at_us = 1};
    assert_int_equal(store_append(&fixture->store, &operation, 1, &fixture->error), MEOWER_ERROR_CORRUPT);
    check_answer(fixture, "SELECT count(*) FROM meows", "0");
}

static void what_postgresql_cannot_store_is_refused_and_nothing_else_is_stored(void **state)
{
    struct fixture *fixture = *state;
    must_open(fixture);
    meower_store_operation operations[] = {
        {.kind = MEOWER_STORE_POST, .id = UPPER_ID, .body = "meow", .body_len = 4, .at_us = 1},
        {.kind = MEOWER_STORE_POST, .id = LOWER_ID, .body = "me\0w", .body_len = 4, .at_us = 1},
    };
    assert_int_equal(store_append(&fixture->store, operations, 2, &fixture->error), MEOWER_ERROR_INVALID);
    assert_int_equal(fixture->error.flags, 0);
    operations[1].body = "meow";
    operations[1].at_us = INT64_MIN; /* before the year -4712 */
    assert_int_equal(store_append(&fixture->store, operations, 2, &fixture->error), MEOWER_ERROR_INVALID);
    check_answer(fixture, "SELECT count(*) FROM meows", "0");
    post(fixture, UPPER_ID, 1);
}

/* PostgreSQL tells that the table is there already, which libpq would print. */
static void nothing_is_printed(void **state)
{
    struct fixture *fixture = *state;
    make_original_database(fixture);
    FILE *file = tmpfile();
    int kept = dup(STDERR_FILENO);
    assert_non_null(file);
    dup2(fileno(file), STDERR_FILENO);
    int status = open_it(fixture);
    dup2(kept, STDERR_FILENO);
    close(kept);
    fseek(file, 0, SEEK_END);
    long printed = ftell(file);
    fclose(file);
    assert_int_equal(status, MEOWER_OK);
    assert_int_equal(printed, 0);
}

/* ---- more than one process -------------------------------------------------------------------------------------- */

struct opener {
    struct fixture *fixture;
    pthread_t thread;
    int status;
    meower_store_info info;
    meower_error error;
};

static void *open_at_once(void *argument)
{
    struct opener *opener = argument;
    struct store store;
    opener->status = store_open(&store, opener->fixture->options, 1, &opener->error);
    if (opener->status == MEOWER_OK) {
        opener->info = store.info;
        store_close(&store);
    }
    return NULL;
}

static void all_that_open_a_new_database_at_once_find_one_store(void **state)
{
    struct opener openers[OPENERS];
    make_original_database(*state);
    for (int i = 0; i < OPENERS; i++) {
        openers[i] = (struct opener){.fixture = *state};
        assert_int_equal(pthread_create(&openers[i].thread, NULL, open_at_once, &openers[i]), 0);
    }
    for (int i = 0; i < OPENERS; i++) {
        pthread_join(openers[i].thread, NULL);
    }
    for (int i = 0; i < OPENERS; i++) {
        if (openers[i].status != MEOWER_OK) {
            fail_msg("%s", openers[i].error.message);
        }
        assert_string_equal(openers[i].info.epoch, openers[0].info.epoch);
        assert_int_equal(openers[i].info.head, 2);
    }
    check_answer(*state, "SELECT count(*) FROM meower_events", "2");
}

static void a_user_who_may_not_create_opens_what_is_there(void **state)
{
    struct fixture *fixture = *state;
    const char *database = strstr(fixture->url, "dbname=") + strlen("dbname=");
    char url[700];
    must_open(fixture);
    post(fixture, UPPER_ID, 1);
    postgresql_server_execute(fixture->url,
                              "CREATE ROLE %s_reader LOGIN PASSWORD 'x'; "
                              "GRANT SELECT ON ALL TABLES IN SCHEMA public TO %s_reader",
                              database, database);
    snprintf(url, sizeof(url), "%s&user=%s_reader&password=x", fixture->url, database);
    close_it(fixture);
    assert_int_equal(meower_options_set(fixture->options, "store", url, NULL), MEOWER_OK);
    int status = open_it(fixture);
    meower_store_operation operation = {
        .kind = MEOWER_STORE_POST, .id = LOWER_ID, .body = "meow", .body_len = 4, .at_us = 1};
    int append_status = status == MEOWER_OK ? store_append(&fixture->store, &operation, 1, &fixture->error) : status;
    close_it(fixture);
    postgresql_server_execute(fixture->url, "DROP OWNED BY %s_reader; DROP ROLE %s_reader", database, database);
    assert_int_equal(status, MEOWER_OK);
    assert_int_equal(append_status, MEOWER_ERROR_PERMISSION);
}

/* ---- sessions --------------------------------------------------------------------------------------------------- */

static int64_t number_of(const struct fixture *fixture, const char *sql)
{
    return strtoll(postgresql_server_execute(fixture->url, "%s", sql), NULL, 10);
}

static void leases_go_by_the_clock_of_the_server(void **state)
{
    struct fixture *fixture = *state;
    must_open(fixture);
    meower_store_operation lease = {
        .kind = MEOWER_STORE_LEASE, .name = "relay", .owner = "one", .at_us = 1000, .expires_us = 10001000};
    assert_int_equal(store_append(&fixture->store, &lease, 1, &fixture->error), MEOWER_OK);
    assert_in_range(number_of(fixture, "SELECT extract(epoch FROM expires_at - now()) * 1000 FROM meower_leases"), 5000,
                    10000);
    lease.owner = "two";
    lease.at_us = INT64_C(1790000000000000);
    lease.expires_us = lease.at_us + 10000000;
    assert_int_equal(store_append(&fixture->store, &lease, 1, &fixture->error), MEOWER_OK);
    assert_int_equal(lease.status, MEOWER_ERROR_LOCKED);
    postgresql_server_execute(fixture->url, "UPDATE meower_leases SET expires_at = now()");
    assert_int_equal(store_append(&fixture->store, &lease, 1, &fixture->error), MEOWER_OK);
    assert_int_equal(lease.status, MEOWER_OK);
}

/* A setting of the database that would change what our statements mean. */
static void settings_of_the_database_do_no_harm(void **state)
{
    struct fixture *fixture = *state;
    const char *database = strstr(fixture->url, "dbname=") + strlen("dbname=");
    postgresql_server_execute(fixture->url,
                              "ALTER DATABASE %s SET default_transaction_isolation = 'serializable'; "
                              "ALTER DATABASE %s SET TimeZone = 'Pacific/Auckland'; "
                              "ALTER DATABASE %s SET DateStyle = 'German'; "
                              "ALTER DATABASE %s SET client_encoding = 'LATIN1'",
                              database, database, database, database);
    times_are_exact_to_the_microsecond(state);
}

#define TABLES_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TABLES_TEST(an_original_database_is_adopted_in_bytewise_order),
        TABLES_TEST(times_are_exact_to_the_microsecond),
        TABLES_TEST(the_original_table_keeps_its_columns),
        TABLES_TEST(a_new_table_of_meows_is_the_original_one),
        TABLES_TEST(an_original_program_reads_what_is_posted),
        TABLES_TEST(an_id_of_a_meow_that_is_not_adopted_yet_is_taken),
        TABLES_TEST(the_newest_id_of_an_earlier_version_is_found),
        TABLES_TEST(what_a_process_of_an_earlier_version_has_stored_since_counts),
        TABLES_TEST(a_database_of_version_1_gets_its_labels),
        TABLES_TEST(deletions_leave_no_labels_whoever_deletes),
        TABLES_TEST(who_deletes_needs_no_right_to_our_tables),
        TABLES_TEST(an_id_of_the_end_of_time_is_not_adopted),
        TABLES_TEST(a_malformed_id_is_named_and_nothing_is_changed),
        TABLES_TEST(a_time_that_is_none_is_refused),
        TABLES_TEST(a_table_of_another_program_is_left_alone),
        TABLES_TEST(tables_of_a_newer_version_are_left_alone),
        TABLES_TEST(a_head_without_its_row_is_corrupt),
        TABLES_TEST(what_postgresql_cannot_store_is_refused_and_nothing_else_is_stored),
        TABLES_TEST(nothing_is_printed),
        TABLES_TEST(all_that_open_a_new_database_at_once_find_one_store),
        TABLES_TEST(a_user_who_may_not_create_opens_what_is_there),
        TABLES_TEST(leases_go_by_the_clock_of_the_server),
        TABLES_TEST(settings_of_the_database_do_no_harm),
    };
    return cmocka_run_group_tests_name("postgresql tables", tests, NULL, NULL);
}
