/* test_sqlite_labels.c - the labels of a SQLite store in its file: where they are, when they go, and how a file of an
 * earlier version gets its table of them. */
#include "sqlite_fixture.h"
#include "store/sqlite_labels.h"

#define COUNT_LABELS "SELECT count(*) FROM meower_meow_labels"
#define COUNT_SORTED "SELECT count(*) FROM meower_labels"

/* A file as commit 9dd1588 made it, the last one before ids rose with positions: three meows, of which one is deleted,
 * an idempotency key and the relay's checkpoint. */
#define VERSION_1                                                                                                      \
    "CREATE TABLE meows(id TEXT PRIMARY KEY, body TEXT NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;"          \
    "CREATE TABLE meower_meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"                              \
    "CREATE TABLE meower_events(position INTEGER PRIMARY KEY, kind INTEGER NOT NULL, meow_id TEXT NOT NULL, "          \
    "at INTEGER NOT NULL);"                                                                                            \
    "CREATE TABLE meower_checkpoints(name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;"                 \
    "CREATE TABLE meower_leases(name TEXT PRIMARY KEY, owner TEXT NOT NULL, expires_at INTEGER NOT NULL) "             \
    "WITHOUT ROWID;"                                                                                                   \
    "CREATE TABLE meower_keys(key TEXT PRIMARY KEY, fingerprint INTEGER NOT NULL, position INTEGER NOT NULL, "         \
    "expires_at INTEGER NOT NULL) WITHOUT ROWID;"                                                                      \
    "CREATE INDEX meower_keys_expires_at ON meower_keys(expires_at);"                                                  \
    "CREATE TABLE meower_unadopted(id TEXT PRIMARY KEY) WITHOUT ROWID;"                                                \
    "CREATE TRIGGER meower_meows_inserted AFTER INSERT ON meows "                                                      \
    "BEGIN INSERT OR IGNORE INTO meower_unadopted VALUES (NEW.id); END;"                                               \
    "INSERT INTO meower_meta VALUES ('epoch', '0123456789abcdef');"                                                    \
    "PRAGMA application_id = 0x4D656F77;"                                                                              \
    "PRAGMA user_version = 1;"                                                                                         \
    "PRAGMA journal_mode = WAL;"                                                                                       \
    "INSERT INTO meows VALUES ('2ST000000000000000000000001', 'one', 11), ('2ST000000000000000000000003', 'three', "   \
    "13);"                                                                                                             \
    "DELETE FROM meower_unadopted;"                                                                                    \
    "INSERT INTO meower_events VALUES (1, 1, '2ST000000000000000000000001', 11), "                                     \
    "(2, 1, '2ST000000000000000000000002', 12), (3, 1, '2ST000000000000000000000003', 13), "                           \
    "(4, 2, '2ST000000000000000000000002', 14);"                                                                       \
    "INSERT INTO meower_keys VALUES ('key', 7, 3, 9000000000000000000);"                                               \
    "INSERT INTO meower_checkpoints VALUES ('relay', 4)"

static const meower_label some_labels[] = {MEOWER_LABEL("room", "garden"), MEOWER_LABEL("tag", "unmistakable")};

static meower_store_operation labelled_post(unsigned number)
{
    meower_store_operation operation = post(number);
    operation.labels = some_labels;
    operation.label_count = 2;
    return operation;
}

static void append(struct fixture *fixture, meower_store_operation *operations, size_t count)
{
    check_ok(store_append(&fixture->store, operations, count, &fixture->error), &fixture->error);
}

static void append_labelled(struct fixture *fixture, unsigned number)
{
    meower_store_operation operation = labelled_post(number);
    append(fixture, &operation, 1);
}

/* Counts rows and their labels. */
struct label_counter {
    meower_row_sink sink;
    size_t rows;
    size_t labels;
};

static int count_labels(meower_row_sink *sink, const meower_row *row)
{
    struct label_counter *counter = (struct label_counter *)sink;
    counter->rows++;
    counter->labels += row->label_count;
    return MEOWER_OK;
}

static int list(struct fixture *fixture, struct label_counter *counter)
{
    const meower_range range = {.take = 100};
    *counter = (struct label_counter){.sink.row = count_labels};
    return store_list(&fixture->store, 1, &range, &counter->sink, &fixture->error);
}

/* ---- a file of an earlier version ------------------------------------------------------------------------------- */

static void a_file_of_an_earlier_version_is_migrated(void **state)
{
    struct fixture *fixture = *state;
    struct label_counter counter;
    uint64_t checkpoint = 0;
    foreign_sql(fixture, VERSION_1);
    open_store(fixture);
    assert_int_equal(fixture->store.info.head, 4);
    assert_string_equal(fixture->store.info.newest_id, id_of(3));
    assert_int_equal(count_events(fixture), 4);
    check_ok(store_checkpoint(&fixture->store, 0, "relay", &checkpoint, &fixture->error), &fixture->error);
    assert_int_equal(checkpoint, 4);
    meower_store_operation again = labelled_post(4);
    again.idempotency_key = "key";
    again.fingerprint = 7;
    again.expires_us = 9;
    append(fixture, &again, 1);
    assert_int_equal(again.replayed, 1);
    assert_string_equal(again.stored_id, id_of(3));
    append_labelled(fixture, 5);
    check_ok(list(fixture, &counter), &fixture->error);
    assert_int_equal(counter.rows, 3);
    assert_int_equal(counter.labels, 2);
    store_close(&fixture->store);
    check_integrity(fixture);
    assert_int_equal(foreign_sql(fixture, "PRAGMA user_version"), 2);
    assert_int_equal(foreign_sql(fixture, "SELECT count(*) FROM pragma_table_info('meows')"), 3);
}

static void a_file_of_an_earlier_version_is_migrated_once(void **state)
{
    struct fixture *fixture = *state;
    struct label_counter counter;
    foreign_sql(fixture, VERSION_1);
    foreign_sql(fixture, "INSERT INTO meower_meta VALUES ('newest_id', '2ST000000000000000000000003')");
    open_store(fixture);
    append_labelled(fixture, 5);
    reopen(fixture);
    check_ok(list(fixture, &counter), &fixture->error);
    assert_int_equal(counter.labels, 2);
    assert_int_equal(count_events(fixture), 5);
}

static void a_migration_that_fails_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    foreign_sql(fixture, VERSION_1);
    foreign_sql(fixture, "CREATE TABLE meower_labels(something)");
    check_corrupt_and_unchanged(fixture, "meower_labels");
}

static void who_looks_at_an_earlier_version_leaves_it_as_it_is(void **state)
{
    struct fixture *fixture = *state;
    struct label_counter counter;
    foreign_sql(fixture, VERSION_1);
    check_ok(store_open_to_look(&fixture->store, fixture->options, 2, &fixture->error), &fixture->error);
    check_ok(list(fixture, &counter), &fixture->error);
    assert_int_equal(counter.rows, 2);
    assert_int_equal(count_events(fixture), 4);
    store_close(&fixture->store);
    assert_int_equal(foreign_sql(fixture, "PRAGMA user_version"), 1);
}

static void a_backup_of_an_earlier_version_can_be_restored(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    foreign_sql(fixture, VERSION_1);
    snprintf(path, sizeof(path), "%s.copy", fixture->path);
    assert_int_equal(rename(fixture->path, path), 0);
    check_ok(store_restore(fixture->options, path, &fixture->error), &fixture->error);
    open_store(fixture);
    append_labelled(fixture, 5);
    assert_int_equal(count_events(fixture), 5);
}

/* ---- labels in the file ----------------------------------------------------------------------------------------- */

static void a_deletion_takes_the_labels_out_of_the_file(void **state)
{
    struct fixture *fixture = *state;
    size_t len;
    open_store(fixture);
    append_labelled(fixture, 1);
    assert_int_equal(foreign_sql(fixture, COUNT_LABELS), 2);
    check_ok(append_deletion(fixture, 1), &fixture->error);
    assert_int_equal(foreign_sql(fixture, COUNT_LABELS), 0);
    store_close(&fixture->store);
    char *bytes = read_file(fixture->path, &len);
    assert_null(memmem(bytes, len, "unmistakable", 12));
    free(bytes);
}

/* ---- sorted and unsorted ---------------------------------------------------------------------------------------- */

/* So many posts with two labels each that all are sorted but for the last one. */
#define SORTED_POSTS (SQLITE_LABELS_UNSORTED_MAX / 2 + 1)

static void append_until_sorted(struct fixture *fixture)
{
    for (unsigned i = 1; i <= SORTED_POSTS + 1; i++) {
        append_labelled(fixture, i);
    }
    assert_int_equal(foreign_sql(fixture, COUNT_SORTED), 2 * SORTED_POSTS);
    assert_int_equal(foreign_sql(fixture, COUNT_LABELS), 2 * SORTED_POSTS + 2);
}

static void expect_listed(struct fixture *fixture, const meower_range *range, size_t rows)
{
    struct label_counter counter = {.sink.row = count_labels};
    check_ok(store_list(&fixture->store, 1, range, &counter.sink, &fixture->error), &fixture->error);
    assert_int_equal(counter.rows, rows);
    assert_int_equal(counter.labels, 2 * rows);
}

static void a_filter_reads_what_is_sorted_and_what_is_not(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    append_until_sorted(fixture);
    for (int ascending = 0; ascending <= 1; ascending++) {
        const meower_range all = {.ascending = ascending, .take = 9999, .terms = some_labels, .term_count = 2};
        meower_range range = all;
        expect_listed(fixture, &range, SORTED_POSTS + 1);
        range.skip = SORTED_POSTS - 1;
        expect_listed(fixture, &range, 2);
        range = all;
        range.above = id_of(SORTED_POSTS - 1);
        expect_listed(fixture, &range, 2);
        range.below = id_of(SORTED_POSTS + 1);
        expect_listed(fixture, &range, 1);
    }
}

static void a_deletion_takes_sorted_labels_along(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    append_until_sorted(fixture);
    check_ok(append_deletion(fixture, 7), &fixture->error);
    assert_int_equal(foreign_sql(fixture, COUNT_SORTED), 2 * SORTED_POSTS - 2);
    foreign_sql(fixture, "DELETE FROM meows WHERE id = '2ST000000000000000000000001'");
    assert_int_equal(foreign_sql(fixture, COUNT_SORTED), 2 * SORTED_POSTS - 4);
    assert_int_equal(foreign_sql(fixture, COUNT_LABELS), 2 * SORTED_POSTS - 2);
}

static void a_batch_that_deletes_all_that_it_is_to_sort_is_stored(void **state)
{
    struct fixture *fixture = *state;
    static meower_store_operation operations[2 * SORTED_POSTS];
    static char ids[SORTED_POSTS][MEOWER_ID_SIZE];
    open_store(fixture);
    for (unsigned i = 0; i < SORTED_POSTS; i++) {
        snprintf(ids[i], sizeof(ids[i]), "%s", id_of(i + 1));
        operations[i] = labelled_post(i + 1);
        operations[i].id = ids[i];
        operations[SORTED_POSTS + i] = (meower_store_operation){.kind = MEOWER_STORE_DELETE, .id = ids[i], .at_us = 1};
    }
    append(fixture, operations, 2 * SORTED_POSTS);
    append_labelled(fixture, SORTED_POSTS + 1);
    assert_int_equal(foreign_sql(fixture, COUNT_LABELS), 2);
}

static void a_store_that_is_opened_again_goes_on_sorting(void **state)
{
    struct fixture *fixture = *state;
    const meower_range range = {.take = 9999, .terms = some_labels, .term_count = 2};
    open_store(fixture);
    for (unsigned i = 1; i < SORTED_POSTS; i++) {
        append_labelled(fixture, i);
    }
    reopen(fixture);
    assert_int_equal(foreign_sql(fixture, COUNT_SORTED), 0);
    append_labelled(fixture, SORTED_POSTS);
    assert_int_equal(foreign_sql(fixture, COUNT_SORTED), 2 * SORTED_POSTS);
    expect_listed(fixture, &range, SORTED_POSTS);
}

static void a_batch_that_deletes_what_it_posts_leaves_no_labels(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    meower_store_operation operations[] = {
        labelled_post(1), labelled_post(2), {.kind = MEOWER_STORE_DELETE, .id = id_of(1), .at_us = 3}};
    append(fixture, operations, 3);
    assert_int_equal(foreign_sql(fixture, COUNT_LABELS), 2);
}

static void a_foreign_deletion_takes_the_labels_along(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    append_labelled(fixture, 1);
    append_labelled(fixture, 2);
    foreign_sql(fixture, "DELETE FROM meows WHERE id = '2ST000000000000000000000001'");
    assert_int_equal(foreign_sql(fixture, COUNT_LABELS), 2);
}

static void the_first_labels_are_seen_by_lanes_that_have_read_before(void **state)
{
    struct fixture *fixture = *state;
    struct label_counter counter;
    open_store(fixture);
    post_some(fixture, 1, 1);
    check_ok(list(fixture, &counter), &fixture->error);
    append_labelled(fixture, 2);
    check_ok(list(fixture, &counter), &fixture->error);
    assert_int_equal(counter.labels, 2);
}

static void more_labels_than_a_meow_can_have_are_damage(void **state)
{
    struct fixture *fixture = *state;
    struct label_counter counter;
    open_store(fixture);
    append_labelled(fixture, 1);
    foreign_sql(fixture, "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 16) "
                         "INSERT INTO meower_meow_labels SELECT '2ST000000000000000000000001', 'x', i FROM n");
    assert_int_equal(list(fixture, &counter), MEOWER_ERROR_CORRUPT);
    assert_non_null(strstr(fixture->error.message, "more labels than a meow can have"));
}

struct text_keeper {
    meower_text_sink sink;
    char text[200];
};

static int keep_text(meower_text_sink *sink, const char *text)
{
    struct text_keeper *keeper = (struct text_keeper *)sink;
    snprintf(keeper->text, sizeof(keeper->text), "%s", text);
    return MEOWER_OK;
}

static void labels_of_no_meow_are_found_when_it_is_inspected(void **state)
{
    struct fixture *fixture = *state;
    struct text_keeper keeper = {.sink.text = keep_text};
    open_store(fixture);
    foreign_sql(fixture, "INSERT INTO meower_labels VALUES ('a', 'b', '2ST000000000000000000000009')");
    check_ok(store_inspect(&fixture->store, 0, &keeper.sink, &fixture->error), &fixture->error);
    assert_string_equal(keeper.text, "labels are kept of 2ST000000000000000000000009, which is no meow");
}

int main(void)
{
#define SQLITE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SQLITE_TEST(a_file_of_an_earlier_version_is_migrated),
        SQLITE_TEST(a_file_of_an_earlier_version_is_migrated_once),
        SQLITE_TEST(a_migration_that_fails_changes_nothing),
        SQLITE_TEST(who_looks_at_an_earlier_version_leaves_it_as_it_is),
        SQLITE_TEST(a_backup_of_an_earlier_version_can_be_restored),
        SQLITE_TEST(a_deletion_takes_the_labels_out_of_the_file),
        SQLITE_TEST(a_filter_reads_what_is_sorted_and_what_is_not),
        SQLITE_TEST(a_deletion_takes_sorted_labels_along),
        SQLITE_TEST(a_batch_that_deletes_all_that_it_is_to_sort_is_stored),
        SQLITE_TEST(a_store_that_is_opened_again_goes_on_sorting),
        SQLITE_TEST(a_batch_that_deletes_what_it_posts_leaves_no_labels),
        SQLITE_TEST(a_foreign_deletion_takes_the_labels_along),
        SQLITE_TEST(the_first_labels_are_seen_by_lanes_that_have_read_before),
        SQLITE_TEST(more_labels_than_a_meow_can_have_are_damage),
        SQLITE_TEST(labels_of_no_meow_are_found_when_it_is_inspected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
