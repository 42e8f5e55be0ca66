/* postgresql_batch.c - what append() of the PostgreSQL store sends.
 *
 * Positions are without a hole, and are seen in order: every batch updates the one row of meower_head first, and keeps
 * its lock until it has committed. So the next batch reads the head, and stores its events, only when those of the one
 * before are visible to all (PostgreSQL ends a transaction for new snapshots before it gives back its locks:
 * CommitTransaction() in src/backend/access/transam/xact.c). Any snapshot, and so any statement that reads, sees the
 * events up to some position and none beyond. That holds for every process that writes, without their knowing of one
 * another. A batch that fails undoes the head along with the rest.
 *
 * The head row also keeps the newest id. A batch is stored only when its ids are above it, so that ids rise with
 * positions, whatever the clocks of the writers say. A batch that is too low when it comes to the row is
 * refused; the writer above draws higher ids and sends it again.
 *
 * Batches of posts, which is nearly all, are one statement of a few inserts and updates. It does nothing when an id is
 * too low or a key is known already; then, and for all other batches, the function meower_append_in_order() goes
 * through the operations one by one: about six times the server's work. Labels have statements of their own, so that
 * posts without any cost what they did. */
#include "store/postgresql_batch.h"
#include "store/postgresql_error.h"
#include "store/postgresql_schema.h"
#include <stdio.h>
#include <string.h>

#define UNIQUE_VIOLATION "23505" /* another program has inserted a meow with one of the ids */

enum {
    WRITE_POSTS,
    WRITE_POSTS_WITH_KEYS,
    WRITE_LABELLED_POSTS,
    WRITE_LABELLED_POSTS_WITH_KEYS,
    WRITE_ANY,
    WRITE_LABELLED_ANY,
    WRITE_FIND_NEWEST,
    WRITE_END_SESSION,
    WRITE_COUNT
};

/* What becomes of the rows of "posts" from the position "before" in "head" on. */
#define STORE_POSTS                                                                                                    \
    ", stored AS (INSERT INTO meows(id, body, created_at) SELECT id, body, at FROM posts, head), "                     \
    "announced AS (INSERT INTO meower_events(position, kind, meow_id, at) "                                            \
    "SELECT before + number, 1, id, at FROM posts, head) "

/* How the head moves on by a batch of $4 posts with the ids $1. */
#define MOVE_HEAD                                                                                                      \
    "UPDATE meower_head SET position = position + $4::bigint, newest_id = ($1::text[])[$4::integer] "                  \
    "WHERE newest_id < ($1::text[])[1]"

/* A batch of posts without keys, up to where the labels come. */
#define POSTS                                                                                                          \
    "WITH posts AS (SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[]) "                                  \
    "WITH ORDINALITY AS post(id, body, at, number)), "                                                                 \
    "head AS (" MOVE_HEAD " RETURNING position - $4 AS before)" STORE_POSTS

/* With keys, nothing is done where one is known already. Expired ones are forgotten by a bite larger than what the
 * batch adds, so that they cannot pile up and no batch waits for many. LATERAL and ANY are looks into an index,
 * whatever the server thinks of the size of the table. */
#define POSTS_WITH_KEYS                                                                                                \
    "WITH posts AS (SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $5::bytea[], $6::bigint[], "       \
    "$7::timestamptz[]) WITH ORDINALITY AS post(id, body, at, key, fingerprint, expires, number)), "                   \
    "head AS (" MOVE_HEAD " AND NOT EXISTS "                                                                           \
    "(SELECT FROM posts, LATERAL (SELECT FROM meower_keys k WHERE k.key = posts.key LIMIT 1) known) "                  \
    "RETURNING position - $4 AS before)" STORE_POSTS                                                                   \
    ", remembered AS (INSERT INTO meower_keys(key, fingerprint, position, expires_at) "                                \
    "SELECT key, fingerprint, before + number, expires FROM posts, head WHERE key IS NOT NULL), "                      \
    "forgotten AS (DELETE FROM meower_keys WHERE key = ANY (ARRAY(SELECT key FROM meower_keys "                        \
    "WHERE expires_at <= (SELECT max(at) FROM posts) ORDER BY expires_at LIMIT $4 + 16))) "

/* The labels of the posts, from three parameters. */
#define STORE_LABELS(ids, keys, values)                                                                                \
    ", labelled AS (INSERT INTO meower_labels(key, value, meow_id) SELECT key, value, id FROM head, "                  \
    "unnest(" ids "::text[], " keys "::text[], " values "::text[]) AS label(id, key, value) ON CONFLICT DO NOTHING) "

static const char *const write_sql[WRITE_COUNT] = {
    [WRITE_POSTS] = POSTS "SELECT before FROM head",
    [WRITE_POSTS_WITH_KEYS] = POSTS_WITH_KEYS "SELECT before FROM head",
    [WRITE_LABELLED_POSTS] = POSTS STORE_LABELS("$5", "$6", "$7") "SELECT before FROM head",
    [WRITE_LABELLED_POSTS_WITH_KEYS] = POSTS_WITH_KEYS STORE_LABELS("$8", "$9", "$10") "SELECT before FROM head",
    [WRITE_ANY] = "SELECT * FROM meower_append_in_order($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    [WRITE_LABELLED_ANY] = "SELECT * FROM meower_append_with_labels($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    [WRITE_FIND_NEWEST] = "SELECT newest_id FROM meower_head",
    [WRITE_END_SESSION] = ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                           "WHERE pid || '-' || extract(epoch FROM backend_start) = $1::text"),
};

void postgresql_writer_init(struct postgresql_writer *writer, const char *conninfo)
{
    *writer = (struct postgresql_writer){
        .connection =
            {
                .setting = "store",
                .conninfo = conninfo,
                .statements = write_sql,
                .statement_count = WRITE_COUNT,
                .silence_max_ms = POSTGRESQL_SILENCE_MAX_MS,
            },
    };
}

void postgresql_writer_close(struct postgresql_writer *writer)
{
    postgresql_connection_close(&writer->connection);
    for (size_t i = 0; i < POSTGRESQL_BATCH_ARRAYS; i++) {
        postgresql_array_free(&writer->arrays[i]);
    }
}

/* ---- posts ------------------------------------------------------------------------------------------------------ */

/* The last arrays of a writer are those of the labels. */
#define LABEL_ARRAYS     3
#define OPERATION_ARRAYS (POSTGRESQL_BATCH_ARRAYS - LABEL_ARRAYS)

static bool are_posts(const meower_store_operation *operations, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (operations[i].kind != MEOWER_STORE_POST) {
            return false;
        }
    }
    return true;
}

static bool have_key(const meower_store_operation *operations, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (operations[i].idempotency_key != NULL) {
            return true;
        }
    }
    return false;
}

static size_t count_labels(const meower_store_operation *operations, size_t count)
{
    size_t labels = 0;
    for (size_t i = 0; i < count; i++) {
        labels += operations[i].kind == MEOWER_STORE_POST ? operations[i].label_count : 0;
    }
    return labels;
}

/* Binds the labels of the posts, of which there are `label_count`; nothing when there are none. */
static int bind_labels(struct postgresql_array *arrays, const meower_store_operation *operations, size_t count,
                       size_t label_count, struct postgresql_parameters *parameters, meower_error *error)
{
    if (label_count == 0) {
        return MEOWER_OK;
    }
    for (size_t i = 0; i < LABEL_ARRAYS; i++) {
        postgresql_array_begin(&arrays[i], POSTGRESQL_TEXT, label_count);
    }
    for (size_t i = 0; i < count; i++) {
        size_t labels = operations[i].kind == MEOWER_STORE_POST ? operations[i].label_count : 0;
        for (size_t j = 0; j < labels; j++) {
            const meower_label *label = &operations[i].labels[j];
            postgresql_array_add_text(&arrays[0], operations[i].id);
            postgresql_array_add_bytes(&arrays[1], label->key, label->key_len);
            postgresql_array_add_bytes(&arrays[2], label->value, label->value_len);
        }
    }
    return postgresql_array_bind(arrays, LABEL_ARRAYS, parameters, error);
}

static int bind_posts(struct postgresql_array *arrays, const meower_store_operation *operations, size_t count,
                      struct postgresql_parameters *parameters, meower_error *error)
{
    postgresql_array_begin(&arrays[0], POSTGRESQL_TEXT, count);
    postgresql_array_begin(&arrays[1], POSTGRESQL_TEXT, count);
    postgresql_array_begin(&arrays[2], POSTGRESQL_TIMESTAMPTZ, count);
    for (size_t i = 0; i < count; i++) {
        postgresql_array_add_text(&arrays[0], operations[i].id);
        postgresql_array_add_bytes(&arrays[1], operations[i].body, operations[i].body_len);
        postgresql_array_add_time(&arrays[2], operations[i].at_us);
    }
    int status = postgresql_array_bind(arrays, 3, parameters, error);
    if (status == MEOWER_OK) {
        postgresql_add_bigint(parameters, count);
    }
    return status;
}

static int bind_keys(struct postgresql_array *arrays, const meower_store_operation *operations, size_t count,
                     struct postgresql_parameters *parameters, meower_error *error)
{
    postgresql_array_begin(&arrays[3], POSTGRESQL_BYTEA, count);
    postgresql_array_begin(&arrays[4], POSTGRESQL_BIGINT, count);
    postgresql_array_begin(&arrays[5], POSTGRESQL_TIMESTAMPTZ, count);
    for (size_t i = 0; i < count; i++) {
        postgresql_array_add_text(&arrays[3], operations[i].idempotency_key);
        postgresql_array_add_bigint(&arrays[4], (int64_t)operations[i].fingerprint);
        postgresql_array_add_time(&arrays[5], operations[i].expires_us);
    }
    return postgresql_array_bind(arrays + 3, 3, parameters, error);
}

static void take_positions(meower_store_operation *operations, size_t count, uint64_t before)
{
    for (size_t i = 0; i < count; i++) {
        operations[i].status = MEOWER_OK;
        operations[i].replayed = 0;
        operations[i].position = before + i + 1;
        operations[i].stored_at_us = operations[i].at_us;
        snprintf(operations[i].stored_id, sizeof(operations[i].stored_id), "%s", operations[i].id);
    }
}

/* *is_done is false when nothing was stored: an id or a key is in the way. */
static int append_posts(struct postgresql_writer *writer, meower_store_operation *operations, size_t count,
                        bool *is_done, meower_error *error)
{
    struct postgresql_parameters parameters = {.count = 0};
    PGresult *result = NULL;
    bool with_keys = have_key(operations, count);
    size_t label_count = count_labels(operations, count);
    int statement = with_keys ? WRITE_POSTS_WITH_KEYS : WRITE_POSTS;
    if (label_count > 0) {
        statement = with_keys ? WRITE_LABELLED_POSTS_WITH_KEYS : WRITE_LABELLED_POSTS;
    }
    int status = bind_posts(writer->arrays, operations, count, &parameters, error);
    if (status == MEOWER_OK && with_keys) {
        status = bind_keys(writer->arrays, operations, count, &parameters, error);
    }
    if (status == MEOWER_OK) {
        status = bind_labels(writer->arrays + OPERATION_ARRAYS, operations, count, label_count, &parameters, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    status = postgresql_connection_execute(&writer->connection, statement, &parameters, &result, error);
    *is_done = status == MEOWER_OK && PQntuples(result) == 1;
    if (*is_done) {
        take_positions(operations, count, (uint64_t)postgresql_bigint(result, 0, 0));
    }
    PQclear(result);
    if (status != MEOWER_OK && writer->connection.conn != NULL && postgresql_error_is(error, UNIQUE_VIOLATION)) {
        status = MEOWER_OK;
    }
    return status;
}

/* ---- ids that are too low --------------------------------------------------------------------------------------- */

/* Names `id` as the one that the batch must be above. */
static int refuse(meower_store_operation *operations, const char *id)
{
    snprintf(operations[0].stored_id, sizeof(operations[0].stored_id), "%s", id);
    return MEOWER_ERROR_CONFLICT;
}

/* CONFLICT when the posts from `first_id` on are not above the newest id. */
static int compare_with_newest(struct postgresql_writer *writer, meower_store_operation *operations,
                               const char *first_id, meower_error *error)
{
    const struct postgresql_parameters none = {.count = 0};
    PGresult *result = NULL;
    int status = postgresql_connection_execute(&writer->connection, WRITE_FIND_NEWEST, &none, &result, error);
    if (status == MEOWER_OK && PQntuples(result) == 1 && strcmp(first_id, PQgetvalue(result, 0, 0)) <= 0) {
        status = refuse(operations, PQgetvalue(result, 0, 0));
    }
    PQclear(result);
    return status;
}

static const char *last_post_id(const meower_store_operation *operations, size_t count)
{
    const char *id = "";
    for (size_t i = 0; i < count; i++) {
        id = operations[i].kind == MEOWER_STORE_POST ? operations[i].id : id;
    }
    return id;
}

/* What a batch is to be answered with that the server refused with `status`. */
static int explain_refusal(struct postgresql_writer *writer, int status, meower_store_operation *operations,
                           size_t count, meower_error *error)
{
    if (postgresql_error_is(error, POSTGRESQL_ID_TOO_LOW)) {
        return compare_with_newest(writer, operations, "", error);
    }
    /* Nothing says which id it is, but those above the batch are free. */
    return postgresql_error_is(error, UNIQUE_VIOLATION) ? refuse(operations, last_post_id(operations, count)) : status;
}

/* ---- anything --------------------------------------------------------------------------------------------------- */

static void fill_any(struct postgresql_array *arrays, const meower_store_operation *operation)
{
    bool is_named = operation->kind == MEOWER_STORE_CHECKPOINT || operation->kind == MEOWER_STORE_LEASE;
    uint64_t position = operation->position > INT64_MAX ? INT64_MAX : operation->position;
    postgresql_array_add_integer(&arrays[0], operation->kind);
    postgresql_array_add_text(&arrays[1], is_named ? operation->name : operation->id);
    if (operation->kind == MEOWER_STORE_POST) {
        postgresql_array_add_bytes(&arrays[2], operation->body, operation->body_len);
    } else {
        postgresql_array_add_text(&arrays[2], operation->owner);
    }
    postgresql_array_add_time(&arrays[3], operation->at_us);
    postgresql_array_add_time(&arrays[4], operation->expires_us);
    postgresql_array_add_text(&arrays[5], operation->idempotency_key);
    postgresql_array_add_bigint(&arrays[6], (int64_t)operation->fingerprint);
    postgresql_array_add_bigint(&arrays[7], (int64_t)position);
}

static void take_result(meower_store_operation *operation, const PGresult *result, int row)
{
    operation->status = postgresql_integer(result, row, 0);
    operation->replayed = postgresql_integer(result, row, 1);
    snprintf(operation->stored_id, sizeof(operation->stored_id), "%s", PQgetvalue(result, row, 2));
    operation->stored_at_us = postgresql_time_us(result, row, 3);
    if (operation->kind == MEOWER_STORE_POST || operation->kind == MEOWER_STORE_DELETE) {
        operation->position = (uint64_t)postgresql_bigint(result, row, 4);
    }
}

static int append_any(struct postgresql_writer *writer, meower_store_operation *operations, size_t count,
                      meower_error *error)
{
    static const unsigned types[OPERATION_ARRAYS] = {POSTGRESQL_INTEGER,     POSTGRESQL_TEXT,        POSTGRESQL_TEXT,
                                                     POSTGRESQL_TIMESTAMPTZ, POSTGRESQL_TIMESTAMPTZ, POSTGRESQL_BYTEA,
                                                     POSTGRESQL_BIGINT,      POSTGRESQL_BIGINT};
    struct postgresql_parameters parameters = {.count = 0};
    PGresult *result = NULL;
    size_t label_count = count_labels(operations, count);
    for (size_t i = 0; i < OPERATION_ARRAYS; i++) {
        postgresql_array_begin(&writer->arrays[i], types[i], count);
    }
    for (size_t i = 0; i < count; i++) {
        fill_any(writer->arrays, &operations[i]);
    }
    int status = postgresql_array_bind(writer->arrays, OPERATION_ARRAYS, &parameters, error);
    postgresql_add_bytes(&parameters, writer->is_in_doubt ? "\1" : "", 1); /* a boolean */
    if (status == MEOWER_OK) {
        status = bind_labels(writer->arrays + OPERATION_ARRAYS, operations, count, label_count, &parameters, error);
    }
    if (status == MEOWER_OK) {
        int statement = label_count > 0 ? WRITE_LABELLED_ANY : WRITE_ANY;
        status = postgresql_connection_execute(&writer->connection, statement, &parameters, &result, error);
    }
    if (status != MEOWER_OK && writer->connection.conn != NULL) {
        status = explain_refusal(writer, status, operations, count, error);
    }
    if (status == MEOWER_OK && (size_t)PQntuples(result) != count) {
        status =
            meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                             "option \"store\": the function meower_append_in_order() is not the one of this library");
    }
    for (size_t i = 0; i < count && status == MEOWER_OK; i++) {
        take_result(&operations[i], result, (int)i);
    }
    PQclear(result);
    return status;
}

/* ---- connections that broke ------------------------------------------------------------------------------------- */

/* The server may not have noticed that a connection broke, and store its batch only later: after the same batch has
 * come again, and perhaps after a meow of it was deleted. So that session is ended before anything new is sent. */
static int end_unfinished_session(struct postgresql_writer *writer, meower_error *error)
{
    struct postgresql_parameters parameters = {.count = 0};
    PGresult *result = NULL;
    if (writer->unfinished[0] == '\0') {
        return MEOWER_OK;
    }
    postgresql_add_text(&parameters, writer->unfinished);
    int status = postgresql_connection_execute(&writer->connection, WRITE_END_SESSION, &parameters, &result, error);
    if (status == MEOWER_OK && PQntuples(result) > 0) {
        status = meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                  "option \"store\": PostgreSQL is still ending the session whose connection broke");
    } else if (status == MEOWER_OK) {
        writer->unfinished[0] = '\0';
    }
    PQclear(result);
    return status;
}

int postgresql_writer_append(struct postgresql_writer *writer, meower_store_operation *operations, size_t count,
                             meower_error *error)
{
    struct postgresql_connection *connection = &writer->connection;
    int status = postgresql_connection_ready(connection, error);
    if (status == MEOWER_OK) {
        status = end_unfinished_session(writer, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }

    bool is_done = false;
    bool is_simple = !writer->is_in_doubt && are_posts(operations, count);
    if (is_simple) {
        status = append_posts(writer, operations, count, &is_done, error);
    }
    if (is_simple && status == MEOWER_OK && !is_done && !have_key(operations, count)) {
        status = compare_with_newest(writer, operations, operations[0].id, error);
    }
    if (status == MEOWER_OK && !is_done) {
        status = append_any(writer, operations, count, error);
    }
    if (status == MEOWER_OK || status == MEOWER_ERROR_CONFLICT) {
        writer->is_in_doubt = false;
    }
    if (connection->conn != NULL) {
        return status;
    }
    writer->is_in_doubt = true;
    memcpy(writer->unfinished, connection->session, sizeof(writer->unfinished));
    return meower_error_set_backend(
        error, MEOWER_ERROR_OUTCOME_UNKNOWN, error->backend_domain, error->backend_code, MEOWER_ERROR_FLAG_RETRIABLE,
        "the connection broke while a batch of %zu was being stored; whether it is, is to be seen "
        "(%s)",
        count, error->message);
}
