/* sqlite.c - the store "sqlite:PATH": one file, open in one process at a time.
 *
 * The writer's connection does every write and every checkpoint of the write-ahead log: SQLite before 3.51.3 could
 * damage a file in which two connections did (sqlite.org/wal.html, "WAL-reset bug"). Each lane has a connection that
 * only reads.
 *
 * A deleted text is overwritten with zeros in the file (secure_delete). The log may still hold it: append() truncates
 * the log after a deletion, at once or as soon as no reader is in the way. What is left: when SQLite divides a page it
 * does not clear the space that this sets free, so that a piece of a text may stay there until the page is filled again
 * (2 of 1,334 deletions in a test); VACUUM clears it. */
#include "base/cursor.h"
#include "port/schemes.h"
#include "store/sqlite_backup.h"
#include "store/sqlite_batch.h"
#include "store/sqlite_filter.h"
#include "store/sqlite_identity.h"
#include "store/sqlite_labels.h"
#include "store/sqlite_schema.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Pages in the log at which it is moved into the file and begun anew, 16 MiB. SQLite's own limit is 1,000; posts with
 * idempotency keys, which go anywhere in their table, are stored 1.7 times as fast with this one. */
#define LOG_PAGES_MAX 4000

/* How long a checkpoint waits for readers. Ours are done in less; a foreign one must not hold up the writer. */
#define CHECKPOINT_WAIT_MS 50

enum {
    READ_BEGIN,
    READ_END,
    READ_EVENTS,
    READ_NEWEST_FIRST,
    READ_OLDEST_FIRST,
    READ_MEOW,
    READ_CHECKPOINT,
    READ_HEAD,
    READ_TOTAL,
    READ_LABELS, /* from here on not in a file of an earlier version, which is only looked at and has no labels */
    READ_SORTED_LABELS,
    READ_SORTED_DOWN,
    READ_SORTED_UP,
    READ_UNSORTED_DOWN,
    READ_UNSORTED_UP,
    READ_COUNT
};

/* All that give rows have the columns of push_rows(). Every id is above "" and below "~". */
static const char *const read_sql[READ_COUNT] = {
    [READ_BEGIN] = "BEGIN",
    [READ_END] = "COMMIT",
    [READ_EVENTS] = "SELECT e.position, e.kind, e.meow_id, m.body, e.at FROM meower_events e "
                    "LEFT JOIN meows m ON e.kind = 1 AND m.id = e.meow_id "
                    "WHERE e.position > ?1 ORDER BY e.position LIMIT ?2",
    [READ_NEWEST_FIRST] = "SELECT 0, 1, id, body, created_at FROM meows WHERE id > ?1 AND id < ?2 "
                          "ORDER BY id DESC LIMIT ?3 OFFSET ?4",
    [READ_OLDEST_FIRST] = "SELECT 0, 1, id, body, created_at FROM meows WHERE id > ?1 AND id < ?2 "
                          "ORDER BY id LIMIT ?3 OFFSET ?4",
    [READ_MEOW] = "SELECT 0, 1, id, body, created_at FROM meows WHERE id = ?1",
    [READ_CHECKPOINT] = "SELECT position FROM meower_checkpoints WHERE name = ?1",
    [READ_HEAD] = "SELECT coalesce(max(position), 0) FROM meower_events",
    [READ_TOTAL] = "SELECT count(*) FROM meows WHERE id > ?1 AND id < ?2",
    [READ_LABELS] = SQLITE_LABELS_OF_MEOW,
    [READ_SORTED_LABELS] = SQLITE_FILTER_SORTED,
    [READ_SORTED_DOWN] = SQLITE_FILTER_SORTED_DOWN,
    [READ_SORTED_UP] = SQLITE_FILTER_SORTED_UP,
    [READ_UNSORTED_DOWN] = SQLITE_FILTER_UNSORTED_DOWN,
    [READ_UNSORTED_UP] = SQLITE_FILTER_UNSORTED_UP,
};

struct sqlite_store {
    char *path;
    int lock; /* descriptor; -1: opened to look */
    const meower_clock *clock;
    struct sqlite_connection writer;
    struct sqlite_connection *readers; /* one a lane, opened when it is first used */
    unsigned reader_count;
    bool has_labels_table;  /* false: opened to look at a file of an earlier version */
    atomic_bool has_labels; /* false: no meow has any, so that none need to be looked for */
    meower_store_info info; /* as it was when it opened */
    atomic_uint_fast64_t head;
    /* Only for append(). */
    char newest_id[MEOWER_ID_SIZE];
    size_t unsorted_labels; /* in the file (sqlite_labels.h), or more */
    int log_pages;          /* in the log since it was begun */
    int log_pages_due;      /* a checkpoint is due then */
    bool has_text_to_erase; /* the log still holds the text of a deleted meow */
};

/* ---- opening and closing ---------------------------------------------------------------------------------------- */

static int read_info(struct sqlite_store *store, meower_error *error)
{
    int64_t head = 0;
    meower_store_info *info = &store->info;
    int status = sqlite_connection_text(&store->writer, "SELECT value FROM meower_meta WHERE name = 'epoch'",
                                        info->epoch, sizeof(info->epoch), error);
    if (status == MEOWER_OK && strlen(info->epoch) != MEOWER_EPOCH_SIZE - 1) {
        return meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0, "\"%s\" is damaged: it has no epoch", store->path);
    }
    if (status == MEOWER_OK) {
        status = sqlite_connection_number(&store->writer, "SELECT max(position) FROM meower_events", &head, error);
    }
    if (status == MEOWER_OK) {
        status = sqlite_schema_newest_id(&store->writer, info->newest_id, error);
    }
    info->head = (uint64_t)head;
    atomic_store(&store->head, info->head);
    memcpy(store->newest_id, info->newest_id, sizeof(store->newest_id));
    return status;
}

/* After each commit of the writer (sqlite3_wal_hook). */
static int note_log_pages(void *context, sqlite3 *db, const char *database, int pages)
{
    struct sqlite_store *store = context;
    (void)db;
    (void)database;
    store->log_pages = pages;
    return SQLITE_OK;
}

/* Moves the log into the file and has it begun anew. SQLite's automatic checkpoint does not wait for readers: with
 * three that never paused, the log grew as fast as the file. When it fails, the next one is due later, or with the next
 * append if there is text to erase; that one does not wait. */
static void checkpoint_log(struct sqlite_store *store, bool must_erase)
{
    sqlite3 *db = store->writer.db;
    sqlite3_busy_timeout(db, store->has_text_to_erase ? 0 : CHECKPOINT_WAIT_MS);
    int mode = must_erase ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART;
    bool is_done = sqlite3_wal_checkpoint_v2(db, NULL, mode, NULL, NULL) == SQLITE_OK;
    sqlite3_busy_timeout(db, SQLITE_CONNECTION_BUSY_TIMEOUT_MS);
    store->has_text_to_erase = must_erase && !is_done;
    store->log_pages_due = is_done ? LOG_PAGES_MAX : store->log_pages + LOG_PAGES_MAX;
}

/* What the store is now. */
static int identify(const struct sqlite_store *store, struct sqlite_identity *identity, meower_error *error)
{
    *identity = (struct sqlite_identity){.head = store->info.head};
    memcpy(identity->epoch, store->info.epoch, sizeof(identity->epoch));
    return sqlite_identity_of_file(store->path, identity, error);
}

static int write_identity(const struct sqlite_store *store, meower_error *error)
{
    struct sqlite_identity identity;
    int status = identify(store, &identity, error);
    return status == MEOWER_OK ? sqlite_identity_write(store->lock, &identity, error) : status;
}

static int draw_epoch(struct sqlite_store *store, meower_error *error)
{
    char epoch[MEOWER_EPOCH_SIZE];
    char sql[100];
    cursor_draw_epoch(store->clock, epoch);
    snprintf(sql, sizeof(sql), "UPDATE meower_meta SET value = '%s' WHERE name = 'epoch'", epoch);
    int status = sqlite_connection_execute(&store->writer, sql, error);
    if (status == MEOWER_OK) {
        memcpy(store->info.epoch, epoch, sizeof(epoch));
    }
    return status;
}

/* A database that was copied here from elsewhere, or put back from an earlier time, begins another life. An empty one
 * has no positions that could be mistaken. */
static int recognise_copy(struct sqlite_store *store, meower_error *error)
{
    struct sqlite_identity identity;
    bool is_known = false;
    int status = identify(store, &identity, error);
    if (status == MEOWER_OK) {
        status = sqlite_identity_is_known(store->lock, &identity, &is_known, error);
    }
    if (status != MEOWER_OK || is_known) {
        return status;
    }
    if (store->info.head > 0 || store->info.newest_id[0] != '\0') {
        status = draw_epoch(store, error);
    }
    return status == MEOWER_OK ? write_identity(store, error) : status;
}

static int look_for_labels(struct sqlite_store *store, meower_error *error)
{
    int64_t has_labels = 0;
    int64_t unsorted = 0;
    int status = sqlite_connection_number(&store->writer, "SELECT EXISTS (SELECT 1 FROM meower_meow_labels)",
                                          &has_labels, error);
    if (status == MEOWER_OK) {
        status = sqlite_connection_number(
            &store->writer, "SELECT count(*) FROM meower_meow_labels WHERE " SQLITE_LABELS_UNSORTED, &unsorted, error);
    }
    store->has_labels_table = true;
    store->unsorted_labels = (size_t)unsorted;
    atomic_store(&store->has_labels, has_labels != 0);
    return status;
}

/* Changes nothing, and keeps nobody out. */
static int open_to_look(struct sqlite_store *store, const meower_backend_config *config, meower_error *error)
{
    int status = sqlite_path_resolve(config->location, &store->path, error);
    if (status == MEOWER_OK && access(store->path, F_OK) != 0) {
        status = meower_error_set(error, MEOWER_ERROR_NOT_FOUND, 0, 0, "there is no store \"%s\"", store->path);
    }
    if (status == MEOWER_OK) {
        status = sqlite_connection_open(&store->writer, store->path, SQLITE_OPEN_READONLY, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    sqlite3_db_config(store->writer.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    status = sqlite_schema_look(&store->writer, &store->has_labels_table, error);
    atomic_store(&store->has_labels, store->has_labels_table); /* its owner may write some at any time */
    return status == MEOWER_OK ? read_info(store, error) : status;
}

static int open_file(struct sqlite_store *store, const meower_backend_config *config, meower_error *error)
{
    const char *synchronous = meower_options_get(config->options, "sqlite_synchronous");
    int status = sqlite_path_resolve(config->location, &store->path, error);
    if (status == MEOWER_OK) {
        status = sqlite_lock_take(store->path, &store->lock, error);
    }
    if (status == MEOWER_OK) {
        status = sqlite_connection_open(&store->writer, store->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error);
    }
    /* Closing must not move a log into a file that is refused: not ours, or damaged. */
    if (status == MEOWER_OK) {
        sqlite3_db_config(store->writer.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    if (status == MEOWER_OK) {
        status = sqlite_schema_open(&store->writer, synchronous, config->clock, error);
    }
    if (status == MEOWER_OK) {
        status = sqlite_batch_prepare(&store->writer, error);
    }
    if (status == MEOWER_OK) {
        status = look_for_labels(store, error);
    }
    if (status == MEOWER_OK) {
        status = read_info(store, error);
    }
    if (status == MEOWER_OK) {
        status = recognise_copy(store, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    sqlite3_db_config(store->writer.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    sqlite3_wal_hook(store->writer.db, note_log_pages, store);
    checkpoint_log(store, true); /* the last life may have been cut off before it erased a deleted text */
    return MEOWER_OK;
}

/* The readers first: the last connection to close empties the log and removes it (not one that was opened to look). */
static void sqlite_close(void *backend)
{
    struct sqlite_store *store = backend;
    for (unsigned i = 0; i < store->reader_count; i++) {
        sqlite_connection_close(&store->readers[i]);
    }
    sqlite_connection_close(&store->writer);
    if (store->lock >= 0) {
        close(store->lock);
    }
    free(store->readers);
    free(store->path);
    free(store);
}

static int sqlite_open(const meower_backend_config *config, void **out, meower_error *error)
{
    struct sqlite_store *store = calloc(1, sizeof(*store));
    struct sqlite_connection *readers = calloc(config->lanes, sizeof(*readers));
    if (store == NULL || readers == NULL) {
        free(store);
        free(readers);
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a store");
    }
    store->lock = -1;
    store->clock = config->clock;
    store->readers = readers;
    store->reader_count = config->lanes;
    bool only_looks = (config->flags & MEOWER_OPEN_TO_LOOK) != 0;
    int status = only_looks ? open_to_look(store, config, error) : open_file(store, config, error);
    if (status != MEOWER_OK) {
        sqlite_close(store);
        return status;
    }
    *out = store;
    return MEOWER_OK;
}

static int sqlite_info(void *backend, meower_store_info *info, meower_error *error)
{
    const struct sqlite_store *store = backend;
    (void)error;
    *info = store->info;
    return MEOWER_OK;
}

/* ---- append ----------------------------------------------------------------------------------------------------- */

/* Before anybody can read the first labels. */
static void note_labels(struct sqlite_store *store, const meower_store_operation *operations, size_t count)
{
    for (size_t i = 0; i < count && !atomic_load(&store->has_labels); i++) {
        if (operations[i].label_count > 0) {
            atomic_store(&store->has_labels, true);
        }
    }
}

static int sqlite_append(void *backend, meower_store_operation *operations, size_t count, meower_error *error)
{
    struct sqlite_store *store = backend;
    struct sqlite_batch batch = {.position = atomic_load(&store->head), .unsorted_labels = store->unsorted_labels};
    if (count == 0) {
        return MEOWER_OK;
    }
    memcpy(batch.newest_id, store->newest_id, sizeof(batch.newest_id));
    note_labels(store, operations, count);
    int status = sqlite_batch_append(&store->writer, &batch, operations, count, error);
    if (status != MEOWER_OK) {
        return status;
    }
    if (batch.position > atomic_load(&store->head)) {
        sqlite_identity_note_head(store->lock, batch.position);
    }
    atomic_store(&store->head, batch.position);
    store->unsorted_labels = batch.unsorted_labels;
    memcpy(store->newest_id, batch.newest_id, sizeof(store->newest_id));
    bool must_erase = batch.deletion_count > 0 || store->has_text_to_erase;
    if (must_erase || store->log_pages >= store->log_pages_due) {
        checkpoint_log(store, must_erase);
    }
    return MEOWER_OK;
}

static int sqlite_new_epoch(void *backend, meower_error *error)
{
    struct sqlite_store *store = backend;
    int status = draw_epoch(store, error);
    store->info.head = atomic_load(&store->head);
    return status == MEOWER_OK ? write_identity(store, error) : status;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* The lane's connection. Never checkpoints. */
static int take_reader(struct sqlite_store *store, unsigned lane, struct sqlite_connection **reader,
                       meower_error *error)
{
    struct sqlite_connection *connection = &store->readers[lane];
    int status = MEOWER_OK;
    if (connection->db == NULL) {
        status = sqlite_connection_open(connection, store->path, SQLITE_OPEN_READONLY, error);
        if (status == MEOWER_OK) {
            sqlite3_db_config(connection->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, store->lock < 0, NULL);
            status = sqlite_connection_execute(connection, "PRAGMA wal_autocheckpoint = 0", error);
        }
        if (status == MEOWER_OK) {
            size_t count = store->has_labels_table ? READ_COUNT : READ_LABELS;
            status = sqlite_connection_prepare(connection, read_sql, count, error);
        }
        if (status != MEOWER_OK) {
            sqlite_connection_close(connection);
        }
    }
    if (status == MEOWER_OK) {
        *reader = connection;
    }
    return status;
}

static int push_row(const struct sqlite_store *store, struct sqlite_connection *reader, sqlite3_stmt *statement,
                    meower_row_sink *sink, meower_error *error)
{
    struct labels_buffer labels;
    meower_row row = {
        .position = (uint64_t)sqlite3_column_int64(statement, 0),
        .kind = sqlite3_column_int(statement, 1),
        .id = (const char *)sqlite3_column_text(statement, 2),
        .created_at_us = sqlite3_column_int64(statement, 4),
    };
    if (sqlite3_column_type(statement, 3) != SQLITE_NULL) {
        row.body = (const char *)sqlite3_column_text(statement, 3);
        row.body_len = (size_t)sqlite3_column_bytes(statement, 3);
        if (row.body == NULL) {
            return sqlite_connection_error(reader, error);
        }
    }
    if (row.id == NULL) {
        return sqlite_connection_error(reader, error);
    }
    if (row.body != NULL && atomic_load(&store->has_labels)) {
        int status = sqlite_labels_read(reader, READ_LABELS, row.id, &labels, error);
        if (status != MEOWER_OK) {
            return status;
        }
        row.labels = labels.labels;
        row.label_count = labels.count;
    }
    return sink->row(sink, &row);
}

/* Steps through the rows of a statement and resets it. */
static int push_rows(const struct sqlite_store *store, struct sqlite_connection *reader, int statement_index,
                     meower_row_sink *sink, meower_error *error)
{
    sqlite3_stmt *statement = reader->statements[statement_index];
    int result;
    int status = MEOWER_OK;
    while (status == MEOWER_OK && (result = sqlite3_step(statement)) != SQLITE_DONE) {
        if (result == SQLITE_ROW) {
            status = push_row(store, reader, statement, sink, error);
        } else {
            status = sqlite_connection_error(reader, error);
        }
    }
    sqlite3_reset(statement);
    return status;
}

/* The first column of a statement's only row; 0 when there is none. */
static int read_number(struct sqlite_connection *reader, int statement_index, uint64_t *number, meower_error *error)
{
    sqlite3_stmt *statement = reader->statements[statement_index];
    int status = MEOWER_OK;
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        *number = (uint64_t)sqlite3_column_int64(statement, 0);
    } else if (result == SQLITE_DONE) {
        *number = 0;
    } else {
        status = sqlite_connection_error(reader, error);
    }
    sqlite3_reset(statement);
    return status;
}

/* Who has the lock knows it. */
static int sqlite_head(void *backend, unsigned lane, uint64_t *position, meower_error *error)
{
    struct sqlite_store *store = backend;
    struct sqlite_connection *reader;
    if (store->lock >= 0) {
        *position = atomic_load(&store->head);
        return MEOWER_OK;
    }
    int status = take_reader(store, lane, &reader, error);
    return status == MEOWER_OK ? read_number(reader, READ_HEAD, position, error) : status;
}

static sqlite3_int64 clamp(uint64_t number)
{
    return number > INT64_MAX ? INT64_MAX : (sqlite3_int64)number;
}

static int sqlite_read_events(void *backend, unsigned lane, uint64_t after, size_t max, meower_row_sink *sink,
                              meower_error *error)
{
    struct sqlite_connection *reader;
    int status = take_reader(backend, lane, &reader, error);
    if (status != MEOWER_OK) {
        return status;
    }
    sqlite3_bind_int64(reader->statements[READ_EVENTS], 1, clamp(after));
    sqlite3_bind_int64(reader->statements[READ_EVENTS], 2, clamp(max));
    return push_rows(backend, reader, READ_EVENTS, sink, error);
}

static int list_all(const struct sqlite_store *store, struct sqlite_connection *reader, const meower_range *range,
                    meower_row_sink *sink, meower_error *error)
{
    int statement_index = range->ascending ? READ_OLDEST_FIRST : READ_NEWEST_FIRST;
    sqlite3_stmt *statement = reader->statements[statement_index];
    sqlite_connection_bind(reader, statement_index, 1, range->above == NULL ? "" : range->above);
    sqlite_connection_bind(reader, statement_index, 2, range->below == NULL ? "~" : range->below);
    sqlite3_bind_int64(statement, 3, range->take);
    sqlite3_bind_int64(statement, 4, clamp(range->skip));
    return push_rows(store, reader, statement_index, sink, error);
}

/* A transaction that could not be ended before is ended first: no other could ever begin. */
static int begin_read(struct sqlite_connection *reader, meower_error *error)
{
    int status = MEOWER_OK;
    if (!sqlite3_get_autocommit(reader->db)) {
        status = sqlite_connection_step(reader, READ_END, error);
    }
    return status == MEOWER_OK ? sqlite_connection_step(reader, READ_BEGIN, error) : status;
}

/* Pushes the meows that the walk comes to, but for the first ones that are skipped. */
static int push_matching(const struct sqlite_store *store, struct sqlite_filter *filter, meower_row_sink *sink,
                         meower_error *error)
{
    const meower_range *range = filter->range;
    bool is_found = range->take > 0;
    int status = MEOWER_OK;
    for (uint64_t passed = 0;
         is_found && status == MEOWER_OK && (passed < range->skip || passed - range->skip < range->take); passed++) {
        status = sqlite_filter_next(filter, &is_found, error);
        if (status == MEOWER_OK && is_found && passed >= range->skip) {
            sqlite_connection_bind(filter->reader, READ_MEOW, 1, filter->id);
            status = push_rows(store, filter->reader, READ_MEOW, sink, error);
        }
    }
    return status;
}

/* One transaction, as sqlite_get(). */
static int list_matching(const struct sqlite_store *store, struct sqlite_connection *reader, const meower_range *range,
                         meower_row_sink *sink, meower_error *error)
{
    struct sqlite_filter filter;
    if (!atomic_load(&store->has_labels)) {
        return MEOWER_OK;
    }
    int status = begin_read(reader, error);
    if (status != MEOWER_OK) {
        return status;
    }
    status = sqlite_filter_begin(&filter, reader, READ_SORTED_LABELS, range, error);
    if (status == MEOWER_OK) {
        status = push_matching(store, &filter, sink, error);
    }
    if (!sqlite3_get_autocommit(reader->db)) {
        sqlite_connection_step(reader, READ_END, NULL);
    }
    return status;
}

static int sqlite_list(void *backend, unsigned lane, const meower_range *range, meower_row_sink *sink,
                       meower_error *error)
{
    struct sqlite_connection *reader;
    int status = take_reader(backend, lane, &reader, error);
    if (status != MEOWER_OK) {
        return status;
    }
    return range->term_count == 0 ? list_all(backend, reader, range, sink, error)
                                  : list_matching(backend, reader, range, sink, error);
}

/* One transaction, so that all meows are of one moment. */
/* Counts the meows that the walk comes to. One transaction, as sqlite_get(). */
static int count_matching(const struct sqlite_store *store, struct sqlite_connection *reader, const meower_range *range,
                          uint64_t *total, meower_error *error)
{
    struct sqlite_filter filter;
    uint64_t matched = 0;
    bool is_found = atomic_load(&store->has_labels);
    int status = is_found ? begin_read(reader, error) : MEOWER_OK;
    if (is_found && status == MEOWER_OK) {
        status = sqlite_filter_begin(&filter, reader, READ_SORTED_LABELS, range, error);
    }
    while (is_found && status == MEOWER_OK) {
        status = sqlite_filter_next(&filter, &is_found, error);
        matched += status == MEOWER_OK && is_found ? 1 : 0;
    }
    if (!sqlite3_get_autocommit(reader->db)) {
        sqlite_connection_step(reader, READ_END, NULL);
    }
    if (status == MEOWER_OK) {
        *total = matched;
    }
    return status;
}

static int sqlite_count(void *backend, unsigned lane, const meower_range *range, uint64_t *total, meower_error *error)
{
    struct sqlite_connection *reader;
    int status = take_reader(backend, lane, &reader, error);
    if (status != MEOWER_OK) {
        return status;
    }
    if (range->term_count > 0) {
        return count_matching(backend, reader, range, total, error);
    }
    sqlite_connection_bind(reader, READ_TOTAL, 1, range->above == NULL ? "" : range->above);
    sqlite_connection_bind(reader, READ_TOTAL, 2, range->below == NULL ? "~" : range->below);
    return read_number(reader, READ_TOTAL, total, error);
}

static int sqlite_get(void *backend, unsigned lane, const char *const *ids, size_t count, meower_row_sink *sink,
                      meower_error *error)
{
    struct sqlite_connection *reader;
    int status = take_reader(backend, lane, &reader, error);
    if (status == MEOWER_OK) {
        status = begin_read(reader, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    for (size_t i = 0; i < count && status == MEOWER_OK; i++) {
        sqlite_connection_bind(reader, READ_MEOW, 1, ids[i]);
        status = push_rows(backend, reader, READ_MEOW, sink, error);
    }
    if (!sqlite3_get_autocommit(reader->db)) {
        sqlite_connection_step(reader, READ_END, NULL);
    }
    return status;
}

static int sqlite_checkpoint(void *backend, unsigned lane, const char *name, uint64_t *position, meower_error *error)
{
    struct sqlite_connection *reader;
    int status = take_reader(backend, lane, &reader, error);
    if (status != MEOWER_OK) {
        return status;
    }
    sqlite_connection_bind(reader, READ_CHECKPOINT, 1, name);
    return read_number(reader, READ_CHECKPOINT, position, error);
}

/* Pushes the first column of every row that a query gives, other than "ok". */
static int push_texts(struct sqlite_connection *reader, const char *sql, meower_text_sink *sink, meower_error *error)
{
    sqlite3_stmt *statement = NULL;
    int status = MEOWER_OK;
    int result = sqlite3_prepare_v2(reader->db, sql, -1, &statement, NULL);
    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(statement);
        const char *text = result == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
        if (text != NULL && strcmp(text, "ok") != 0) {
            status = sink->text(sink, text);
        }
        if (status != MEOWER_OK) {
            break;
        }
    }
    if (status == MEOWER_OK && result != SQLITE_DONE) {
        status = sqlite_connection_error(reader, error);
    }
    sqlite3_finalize(statement);
    return status;
}

static int sqlite_inspect(void *backend, unsigned lane, meower_text_sink *sink, meower_error *error)
{
    const struct sqlite_store *store = backend;
    struct sqlite_connection *reader;
    int status = take_reader(backend, lane, &reader, error);
    if (status == MEOWER_OK) {
        status = push_texts(reader, "PRAGMA integrity_check", sink, error);
    }
    if (status == MEOWER_OK) {
        status = push_texts(reader,
                            "SELECT 'an idempotency key names position ' || position || ', where no meow was created' "
                            "FROM meower_keys k WHERE NOT EXISTS (SELECT 1 FROM meower_events e "
                            "WHERE e.position = k.position AND e.kind = 1) ORDER BY position",
                            sink, error);
    }
    if (status == MEOWER_OK && store->has_labels_table) {
        status =
            push_texts(reader,
                       "SELECT DISTINCT 'labels are kept of ' || meow_id || ', which is no meow' "
                       "FROM (SELECT meow_id FROM meower_labels UNION ALL SELECT meow_id FROM meower_meow_labels) l "
                       "WHERE NOT EXISTS (SELECT 1 FROM meows m WHERE m.id = l.meow_id) "
                       "ORDER BY meow_id",
                       sink, error);
    }
    return status;
}

const meower_store_vtable sqlite_store = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_store_vtable),
    .scheme = "sqlite",
    .flags = MEOWER_STORE_EXCLUSIVE | MEOWER_STORE_LOOKS,
    .open = sqlite_open,
    .close = sqlite_close,
    .info = sqlite_info,
    .append = sqlite_append,
    .head = sqlite_head,
    .read_events = sqlite_read_events,
    .list = sqlite_list,
    .get = sqlite_get,
    .checkpoint = sqlite_checkpoint,
    .new_epoch = sqlite_new_epoch,
    .backup = sqlite_backup,
    .restore = sqlite_restore,
    .inspect = sqlite_inspect,
    .count = sqlite_count,
};
