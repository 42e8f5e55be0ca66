/* postgresql.c - the store "postgresql://USER:PASSWORD@HOST:PORT/DATABASE" (or libpq's keywords:
 * "postgresql:host=..."). Several processes may have one open at once. What is read comes from the server, never from
 * this process; each lane has a connection, and append() another one. */
#include "base/labels_buffer.h"
#include "port/schemes.h"
#include "store/postgresql_batch.h"
#include "store/postgresql_error.h"
#include "store/postgresql_schema.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Larger answers are taken row by row, not as a whole. */
#define ROWS_AT_ONCE_MAX 4096

enum {
    READ_INFO,
    READ_HEAD,
    READ_EVENTS,
    READ_NEWEST_FIRST,
    READ_OLDEST_FIRST,
    READ_MATCHING,
    READ_MEOWS,
    READ_CHECKPOINT,
    READ_DAMAGE,
    READ_TOTAL,
    READ_TOTAL_MATCHING,
    READ_COUNT
};

/* The labels of a meow as one text, in which each key and each value ends with a character that no label has; a null
 * when there are none. Order and limit make it a look into the index, whatever the server thinks of the size of the
 * table; the limit is one more than a meow can have. */
#define LABEL_END '\x1F'
#define LABELS                                                                                                         \
    "(SELECT string_agg(key || chr(31) || value || chr(31), '') FROM (SELECT key, value FROM meower_labels "           \
    "WHERE meow_id = meows.id COLLATE \"C\" ORDER BY meow_id, key, value LIMIT 17) label) AS labels "

/* What a list and a get ask for. */
#define MEOWS "SELECT 0::bigint, 1, id::text, body::text, created_at, " LABELS "FROM meows "

/* The ids that a filter finds. */
#define MATCHES "meower_filter($1::text[], $2::text[], $3::text, $4::text, $5::boolean, $6::bigint, $7::bigint) "

/* All that give rows have the columns of push_row(). Every id is above "" and below "~". The LATERAL query is one look
 * into the index for each event, whatever the server thinks of the size of "meows". */
static const char *const read_sql[READ_COUNT] = {
    [READ_INFO] = "SELECT (SELECT value FROM meower_meta WHERE name = 'epoch'), (SELECT position FROM meower_head), "
                  "(SELECT newest_id FROM meower_head)",
    [READ_HEAD] = "SELECT position FROM meower_head",
    [READ_EVENTS] =
        "SELECT e.position, e.kind::integer, e.meow_id, m.body, coalesce(m.created_at, e.at), m.labels FROM "
        "(SELECT * FROM meower_events WHERE position > $1::bigint ORDER BY position LIMIT $2::bigint) e "
        "LEFT JOIN LATERAL (SELECT body, created_at, " LABELS "FROM meows "
        "WHERE id COLLATE \"C\" = e.meow_id LIMIT 1) m ON e.kind = 1 ORDER BY e.position",
    [READ_NEWEST_FIRST] = MEOWS "WHERE id COLLATE \"C\" > $1::text AND id COLLATE \"C\" < $2::text "
                                "ORDER BY id COLLATE \"C\" DESC LIMIT $3::bigint OFFSET $4::bigint",
    [READ_OLDEST_FIRST] = MEOWS "WHERE id COLLATE \"C\" > $1::text AND id COLLATE \"C\" < $2::text "
                                "ORDER BY id COLLATE \"C\" LIMIT $3::bigint OFFSET $4::bigint",
    [READ_MATCHING] = "SELECT 0::bigint, 1, m.id::text, m.body::text, m.created_at, m.labels FROM " MATCHES
                      "WITH ORDINALITY AS match(id, number), LATERAL (SELECT id, body, created_at, " LABELS
                      "FROM meows WHERE id COLLATE \"C\" = match.id LIMIT 1) m ORDER BY match.number",
    [READ_MEOWS] = MEOWS "WHERE id COLLATE \"C\" = ANY ($1::text[])",
    [READ_CHECKPOINT] = "SELECT position FROM meower_checkpoints WHERE name = $1::text",
    [READ_DAMAGE] =
        "SELECT 'an idempotency key names position ' || position || ', where no meow was created' FROM meower_keys k "
        "WHERE NOT EXISTS (SELECT FROM meower_events e WHERE e.position = k.position AND e.kind = 1) "
        "UNION ALL SELECT DISTINCT 'labels are kept of ' || meow_id || ', which is no meow' FROM meower_labels l "
        "WHERE NOT EXISTS (SELECT FROM meows m WHERE m.id COLLATE \"C\" = l.meow_id)",
    [READ_TOTAL] = "SELECT count(*) FROM meows WHERE id COLLATE \"C\" > $1::text AND id COLLATE \"C\" < $2::text",
    [READ_TOTAL_MATCHING] = "SELECT count(*) FROM " MATCHES,
};

struct postgresql_store {
    char *conninfo;
    const meower_clock *clock;
    struct postgresql_writer writer;
    struct postgresql_connection *readers; /* one a lane, connected when it is first used */
    unsigned reader_count;
};

/* ---- opening and closing ---------------------------------------------------------------------------------------- */

/* On a connection of its own: the statements of the others name tables that are made here. */
static int open_schema(const struct postgresql_store *store, bool only_looks, meower_error *error)
{
    struct postgresql_connection connection = {
        .setting = "store", .conninfo = store->conninfo, .silence_max_ms = POSTGRESQL_SILENCE_MAX_MS};
    int status = postgresql_connection_ready(&connection, error);
    if (status == MEOWER_OK) {
        status = only_looks ? postgresql_schema_look(&connection, error)
                            : postgresql_schema_open(&connection, store->clock, error);
    }
    postgresql_connection_close(&connection);
    return status;
}

static int postgresql_new_epoch(void *backend, meower_error *error)
{
    struct postgresql_store *store = backend;
    struct postgresql_connection connection = {
        .setting = "store", .conninfo = store->conninfo, .silence_max_ms = POSTGRESQL_SILENCE_MAX_MS};
    int status = postgresql_connection_ready(&connection, error);
    if (status == MEOWER_OK) {
        status = postgresql_schema_new_epoch(&connection, store->clock, error);
    }
    postgresql_connection_close(&connection);
    return status;
}

static void postgresql_close(void *backend)
{
    struct postgresql_store *store = backend;
    postgresql_writer_close(&store->writer);
    for (unsigned i = 0; i < store->reader_count; i++) {
        postgresql_connection_close(&store->readers[i]);
    }
    free(store->readers);
    free(store->conninfo);
    free(store);
}

static int postgresql_open(const meower_backend_config *config, void **out, meower_error *error)
{
    struct postgresql_store *store = calloc(1, sizeof(*store));
    struct postgresql_connection *readers = calloc(config->lanes, sizeof(*readers));
    if (store == NULL || readers == NULL) {
        free(store);
        free(readers);
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a store");
    }
    store->clock = config->clock;
    store->readers = readers;
    store->reader_count = config->lanes;
    int status = postgresql_conninfo_new(config, "store", &store->conninfo, error);
    for (unsigned i = 0; i < store->reader_count; i++) {
        readers[i] = (struct postgresql_connection){
            .setting = "store",
            .conninfo = store->conninfo,
            .statements = read_sql,
            .statement_count = READ_COUNT,
            .silence_max_ms = POSTGRESQL_SILENCE_MAX_MS,
        };
    }
    postgresql_writer_init(&store->writer, store->conninfo);
    if (status == MEOWER_OK) {
        status = open_schema(store, (config->flags & MEOWER_OPEN_TO_LOOK) != 0, error);
    }
    if (status != MEOWER_OK) {
        postgresql_close(store);
        return status;
    }
    *out = store;
    return MEOWER_OK;
}

static int postgresql_append(void *backend, meower_store_operation *operations, size_t count, meower_error *error)
{
    struct postgresql_store *store = backend;
    return count == 0 ? MEOWER_OK : postgresql_writer_append(&store->writer, operations, count, error);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* One question to the server: what is asked, who takes the rows, and how far it got. */
struct question {
    int statement;
    struct postgresql_parameters parameters;
    uint64_t rows_max;
    int (*take)(struct question *question, const PGresult *result, int row);
    void *taker;      /* as `take` knows it */
    size_t taken;     /* rows */
    bool was_stopped; /* by the taker, not by the server */
};

static int take_rows(struct question *question, const PGresult *result)
{
    int status = MEOWER_OK;
    for (int row = 0; row < PQntuples(result) && status == MEOWER_OK; row++) {
        question->taken++;
        status = question->take(question, result, row);
    }
    question->was_stopped = status != MEOWER_OK;
    return status;
}

static int ask_once(struct postgresql_connection *reader, struct question *question, meower_error *error)
{
    PGresult *result = NULL;
    int status = postgresql_connection_send(reader, question->statement, &question->parameters, error);
    if (status == MEOWER_OK && question->rows_max > ROWS_AT_ONCE_MAX) {
        PQsetSingleRowMode(reader->conn);
    }
    while (status == MEOWER_OK && (status = postgresql_connection_next(reader, &result, error)) == MEOWER_OK &&
           result != NULL) {
        status = take_rows(question, result);
        PQclear(result);
    }
    /* Rather than read the rest of a long answer in vain, connect again next time. */
    if (question->was_stopped && question->rows_max > ROWS_AT_ONCE_MAX) {
        postgresql_connection_close(reader);
    }
    if (status != MEOWER_OK) {
        postgresql_connection_drain(reader);
    }
    return status;
}

/* A connection that was lost is made anew once, unless rows have been taken that would come again. */
static int ask(struct postgresql_store *store, unsigned lane, struct question *question, meower_error *error)
{
    struct postgresql_connection *reader = &store->readers[lane];
    int status = MEOWER_OK;
    for (int attempt = 0; attempt < 2; attempt++) {
        status = postgresql_connection_ready(reader, error);
        if (status != MEOWER_OK) {
            break;
        }
        status = ask_once(reader, question, error);
        if (status == MEOWER_OK || reader->conn != NULL || question->taken > 0) {
            break;
        }
    }
    return status;
}

static int take_info(struct question *question, const PGresult *result, int row)
{
    meower_store_info *info = question->taker;
    snprintf(info->epoch, sizeof(info->epoch), "%s", PQgetvalue(result, row, 0));
    info->head = PQgetisnull(result, row, 1) ? 0 : (uint64_t)postgresql_bigint(result, row, 1);
    snprintf(info->newest_id, sizeof(info->newest_id), "%s", PQgetvalue(result, row, 2));
    return MEOWER_OK;
}

static int postgresql_info(void *backend, meower_store_info *info, meower_error *error)
{
    struct question question = {.statement = READ_INFO, .take = take_info, .taker = info};
    int status = ask(backend, 0, &question, error);
    if (status == MEOWER_OK && strlen(info->epoch) != MEOWER_EPOCH_SIZE - 1) {
        status =
            meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0, "option \"store\": the table meower_meta has no epoch");
    }
    return status;
}

static int take_position(struct question *question, const PGresult *result, int row)
{
    uint64_t *position = question->taker;
    *position = (uint64_t)postgresql_bigint(result, row, 0);
    return MEOWER_OK;
}

static int postgresql_head(void *backend, unsigned lane, uint64_t *position, meower_error *error)
{
    uint64_t found = 0;
    struct question question = {.statement = READ_HEAD, .take = take_position, .taker = &found};
    int status = ask(backend, lane, &question, error);
    if (status == MEOWER_OK) {
        *position = found;
    }
    return status;
}

static int postgresql_checkpoint(void *backend, unsigned lane, const char *name, uint64_t *position,
                                 meower_error *error)
{
    uint64_t found = 0;
    struct question question = {.statement = READ_CHECKPOINT, .take = take_position, .taker = &found};
    postgresql_add_text(&question.parameters, name);
    int status = ask(backend, lane, &question, error);
    if (status == MEOWER_OK) {
        *position = found;
    }
    return status;
}

static int push_row(struct question *question, const PGresult *result, int row)
{
    meower_row_sink *sink = question->taker;
    struct labels_buffer labels;
    meower_row pushed = {
        .position = (uint64_t)postgresql_bigint(result, row, 0),
        .kind = postgresql_integer(result, row, 1),
        .id = PQgetvalue(result, row, 2),
        .created_at_us = postgresql_time_us(result, row, 4),
    };
    if (!PQgetisnull(result, row, 3)) {
        pushed.body = PQgetvalue(result, row, 3);
        pushed.body_len = (size_t)PQgetlength(result, row, 3);
    }
    if (!PQgetisnull(result, row, 5)) {
        labels.count = 0;
        labels.len = 0;
        /* Too many, or too long: the sink refuses one more than there may be. */
        if (!labels_buffer_add_run(&labels, PQgetvalue(result, row, 5), (size_t)PQgetlength(result, row, 5),
                                   LABEL_END)) {
            labels.count = MEOWER_LABELS_MAX + 1;
        }
        pushed.labels = labels.labels;
        pushed.label_count = labels.count;
    }
    return sink->row(sink, &pushed);
}

/* In one statement, so that it is a prefix of the feed (see postgresql_batch.c). */
static int postgresql_read_events(void *backend, unsigned lane, uint64_t after, size_t max, meower_row_sink *sink,
                                  meower_error *error)
{
    struct question question = {.statement = READ_EVENTS, .rows_max = max, .take = push_row, .taker = sink};
    postgresql_add_bigint(&question.parameters, after);
    postgresql_add_bigint(&question.parameters, max);
    return ask(backend, lane, &question, error);
}

static void add_bounds(struct question *question, const meower_range *range)
{
    postgresql_add_text(&question->parameters, range->above == NULL ? "" : range->above);
    postgresql_add_text(&question->parameters, range->below == NULL ? "~" : range->below);
}

/* Asks what `MATCHES` finds in a range. */
static int ask_matching(struct postgresql_store *store, unsigned lane, const meower_range *range,
                        struct question *question, meower_error *error)
{
    struct postgresql_array terms[2] = {{0}};
    postgresql_array_begin(&terms[0], POSTGRESQL_TEXT, range->term_count);
    postgresql_array_begin(&terms[1], POSTGRESQL_TEXT, range->term_count);
    for (size_t i = 0; i < range->term_count; i++) {
        postgresql_array_add_text(&terms[0], range->terms[i].key);
        postgresql_array_add_text(&terms[1], range->terms[i].value);
    }
    int status = postgresql_array_bind(terms, 2, &question->parameters, error);
    add_bounds(question, range);
    postgresql_add_bytes(&question->parameters, range->ascending ? "\1" : "", 1); /* a boolean */
    postgresql_add_bigint(&question->parameters, range->skip);
    postgresql_add_bigint(&question->parameters, range->take);
    if (status == MEOWER_OK) {
        status = ask(store, lane, question, error);
    }
    postgresql_array_free(&terms[0]);
    postgresql_array_free(&terms[1]);
    return status;
}

static int postgresql_count(void *backend, unsigned lane, const meower_range *range, uint64_t *total,
                            meower_error *error)
{
    uint64_t counted = 0;
    struct question question = {.statement = READ_TOTAL, .take = take_position, .taker = &counted};
    meower_range all = *range;
    int status;
    all.skip = 0;
    all.take = UINT32_MAX;
    if (range->term_count > 0) {
        question.statement = READ_TOTAL_MATCHING;
        status = ask_matching(backend, lane, &all, &question, error);
    } else {
        add_bounds(&question, &all);
        status = ask(backend, lane, &question, error);
    }
    if (status == MEOWER_OK) {
        *total = counted;
    }
    return status;
}

static int postgresql_list(void *backend, unsigned lane, const meower_range *range, meower_row_sink *sink,
                           meower_error *error)
{
    struct question question = {.rows_max = range->take, .take = push_row, .taker = sink};
    if (range->term_count > 0) {
        question.statement = READ_MATCHING;
        return ask_matching(backend, lane, range, &question, error);
    }
    question.statement = range->ascending ? READ_OLDEST_FIRST : READ_NEWEST_FIRST;
    add_bounds(&question, range);
    postgresql_add_bigint(&question.parameters, range->take);
    postgresql_add_bigint(&question.parameters, range->skip);
    return ask(backend, lane, &question, error);
}

static int postgresql_get(void *backend, unsigned lane, const char *const *ids, size_t count, meower_row_sink *sink,
                          meower_error *error)
{
    struct question question = {.statement = READ_MEOWS, .rows_max = count, .take = push_row, .taker = sink};
    struct postgresql_array array = {0};
    if (count == 0) {
        return MEOWER_OK;
    }
    postgresql_array_begin(&array, POSTGRESQL_TEXT, count);
    for (size_t i = 0; i < count; i++) {
        postgresql_array_add_text(&array, ids[i]);
    }
    int status = postgresql_array_bind(&array, 1, &question.parameters, error);
    if (status == MEOWER_OK) {
        status = ask(backend, lane, &question, error);
    }
    postgresql_array_free(&array);
    return status;
}

static int push_text(struct question *question, const PGresult *result, int row)
{
    meower_text_sink *sink = question->taker;
    return sink->text(sink, PQgetvalue(result, row, 0));
}

static int postgresql_inspect(void *backend, unsigned lane, meower_text_sink *sink, meower_error *error)
{
    struct question question = {
        .statement = READ_DAMAGE, .rows_max = ROWS_AT_ONCE_MAX + 1, .take = push_text, .taker = sink};
    return ask(backend, lane, &question, error);
}

const meower_store_vtable postgresql_store = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_store_vtable),
    .scheme = "postgresql",
    .flags = MEOWER_STORE_LOOKS,
    .open = postgresql_open,
    .close = postgresql_close,
    .info = postgresql_info,
    .append = postgresql_append,
    .head = postgresql_head,
    .read_events = postgresql_read_events,
    .list = postgresql_list,
    .get = postgresql_get,
    .checkpoint = postgresql_checkpoint,
    .new_epoch = postgresql_new_epoch,
    .inspect = postgresql_inspect,
    .count = postgresql_count,
};
