/* test_sqlite_log.c - the VFS that gathers what a transaction writes to the log: one write for each commit, seen by
 * others as soon as it is committed, and nothing left behind by one that failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/sqlite_log.h"
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct fixture {
    char folder[64];
    char path[96];
    sqlite3_vfs *vfs;
    sqlite3 *writer; /* through the VFS */
    sqlite3 *reader; /* as anybody opens it */
};

static void run(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
}

static long long number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    long long value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    strcpy(fixture->folder, "/tmp/meower-log-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof(fixture->path), "%s/feed.db", fixture->folder);
    fixture->vfs = sqlite_log_vfs_new();
    assert_non_null(fixture->vfs);
    assert_int_equal(sqlite3_open_v2(fixture->path, &fixture->writer, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                     fixture->vfs->zName),
                     SQLITE_OK);
    run(fixture->writer, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
                         "CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT)");
    assert_int_equal(sqlite3_open(fixture->path, &fixture->reader), SQLITE_OK);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    char command[128];
    assert_int_equal(sqlite3_close(fixture->reader), SQLITE_OK);
    assert_int_equal(sqlite3_close(fixture->writer), SQLITE_OK);
    sqlite_log_vfs_free(fixture->vfs);
    snprintf(command, sizeof(command), "rm -r %s", fixture->folder);
    assert_int_equal(system(command), 0);
    free(fixture);
    return 0;
}

/* Writes of this process so far (proc(5), "syscw"). */
static long long writes(void)
{
    char line[64];
    long long count = -1;
    FILE *file = fopen("/proc/self/io", "r");
    if (file == NULL) {
        skip();
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        sscanf(line, "syscw: %lld", &count);
    }
    fclose(file);
    return count;
}

static void insert(sqlite3 *db, int rows, int size)
{
    char sql[200];
    snprintf(sql, sizeof(sql),
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
             "INSERT INTO t(text) SELECT hex(zeroblob(%d)) FROM n",
             rows, size / 2);
    run(db, sql);
}

static void a_transaction_is_one_write(void **state)
{
    struct fixture *fixture = *state;
    insert(fixture->writer, 1, 100); /* begins the log */
    long long before = writes();
    insert(fixture->writer, 100, 200); /* six pages and more */
    assert_int_equal(writes() - before, 1);
    assert_int_equal(number(fixture->reader, "SELECT count(*) FROM t"), 101);
}

static void a_commit_is_seen_by_others_at_once(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 1; i <= 100; i++) {
        insert(fixture->writer, 1, 100);
        assert_int_equal(number(fixture->reader, "SELECT count(*) FROM t"), i);
    }
}

static void a_transaction_larger_than_what_is_gathered_is_whole(void **state)
{
    struct fixture *fixture = *state;
    insert(fixture->writer, 1000, 2000);
    assert_int_equal(number(fixture->reader, "SELECT sum(length(text)) FROM t"), 2000000);
    assert_int_equal(number(fixture->writer, "SELECT sum(length(text)) FROM t"), 2000000);
}

/* With a small cache pages go to the log before the commit, and are read from there again. */
static void what_was_written_before_the_commit_is_read_again(void **state)
{
    struct fixture *fixture = *state;
    run(fixture->writer, "PRAGMA cache_size = 10; BEGIN");
    insert(fixture->writer, 300, 1000);
    run(fixture->writer, "UPDATE t SET text = text || 'x'");
    assert_int_equal(number(fixture->writer, "SELECT sum(length(text)) FROM t"), 300300);
    assert_int_equal(number(fixture->reader, "SELECT count(*) FROM t"), 0);
    run(fixture->writer, "ROLLBACK");
    assert_int_equal(number(fixture->writer, "SELECT count(*) FROM t"), 0);
    insert(fixture->writer, 10, 1000);
    assert_int_equal(number(fixture->reader, "SELECT sum(length(text)) FROM t"), 10000);
    run(fixture->writer, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(number(fixture->reader, "SELECT sum(length(text)) FROM t"), 10000);
}

/* Files may not grow beyond `size` bytes: a full disk. */
static void limit_files(rlim_t size)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = size;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void a_transaction_that_does_not_fit_the_disk_leaves_nothing_behind(void **state)
{
    struct fixture *fixture = *state;
    signal(SIGXFSZ, SIG_IGN);
    insert(fixture->writer, 1, 100);
    limit_files(32 * 1024);
    assert_int_not_equal(
        sqlite3_exec(fixture->writer, "INSERT INTO t(text) VALUES (hex(zeroblob(20000)))", NULL, NULL, NULL),
        SQLITE_OK);
    limit_files(RLIM_INFINITY);
    assert_int_equal(number(fixture->reader, "SELECT count(*) FROM t"), 1);
    insert(fixture->writer, 1, 100);
    assert_int_equal(number(fixture->reader, "SELECT sum(length(text)) FROM t"), 200);
    assert_int_equal(
        number(fixture->writer, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}

static void each_connection_has_a_vfs_of_its_own(void **state)
{
    struct fixture *fixture = *state;
    sqlite3_vfs *other = sqlite_log_vfs_new();
    char name[64];
    assert_non_null(other);
    assert_ptr_not_equal(sqlite3_vfs_find(fixture->vfs->zName), sqlite3_vfs_find(other->zName));
    snprintf(name, sizeof(name), "%s", other->zName);
    sqlite_log_vfs_free(other);
    assert_null(sqlite3_vfs_find(name));
    assert_ptr_equal(sqlite3_vfs_find(fixture->vfs->zName), fixture->vfs);
    assert_ptr_not_equal(sqlite3_vfs_find(NULL), fixture->vfs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_transaction_is_one_write, setup, teardown),
        cmocka_unit_test_setup_teardown(a_commit_is_seen_by_others_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_transaction_larger_than_what_is_gathered_is_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_written_before_the_commit_is_read_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_transaction_that_does_not_fit_the_disk_leaves_nothing_behind, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(each_connection_has_a_vfs_of_its_own, setup, teardown),
    };
    return cmocka_run_group_tests_name("sqlite_log", tests, NULL, NULL);
}
