/* test_sqlite_store.c - what only the SQLite store has: a file, its lock, its damages, foreign programs, full disks.
 * What every store does is in conformance/suite_store.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store.h"
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534 /* a user without rights */

/* ---- faults of the system --------------------------------------------------------------------------------------- */

/* SQLite's writes and syncs pass here (sqlite3_vfs.xSetSystemCall, and the linker). One thread. */
static struct {
    int countdown;   /* the write or sync that fails, from 1; 0: none does */
    int error;       /* with this errno */
    bool has_failed; /* since the countdown was set */
    unsigned syncs;
} fault;

static bool is_due(void)
{
    if (fault.countdown == 0 || --fault.countdown > 0)
        return false;
    fault.has_failed = true;
    errno = fault.error;
    return true;
}

static ssize_t faulty_write(int fd, const void *bytes, size_t len)
{
    return is_due() ? -1 : write(fd, bytes, len);
}

static ssize_t faulty_pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    return is_due() ? -1 : pwrite(fd, bytes, len, offset);
}

/* Takes the place of the C library's, for SQLite too. A full disk shows in writes only. */
__attribute__((visibility("default"))) int fdatasync(int fd)
{
    fault.syncs++;
    return fault.error == EIO && is_due() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static int install_faults(void **state)
{
    (void)state;
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    assert_int_equal(vfs->xSetSystemCall(vfs, "write", (sqlite3_syscall_ptr)faulty_write), SQLITE_OK);
    assert_int_equal(vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)faulty_pwrite), SQLITE_OK);
    assert_int_equal(vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)faulty_pwrite), SQLITE_OK);
    return 0;
}

/* ---- the fixture: a directory, and a store in it that is not open yet -------------------------------------------- */

struct fixture {
    char directory[64];
    char path[96];
    meower_options *options;
    struct store store;
    meower_error error;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    char url[128];
    assert_non_null(fixture);
    memset(&fault, 0, sizeof(fault));
    snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/meower-sqlite-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->path, sizeof(fixture->path), "%s/feed.db", fixture->directory);
    snprintf(url, sizeof(url), "sqlite:%s", fixture->path);
    assert_int_equal(meower_options_new(&fixture->options), MEOWER_OK);
    assert_int_equal(meower_options_set(fixture->options, "store", url, NULL), MEOWER_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[128];
    store_close(&fixture->store);
    snprintf(command, sizeof(command), "rm -r '%s'", fixture->directory);
    assert_int_equal(system(command), 0);
    meower_options_free(fixture->options);
    free(fixture);
    return 0;
}

static void check_ok(int status, const meower_error *error)
{
    if (status != MEOWER_OK)
        fail_msg("status %d: %s", status, error->message);
}

static void open_store(struct fixture *fixture)
{
    check_ok(store_open(&fixture->store, fixture->options, 2, &fixture->error), &fixture->error);
}

static void reopen(struct fixture *fixture)
{
    store_close(&fixture->store);
    open_store(fixture);
}

/* Opening fails with `code`, and the message has `part`. */
static void check_refused(struct fixture *fixture, int code, const char *part)
{
    struct store store;
    assert_int_equal(store_open(&store, fixture->options, 2, &fixture->error), code);
    if (strstr(fixture->error.message, part) == NULL)
        fail_msg("the message lacks \"%s\": %s", part, fixture->error.message);
}

/* Runs SQL as a foreign program would. Returns the first number it gives, or 0. */
static int64_t foreign_sql(const struct fixture *fixture, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    int64_t number = 0;
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    while (*sql != '\0') {
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, &sql), SQLITE_OK);
        int result = sqlite3_step(statement);
        if (result == SQLITE_ROW)
            number = sqlite3_column_int64(statement, 0);
        else if (result != SQLITE_DONE)
            fail_msg("%s", sqlite3_errmsg(db));
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
    return number;
}

/* The whole file; NULL with *len 0 when there is none. Released by free(). */
static char *read_file(const char *path, size_t *len)
{
    *len = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    struct stat status;
    assert_int_equal(fstat(fileno(file), &status), 0);
    char *bytes = malloc((size_t)status.st_size + 1);
    assert_non_null(bytes);
    *len = fread(bytes, 1, (size_t)status.st_size, file);
    fclose(file);
    return bytes;
}

static void write_file(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static bool file_has(const char *path, const char *text)
{
    size_t len;
    char *bytes = read_file(path, &len);
    bool found = bytes != NULL && memmem(bytes, len, text, strlen(text)) != NULL;
    free(bytes);
    return found;
}

/* Opening fails with CORRUPT and leaves every byte as it was. */
static void check_corrupt_and_unchanged(struct fixture *fixture, const char *part)
{
    size_t len;
    size_t len_after;
    char *bytes = read_file(fixture->path, &len);
    check_refused(fixture, MEOWER_ERROR_CORRUPT, part);
    char *bytes_after = read_file(fixture->path, &len_after);
    assert_int_equal(len_after, len);
    assert_memory_equal(bytes_after, bytes, len);
    free(bytes);
    free(bytes_after);
}

/* ---- operations in few words ------------------------------------------------------------------------------------ */

static const char *id_of(unsigned number)
{
    static char ids[16][MEOWER_ID_SIZE];
    static unsigned next;
    char *id = ids[next++ % 16];
    snprintf(id, MEOWER_ID_SIZE, "2ST%024u", number);
    return id;
}

static meower_store_operation post(unsigned number)
{
    return (meower_store_operation){
        .kind = MEOWER_STORE_POST, .id = id_of(number), .body = "meow", .body_len = 4, .at_us = number};
}

static int append_post(struct fixture *fixture, unsigned number)
{
    meower_store_operation operation = post(number);
    return store_append(&fixture->store, &operation, 1, &fixture->error);
}

static void post_some(struct fixture *fixture, unsigned first, unsigned last)
{
    for (unsigned number = first; number <= last; number++)
        check_ok(append_post(fixture, number), &fixture->error);
}

static uint64_t head_of(struct fixture *fixture)
{
    uint64_t head = 0;
    check_ok(store_head(&fixture->store, 0, &head, &fixture->error), &fixture->error);
    return head;
}

/* Counts rows, and looks that events come without a hole. */
struct counter {
    meower_row_sink sink;
    uint64_t count;
    bool is_gapless;
};

static int count_row(meower_row_sink *sink, const meower_row *row)
{
    struct counter *counter = (struct counter *)sink;
    counter->count++;
    if (row->position != counter->count)
        counter->is_gapless = false;
    return MEOWER_OK;
}

static uint64_t count_events(struct fixture *fixture)
{
    struct counter counter = {.sink.row = count_row, .is_gapless = true};
    check_ok(store_read_events(&fixture->store, 1, 0, SIZE_MAX, &counter.sink, &fixture->error), &fixture->error);
    assert_true(counter.is_gapless);
    return counter.count;
}

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
        if (append_post(fixture, number) != MEOWER_OK || write(acknowledgements, "+", 1) != 1)
            _exit(1);
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
    if (child == 0)
        post_until_killed(fixture, pipe_ends[1]);
    close(pipe_ends[1]);
    while (acknowledged < 20 && read(pipe_ends[0], &acknowledgement, 1) == 1)
        acknowledged++;
    kill(child, SIGKILL);
    while (read(pipe_ends[0], &acknowledgement, 1) == 1)
        acknowledged++;
    close(pipe_ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(acknowledged >= 20);

    open_store(fixture);
    assert_true(fixture->store.info.head >= acknowledged);
    assert_int_equal(count_events(fixture), fixture->store.info.head);
    assert_int_equal(foreign_sql(fixture, "SELECT count(*) FROM pragma_integrity_check "
                                          "WHERE integrity_check = 'ok'"),
                     1);
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
        if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
            _exit(100);
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
    foreign_sql(fixture, "PRAGMA user_version = 2");
    check_refused(fixture, MEOWER_ERROR_UNSUPPORTED, "version 2 of the schema");
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

static void a_meow_that_nobody_could_read_is_not_adopted(void **state)
{
    struct fixture *fixture = *state;
    foreign_sql(fixture, "CREATE TABLE meows(id TEXT PRIMARY KEY, body TEXT NOT NULL, created_at INTEGER NOT NULL);"
                         "INSERT INTO meows VALUES ('2ST000000000000000000000001', 'one', 1), ('short', 'two', 2)");
    check_refused(fixture, MEOWER_ERROR_CORRUPT, "'short'");
    assert_int_equal(foreign_sql(fixture, "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'meower_*'"), 0);
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

/* Waits for SQLite's busy timeout, 5 s. */
static void a_foreign_lock_is_an_error_for_now(void **state)
{
    struct fixture *fixture = *state;
    sqlite3 *db;
    open_store(fixture);
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(append_post(fixture, 1), MEOWER_ERROR_LOCKED);
    assert_int_equal(fixture->error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    sqlite3_close(db);
    post_some(fixture, 1, 1);
    assert_int_equal(head_of(fixture), 1);
}

/* ---- failing writes --------------------------------------------------------------------------------------------- */

/* A batch with everything in it: a post, a post with a key, a deletion, a checkpoint and a lease. */
static int append_mixed_batch(struct fixture *fixture, unsigned number)
{
    char key[16];
    meower_store_operation operations[] = {
        post(number),
        post(number + 1),
        {.kind = MEOWER_STORE_DELETE, .id = id_of(number), .at_us = number},
        {.kind = MEOWER_STORE_CHECKPOINT, .name = "relay", .position = number},
        {.kind = MEOWER_STORE_LEASE, .name = "relay", .owner = "one", .at_us = 1, .expires_us = 2},
    };
    snprintf(key, sizeof(key), "key %u", number);
    operations[1].idempotency_key = key;
    operations[1].expires_us = 1000000;
    return store_append(&fixture->store, operations, 5, &fixture->error);
}

/* Fails write or sync number 1, 2, 3, ... of an append, until one append needs no more of them. */
static void check_every_failing_write(struct fixture *fixture, int system_errno, int code)
{
    unsigned failures = 0;
    uint64_t head = 0;
    open_store(fixture);
    for (int nth = 1;; nth++) {
        fault.error = system_errno;
        fault.has_failed = false;
        fault.countdown = nth;
        int status = append_mixed_batch(fixture, 10);
        fault.countdown = 0;
        if (status == MEOWER_OK)
            break;
        failures++;
        assert_true(fault.has_failed);
        assert_int_equal(status, code);
        assert_int_equal(head_of(fixture), head);
        assert_int_equal(count_events(fixture), head);
        check_ok(append_mixed_batch(fixture, (unsigned)nth * 2 + 1000), &fixture->error);
        head += 3;
    }
    assert_true(failures >= 2);
    reopen(fixture);
    assert_int_equal(count_events(fixture), head + 3);
    assert_int_equal(foreign_sql(fixture, "SELECT count(*) FROM pragma_integrity_check "
                                          "WHERE integrity_check = 'ok'"),
                     1);
}

static void a_full_disk_at_any_write_stores_nothing_and_leaves_the_store_usable(void **state)
{
    struct fixture *fixture = *state;
    check_every_failing_write(fixture, ENOSPC, MEOWER_ERROR_FULL);
}

static void a_failing_disk_at_any_write_stores_nothing_and_leaves_the_store_usable(void **state)
{
    struct fixture *fixture = *state;
    check_every_failing_write(fixture, EIO, MEOWER_ERROR_IO);
}

static void remove_files(const struct fixture *fixture)
{
    char command[256];
    snprintf(command, sizeof(command), "rm -f '%s'*", fixture->path);
    assert_int_equal(system(command), 0);
}

static void a_full_disk_while_the_file_is_made_leaves_nothing_half_made(void **state)
{
    struct fixture *fixture = *state;
    int nth = 0;
    do {
        fault.error = ENOSPC;
        fault.has_failed = false;
        fault.countdown = ++nth;
        int status = store_open(&fixture->store, fixture->options, 2, &fixture->error);
        fault.countdown = 0;
        if (status != MEOWER_OK) {
            assert_int_equal(status, MEOWER_ERROR_FULL);
            open_store(fixture);
        }
        post_some(fixture, 1, 1);
        assert_int_equal(count_events(fixture), 1);
        store_close(&fixture->store);
        remove_files(fixture);
    } while (fault.has_failed);
    assert_true(nth > 5);
}

/* ---- durability and forgetting ---------------------------------------------------------------------------------- */

static void every_append_is_synced(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    for (unsigned number = 1; number <= 5; number++) {
        unsigned before = fault.syncs;
        post_some(fixture, number, number);
        assert_true(fault.syncs > before);
    }
}

static void normal_synchronous_saves_the_sync(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(meower_options_set(fixture->options, "sqlite_synchronous", "normal", NULL), MEOWER_OK);
    open_store(fixture);
    post_some(fixture, 1, 1);
    unsigned before = fault.syncs;
    post_some(fixture, 2, 5);
    assert_int_equal(fault.syncs, before);
}

static void a_deleted_text_is_in_neither_file_nor_log(void **state)
{
    struct fixture *fixture = *state;
    static const char secret[] = "the cat is under the third flower pot";
    char log_path[128];
    snprintf(log_path, sizeof(log_path), "%s-wal", fixture->path);
    open_store(fixture);
    post_some(fixture, 1, 3);
    meower_store_operation posted = post(4);
    posted.body = secret;
    posted.body_len = sizeof(secret) - 1;
    check_ok(store_append(&fixture->store, &posted, 1, &fixture->error), &fixture->error);
    assert_true(file_has(log_path, secret));
    meower_store_operation deleted = {.kind = MEOWER_STORE_DELETE, .id = id_of(4), .at_us = 5};
    check_ok(store_append(&fixture->store, &deleted, 1, &fixture->error), &fixture->error);
    assert_false(file_has(log_path, secret));
    assert_false(file_has(fixture->path, secret));
}

/* Its sink deletes and posts while the lane still reads, so that the log cannot be emptied at once. */
struct deleting_sink {
    meower_row_sink sink;
    struct fixture *fixture;
};

static int delete_while_reading(meower_row_sink *sink, const meower_row *row)
{
    struct fixture *fixture = ((struct deleting_sink *)sink)->fixture;
    meower_store_operation deleted = {.kind = MEOWER_STORE_DELETE, .id = row->id, .at_us = 5};
    return store_append(&fixture->store, &deleted, 1, &fixture->error);
}

static void a_text_that_a_reader_keeps_in_the_log_goes_with_the_next_append(void **state)
{
    struct fixture *fixture = *state;
    struct deleting_sink sink = {{delete_while_reading}, fixture};
    char log_path[128];
    snprintf(log_path, sizeof(log_path), "%s-wal", fixture->path);
    open_store(fixture);
    meower_store_operation posted = post(1);
    posted.body = "a text to be forgotten";
    posted.body_len = strlen(posted.body);
    check_ok(store_append(&fixture->store, &posted, 1, &fixture->error), &fixture->error);
    check_ok(store_list(&fixture->store, 1, &(meower_range){.take = 1}, &sink.sink, &fixture->error), &fixture->error);
    assert_true(file_has(log_path, posted.body));
    post_some(fixture, 2, 2);
    assert_false(file_has(log_path, posted.body));
    assert_false(file_has(fixture->path, posted.body));
}

static void expired_keys_are_removed_in_bites(void **state)
{
    struct fixture *fixture = *state;
    char key[16];
    open_store(fixture);
    for (unsigned number = 1; number <= 50; number++) {
        meower_store_operation operation = post(number);
        snprintf(key, sizeof(key), "key %u", number);
        operation.idempotency_key = key;
        operation.expires_us = 1000;
        check_ok(store_append(&fixture->store, &operation, 1, &fixture->error), &fixture->error);
    }
    post_some(fixture, 1001, 1001);
    int64_t left = foreign_sql(fixture, "SELECT count(*) FROM meower_keys");
    assert_true(left > 0 && left < 50);
    post_some(fixture, 1002, 1004);
    assert_int_equal(foreign_sql(fixture, "SELECT count(*) FROM meower_keys"), 0);
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
        STORE_TEST(a_table_of_meows_with_other_columns_is_left_alone),
        STORE_TEST(a_database_marked_by_another_program_is_left_alone),
        STORE_TEST(a_file_that_was_cut_off_is_left_alone),
        STORE_TEST(a_file_full_of_garbage_behind_its_header_is_left_alone),
        STORE_TEST(a_newer_schema_is_refused),
        STORE_TEST(a_table_that_was_taken_away_is_damage),
        STORE_TEST(a_plain_table_of_meows_becomes_a_feed),
        STORE_TEST(a_meow_that_nobody_could_read_is_not_adopted),
        STORE_TEST(a_meow_inserted_while_it_is_open_is_adopted_next_time),
        STORE_TEST(our_own_meows_are_not_noted_as_foreign),
        STORE_TEST(a_foreign_lock_is_an_error_for_now),
        STORE_TEST(a_full_disk_at_any_write_stores_nothing_and_leaves_the_store_usable),
        STORE_TEST(a_failing_disk_at_any_write_stores_nothing_and_leaves_the_store_usable),
        STORE_TEST(a_full_disk_while_the_file_is_made_leaves_nothing_half_made),
        STORE_TEST(every_append_is_synced),
        STORE_TEST(normal_synchronous_saves_the_sync),
        STORE_TEST(a_deleted_text_is_in_neither_file_nor_log),
        STORE_TEST(a_text_that_a_reader_keeps_in_the_log_goes_with_the_next_append),
        STORE_TEST(expired_keys_are_removed_in_bites),
    };
    return cmocka_run_group_tests_name("sqlite store", tests, install_faults, NULL);
}
