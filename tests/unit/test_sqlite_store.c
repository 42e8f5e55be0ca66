/* test_sqlite_store.c - what only the SQLite store has: a file, its lock, its damages, and foreign programs. What every
 * store does is in conformance/suite_store.c. */
#include "unit/sqlite_fixture.h"

#include "base/clock.h"
#include "store/sqlite_connection.h"
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#define NOBODY 65534 /* a user without rights */

/* ---- the lock --------------------------------------------------------------------------------------------------- */

static void a_second_store_in_this_process_is_locked_out(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    check_refused(fixture, MEOWER_ERROR_LOCKED, fixture->path);
    post_some(fixture, 1, 1);
}

static void a_link_to_the_file_leads_to_the_same_lock(void **state)
{
    struct fixture *fixture = *state;
    char url[128];
    open_store(fixture);
    snprintf(url, sizeof(url), "sqlite:%s/link.db", fixture->directory);
    assert_int_equal(symlink("feed.db", url + sizeof("sqlite:") - 1), 0);
    assert_int_equal(meower_options_set(fixture->options, "store", url, NULL), MEOWER_OK);
    check_refused(fixture, MEOWER_ERROR_LOCKED, fixture->path);
}

static void a_second_process_is_locked_out(void **state)
{
    struct fixture *fixture = *state;
    int status;
    open_store(fixture);
    pid_t child = fork();
    if (child == 0) {
        struct store store;
        _exit(-store_open(&store, fixture->options, 2, NULL));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(-WEXITSTATUS(status), MEOWER_ERROR_LOCKED);
}

static void closing_gives_the_lock_back(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    reopen(fixture);
}

/* A process that posts and says so, until it is killed. */
static void post_until_killed(struct fixture *fixture, int acknowledgements)
{
    open_store(fixture);
    for (unsigned number = 1;; number++) {
        if (append_post(fixture, number) != MEOWER_OK || write(acknowledgements, "+", 1) != 1) {
            _exit(1);
        }
    }
}

static void a_killed_process_leaves_all_it_acknowledged_and_no_lock(void **state)
{
    struct fixture *fixture = *state;
    int pipe_ends[2];
    char acknowledgement;
    uint64_t acknowledged = 0;
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    if (child == 0) {
        post_until_killed(fixture, pipe_ends[1]);
    }
    close(pipe_ends[1]);
    while (acknowledged < 20 && read(pipe_ends[0], &acknowledgement, 1) == 1) {
        acknowledged++;
    }
    kill(child, SIGKILL);
    while (read(pipe_ends[0], &acknowledgement, 1) == 1) {
        acknowledged++;
    }
    close(pipe_ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(acknowledged >= 20);

    open_store(fixture);
    assert_true(fixture->store.info.head >= acknowledged);
    assert_int_equal(count_events(fixture), fixture->store.info.head);
    check_integrity(fixture);
}

/* ---- paths ------------------------------------------------------------------------------------------------------ */

static void a_directory_that_does_not_exist_is_named(void **state)
{
    struct fixture *fixture = *state;
    char url[128];
    snprintf(url, sizeof(url), "sqlite:%s/none/feed.db", fixture->directory);
    assert_int_equal(meower_options_set(fixture->options, "store", url, NULL), MEOWER_OK);
    check_refused(fixture, MEOWER_ERROR_INVALID, "none/\" of the store");
}

static void a_url_must_name_a_file(void **state)
{
    struct fixture *fixture = *state;
    static const char *const urls[] = {"sqlite:", "sqlite::memory:", "sqlite:/tmp/"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(meower_options_set(fixture->options, "store", urls[i], NULL), MEOWER_OK);
        check_refused(fixture, MEOWER_ERROR_INVALID, "sqlite:PATH");
    }
}

static void a_directory_is_no_file(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(mkdir(fixture->path, 0755), 0);
    check_refused(fixture, MEOWER_ERROR_IO, fixture->path);
}

static void a_relative_path_stays_the_same_when_the_process_goes_elsewhere(void **state)
{
    struct fixture *fixture = *state;
    char before[512];
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(meower_options_set(fixture->options, "store", "sqlite:feed.db", NULL), MEOWER_OK);
    assert_int_equal(chdir(fixture->directory), 0);
    open_store(fixture);
    assert_int_equal(chdir(before), 0);
    post_some(fixture, 1, 2);
    assert_int_equal(count_events(fixture), 2);
}

/* Opens it as a user without rights. Returns the status. */
static int open_as_nobody(struct fixture *fixture)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct store store;
        if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) {
            _exit(100);
        }
        _exit(-store_open(&store, fixture->options, 2, NULL));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return -WEXITSTATUS(status);
}

static void a_file_that_may_only_be_read_is_a_matter_of_permission(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    store_close(&fixture->store);
    char lock_path[128];
    snprintf(lock_path, sizeof(lock_path), "%s.lock", fixture->path);
    assert_int_equal(unlink(lock_path), 0);
    assert_int_equal(chmod(fixture->directory, 0777), 0);
    assert_int_equal(chmod(fixture->path, 0444), 0);
    assert_int_equal(open_as_nobody(fixture), MEOWER_ERROR_PERMISSION);
}

static void a_directory_that_may_only_be_read_is_a_matter_of_permission(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(chmod(fixture->directory, 0555), 0);
    assert_int_equal(open_as_nobody(fixture), MEOWER_ERROR_PERMISSION);
    assert_int_equal(chmod(fixture->directory, 0755), 0);
}

/* ---- files that are not ours, or damaged ------------------------------------------------------------------------ */

static void a_file_that_is_no_database_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    static const char text[] = "Dear diary, today I was not a database.\n";
    write_file(fixture->path, text, sizeof(text) - 1);
    check_corrupt_and_unchanged(fixture, "not a database or is damaged");
}

static void a_database_of_another_program_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    foreign_sql(fixture, "CREATE TABLE accounts(id INTEGER PRIMARY KEY, name TEXT)");
    check_corrupt_and_unchanged(fixture, "another program");
}

/* Copies `from` to `to` in the fixture's directory. */
static void copy_file(const struct fixture *fixture, const char *from, const char *to)
{
    char path[128];
    size_t len;
    snprintf(path, sizeof(path), "%s/%s", fixture->directory, from);
    char *bytes = read_file(path, &len);
    assert_non_null(bytes);
    snprintf(path, sizeof(path), "%s/%s", fixture->directory, to);
    write_file(path, bytes, len);
    free(bytes);
}

/* A copy made while the other program ran, with what is only in its log. */
static void the_log_of_another_program_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    char other_path[128];
    sqlite3 *db;
    snprintf(other_path, sizeof(other_path), "%s/other.db", fixture->directory);
    assert_int_equal(sqlite3_open(other_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE accounts(id)", NULL, NULL, NULL), 0);
    copy_file(fixture, "other.db", "feed.db");
    copy_file(fixture, "other.db-wal", "feed.db-wal");
    sqlite3_close(db);
    check_corrupt_and_unchanged(fixture, "another program");
    assert_int_equal(foreign_sql(fixture, "SELECT count(*) FROM accounts"), 0);
}

static void a_table_of_meows_with_other_columns_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    foreign_sql(fixture, "CREATE TABLE meows(id INTEGER PRIMARY KEY, text TEXT)");
    check_corrupt_and_unchanged(fixture, "another program");
}

static void a_database_marked_by_another_program_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    foreign_sql(fixture, "PRAGMA application_id = 1; CREATE TABLE meows(id TEXT PRIMARY KEY, body, created_at)");
    check_corrupt_and_unchanged(fixture, "another program");
}

static void a_file_that_was_cut_off_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 100);
    store_close(&fixture->store);
    assert_int_equal(truncate(fixture->path, 8192), 0);
    check_corrupt_and_unchanged(fixture, "damaged");
}

static void a_file_full_of_garbage_behind_its_header_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 100);
    store_close(&fixture->store);
    size_t len;
    char *bytes = read_file(fixture->path, &len);
    memset(bytes + 4096, 0xA5, len - 4096);
    write_file(fixture->path, bytes, len);
    free(bytes);
    check_corrupt_and_unchanged(fixture, "damaged");
}

static void a_newer_schema_is_refused(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    store_close(&fixture->store);
    foreign_sql(fixture, "PRAGMA user_version = 3");
    check_refused(fixture, MEOWER_ERROR_UNSUPPORTED, "version 3 of the schema");
}

static void a_table_that_was_taken_away_is_damage(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    store_close(&fixture->store);
    foreign_sql(fixture, "DROP TABLE meower_keys");
    check_refused(fixture, MEOWER_ERROR_CORRUPT, "meower_keys");
}

/* ---- foreign meows ---------------------------------------------------------------------------------------------- */

static void a_plain_table_of_meows_becomes_a_feed(void **state)
{
    struct fixture *fixture = *state;
    foreign_sql(fixture, "CREATE TABLE meows(id TEXT PRIMARY KEY, body TEXT NOT NULL, created_at INTEGER NOT NULL);"
                         "INSERT INTO meows VALUES ('2ST000000000000000000000002', 'two', 2),"
                         "('2ST000000000000000000000001', 'one', 1)");
    open_store(fixture);
    assert_int_equal(fixture->store.info.head, 2);
    assert_string_equal(fixture->store.info.newest_id, id_of(2));
    post_some(fixture, 3, 3);
    assert_int_equal(count_events(fixture), 3);
}

/* What a version before ids rose with positions may have left: the newest id is not the last one, and it is deleted. */
static void the_newest_id_of_an_earlier_version_is_found(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 3);
    store_close(&fixture->store);
    foreign_sql(fixture, "DELETE FROM meower_meta WHERE name = 'newest_id';"
                         "UPDATE meower_events SET position = position + 10;"
                         "UPDATE meower_events SET position = 14 - position;"
                         "DELETE FROM meows WHERE id = '2ST000000000000000000000003';"
                         "INSERT INTO meower_events VALUES (4, 2, '2ST000000000000000000000003', 4)");
    open_store(fixture);
    assert_string_equal(fixture->store.info.newest_id, id_of(3));
    assert_int_equal(append_post(fixture, 3), MEOWER_ERROR_CONFLICT);
    assert_int_equal(append_post(fixture, 4), MEOWER_OK);
}

static void a_meow_that_nobody_could_read_is_not_adopted(void **state)
{
    struct fixture *fixture = *state;
    foreign_sql(fixture, "CREATE TABLE meows(id TEXT PRIMARY KEY, body TEXT NOT NULL, created_at INTEGER NOT NULL);"
                         "INSERT INTO meows VALUES ('2ST000000000000000000000001', 'one', 1), ('Short', 'two', 2)");
    check_refused(fixture, MEOWER_ERROR_CORRUPT, "'Short'");
    assert_int_equal(foreign_sql(fixture, "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'meower_*'"), 0);
}

/* It would leave too few ids above it. */
static void an_id_of_the_end_of_time_is_not_adopted(void **state)
{
    struct fixture *fixture = *state;
    foreign_sql(fixture, "CREATE TABLE meows(id TEXT PRIMARY KEY, body TEXT NOT NULL, created_at INTEGER NOT NULL);"
                         "INSERT INTO meows VALUES ('aWgEPLxxrZOFaOlDVFHTB3ZiQON', 'x', 1)");
    open_store(fixture);
    store_close(&fixture->store);
    foreign_sql(fixture, "INSERT INTO meows VALUES ('aWgEPLxxrZOFaOlDVFHTB3ZiQOO', 'x', 1)");
    check_refused(fixture, MEOWER_ERROR_CORRUPT, "June 2150");
}

static void a_meow_inserted_while_it_is_open_is_adopted_next_time(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 1);
    foreign_sql(fixture, "INSERT INTO meows VALUES ('2ST000000000000000000000002', 'two', 2)");
    post_some(fixture, 3, 3);
    assert_int_equal(count_events(fixture), 2);
    reopen(fixture);
    assert_int_equal(count_events(fixture), 3);
}

static void our_own_meows_are_not_noted_as_foreign(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 3);
    assert_int_equal(foreign_sql(fixture, "SELECT count(*) FROM meower_unadopted"), 0);
}

/* Waits for SQLite's busy timeout of 5 s; a deletion before changes nothing about that. */
static void a_foreign_lock_is_waited_for_and_then_an_error_for_now(void **state)
{
    struct fixture *fixture = *state;
    sqlite3 *db;
    open_store(fixture);
    post_some(fixture, 1, 1);
    check_ok(append_deletion(fixture, 1), &fixture->error);
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    int64_t start_us = clock_monotonic_us(clock_system());
    assert_int_equal(append_post(fixture, 2), MEOWER_ERROR_LOCKED);
    assert_true(clock_monotonic_us(clock_system()) - start_us > 4000000);
    assert_int_equal(fixture->error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    sqlite3_close(db);
    post_some(fixture, 2, 2);
    assert_int_equal(head_of(fixture), 3);
}

static void a_foreign_event_in_the_way_fails_the_batch_and_only_it(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    foreign_sql(fixture, "INSERT INTO meower_events VALUES (2, 1, '2ST000000000000000000000009', 9)");
    meower_store_operation operations[] = {post(1), post(2)};
    assert_int_equal(store_append(&fixture->store, operations, 2, &fixture->error), MEOWER_ERROR_CORRUPT);
    foreign_sql(fixture, "DELETE FROM meower_events WHERE position = 2");
    check_ok(store_append(&fixture->store, operations, 2, &fixture->error), &fixture->error);
    assert_int_equal(count_events(fixture), 2);
}

/* Deletes the second meow when it is given the first. */
struct deleting_sink {
    meower_row_sink sink;
    struct fixture *fixture;
    unsigned count;
};

static int take_and_delete(meower_row_sink *sink, const meower_row *row)
{
    struct deleting_sink *deleting = (struct deleting_sink *)sink;
    (void)row;
    if (deleting->count++ == 0) {
        check_ok(append_deletion(deleting->fixture, 2), &deleting->fixture->error);
    }
    return MEOWER_OK;
}

static void meows_that_are_got_together_are_of_one_moment(void **state)
{
    struct fixture *fixture = *state;
    const char *const ids[] = {id_of(1), id_of(2)};
    struct deleting_sink deleting = {.sink.row = take_and_delete, .fixture = fixture};
    open_store(fixture);
    post_some(fixture, 1, 2);
    check_ok(store_get(&fixture->store, 0, ids, 2, &deleting.sink, &fixture->error), &fixture->error);
    assert_int_equal(deleting.count, 2);
    deleting.count = 1;
    check_ok(store_get(&fixture->store, 0, ids, 2, &deleting.sink, &fixture->error), &fixture->error);
    assert_int_equal(deleting.count, 2);
}

static void assert_system_error(int system_errno, int expected)
{
    meower_error error = {0};
    assert_int_equal(sqlite_system_error(system_errno, "cannot do", "/some/file", &error), expected);
    assert_int_equal(error.code, expected);
    assert_int_equal(error.backend_domain, MEOWER_DOMAIN_ERRNO);
    assert_int_equal(error.backend_code, system_errno);
    assert_int_equal(error.flags, 0);
    assert_memory_equal(error.message, "cannot do \"/some/file\": ", 24);
    assert_string_equal(error.message + 24, strerror(system_errno));
}

static void an_error_of_the_system_says_what_is_to_be_done(void **state)
{
    (void)state;
    assert_system_error(EACCES, MEOWER_ERROR_PERMISSION);
    assert_system_error(EPERM, MEOWER_ERROR_PERMISSION);
    assert_system_error(EROFS, MEOWER_ERROR_PERMISSION);
    assert_system_error(ENOSPC, MEOWER_ERROR_FULL);
    assert_system_error(EDQUOT, MEOWER_ERROR_FULL);
    assert_system_error(ENOMEM, MEOWER_ERROR_NO_MEMORY);
    assert_system_error(EIO, MEOWER_ERROR_IO);
    assert_system_error(ENOTDIR, MEOWER_ERROR_IO);
}

#define STORE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_second_store_in_this_process_is_locked_out),
        STORE_TEST(a_link_to_the_file_leads_to_the_same_lock),
        STORE_TEST(a_second_process_is_locked_out),
        STORE_TEST(closing_gives_the_lock_back),
        STORE_TEST(a_killed_process_leaves_all_it_acknowledged_and_no_lock),
        STORE_TEST(a_directory_that_does_not_exist_is_named),
        STORE_TEST(a_url_must_name_a_file),
        STORE_TEST(a_directory_is_no_file),
        STORE_TEST(a_relative_path_stays_the_same_when_the_process_goes_elsewhere),
        STORE_TEST(a_file_that_may_only_be_read_is_a_matter_of_permission),
        STORE_TEST(a_directory_that_may_only_be_read_is_a_matter_of_permission),
        STORE_TEST(a_file_that_is_no_database_is_left_alone),
        STORE_TEST(a_database_of_another_program_is_left_alone),
        STORE_TEST(the_log_of_another_program_is_left_alone),
        STORE_TEST(a_table_of_meows_with_other_columns_is_left_alone),
        STORE_TEST(a_database_marked_by_another_program_is_left_alone),
        STORE_TEST(a_file_that_was_cut_off_is_left_alone),
        STORE_TEST(a_file_full_of_garbage_behind_its_header_is_left_alone),
        STORE_TEST(a_newer_schema_is_refused),
        STORE_TEST(a_table_that_was_taken_away_is_damage),
        STORE_TEST(a_plain_table_of_meows_becomes_a_feed),
        STORE_TEST(the_newest_id_of_an_earlier_version_is_found),
        STORE_TEST(a_meow_that_nobody_could_read_is_not_adopted),
        STORE_TEST(an_id_of_the_end_of_time_is_not_adopted),
        STORE_TEST(a_meow_inserted_while_it_is_open_is_adopted_next_time),
        STORE_TEST(our_own_meows_are_not_noted_as_foreign),
        STORE_TEST(a_foreign_lock_is_waited_for_and_then_an_error_for_now),
        STORE_TEST(a_foreign_event_in_the_way_fails_the_batch_and_only_it),
        STORE_TEST(meows_that_are_got_together_are_of_one_moment),
        cmocka_unit_test(an_error_of_the_system_says_what_is_to_be_done),
    };
    return cmocka_run_group_tests_name("sqlite store", tests, NULL, NULL);
}
