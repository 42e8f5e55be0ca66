/* sqlite_batch.c - what append() of the SQLite store does to the tables. Posts without keys that stand in a row are two
 * statements for all of them; any other operation has its own. */
#include "store/sqlite_batch.h"
#include "store/sqlite_labels.h"
#include "store/sqlite_rows.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Expired keys that one batch removes beyond as many as it may have added. */
#define KEYS_FORGOTTEN_MIN 16

enum {
    WRITE_BEGIN,
    WRITE_COMMIT,
    WRITE_ROLLBACK,
    WRITE_MEOWS,
    WRITE_EVENTS,
    WRITE_MEOW,
    WRITE_EVENT,
    WRITE_LABELS,
    WRITE_DELETE_MEOW,
    WRITE_DELETE_SORTED_LABELS,
    WRITE_DELETE_LABELS,
    WRITE_SORT_LABELS,
    WRITE_NOTE_SORTED_LABELS,
    WRITE_FIND_KEY,
    WRITE_KEY,
    WRITE_FORGET_KEYS,
    WRITE_CHECKPOINT,
    WRITE_LEASE,
    WRITE_COUNT
};

static const char *const write_sql[WRITE_COUNT] = {
    [WRITE_BEGIN] = "BEGIN IMMEDIATE",
    [WRITE_COMMIT] = "COMMIT",
    [WRITE_ROLLBACK] = "ROLLBACK",
    [WRITE_MEOWS] =
        "INSERT INTO meows(id, body, created_at) SELECT id, body, created_at FROM meower_posts(?1) WHERE true "
        "ON CONFLICT DO NOTHING",
    [WRITE_EVENTS] = "INSERT OR FAIL INTO meower_events(position, kind, meow_id, at) "
                     "SELECT ?2 + number, ?3, id, created_at FROM meower_posts(?1)",
    [WRITE_MEOW] = "INSERT INTO meows(id, body, created_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    [WRITE_EVENT] = "INSERT INTO meower_events(position, kind, meow_id, at) VALUES (?1, ?2, ?3, ?4)",
    [WRITE_LABELS] = SQLITE_LABELS_INSERT,
    [WRITE_DELETE_MEOW] = "DELETE FROM meows WHERE id = ?1",
    [WRITE_DELETE_SORTED_LABELS] = "DELETE FROM meower_labels WHERE " SQLITE_LABELS_SORTED_OF("?1"),
    [WRITE_DELETE_LABELS] = "DELETE FROM meower_meow_labels WHERE meow_id = ?1",
    [WRITE_SORT_LABELS] = SQLITE_LABELS_SORT,
    [WRITE_NOTE_SORTED_LABELS] = SQLITE_LABELS_NOTE_SORTED,
    [WRITE_FIND_KEY] = "SELECT k.fingerprint, e.meow_id, e.at, e.position FROM meower_keys k "
                       "JOIN meower_events e ON e.position = k.position WHERE k.key = ?1 AND k.expires_at > ?2",
    [WRITE_KEY] = "INSERT OR REPLACE INTO meower_keys(key, fingerprint, position, expires_at) VALUES (?1, ?2, ?3, ?4)",
    [WRITE_FORGET_KEYS] = "DELETE FROM meower_keys WHERE key IN "
                          "(SELECT key FROM meower_keys WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
    [WRITE_CHECKPOINT] = "INSERT OR REPLACE INTO meower_checkpoints(name, position) VALUES (?1, ?2)",
    [WRITE_LEASE] = "INSERT INTO meower_leases(name, owner, expires_at) VALUES (?1, ?2, ?3) "
                    "ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at "
                    "WHERE owner = excluded.owner OR expires_at <= ?4",
};

/* ---- posts in a row --------------------------------------------------------------------------------------------- */

/* `number` counts the rows from 1. */
static const char posts_declaration[] = "CREATE TABLE posts(posts HIDDEN, id, body, created_at, number)";

enum {
    POST_ID = 1,
    POST_BODY,
    POST_CREATED_AT,
    POST_NUMBER
};

static void post_column(sqlite3_context *context, const void *items, size_t row, int column)
{
    const meower_store_operation *post = (const meower_store_operation *)items + row;
    switch (column) {
    case POST_ID:
        sqlite3_result_text(context, post->id, -1, SQLITE_STATIC);
        break;
    case POST_BODY:
        sqlite3_result_text64(context, post->body, post->body_len, SQLITE_STATIC, SQLITE_UTF8);
        break;
    case POST_CREATED_AT:
        sqlite3_result_int64(context, post->at_us);
        break;
    default:
        sqlite3_result_int64(context, (sqlite3_int64)row + 1);
    }
}

/* How many of the operations, from the first, are posts without a key. */
static size_t posts_in_a_row(const meower_store_operation *operations, size_t count)
{
    size_t posts = 0;
    while (posts < count && operations[posts].kind == MEOWER_STORE_POST && operations[posts].idempotency_key == NULL) {
        posts++;
    }
    return posts;
}

/* Whether a post has an id that the store can take: above all that it ever had. */
static bool is_above_newest(const struct sqlite_batch *batch, const meower_store_operation *post)
{
    return strcmp(post->id, batch->newest_id) > 0;
}

/* Another program has inserted a meow with this id, or with one below it, that we drew, too: higher ids are free. */
static int refuse_known_id(struct sqlite_batch *batch, const char *id)
{
    memcpy(batch->newest_id, id, sizeof(batch->newest_id));
    return MEOWER_ERROR_CONFLICT;
}

static int insert_labels(struct sqlite_connection *writer, struct sqlite_batch *batch,
                         const meower_store_operation *posts, size_t count, meower_error *error)
{
    size_t label_count = 0;
    for (size_t i = 0; i < count; i++) {
        label_count += posts[i].label_count;
    }
    batch->unsorted_labels += label_count;
    return label_count == 0 ? MEOWER_OK : sqlite_labels_insert(writer, WRITE_LABELS, posts, count, label_count, error);
}

static int insert_posts(struct sqlite_connection *writer, struct sqlite_batch *batch,
                        const meower_store_operation *posts, size_t count, meower_error *error)
{
    struct sqlite_rows rows = {.items = posts, .count = count, .column = post_column};
    sqlite_rows_bind(writer->statements[WRITE_MEOWS], 1, &rows);
    int status = sqlite_connection_step(writer, WRITE_MEOWS, error);
    if (status != MEOWER_OK) {
        return status;
    }
    if ((size_t)sqlite3_changes(writer->db) != count) {
        return refuse_known_id(batch, posts[count - 1].id);
    }
    sqlite_rows_bind(writer->statements[WRITE_EVENTS], 1, &rows);
    sqlite3_bind_int64(writer->statements[WRITE_EVENTS], 2, (sqlite3_int64)batch->position);
    sqlite3_bind_int(writer->statements[WRITE_EVENTS], 3, MEOWER_EVENT_CREATED);
    status = sqlite_connection_step(writer, WRITE_EVENTS, error);
    return status == MEOWER_OK ? insert_labels(writer, batch, posts, count, error) : status;
}

static int apply_posts(struct sqlite_connection *writer, struct sqlite_batch *batch, meower_store_operation *posts,
                       size_t count, meower_error *error)
{
    if (!is_above_newest(batch, &posts[0])) {
        return MEOWER_ERROR_CONFLICT;
    }
    int status = insert_posts(writer, batch, posts, count, error);
    if (status != MEOWER_OK) {
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        posts[i].status = MEOWER_OK;
        posts[i].replayed = 0;
        memcpy(posts[i].stored_id, posts[i].id, sizeof(posts[i].stored_id));
        posts[i].stored_at_us = posts[i].at_us;
        posts[i].position = ++batch->position;
    }
    batch->post_at_us = posts[count - 1].at_us;
    memcpy(batch->newest_id, posts[count - 1].id, sizeof(batch->newest_id));
    return MEOWER_OK;
}

/* ---- any operation ---------------------------------------------------------------------------------------------- */

static int insert_event(struct sqlite_connection *writer, struct sqlite_batch *batch, int kind,
                        meower_store_operation *operation, meower_error *error)
{
    sqlite3_stmt *statement = writer->statements[WRITE_EVENT];
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)(batch->position + 1));
    sqlite3_bind_int(statement, 2, kind);
    sqlite_connection_bind(writer, WRITE_EVENT, 3, operation->id);
    sqlite3_bind_int64(statement, 4, operation->at_us);
    int status = sqlite_connection_step(writer, WRITE_EVENT, error);
    if (status == MEOWER_OK) {
        operation->position = ++batch->position;
    }
    return status;
}

/* *is_known says whether the key had been used; the operation then says what came of it. */
static int look_up_key(struct sqlite_connection *writer, meower_store_operation *operation, bool *is_known,
                       meower_error *error)
{
    int status = MEOWER_OK;
    sqlite3_stmt *statement = writer->statements[WRITE_FIND_KEY];
    sqlite_connection_bind(writer, WRITE_FIND_KEY, 1, operation->idempotency_key);
    sqlite3_bind_int64(statement, 2, operation->at_us);
    int result = sqlite3_step(statement);
    *is_known = result == SQLITE_ROW;
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        status = sqlite_connection_error(writer, error);
    } else if (*is_known && (uint64_t)sqlite3_column_int64(statement, 0) != operation->fingerprint) {
        operation->status = MEOWER_ERROR_CONFLICT;
    } else if (*is_known) {
        const char *id = (const char *)sqlite3_column_text(statement, 1);
        if (id == NULL) {
            status = sqlite_connection_error(writer, error);
        } else {
            snprintf(operation->stored_id, sizeof(operation->stored_id), "%s", id);
        }
        operation->stored_at_us = sqlite3_column_int64(statement, 2);
        operation->position = (uint64_t)sqlite3_column_int64(statement, 3);
        operation->replayed = 1;
    }
    sqlite3_reset(statement);
    return status;
}

static int insert_key(struct sqlite_connection *writer, const meower_store_operation *operation, meower_error *error)
{
    sqlite3_stmt *statement = writer->statements[WRITE_KEY];
    sqlite_connection_bind(writer, WRITE_KEY, 1, operation->idempotency_key);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)operation->fingerprint);
    sqlite3_bind_int64(statement, 3, (sqlite3_int64)operation->position);
    sqlite3_bind_int64(statement, 4, operation->expires_us);
    return sqlite_connection_step(writer, WRITE_KEY, error);
}

static int apply_post(struct sqlite_connection *writer, struct sqlite_batch *batch, meower_store_operation *operation,
                      meower_error *error)
{
    bool is_known = false;
    int status = MEOWER_OK;
    batch->post_at_us = operation->at_us;
    operation->position = 0;
    if (operation->idempotency_key != NULL) {
        status = look_up_key(writer, operation, &is_known, error);
    }
    if (status != MEOWER_OK || is_known) {
        return status;
    }
    if (!is_above_newest(batch, operation)) {
        return MEOWER_ERROR_CONFLICT;
    }

    sqlite3_stmt *statement = writer->statements[WRITE_MEOW];
    sqlite_connection_bind(writer, WRITE_MEOW, 1, operation->id);
    sqlite3_bind_text64(statement, 2, operation->body, operation->body_len, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_int64(statement, 3, operation->at_us);
    status = sqlite_connection_step(writer, WRITE_MEOW, error);
    if (status != MEOWER_OK) {
        return status;
    }
    if (sqlite3_changes(writer->db) == 0) {
        return refuse_known_id(batch, operation->id);
    }
    memcpy(operation->stored_id, operation->id, sizeof(operation->stored_id));
    memcpy(batch->newest_id, operation->id, sizeof(batch->newest_id));
    operation->stored_at_us = operation->at_us;
    status = insert_event(writer, batch, MEOWER_EVENT_CREATED, operation, error);
    if (status == MEOWER_OK) {
        status = insert_labels(writer, batch, operation, 1, error);
    }
    if (status == MEOWER_OK && operation->idempotency_key != NULL) {
        status = insert_key(writer, operation, error);
    }
    return status;
}

static int delete_labels(struct sqlite_connection *writer, const char *id, meower_error *error)
{
    sqlite_connection_bind(writer, WRITE_DELETE_SORTED_LABELS, 1, id);
    int status = sqlite_connection_step(writer, WRITE_DELETE_SORTED_LABELS, error);
    if (status == MEOWER_OK) {
        sqlite_connection_bind(writer, WRITE_DELETE_LABELS, 1, id);
        status = sqlite_connection_step(writer, WRITE_DELETE_LABELS, error);
    }
    return status;
}

static int apply_delete(struct sqlite_connection *writer, struct sqlite_batch *batch, meower_store_operation *operation,
                        meower_error *error)
{
    operation->position = 0;
    sqlite_connection_bind(writer, WRITE_DELETE_MEOW, 1, operation->id);
    int status = sqlite_connection_step(writer, WRITE_DELETE_MEOW, error);
    if (status != MEOWER_OK) {
        return status;
    }
    if (sqlite3_changes(writer->db) == 0) {
        operation->status = MEOWER_ERROR_NOT_FOUND;
        return MEOWER_OK;
    }
    batch->deletion_count++;
    status = delete_labels(writer, operation->id, error);
    if (status != MEOWER_OK) {
        return status;
    }
    return insert_event(writer, batch, MEOWER_EVENT_DELETED, operation, error);
}

static int apply_checkpoint(struct sqlite_connection *writer, const meower_store_operation *operation,
                            meower_error *error)
{
    sqlite3_stmt *statement = writer->statements[WRITE_CHECKPOINT];
    sqlite_connection_bind(writer, WRITE_CHECKPOINT, 1, operation->name);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)operation->position);
    return sqlite_connection_step(writer, WRITE_CHECKPOINT, error);
}

static int apply_lease(struct sqlite_connection *writer, meower_store_operation *operation, meower_error *error)
{
    sqlite3_stmt *statement = writer->statements[WRITE_LEASE];
    sqlite_connection_bind(writer, WRITE_LEASE, 1, operation->name);
    sqlite_connection_bind(writer, WRITE_LEASE, 2, operation->owner);
    sqlite3_bind_int64(statement, 3, operation->expires_us);
    sqlite3_bind_int64(statement, 4, operation->at_us);
    int status = sqlite_connection_step(writer, WRITE_LEASE, error);
    if (status == MEOWER_OK && sqlite3_changes(writer->db) == 0) {
        operation->status = MEOWER_ERROR_LOCKED;
    }
    return status;
}

static int apply(struct sqlite_connection *writer, struct sqlite_batch *batch, meower_store_operation *operation,
                 meower_error *error)
{
    operation->status = MEOWER_OK;
    operation->replayed = 0;
    operation->stored_id[0] = '\0';
    operation->stored_at_us = 0;
    switch (operation->kind) {
    case MEOWER_STORE_POST:
        return apply_post(writer, batch, operation, error);
    case MEOWER_STORE_DELETE:
        return apply_delete(writer, batch, operation, error);
    case MEOWER_STORE_CHECKPOINT:
        return apply_checkpoint(writer, operation, error);
    default:
        return apply_lease(writer, operation, error);
    }
}

/* ---- the transaction -------------------------------------------------------------------------------------------- */

/* A bite larger than what the batch added: expired keys cannot pile up, and no batch waits for many. */
static int forget_keys(struct sqlite_connection *writer, const struct sqlite_batch *batch, size_t count,
                       meower_error *error)
{
    sqlite3_stmt *statement = writer->statements[WRITE_FORGET_KEYS];
    sqlite3_bind_int64(statement, 1, batch->post_at_us);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)count + KEYS_FORGOTTEN_MIN);
    return sqlite_connection_step(writer, WRITE_FORGET_KEYS, error);
}

static int sort_labels(struct sqlite_connection *writer, struct sqlite_batch *batch, meower_error *error)
{
    int status = sqlite_connection_step(writer, WRITE_SORT_LABELS, error);
    if (status == MEOWER_OK) {
        status = sqlite_connection_step(writer, WRITE_NOTE_SORTED_LABELS, error);
    }
    batch->unsorted_labels = 0;
    return status;
}

/* When the last thing that fails is the sync, the log holds the whole transaction: whoever opens the file next may find
 * it committed, unless another one was written over it. */
static int commit(struct sqlite_connection *writer, meower_error *error)
{
    int status = sqlite_connection_step(writer, WRITE_COMMIT, error);
    int result = sqlite3_extended_errcode(writer->db);
    if (status == MEOWER_ERROR_IO && result == SQLITE_IOERR_FSYNC) {
        return meower_error_set_backend(
            error, MEOWER_ERROR_OUTCOME_UNKNOWN, MEOWER_DOMAIN_SQLITE, result, 0,
            "the disk failed while \"%s\" was synced; what was written may be stored all the same", writer->path);
    }
    return status;
}

static int apply_all(struct sqlite_connection *writer, struct sqlite_batch *batch, meower_store_operation *operations,
                     size_t count, meower_error *error)
{
    int status = MEOWER_OK;
    size_t taken = 0;
    for (size_t i = 0; i < count && status == MEOWER_OK; i += taken) {
        taken = posts_in_a_row(&operations[i], count - i);
        if (taken > 1) {
            status = apply_posts(writer, batch, &operations[i], taken, error);
        } else {
            taken = 1;
            status = apply(writer, batch, &operations[i], error);
        }
    }
    if (status == MEOWER_OK && batch->post_at_us != 0) {
        status = forget_keys(writer, batch, count, error);
    }
    if (status == MEOWER_OK && batch->unsorted_labels > SQLITE_LABELS_UNSORTED_MAX) {
        status = sort_labels(writer, batch, error);
    }
    if (status == MEOWER_OK) {
        status = commit(writer, error);
    }
    return status;
}

int sqlite_batch_prepare(struct sqlite_connection *writer, meower_error *error)
{
    if (sqlite_rows_register(writer->db, "meower_posts", posts_declaration) != SQLITE_OK ||
        sqlite_labels_register(writer->db) != SQLITE_OK) {
        return sqlite_connection_error(writer, error);
    }
    return sqlite_connection_prepare(writer, write_sql, WRITE_COUNT, error);
}

/* A transaction that could not be rolled back, for want of memory or because the disk failed, is rolled back first:
 * otherwise no other could ever begin. */
static int begin(struct sqlite_connection *writer, meower_error *error)
{
    int status = MEOWER_OK;
    if (!sqlite3_get_autocommit(writer->db)) {
        status = sqlite_connection_step(writer, WRITE_ROLLBACK, error);
    }
    return status == MEOWER_OK ? sqlite_connection_step(writer, WRITE_BEGIN, error) : status;
}

static int transact(struct sqlite_connection *writer, struct sqlite_batch *batch, meower_store_operation *operations,
                    size_t count, meower_error *error)
{
    int status = begin(writer, error);
    if (status != MEOWER_OK) {
        return status;
    }
    status = apply_all(writer, batch, operations, count, error);
    /* After some errors SQLite has rolled back itself. */
    if (status != MEOWER_OK && !sqlite3_get_autocommit(writer->db)) {
        sqlite_connection_step(writer, WRITE_ROLLBACK, NULL);
    }
    return status;
}

int sqlite_batch_append(struct sqlite_connection *writer, struct sqlite_batch *batch,
                        meower_store_operation *operations, size_t count, meower_error *error)
{
    int status = transact(writer, batch, operations, count, error);
    if (status == MEOWER_ERROR_CONFLICT) {
        memcpy(operations[0].stored_id, batch->newest_id, sizeof(operations[0].stored_id));
    }
    return status;
}
