/* test_sqlite_backup.c - copies of a SQLite store: made while it works, restored, or put in its place by hand. */
#include "unit/sqlite_fixture.h"

/* ---- helpers ---------------------------------------------------------------------------------------------------- */

static void shell(const char *format, const struct fixture *fixture)
{
    char command[400];
    snprintf(command, sizeof(command), format, fixture->directory, fixture->directory);
    assert_int_equal(system(command), 0);
}

static const char *path_in(const struct fixture *fixture, const char *name)
{
    static char paths[4][160];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", fixture->directory, name);
    return path;
}

static void back_up(struct fixture *fixture, const char *name)
{
    check_ok(store_backup(fixture->options, path_in(fixture, name), &fixture->error), &fixture->error);
}

static void check_epoch(const struct fixture *fixture, const meower_store_info *before, bool is_same)
{
    if (is_same) {
        assert_string_equal(fixture->store.info.epoch, before->epoch);
    } else {
        assert_string_not_equal(fixture->store.info.epoch, before->epoch);
    }
}

/* ---- backup ----------------------------------------------------------------------------------------------------- */

static void a_backup_is_one_sound_file(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 100);
    back_up(fixture, "backup.db");
    assert_int_equal(access(path_in(fixture, "backup.db.part"), F_OK), -1);
    assert_int_equal(access(path_in(fixture, "backup.db-wal"), F_OK), -1);
    snprintf(fixture->path, sizeof(fixture->path), "%s/backup.db", fixture->directory);
    check_integrity(fixture);
    assert_int_equal(foreign_sql(fixture, "SELECT count(*) FROM meows"), 100);
    assert_int_equal(foreign_sql(fixture, "SELECT max(position) FROM meower_events"), 100);
}

static void a_backup_can_be_made_of_a_store_that_is_closed(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 3);
    store_close(&fixture->store);
    back_up(fixture, "backup.db");
    snprintf(fixture->path, sizeof(fixture->path), "%s/backup.db", fixture->directory);
    assert_int_equal(foreign_sql(fixture, "SELECT count(*) FROM meows"), 3);
}

static void a_backup_never_overwrites(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    write_file(path_in(fixture, "backup.db"), "precious", 8);
    assert_int_equal(store_backup(fixture->options, path_in(fixture, "backup.db"), &fixture->error),
                     MEOWER_ERROR_INVALID);
    assert_non_null(strstr(fixture->error.message, "exists"));
    size_t len;
    char *bytes = read_file(path_in(fixture, "backup.db"), &len);
    assert_int_equal(len, 8);
    free(bytes);
}

static void a_backup_of_nothing_is_refused_and_makes_nothing(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(store_backup(fixture->options, path_in(fixture, "backup.db"), &fixture->error),
                     MEOWER_ERROR_NOT_FOUND);
    assert_int_equal(access(fixture->path, F_OK), -1);
    assert_int_equal(access(path_in(fixture, "backup.db"), F_OK), -1);
}

static bool exists(const struct fixture *fixture, const char *name)
{
    return access(path_in(fixture, name), F_OK) == 0;
}

/* A backup that was cut off leaves its part, which is no database then. */
static void what_an_earlier_backup_left_hinders_none(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 3);
    write_file(path_in(fixture, "backup.db.part"), "half of a backup", 16);
    back_up(fixture, "backup.db");
    assert_false(exists(fixture, "backup.db.part"));
    snprintf(fixture->path, sizeof(fixture->path), "%s/backup.db", fixture->directory);
    assert_int_equal(foreign_sql(fixture, "SELECT count(*) FROM meows"), 3);
}

static void a_backup_that_fails_leaves_no_part(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 500);
    store_close(&fixture->store);
    shell("dd if=/dev/urandom of=%s/feed.db bs=4096 seek=6 count=4 conv=notrunc status=none; test -d %s", fixture);
    assert_int_not_equal(store_backup(fixture->options, path_in(fixture, "backup.db"), &fixture->error), MEOWER_OK);
    assert_false(exists(fixture, "backup.db"));
    assert_false(exists(fixture, "backup.db.part"));
    assert_false(exists(fixture, "backup.db.part-journal"));
}

static void a_deleted_text_is_not_in_the_backup(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operation = post(1);
    size_t len;
    open_store(fixture);
    operation.body = "unmistakable words";
    operation.body_len = strlen(operation.body);
    check_ok(store_append(&fixture->store, &operation, 1, &fixture->error), &fixture->error);
    back_up(fixture, "before.db");
    check_ok(append_deletion(fixture, 1), &fixture->error);
    back_up(fixture, "after.db");
    char *bytes = read_file(path_in(fixture, "before.db"), &len);
    assert_non_null(memmem(bytes, len, "unmistakable", 12));
    free(bytes);
    bytes = read_file(path_in(fixture, "after.db"), &len);
    assert_null(memmem(bytes, len, "unmistakable", 12));
    free(bytes);
}

/* ---- restore ---------------------------------------------------------------------------------------------------- */

static int restore(struct fixture *fixture, const char *name)
{
    return store_restore(fixture->options, path_in(fixture, name), &fixture->error);
}

static void every_restore_draws_another_epoch(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 3);
    back_up(fixture, "backup.db");
    meower_store_info first = fixture->store.info;
    store_close(&fixture->store);
    check_ok(restore(fixture, "backup.db"), &fixture->error);
    open_store(fixture);
    meower_store_info second = fixture->store.info;
    check_epoch(fixture, &first, false);
    reopen(fixture);
    check_epoch(fixture, &second, true);
    post_some(fixture, 4, 9);
    store_close(&fixture->store);
    check_ok(restore(fixture, "backup.db"), &fixture->error);
    open_store(fixture);
    check_epoch(fixture, &first, false);
    check_epoch(fixture, &second, false);
    assert_int_equal(head_of(fixture), 3);
}

static void what_was_replaced_is_kept_aside_with_its_log(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 2);
    back_up(fixture, "backup.db");
    post_some(fixture, 3, 5);
    /* As kill -9 leaves it: with a log. */
    shell("cp %s/feed.db-wal %s/wal", fixture);
    shell("cp %s/feed.db %s/feed", fixture);
    store_close(&fixture->store);
    shell("mv %s/wal %s/feed.db-wal", fixture);
    shell("mv %s/feed %s/feed.db", fixture);
    check_ok(restore(fixture, "backup.db"), &fixture->error);
    open_store(fixture);
    assert_int_equal(count_events(fixture), 2);
    store_close(&fixture->store);
    check_integrity(fixture);
    snprintf(fixture->path, sizeof(fixture->path), "%s/feed.db.replaced", fixture->directory);
    assert_int_equal(foreign_sql(fixture, "SELECT max(position) FROM meower_events"), 5);
}

/* The log and the index of the log, which belong to the old file, would be taken for those of the new one. */
static void nothing_of_the_old_file_is_left_beside_a_restored_one(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 2);
    back_up(fixture, "backup.db");
    post_some(fixture, 3, 5);
    store_close(&fixture->store);
    write_file(path_in(fixture, "feed.db-wal"), "an old log", 10);
    write_file(path_in(fixture, "feed.db-shm"), "an old index", 12);
    write_file(path_in(fixture, "feed.db.part"), "half of a copy", 14);
    check_ok(restore(fixture, "backup.db"), &fixture->error);
    assert_false(exists(fixture, "feed.db-wal"));
    assert_false(exists(fixture, "feed.db-shm"));
    assert_false(exists(fixture, "feed.db.part"));
    assert_true(exists(fixture, "feed.db.replaced-wal"));
    open_store(fixture);
    assert_int_equal(count_events(fixture), 2);
}

static void a_store_is_restored_where_there_was_none(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 2);
    back_up(fixture, "backup.db");
    store_close(&fixture->store);
    shell("rm %s/feed.db*; test -d %s", fixture);
    check_ok(restore(fixture, "backup.db"), &fixture->error);
    open_store(fixture);
    assert_int_equal(count_events(fixture), 2);
}

static void a_damaged_backup_is_refused_and_the_store_stays(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 500);
    back_up(fixture, "backup.db");
    meower_store_info before = fixture->store.info;
    store_close(&fixture->store);
    shell("dd if=/dev/urandom of=%s/backup.db bs=4096 seek=6 count=4 conv=notrunc status=none; test -d %s", fixture);
    assert_int_equal(restore(fixture, "backup.db"), MEOWER_ERROR_CORRUPT);
    assert_false(exists(fixture, "feed.db.part"));
    open_store(fixture);
    check_epoch(fixture, &before, true);
    assert_int_equal(count_events(fixture), 500);
}

/* Copying it whole succeeds: only a look at the copy tells. */
static void a_backup_whose_index_lacks_a_row_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct fixture backup = {.path = ""};
    open_store(fixture);
    post_some(fixture, 1, 3);
    back_up(fixture, "backup.db");
    meower_store_info before = fixture->store.info;
    store_close(&fixture->store);
    snprintf(backup.path, sizeof(backup.path), "%s/backup.db", fixture->directory);
    foreign_sql(&backup,
                "DROP INDEX meower_keys_expires_at;"
                "CREATE INDEX meower_keys_expires_at ON meower_keys(expires_at) WHERE expires_at > 5;"
                "INSERT INTO meower_keys VALUES ('key', 1, 1, 3);"
                "PRAGMA writable_schema = ON;"
                "UPDATE sqlite_schema SET sql = 'CREATE INDEX meower_keys_expires_at ON meower_keys(expires_at)' "
                "WHERE name = 'meower_keys_expires_at'");
    assert_int_equal(restore(fixture, "backup.db"), MEOWER_ERROR_CORRUPT);
    assert_non_null(strstr(fixture->error.message, "the store was not changed"));
    assert_false(exists(fixture, "feed.db.part"));
    open_store(fixture);
    check_epoch(fixture, &before, true);
    assert_int_equal(count_events(fixture), 3);
}

static void what_is_no_backup_is_refused(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 2);
    store_close(&fixture->store);
    assert_int_equal(restore(fixture, "missing.db"), MEOWER_ERROR_NOT_FOUND);
    assert_int_equal(restore(fixture, "feed.db"), MEOWER_ERROR_INVALID);
    write_file(path_in(fixture, "note.txt"), "this is no database, but it is long enough", 42);
    assert_int_equal(restore(fixture, "note.txt"), MEOWER_ERROR_CORRUPT);
    open_store(fixture);
    assert_int_equal(count_events(fixture), 2);
}

/* ---- files put in place by hand --------------------------------------------------------------------------------- */

/* The file keeps its inode, and is as whole as before: only positions are missing. */
static void an_earlier_copy_written_over_the_file_begins_another_life(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 3);
    store_close(&fixture->store);
    shell("cp %s/feed.db %s/copy.db", fixture);
    open_store(fixture);
    meower_store_info before = fixture->store.info;
    post_some(fixture, 4, 6);
    store_close(&fixture->store);
    shell("cp %s/copy.db %s/feed.db", fixture);
    open_store(fixture);
    check_epoch(fixture, &before, false);
    assert_int_equal(head_of(fixture), 3);
    meower_store_info after = fixture->store.info;
    reopen(fixture);
    check_epoch(fixture, &after, true);
}

static void a_crash_with_nothing_lost_keeps_the_epoch(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    meower_store_info before = fixture->store.info;
    post_some(fixture, 1, 3);
    shell("cp %s/feed.db.lock %s/lock", fixture);
    store_close(&fixture->store);
    /* The lock file as it was a moment before the last commit. */
    open_store(fixture);
    post_some(fixture, 4, 4);
    store_close(&fixture->store);
    shell("cp %s/lock %s/feed.db.lock", fixture);
    open_store(fixture);
    check_epoch(fixture, &before, true);
    assert_int_equal(head_of(fixture), 4);
}

static void a_copy_elsewhere_begins_another_life(void **state)
{
    struct fixture *fixture = *state;
    char url[200];
    open_store(fixture);
    post_some(fixture, 1, 3);
    meower_store_info before = fixture->store.info;
    store_close(&fixture->store);
    assert_int_equal(mkdir(path_in(fixture, "there"), 0700), 0);
    shell("cp -a %s/feed.db* %s/there", fixture); /* the lock file too */
    snprintf(url, sizeof(url), "sqlite:%s/there/feed.db", fixture->directory);
    assert_int_equal(meower_options_set(fixture->options, "store", url, NULL), MEOWER_OK);
    open_store(fixture);
    check_epoch(fixture, &before, false);
    assert_int_equal(head_of(fixture), 3);
}

static void a_store_without_its_lock_file_begins_another_life(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    post_some(fixture, 1, 3);
    meower_store_info before = fixture->store.info;
    store_close(&fixture->store);
    assert_int_equal(unlink(path_in(fixture, "feed.db.lock")), 0);
    open_store(fixture);
    check_epoch(fixture, &before, false);
}

static void an_empty_store_keeps_its_epoch_without_its_lock_file(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    meower_store_info before = fixture->store.info;
    store_close(&fixture->store);
    assert_int_equal(unlink(path_in(fixture, "feed.db.lock")), 0);
    open_store(fixture);
    check_epoch(fixture, &before, true);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_backup_is_one_sound_file),
        WITH_FIXTURE(a_backup_can_be_made_of_a_store_that_is_closed),
        WITH_FIXTURE(a_backup_never_overwrites),
        WITH_FIXTURE(a_backup_of_nothing_is_refused_and_makes_nothing),
        WITH_FIXTURE(what_an_earlier_backup_left_hinders_none),
        WITH_FIXTURE(a_backup_that_fails_leaves_no_part),
        WITH_FIXTURE(a_deleted_text_is_not_in_the_backup),
        WITH_FIXTURE(every_restore_draws_another_epoch),
        WITH_FIXTURE(what_was_replaced_is_kept_aside_with_its_log),
        WITH_FIXTURE(nothing_of_the_old_file_is_left_beside_a_restored_one),
        WITH_FIXTURE(a_store_is_restored_where_there_was_none),
        WITH_FIXTURE(a_damaged_backup_is_refused_and_the_store_stays),
        WITH_FIXTURE(a_backup_whose_index_lacks_a_row_is_refused),
        WITH_FIXTURE(what_is_no_backup_is_refused),
        WITH_FIXTURE(an_earlier_copy_written_over_the_file_begins_another_life),
        WITH_FIXTURE(a_crash_with_nothing_lost_keeps_the_epoch),
        WITH_FIXTURE(a_copy_elsewhere_begins_another_life),
        WITH_FIXTURE(a_store_without_its_lock_file_begins_another_life),
        WITH_FIXTURE(an_empty_store_keeps_its_epoch_without_its_lock_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
