/* test_sqlite_store_faults.c - the SQLite store when the disk is full or fails, what it secures, and what it forgets.
 */
#include "unit/sqlite_fixture.h"

#include <errno.h>
#include <sys/syscall.h>

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
    if (fault.countdown == 0 || --fault.countdown > 0) {
        return false;
    }
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

static int set_up_without_faults(void **state)
{
    memset(&fault, 0, sizeof(fault));
    return set_up(state);
}

static bool file_has(const char *path, const char *text)
{
    size_t len;
    char *bytes = read_file(path, &len);
    bool found = bytes != NULL && memmem(bytes, len, text, strlen(text)) != NULL;
    free(bytes);
    return found;
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
        int status = append_mixed_batch(fixture, (unsigned)nth * 4);
        fault.countdown = 0;
        if (status == MEOWER_OK) {
            break;
        }
        failures++;
        assert_true(fault.has_failed);
        /* When the sync fails, the transaction lies in the log. */
        if (status != MEOWER_ERROR_OUTCOME_UNKNOWN || code != MEOWER_ERROR_IO) {
            assert_int_equal(status, code);
        }
        assert_int_equal(head_of(fixture), head);
        assert_int_equal(count_events(fixture), head);
        check_ok(append_mixed_batch(fixture, (unsigned)nth * 4 + 2), &fixture->error);
        head += 3;
    }
    assert_true(failures >= 2);
    reopen(fixture);
    assert_int_equal(count_events(fixture), head + 3);
    check_integrity(fixture);
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
    check_ok(append_deletion(fixture, 4), &fixture->error);
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

/* 200 batches of 200 KB: without a checkpoint the log would grow to 40 MB. */
static void the_log_is_begun_anew_before_it_grows_large(void **state)
{
    struct fixture *fixture = *state;
    char log_path[128];
    char body[701];
    struct stat log_status;
    meower_store_operation operations[256];
    char ids[256][MEOWER_ID_SIZE];
    memset(body, 'm', sizeof(body));
    snprintf(log_path, sizeof(log_path), "%s-wal", fixture->path);
    open_store(fixture);
    for (unsigned batch = 0; batch < 200; batch++) {
        for (unsigned i = 0; i < 256; i++) {
            operations[i] = post(0);
            operations[i].id = ids[i];
            operations[i].body = body;
            operations[i].body_len = 700;
            snprintf(ids[i], sizeof(ids[i]), "2ST%024u", batch * 256 + i);
        }
        check_ok(store_append(&fixture->store, operations, 256, &fixture->error), &fixture->error);
    }
    assert_int_equal(stat(log_path, &log_status), 0);
    assert_true(log_status.st_size < 20000000);
}

#define FAULT_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_without_faults, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAULT_TEST(a_full_disk_at_any_write_stores_nothing_and_leaves_the_store_usable),
        FAULT_TEST(a_failing_disk_at_any_write_stores_nothing_and_leaves_the_store_usable),
        FAULT_TEST(a_full_disk_while_the_file_is_made_leaves_nothing_half_made),
        FAULT_TEST(every_append_is_synced),
        FAULT_TEST(normal_synchronous_saves_the_sync),
        FAULT_TEST(a_deleted_text_is_in_neither_file_nor_log),
        FAULT_TEST(a_text_that_a_reader_keeps_in_the_log_goes_with_the_next_append),
        FAULT_TEST(expired_keys_are_removed_in_bites),
        FAULT_TEST(the_log_is_begun_anew_before_it_grows_large),
    };
    return cmocka_run_group_tests_name("sqlite store with faults", tests, install_faults, NULL);
}
