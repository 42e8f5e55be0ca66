/* sqlite_fixture.h - a SQLite store in a directory of its own, for the tests of what only it has. */
#ifndef UNIT_SQLITE_FIXTURE_H
#define UNIT_SQLITE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store.h"
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the fixture: a directory, and a store in it that is not open yet -------------------------------------------- */

struct fixture {
    char directory[64];
    char path[96];
    meower_options *options;
    struct store store;
    meower_error error;
};

static inline int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    char url[128];
    assert_non_null(fixture);
    snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/meower-sqlite-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->path, sizeof(fixture->path), "%s/feed.db", fixture->directory);
    snprintf(url, sizeof(url), "sqlite:%s", fixture->path);
    assert_int_equal(meower_options_new(&fixture->options, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(fixture->options, "store", url, NULL), MEOWER_OK);
    *state = fixture;
    return 0;
}

static inline int tear_down(void **state)
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

static inline void check_ok(int status, const meower_error *error)
{
    if (status != MEOWER_OK) {
        fail_msg("status %d: %s", status, error->message);
    }
}

static inline void open_store(struct fixture *fixture)
{
    check_ok(store_open(&fixture->store, fixture->options, 2, &fixture->error), &fixture->error);
}

static inline void reopen(struct fixture *fixture)
{
    store_close(&fixture->store);
    open_store(fixture);
}

/* Opening fails with `code`, and the message has `part`. */
static inline void check_refused(struct fixture *fixture, int code, const char *part)
{
    struct store store;
    assert_int_equal(store_open(&store, fixture->options, 2, &fixture->error), code);
    if (strstr(fixture->error.message, part) == NULL) {
        fail_msg("the message lacks \"%s\": %s", part, fixture->error.message);
    }
}

/* Runs SQL as a foreign program would. Returns the first number it gives, or 0. */
static inline int64_t foreign_sql(const struct fixture *fixture, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    int64_t number = 0;
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    while (*sql != '\0') {
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, &sql), SQLITE_OK);
        int result = sqlite3_step(statement);
        if (result == SQLITE_ROW) {
            number = sqlite3_column_int64(statement, 0);
        } else if (result != SQLITE_DONE) {
            fail_msg("%s", sqlite3_errmsg(db));
        }
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
    return number;
}

static inline void check_integrity(const struct fixture *fixture)
{
    assert_int_equal(foreign_sql(fixture, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
                     1);
}

/* The whole file; NULL with *len 0 when there is none. Released by free(). */
static inline char *read_file(const char *path, size_t *len)
{
    *len = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    struct stat status;
    assert_int_equal(fstat(fileno(file), &status), 0);
    char *bytes = malloc((size_t)status.st_size + 1);
    assert_non_null(bytes);
    *len = fread(bytes, 1, (size_t)status.st_size, file);
    fclose(file);
    return bytes;
}

static inline void write_file(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* Opening fails with CORRUPT and leaves every byte as it was. */
static inline void check_corrupt_and_unchanged(struct fixture *fixture, const char *part)
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

static inline const char *id_of(unsigned number)
{
    static char ids[16][MEOWER_ID_SIZE];
    static unsigned next;
    char *id = ids[next++ % 16];
    snprintf(id, MEOWER_ID_SIZE, "2ST%024u", number);
    return id;
}

static inline meower_store_operation post(unsigned number)
{
    return (meower_store_operation){
        .kind = MEOWER_STORE_POST, .id = id_of(number), .body = "meow", .body_len = 4, .at_us = number};
}

static inline int append_post(struct fixture *fixture, unsigned number)
{
    meower_store_operation operation = post(number);
    return store_append(&fixture->store, &operation, 1, &fixture->error);
}

static inline int append_deletion(struct fixture *fixture, unsigned number)
{
    meower_store_operation operation = {.kind = MEOWER_STORE_DELETE, .id = id_of(number), .at_us = number};
    return store_append(&fixture->store, &operation, 1, &fixture->error);
}

static inline void post_some(struct fixture *fixture, unsigned first, unsigned last)
{
    for (unsigned number = first; number <= last; number++) {
        check_ok(append_post(fixture, number), &fixture->error);
    }
}

static inline uint64_t head_of(struct fixture *fixture)
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

static inline int count_row(meower_row_sink *sink, const meower_row *row)
{
    struct counter *counter = (struct counter *)sink;
    counter->count++;
    if (row->position != counter->count) {
        counter->is_gapless = false;
    }
    return MEOWER_OK;
}

static inline uint64_t count_events(struct fixture *fixture)
{
    struct counter counter = {.sink.row = count_row, .is_gapless = true};
    check_ok(store_read_events(&fixture->store, 1, 0, SIZE_MAX, &counter.sink, &fixture->error), &fixture->error);
    assert_true(counter.is_gapless);
    return counter.count;
}

#endif
