/* lmdb_store.c - how to bring a store of your own: the whole of meower_store_vtable on LMDB, a key-value library with
 * transactions that several processes of one machine may share. It passes tests/conformance/suite_store.c, the suite
 * that the stores of the library pass.
 *
 * One file holds eight tables; a batch is one transaction, durable when append() returns. LMDB allows one opening of a
 * file in a process: one instance for each file and process, please. */
#include "lmdb_store.h"
#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX  ((size_t)1 << 36) /* bytes of address space: the file grows up to this */
#define KEYS_FORGOTTEN 2                 /* expired keys removed for each new one, so that they cannot pile up */

enum table {
    META,
    MEOWS,
    LABELS,
    EVENTS,
    KEYS,
    EXPIRIES,
    CHECKPOINTS,
    LEASES,
    TABLE_COUNT
};

static const char *const table_names[TABLE_COUNT] = {
    [META] = "meta",               /* "epoch", "newest": text */
    [MEOWS] = "meows",             /* id: created_at_us, body */
    [LABELS] = "labels",           /* id: key, NUL, value, NUL of each label; none without labels */
    [EVENTS] = "events",           /* position, big-endian: struct event */
    [KEYS] = "keys",               /* idempotency key: struct key */
    [EXPIRIES] = "expiries",       /* expires_us, big-endian, then the key: nothing */
    [CHECKPOINTS] = "checkpoints", /* name: position */
    [LEASES] = "leases",           /* name: expires_us, owner */
};

/* Values lie unaligned in the file: they are copied out and in, never pointed to. */
struct event {
    int64_t at_us;
    int kind; /* MEOWER_EVENT_... */
    char id[MEOWER_ID_SIZE];
};

struct key {
    uint64_t fingerprint;
    uint64_t position;
    int64_t at_us;
    int64_t expires_us;
    char id[MEOWER_ID_SIZE];
};

struct lmdb {
    MDB_env *env;
    MDB_dbi tables[TABLE_COUNT];
    const meower_clock *clock;
};

/* ---- LMDB in our words ------------------------------------------------------------------------------------------ */

static int fail(int result, const char *what, meower_error *error)
{
    int code = MEOWER_ERROR_IO;
    if (result == MDB_MAP_FULL || result == ENOSPC) {
        code = MEOWER_ERROR_FULL;
    } else if (result == ENOMEM) {
        code = MEOWER_ERROR_NO_MEMORY;
    } else if (result == EACCES || result == EPERM || result == EROFS) {
        code = MEOWER_ERROR_PERMISSION;
    } else if (result == MDB_CORRUPTED || result == MDB_INVALID || result == MDB_VERSION_MISMATCH) {
        code = MEOWER_ERROR_CORRUPT;
    }
    return meower_error_set(error, code, result, 0, "LMDB could not %s: %s", what, mdb_strerror(result));
}

static MDB_val value_of(const void *data, size_t size)
{
    return (MDB_val){size, (void *)(uintptr_t)data};
}

static MDB_val text_of(const char *text)
{
    return value_of(text, strlen(text));
}

/* Numbers as keys: big-endian, so that bytewise order is their order. */
static void put_number(unsigned char bytes[8], uint64_t number)
{
    for (int i = 7; i >= 0; i--, number >>= 8) {
        bytes[i] = (unsigned char)number;
    }
}

static uint64_t get_number(const void *data)
{
    const unsigned char *bytes = data;
    uint64_t number = 0;
    for (int i = 0; i < 8; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

/* Position of the last event. */
static int read_head(const struct lmdb *lmdb, MDB_txn *txn, uint64_t *position)
{
    MDB_cursor *cursor;
    MDB_val key;
    MDB_val value;
    int result = mdb_cursor_open(txn, lmdb->tables[EVENTS], &cursor);
    if (result != 0) {
        return result;
    }
    result = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    mdb_cursor_close(cursor);
    if (result == MDB_NOTFOUND) {
        *position = 0;
    } else if (result == 0) {
        *position = get_number(key.mv_data);
    }
    return result == MDB_NOTFOUND ? 0 : result;
}

/* A read transaction of its own for every call: it costs less than a microsecond and holds back no page that a writer
 * wants to use again. */
static int begin_read(const struct lmdb *lmdb, MDB_txn **txn, meower_error *error)
{
    int result = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, txn);
    return result == 0 ? MEOWER_OK : fail(result, "begin to read", error);
}

/* ---- opening and closing ---------------------------------------------------------------------------------------- */

/* Opens all tables, and draws an epoch when there is none: the store is new. */
static int open_tables(struct lmdb *lmdb, MDB_txn *txn)
{
    MDB_val name = text_of("epoch");
    MDB_val found;
    for (int i = 0; i < TABLE_COUNT; i++) {
        int result = mdb_dbi_open(txn, table_names[i], MDB_CREATE, &lmdb->tables[i]);
        if (result != 0) {
            return result;
        }
    }
    int result = mdb_get(txn, lmdb->tables[META], &name, &found);
    if (result != MDB_NOTFOUND) {
        return result;
    }

    uint64_t chance;
    char epoch[MEOWER_EPOCH_SIZE];
    lmdb->clock->random(lmdb->clock->context, &chance, sizeof(chance));
    snprintf(epoch, sizeof(epoch), "%016llx", (unsigned long long)chance);
    MDB_val value = text_of(epoch);
    return mdb_put(txn, lmdb->tables[META], &name, &value, 0);
}

static int open_file(struct lmdb *lmdb, const char *path)
{
    MDB_txn *txn;
    int result = mdb_env_create(&lmdb->env);
    if (result != 0) {
        return result;
    }
    mdb_env_set_maxdbs(lmdb->env, TABLE_COUNT);
    mdb_env_set_mapsize(lmdb->env, FILE_SIZE_MAX);
    /* NOTLS: a lane is no thread, and a thread may end while its lane goes on. */
    result = mdb_env_open(lmdb->env, path, MDB_NOSUBDIR | MDB_NOTLS, 0600);
    if (result == 0) {
        result = mdb_txn_begin(lmdb->env, NULL, 0, &txn);
    }
    if (result != 0) {
        return result;
    }
    result = open_tables(lmdb, txn);
    if (result == 0) {
        return mdb_txn_commit(txn);
    }
    mdb_txn_abort(txn);
    return result;
}

static void lmdb_close(void *store)
{
    struct lmdb *lmdb = store;
    mdb_env_close(lmdb->env);
    free(lmdb);
}

static int lmdb_open(const meower_backend_config *config, void **store, meower_error *error)
{
    struct lmdb *lmdb = calloc(1, sizeof(*lmdb));
    if (lmdb == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a store");
    }
    lmdb->clock = config->clock;
    int result = open_file(lmdb, config->location);
    if (result != 0) {
        lmdb_close(lmdb);
        return fail(result, "open the file", error);
    }
    *store = lmdb;
    return MEOWER_OK;
}

static void copy_text(char *out, size_t out_size, const MDB_val *value)
{
    snprintf(out, out_size, "%.*s", (int)value->mv_size, (const char *)value->mv_data);
}

/* The greatest id ever stored, "" when there is none. It outlives its meow. */
static int read_newest(const struct lmdb *lmdb, MDB_txn *txn, char newest_id[MEOWER_ID_SIZE])
{
    MDB_val name = text_of("newest");
    MDB_val newest;
    int result = mdb_get(txn, lmdb->tables[META], &name, &newest);
    newest_id[0] = '\0';
    if (result == 0) {
        copy_text(newest_id, MEOWER_ID_SIZE, &newest);
    }
    return result == MDB_NOTFOUND ? 0 : result;
}

static int lmdb_info(void *store, meower_store_info *info, meower_error *error)
{
    struct lmdb *lmdb = store;
    MDB_val epoch_name = text_of("epoch");
    MDB_val epoch;
    MDB_txn *txn;
    int status = begin_read(lmdb, &txn, error);
    if (status != MEOWER_OK) {
        return status;
    }
    int result = read_head(lmdb, txn, &info->head);
    if (result == 0) {
        result = mdb_get(txn, lmdb->tables[META], &epoch_name, &epoch);
    }
    if (result == 0) {
        copy_text(info->epoch, sizeof(info->epoch), &epoch);
        result = read_newest(lmdb, txn, info->newest_id);
    }
    mdb_txn_abort(txn);
    return result == 0 ? MEOWER_OK : fail(result, "read the state", error);
}

/* ---- append: a batch is a transaction --------------------------------------------------------------------------- */

struct batch {
    struct lmdb *lmdb;
    MDB_txn *txn;
    uint64_t position;              /* of the last event */
    char newest_id[MEOWER_ID_SIZE]; /* no other is stored unless it is above this one */
    int is_refused;                 /* the batch has an id that is not */
};

static int put(const struct batch *batch, enum table table, MDB_val key, MDB_val value)
{
    return mdb_put(batch->txn, batch->lmdb->tables[table], &key, &value, 0);
}

static int find(const struct batch *batch, enum table table, MDB_val key, MDB_val *value)
{
    return mdb_get(batch->txn, batch->lmdb->tables[table], &key, value);
}

static int add_event(struct batch *batch, int kind, meower_store_operation *operation)
{
    unsigned char position[8];
    struct event event = {.kind = kind, .at_us = operation->at_us};
    memcpy(event.id, operation->id, sizeof(event.id));
    put_number(position, batch->position + 1);
    int result = put(batch, EVENTS, value_of(position, sizeof(position)), value_of(&event, sizeof(event)));
    if (result == 0) {
        operation->position = ++batch->position;
    }
    return result;
}

/* Returns MDB_NOTFOUND when the key is free; otherwise the operation says what came of it. */
static int replay_key(const struct batch *batch, meower_store_operation *operation)
{
    MDB_val value;
    struct key key;
    int result = find(batch, KEYS, text_of(operation->idempotency_key), &value);
    if (result != 0) {
        return result;
    }
    memcpy(&key, value.mv_data, sizeof(key));
    if (key.expires_us <= operation->at_us) {
        return MDB_NOTFOUND;
    }
    if (key.fingerprint != operation->fingerprint) {
        operation->status = MEOWER_ERROR_CONFLICT;
        return 0;
    }
    operation->replayed = 1;
    operation->position = key.position;
    operation->stored_at_us = key.at_us;
    memcpy(operation->stored_id, key.id, sizeof(operation->stored_id));
    return 0;
}

/* Removes the key that expires first when its time has come. A key that was used again since has a later one. */
static int forget_key(const struct batch *batch, MDB_cursor *cursor, int64_t now_us)
{
    MDB_val expiry;
    MDB_val nothing;
    MDB_val value;
    struct key key;
    char name[MEOWER_KEY_MAX];
    int result = mdb_cursor_get(cursor, &expiry, &nothing, MDB_FIRST);
    if (result != 0 || (int64_t)get_number(expiry.mv_data) > now_us) {
        return result;
    }
    size_t name_len = expiry.mv_size - 8;
    memcpy(name, (const char *)expiry.mv_data + 8, name_len); /* what is found lasts until something is written */
    MDB_val key_name = value_of(name, name_len);
    result = find(batch, KEYS, key_name, &value);
    if (result == 0) {
        memcpy(&key, value.mv_data, sizeof(key));
        if (key.expires_us <= now_us) {
            result = mdb_del(batch->txn, batch->lmdb->tables[KEYS], &key_name, NULL);
        }
    }
    return result == 0 || result == MDB_NOTFOUND ? mdb_cursor_del(cursor, 0) : result;
}

static int forget_keys(const struct batch *batch, int64_t now_us)
{
    MDB_cursor *cursor;
    int result = mdb_cursor_open(batch->txn, batch->lmdb->tables[EXPIRIES], &cursor);
    if (result != 0) {
        return result;
    }
    for (int i = 0; i < KEYS_FORGOTTEN && result == 0; i++) {
        result = forget_key(batch, cursor, now_us);
    }
    mdb_cursor_close(cursor);
    return result == MDB_NOTFOUND ? 0 : result;
}

static int remember_key(const struct batch *batch, const meower_store_operation *operation)
{
    unsigned char expiry[8 + MEOWER_KEY_MAX];
    size_t key_len = strlen(operation->idempotency_key);
    struct key key = {
        .fingerprint = operation->fingerprint,
        .position = operation->position,
        .at_us = operation->at_us,
        .expires_us = operation->expires_us,
    };
    memcpy(key.id, operation->id, sizeof(key.id));
    put_number(expiry, (uint64_t)operation->expires_us);
    memcpy(expiry + 8, operation->idempotency_key, key_len);
    int result = put(batch, KEYS, text_of(operation->idempotency_key), value_of(&key, sizeof(key)));
    if (result == 0) {
        result = put(batch, EXPIRIES, value_of(expiry, 8 + key_len), value_of("", 0));
    }
    return result == 0 ? forget_keys(batch, operation->at_us) : result;
}

static int put_meow(const struct batch *batch, const meower_store_operation *operation)
{
    MDB_val key = text_of(operation->id);
    MDB_val value = {sizeof(operation->at_us) + operation->body_len, NULL};
    int result = mdb_put(batch->txn, batch->lmdb->tables[MEOWS], &key, &value, MDB_RESERVE);
    if (result != 0) {
        return result;
    }
    memcpy(value.mv_data, &operation->at_us, sizeof(operation->at_us));
    memcpy((char *)value.mv_data + sizeof(operation->at_us), operation->body, operation->body_len);
    return 0;
}

static int put_labels(const struct batch *batch, const meower_store_operation *operation)
{
    MDB_val key = text_of(operation->id);
    MDB_val value = {0, NULL};
    for (size_t i = 0; i < operation->label_count; i++) {
        value.mv_size += operation->labels[i].key_len + 1 + operation->labels[i].value_len + 1;
    }
    if (value.mv_size == 0) {
        return 0;
    }
    int result = mdb_put(batch->txn, batch->lmdb->tables[LABELS], &key, &value, MDB_RESERVE);
    char *at = value.mv_data;
    for (size_t i = 0; i < operation->label_count && result == 0; i++) {
        const meower_label *label = &operation->labels[i];
        memcpy(at, label->key, label->key_len + 1);
        memcpy(at + label->key_len + 1, label->value, label->value_len + 1);
        at += label->key_len + 1 + label->value_len + 1;
    }
    return result;
}

static int apply_post(struct batch *batch, meower_store_operation *operation)
{
    int result = MDB_NOTFOUND;
    operation->position = 0;
    if (operation->idempotency_key != NULL) {
        result = replay_key(batch, operation);
    }
    if (result != MDB_NOTFOUND) {
        return result;
    }

    if (strcmp(operation->id, batch->newest_id) <= 0) {
        batch->is_refused = 1;
        return 0;
    }
    memcpy(operation->stored_id, operation->id, sizeof(operation->stored_id));
    memcpy(batch->newest_id, operation->id, sizeof(batch->newest_id));
    result = put_meow(batch, operation);
    if (result == 0) {
        result = put_labels(batch, operation);
    }
    if (result == 0) {
        result = put(batch, META, text_of("newest"), text_of(operation->id));
    }
    if (result == 0) {
        result = add_event(batch, MEOWER_EVENT_CREATED, operation);
    }
    operation->stored_at_us = operation->at_us;
    if (result == 0 && operation->idempotency_key != NULL) {
        result = remember_key(batch, operation);
    }
    return result;
}

static int apply_delete(struct batch *batch, meower_store_operation *operation)
{
    MDB_val key = text_of(operation->id);
    operation->position = 0;
    int result = mdb_del(batch->txn, batch->lmdb->tables[MEOWS], &key, NULL);
    if (result == MDB_NOTFOUND) {
        operation->status = MEOWER_ERROR_NOT_FOUND;
        return 0;
    }
    if (result == 0) {
        result = mdb_del(batch->txn, batch->lmdb->tables[LABELS], &key, NULL);
    }
    return result == 0 || result == MDB_NOTFOUND ? add_event(batch, MEOWER_EVENT_DELETED, operation) : result;
}

/* All who share the file are on one machine and have its clock: the times of the operations can be compared. */
static int apply_lease(const struct batch *batch, meower_store_operation *operation)
{
    char value[8 + 256];
    int64_t expires_us;
    MDB_val lease;
    size_t owner_len = strnlen(operation->owner, sizeof(value) - 8);
    int result = find(batch, LEASES, text_of(operation->name), &lease);
    if (result != 0 && result != MDB_NOTFOUND) {
        return result;
    }
    if (result == 0) {
        memcpy(&expires_us, lease.mv_data, 8);
        int is_ours =
            lease.mv_size == 8 + owner_len && memcmp((char *)lease.mv_data + 8, operation->owner, owner_len) == 0;
        if (!is_ours && expires_us > operation->at_us) {
            operation->status = MEOWER_ERROR_LOCKED;
            return 0;
        }
    }
    memcpy(value, &operation->expires_us, 8);
    memcpy(value + 8, operation->owner, owner_len);
    return put(batch, LEASES, text_of(operation->name), value_of(value, 8 + owner_len));
}

static int apply(struct batch *batch, meower_store_operation *operation)
{
    operation->status = MEOWER_OK;
    operation->replayed = 0;
    operation->stored_id[0] = '\0';
    operation->stored_at_us = 0;
    switch (operation->kind) {
    case MEOWER_STORE_POST:
        return apply_post(batch, operation);
    case MEOWER_STORE_DELETE:
        return apply_delete(batch, operation);
    case MEOWER_STORE_CHECKPOINT:
        return put(batch, CHECKPOINTS, text_of(operation->name), value_of(&operation->position, 8));
    default:
        return apply_lease(batch, operation);
    }
}

static int lmdb_append(void *store, meower_store_operation *operations, size_t count, meower_error *error)
{
    struct batch batch = {.lmdb = store};
    if (count == 0) {
        return MEOWER_OK;
    }
    int result = mdb_txn_begin(batch.lmdb->env, NULL, 0, &batch.txn);
    if (result != 0) {
        return fail(result, "begin to write", error);
    }
    result = read_head(batch.lmdb, batch.txn, &batch.position);
    if (result == 0) {
        result = read_newest(batch.lmdb, batch.txn, batch.newest_id);
    }
    for (size_t i = 0; i < count && result == 0 && !batch.is_refused; i++) {
        result = apply(&batch, &operations[i]);
    }
    if (result == 0 && !batch.is_refused) {
        result = mdb_txn_commit(batch.txn);
    } else {
        mdb_txn_abort(batch.txn);
    }
    if (result != 0) {
        return fail(result, "store a batch", error);
    }
    if (batch.is_refused) {
        memcpy(operations[0].stored_id, batch.newest_id, sizeof(operations[0].stored_id));
    }
    return batch.is_refused ? MEOWER_ERROR_CONFLICT : MEOWER_OK;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static int lmdb_head(void *store, unsigned lane, uint64_t *position, meower_error *error)
{
    struct lmdb *lmdb = store;
    MDB_txn *txn;
    (void)lane;
    int status = begin_read(lmdb, &txn, error);
    if (status != MEOWER_OK) {
        return status;
    }
    int result = read_head(lmdb, txn, position);
    mdb_txn_abort(txn);
    return result == 0 ? MEOWER_OK : fail(result, "read the head", error);
}

/* Sets the parts of a row that the meow's own records have; its labels are put into `labels`. */
static void set_meow(const struct batch *batch, meower_row *row, const MDB_val *meow,
                     meower_label labels[MEOWER_LABELS_MAX])
{
    MDB_val run = {0, NULL};
    memcpy(&row->created_at_us, meow->mv_data, sizeof(row->created_at_us));
    row->body = (const char *)meow->mv_data + sizeof(row->created_at_us);
    row->body_len = meow->mv_size - sizeof(row->created_at_us);
    row->labels = labels;
    if (find(batch, LABELS, text_of(row->id), &run) != 0) {
        return;
    }
    const char *at = run.mv_data;
    while (at < (const char *)run.mv_data + run.mv_size && row->label_count < MEOWER_LABELS_MAX) {
        meower_label *label = &labels[row->label_count++];
        *label = (meower_label){.key = at, .key_len = strlen(at)};
        label->value = at + label->key_len + 1;
        label->value_len = strlen(label->value);
        at = label->value + label->value_len + 1;
    }
}

static int push_event(const struct batch *batch, const MDB_val *position, const MDB_val *value, meower_row_sink *sink)
{
    meower_label labels[MEOWER_LABELS_MAX];
    struct event event;
    MDB_val meow;
    memcpy(&event, value->mv_data, sizeof(event));
    meower_row row = {
        .position = get_number(position->mv_data),
        .kind = event.kind,
        .id = event.id,
        .created_at_us = event.at_us,
    };
    if (event.kind == MEOWER_EVENT_CREATED && find(batch, MEOWS, text_of(event.id), &meow) == 0) {
        set_meow(batch, &row, &meow, labels);
    }
    return sink->row(sink, &row);
}

static int lmdb_read_events(void *store, unsigned lane, uint64_t after, size_t max, meower_row_sink *sink,
                            meower_error *error)
{
    struct batch batch = {.lmdb = store};
    MDB_cursor *cursor = NULL;
    MDB_val value;
    unsigned char from[8];
    (void)lane;
    if (after == UINT64_MAX) {
        return MEOWER_OK;
    }
    int status = begin_read(batch.lmdb, &batch.txn, error);
    if (status != MEOWER_OK) {
        return status;
    }
    put_number(from, after + 1);
    MDB_val key = value_of(from, sizeof(from));
    int result = mdb_cursor_open(batch.txn, batch.lmdb->tables[EVENTS], &cursor);
    if (result == 0) {
        result = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    }
    for (size_t count = 0; count < max && result == 0 && status == MEOWER_OK; count++) {
        status = push_event(&batch, &key, &value, sink);
        result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(batch.txn);
    return result == 0 || result == MDB_NOTFOUND ? status : fail(result, "read events", error);
}

static int push_meow(const struct batch *batch, const MDB_val *id, const MDB_val *meow, meower_row_sink *sink)
{
    meower_label labels[MEOWER_LABELS_MAX];
    char text[MEOWER_ID_SIZE];
    copy_text(text, sizeof(text), id);
    meower_row row = {.kind = MEOWER_EVENT_CREATED, .id = text};
    set_meow(batch, &row, meow, labels);
    return sink->row(sink, &row);
}

static int compare(const MDB_val *id, const char *bound)
{
    return strncmp(id->mv_data, bound, id->mv_size);
}

/* Puts the cursor on the first meow of a range, in its direction. */
static int seek(MDB_cursor *cursor, const meower_range *range, MDB_val *id, MDB_val *meow)
{
    const char *bound = range->ascending ? range->above : range->below;
    if (bound == NULL) {
        return mdb_cursor_get(cursor, id, meow, range->ascending ? MDB_FIRST : MDB_LAST);
    }
    *id = text_of(bound);
    int result = mdb_cursor_get(cursor, id, meow, MDB_SET_RANGE);
    if (range->ascending) {
        return result == 0 && compare(id, bound) == 0 ? mdb_cursor_get(cursor, id, meow, MDB_NEXT) : result;
    }
    return mdb_cursor_get(cursor, id, meow, result == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
}

static int is_past(const MDB_val *id, const meower_range *range)
{
    if (range->ascending) {
        return range->below != NULL && compare(id, range->below) >= 0;
    }
    return range->above != NULL && compare(id, range->above) <= 0;
}

/* Whether a meow has what the terms of a range say. Here every meow of the range is looked at; a store for large feeds
 * keeps a table by key, value and id. */
static int is_match(const struct batch *batch, const MDB_val *id, const MDB_val *meow, const meower_range *range)
{
    meower_label labels[MEOWER_LABELS_MAX];
    char text[MEOWER_ID_SIZE];
    if (range->term_count == 0) {
        return 1;
    }
    copy_text(text, sizeof(text), id);
    meower_row row = {.id = text};
    set_meow(batch, &row, meow, labels);
    return meower_labels_match(range->terms, range->term_count, row.labels, row.label_count);
}

static int push_range(const struct batch *batch, MDB_cursor *cursor, const meower_range *range, meower_row_sink *sink,
                      int *status)
{
    MDB_cursor_op next = range->ascending ? MDB_NEXT : MDB_PREV;
    MDB_val id;
    MDB_val meow;
    uint64_t skipped = 0;
    uint32_t taken = 0;
    int result = seek(cursor, range, &id, &meow);
    while (result == 0 && taken < range->take && *status == MEOWER_OK && !is_past(&id, range)) {
        int matches = is_match(batch, &id, &meow, range);
        if (matches && skipped < range->skip) {
            skipped++;
        } else if (matches) {
            *status = push_meow(batch, &id, &meow, sink);
            taken++;
        }
        result = mdb_cursor_get(cursor, &id, &meow, next);
    }
    return result == MDB_NOTFOUND ? 0 : result;
}

static int lmdb_list(void *store, unsigned lane, const meower_range *range, meower_row_sink *sink, meower_error *error)
{
    struct batch batch = {.lmdb = store};
    MDB_cursor *cursor;
    (void)lane;
    int status = begin_read(batch.lmdb, &batch.txn, error);
    if (status != MEOWER_OK) {
        return status;
    }
    int result = mdb_cursor_open(batch.txn, batch.lmdb->tables[MEOWS], &cursor);
    if (result == 0) {
        result = push_range(&batch, cursor, range, sink, &status);
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(batch.txn);
    return result == 0 ? status : fail(result, "list meows", error);
}

static int lmdb_get(void *store, unsigned lane, const char *const *ids, size_t count, meower_row_sink *sink,
                    meower_error *error)
{
    struct batch batch = {.lmdb = store};
    int result = 0;
    (void)lane;
    int status = begin_read(batch.lmdb, &batch.txn, error);
    if (status != MEOWER_OK) {
        return status;
    }
    for (size_t i = 0; i < count && result == 0 && status == MEOWER_OK; i++) {
        MDB_val id = text_of(ids[i]);
        MDB_val meow;
        result = find(&batch, MEOWS, id, &meow);
        if (result == 0) {
            status = push_meow(&batch, &id, &meow, sink);
        } else if (result == MDB_NOTFOUND) {
            result = 0;
        }
    }
    mdb_txn_abort(batch.txn);
    return result == 0 ? status : fail(result, "get meows", error);
}

static int lmdb_checkpoint(void *store, unsigned lane, const char *name, uint64_t *position, meower_error *error)
{
    struct batch batch = {.lmdb = store};
    MDB_val value;
    (void)lane;
    int status = begin_read(batch.lmdb, &batch.txn, error);
    if (status != MEOWER_OK) {
        return status;
    }
    int result = find(&batch, CHECKPOINTS, text_of(name), &value);
    if (result == 0) {
        memcpy(position, value.mv_data, sizeof(*position));
    } else if (result == MDB_NOTFOUND) {
        *position = 0;
    }
    mdb_txn_abort(batch.txn);
    return result == 0 || result == MDB_NOTFOUND ? MEOWER_OK : fail(result, "read a checkpoint", error);
}

const meower_store_vtable lmdb_store = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_store_vtable),
    .scheme = "lmdb",
    .flags = 0, /* not EXCLUSIVE: other processes may change it while it is open */
    .open = lmdb_open,
    .close = lmdb_close,
    .info = lmdb_info,
    .append = lmdb_append,
    .head = lmdb_head,
    .read_events = lmdb_read_events,
    .list = lmdb_list,
    .get = lmdb_get,
    .checkpoint = lmdb_checkpoint,
};
