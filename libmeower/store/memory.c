/* memory.c - the store "memory:": everything in this process, gone when it is closed. For trying out and for tests.
 *
 * One lock: append() holds it to write, everything else to read, also while it pushes rows: a sink must not call back.
 */
#include "base/cursor.h"
#include "port/schemes.h"
#include "run/rwlock.h"
#include "store/memory_table.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Keys that one new key looks at for having expired: more than one, so that they cannot pile up. */
#define KEYS_LOOKED_AT 2

struct memory_event {
    int kind; /* MEOWER_EVENT_... */
    int64_t at_us;
    char id[MEOWER_ID_SIZE];
};

struct memory_store {
    pthread_rwlock_t lock;
    const meower_clock *clock;
    char epoch[MEOWER_EPOCH_SIZE];
    char newest_id[MEOWER_ID_SIZE];
    struct memory_event *events; /* events[0] has position 1 */
    size_t event_count;
    size_t event_capacity;
    struct memory_table meows;
    struct memory_table keys;
    struct memory_table checkpoints;
    struct memory_table leases;
    size_t key_looked_at; /* index of the key to be looked at next */
};

/* What an operation needs, allocated before anything is changed. */
struct prepared {
    struct memory_record *record; /* the meow, checkpoint or lease */
    struct memory_record *key;
};

/* ---- opening and closing ---------------------------------------------------------------------------------------- */

static int memory_open(const meower_backend_config *config, void **out, meower_error *error)
{
    struct memory_store *store = calloc(1, sizeof(*store));
    if (store == NULL || rwlock_init(&store->lock) != MEOWER_OK) {
        free(store);
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a store in memory");
    }
    store->clock = config->clock;
    cursor_draw_epoch(store->clock, store->epoch);
    *out = store;
    return MEOWER_OK;
}

static void memory_close(void *backend)
{
    struct memory_store *store = backend;
    memory_table_clear(&store->meows);
    memory_table_clear(&store->keys);
    memory_table_clear(&store->checkpoints);
    memory_table_clear(&store->leases);
    free(store->events);
    pthread_rwlock_destroy(&store->lock);
    free(store);
}

static int memory_info(void *backend, meower_store_info *info, meower_error *error)
{
    struct memory_store *store = backend;
    (void)error;
    pthread_rwlock_rdlock(&store->lock);
    memcpy(info->epoch, store->epoch, sizeof(info->epoch));
    memcpy(info->newest_id, store->newest_id, sizeof(info->newest_id));
    info->head = store->event_count;
    pthread_rwlock_unlock(&store->lock);
    return MEOWER_OK;
}

static int memory_new_epoch(void *backend, meower_error *error)
{
    struct memory_store *store = backend;
    (void)error;
    pthread_rwlock_wrlock(&store->lock);
    cursor_draw_epoch(store->clock, store->epoch);
    pthread_rwlock_unlock(&store->lock);
    return MEOWER_OK;
}

/* ---- append: all memory first, then changes that cannot fail ---------------------------------------------------- */

static int prepare(const meower_store_operation *operation, struct prepared *prepared)
{
    switch (operation->kind) {
    case MEOWER_STORE_POST:
        prepared->record = memory_record_new_meow(operation->id, operation->body, operation->body_len,
                                                  operation->labels, operation->label_count);
        if (prepared->record == NULL || operation->idempotency_key == NULL) {
            break;
        }
        prepared->key = memory_record_new(operation->idempotency_key, operation->id, strlen(operation->id));
        if (prepared->key == NULL) {
            return MEOWER_ERROR_NO_MEMORY;
        }
        break;
    case MEOWER_STORE_CHECKPOINT:
        prepared->record = memory_record_new(operation->name, "", 0);
        break;
    case MEOWER_STORE_LEASE:
        prepared->record = memory_record_new(operation->name, operation->owner, strlen(operation->owner));
        break;
    default:
        return MEOWER_OK;
    }
    return prepared->record == NULL ? MEOWER_ERROR_NO_MEMORY : MEOWER_OK;
}

static int prepare_all(const meower_store_operation *operations, size_t count, struct prepared *prepared)
{
    int status = MEOWER_OK;
    for (size_t i = 0; i < count && status == MEOWER_OK; i++) {
        status = prepare(&operations[i], &prepared[i]);
    }
    return status;
}

static int reserve_events(struct memory_store *store, size_t more)
{
    if (more <= store->event_capacity - store->event_count) {
        return MEOWER_OK;
    }
    if (more > SIZE_MAX / 2 - store->event_count) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    size_t capacity = (store->event_count + more) * 2;
    struct memory_event *events = reallocarray(store->events, capacity, sizeof(*events));
    if (events == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    store->events = events;
    store->event_capacity = capacity;
    return MEOWER_OK;
}

/* Room for `count` operations of any kind. The lock is held to write. */
static int reserve(struct memory_store *store, size_t count)
{
    int status = reserve_events(store, count);
    if (status == MEOWER_OK) {
        status = memory_table_reserve(&store->meows, count);
    }
    if (status == MEOWER_OK) {
        status = memory_table_reserve(&store->keys, count);
    }
    if (status == MEOWER_OK) {
        status = memory_table_reserve(&store->checkpoints, count);
    }
    if (status == MEOWER_OK) {
        status = memory_table_reserve(&store->leases, count);
    }
    return status;
}

static void put_prepared(struct memory_table *table, struct memory_record **record)
{
    memory_table_put(table, *record);
    *record = NULL;
}

/* Returns its position. */
static uint64_t add_event(struct memory_store *store, int kind, const meower_store_operation *operation)
{
    struct memory_event *event = &store->events[store->event_count++];
    event->kind = kind;
    event->at_us = operation->at_us;
    memcpy(event->id, operation->id, sizeof(event->id));
    return store->event_count;
}

static void forget_expired_keys(struct memory_store *store, int64_t now_us)
{
    for (int i = 0; i < KEYS_LOOKED_AT && store->keys.count > 0; i++) {
        if (store->key_looked_at >= store->keys.count) {
            store->key_looked_at = 0;
        }
        if (store->keys.records[store->key_looked_at]->expires_us <= now_us) {
            memory_table_remove(&store->keys, store->key_looked_at);
        } else {
            store->key_looked_at++;
        }
    }
}

static void replay(const struct memory_record *key, meower_store_operation *operation)
{
    if (key->fingerprint != operation->fingerprint) {
        operation->status = MEOWER_ERROR_CONFLICT;
        return;
    }
    operation->replayed = 1;
    operation->position = key->position;
    operation->stored_at_us = key->at_us;
    memcpy(operation->stored_id, key->value, sizeof(operation->stored_id));
}

static void remember_key(struct memory_store *store, const meower_store_operation *operation, struct prepared *prepared)
{
    prepared->key->fingerprint = operation->fingerprint;
    prepared->key->position = operation->position;
    prepared->key->at_us = operation->at_us;
    prepared->key->expires_us = operation->expires_us;
    put_prepared(&store->keys, &prepared->key);
    forget_expired_keys(store, operation->at_us);
}

/* The key that the post replays or conflicts with, or NULL. */
static const struct memory_record *known_key(const struct memory_store *store, const meower_store_operation *post)
{
    const struct memory_record *key = NULL;
    if (post->idempotency_key != NULL) {
        key = memory_table_find(&store->keys, post->idempotency_key);
    }
    return key != NULL && key->expires_us > post->at_us ? key : NULL;
}

static void apply_post(struct memory_store *store, meower_store_operation *operation, struct prepared *prepared)
{
    const struct memory_record *key = known_key(store, operation);
    operation->position = 0;
    if (key != NULL) {
        replay(key, operation);
        return;
    }
    operation->position = add_event(store, MEOWER_EVENT_CREATED, operation);
    operation->stored_at_us = operation->at_us;
    memcpy(operation->stored_id, operation->id, sizeof(operation->stored_id));
    memcpy(store->newest_id, operation->id, sizeof(store->newest_id));
    prepared->record->at_us = operation->at_us;
    put_prepared(&store->meows, &prepared->record);
    if (prepared->key != NULL) {
        remember_key(store, operation, prepared);
    }
}

static void apply_delete(struct memory_store *store, meower_store_operation *operation)
{
    operation->position = 0;
    if (memory_table_find(&store->meows, operation->id) == NULL) {
        operation->status = MEOWER_ERROR_NOT_FOUND;
        return;
    }
    memory_table_remove(&store->meows, memory_table_seek(&store->meows, operation->id));
    operation->position = add_event(store, MEOWER_EVENT_DELETED, operation);
}

static void apply_checkpoint(struct memory_store *store, const meower_store_operation *operation,
                             struct prepared *prepared)
{
    prepared->record->position = operation->position;
    put_prepared(&store->checkpoints, &prepared->record);
}

static void apply_lease(struct memory_store *store, meower_store_operation *operation, struct prepared *prepared)
{
    const struct memory_record *lease = memory_table_find(&store->leases, operation->name);
    if (lease != NULL && lease->expires_us > operation->at_us && strcmp(lease->value, operation->owner) != 0) {
        operation->status = MEOWER_ERROR_LOCKED;
        return;
    }
    prepared->record->expires_us = operation->expires_us;
    put_prepared(&store->leases, &prepared->record);
}

static void apply(struct memory_store *store, meower_store_operation *operation, struct prepared *prepared)
{
    operation->status = MEOWER_OK;
    operation->replayed = 0;
    operation->stored_id[0] = '\0';
    operation->stored_at_us = 0;
    switch (operation->kind) {
    case MEOWER_STORE_POST:
        apply_post(store, operation, prepared);
        break;
    case MEOWER_STORE_DELETE:
        apply_delete(store, operation);
        break;
    case MEOWER_STORE_CHECKPOINT:
        apply_checkpoint(store, operation, prepared);
        break;
    default:
        apply_lease(store, operation, prepared);
        break;
    }
}

/* Whether the first post that would be stored has an id above the newest; those after it have still higher ones. */
static bool are_ids_above_newest(const struct memory_store *store, const meower_store_operation *operations,
                                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (operations[i].kind == MEOWER_STORE_POST && known_key(store, &operations[i]) == NULL) {
            return strcmp(operations[i].id, store->newest_id) > 0;
        }
    }
    return true;
}

/* Nothing is changed unless all is. The lock is held to write. */
static int apply_all(struct memory_store *store, meower_store_operation *operations, size_t count,
                     struct prepared *prepared)
{
    if (!are_ids_above_newest(store, operations, count)) {
        memcpy(operations[0].stored_id, store->newest_id, sizeof(operations[0].stored_id));
        return MEOWER_ERROR_CONFLICT;
    }
    int status = reserve(store, count);
    for (size_t i = 0; i < count && status == MEOWER_OK; i++) {
        apply(store, &operations[i], &prepared[i]);
    }
    return status;
}

static int memory_append(void *backend, meower_store_operation *operations, size_t count, meower_error *error)
{
    struct memory_store *store = backend;
    if (count == 0) {
        return MEOWER_OK;
    }
    struct prepared *prepared = calloc(count, sizeof(*prepared));
    int status = prepared == NULL ? MEOWER_ERROR_NO_MEMORY : prepare_all(operations, count, prepared);
    if (status == MEOWER_OK) {
        pthread_rwlock_wrlock(&store->lock);
        status = apply_all(store, operations, count, prepared);
        pthread_rwlock_unlock(&store->lock);
    }
    for (size_t i = 0; i < count && prepared != NULL; i++) {
        free(prepared[i].record);
        free(prepared[i].key);
    }
    free(prepared);
    if (status == MEOWER_ERROR_NO_MEMORY) {
        meower_error_set(error, status, 0, MEOWER_ERROR_FLAG_RETRIABLE, "no memory for %zu changes; nothing was stored",
                         count);
    }
    return status;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static meower_row meow_row(const struct memory_record *meow)
{
    return (meower_row){
        .kind = MEOWER_EVENT_CREATED,
        .id = meow->key,
        .body = meow->value,
        .body_len = meow->value_len,
        .created_at_us = meow->at_us,
        .labels = meow->labels,
        .label_count = meow->label_count,
    };
}

static int memory_head(void *backend, unsigned lane, uint64_t *position, meower_error *error)
{
    struct memory_store *store = backend;
    (void)lane;
    (void)error;
    pthread_rwlock_rdlock(&store->lock);
    *position = store->event_count;
    pthread_rwlock_unlock(&store->lock);
    return MEOWER_OK;
}

static meower_row event_row(const struct memory_store *store, size_t index)
{
    const struct memory_event *event = &store->events[index];
    const struct memory_record *meow = NULL;
    if (event->kind == MEOWER_EVENT_CREATED) {
        meow = memory_table_find(&store->meows, event->id);
    }
    meower_row row = {.id = event->id};
    if (meow != NULL) {
        row = meow_row(meow);
    }
    row.position = index + 1;
    row.kind = event->kind;
    row.created_at_us = event->at_us;
    return row;
}

static int memory_read_events(void *backend, unsigned lane, uint64_t after, size_t max, meower_row_sink *sink,
                              meower_error *error)
{
    struct memory_store *store = backend;
    int status = MEOWER_OK;
    (void)lane;
    (void)error;
    pthread_rwlock_rdlock(&store->lock);
    for (uint64_t i = after; i < store->event_count && i - after < max && status == MEOWER_OK; i++) {
        meower_row row = event_row(store, (size_t)i);
        status = sink->row(sink, &row);
    }
    pthread_rwlock_unlock(&store->lock);
    return status;
}

/* The meows of a range are records[first] to records[end - 1]. */
static void find_range(const struct memory_table *meows, const meower_range *range, size_t *first, size_t *end)
{
    *first = 0;
    if (range->above != NULL) {
        *first = memory_table_seek(meows, range->above);
        if (*first < meows->count && strcmp(meows->records[*first]->key, range->above) == 0) {
            ++*first;
        }
    }
    *end = range->below == NULL ? meows->count : memory_table_seek(meows, range->below);
}

static meower_row row_at(const struct memory_store *store, const meower_range *range, size_t first, size_t end,
                         size_t index)
{
    return meow_row(store->meows.records[range->ascending ? first + index : end - 1 - index]);
}

static int push_range(const struct memory_store *store, const meower_range *range, size_t first, size_t end,
                      meower_row_sink *sink)
{
    size_t found = end > first ? end - first : 0;
    int status = MEOWER_OK;
    for (uint64_t i = range->skip; i < found && i - range->skip < range->take && status == MEOWER_OK; i++) {
        meower_row row = row_at(store, range, first, end, (size_t)i);
        status = sink->row(sink, &row);
    }
    return status;
}

/* Looks at every meow of the range. */
static int push_matching(const struct memory_store *store, const meower_range *range, size_t first, size_t end,
                         meower_row_sink *sink)
{
    size_t found = end > first ? end - first : 0;
    uint64_t matched = 0;
    int status = MEOWER_OK;
    for (size_t i = 0; i < found && status == MEOWER_OK; i++) {
        meower_row row = row_at(store, range, first, end, i);
        if (!meower_labels_match(range->terms, range->term_count, row.labels, row.label_count)) {
            continue;
        }
        if (matched >= range->skip && matched - range->skip >= range->take) {
            break;
        }
        status = matched++ >= range->skip ? sink->row(sink, &row) : MEOWER_OK;
    }
    return status;
}

static int memory_list(void *backend, unsigned lane, const meower_range *range, meower_row_sink *sink,
                       meower_error *error)
{
    struct memory_store *store = backend;
    size_t first;
    size_t end;
    int status = MEOWER_OK;
    (void)lane;
    (void)error;
    pthread_rwlock_rdlock(&store->lock);
    find_range(&store->meows, range, &first, &end);
    status = range->term_count == 0 ? push_range(store, range, first, end, sink)
                                    : push_matching(store, range, first, end, sink);
    pthread_rwlock_unlock(&store->lock);
    return status;
}

static int memory_count(void *backend, unsigned lane, const meower_range *range, uint64_t *total, meower_error *error)
{
    struct memory_store *store = backend;
    uint64_t matched = 0;
    size_t first;
    size_t end;
    (void)lane;
    (void)error;
    pthread_rwlock_rdlock(&store->lock);
    find_range(&store->meows, range, &first, &end);
    for (size_t i = first; i < end; i++) {
        meower_row row = meow_row(store->meows.records[i]);
        matched += (uint64_t)meower_labels_match(range->terms, range->term_count, row.labels, row.label_count);
    }
    pthread_rwlock_unlock(&store->lock);
    *total = matched;
    return MEOWER_OK;
}

static int memory_get(void *backend, unsigned lane, const char *const *ids, size_t count, meower_row_sink *sink,
                      meower_error *error)
{
    struct memory_store *store = backend;
    int status = MEOWER_OK;
    (void)lane;
    (void)error;
    pthread_rwlock_rdlock(&store->lock);
    for (size_t i = 0; i < count && status == MEOWER_OK; i++) {
        const struct memory_record *meow = memory_table_find(&store->meows, ids[i]);
        if (meow == NULL) {
            continue;
        }
        meower_row row = meow_row(meow);
        status = sink->row(sink, &row);
    }
    pthread_rwlock_unlock(&store->lock);
    return status;
}

static int memory_checkpoint(void *backend, unsigned lane, const char *name, uint64_t *position, meower_error *error)
{
    struct memory_store *store = backend;
    (void)lane;
    (void)error;
    pthread_rwlock_rdlock(&store->lock);
    const struct memory_record *checkpoint = memory_table_find(&store->checkpoints, name);
    *position = checkpoint == NULL ? 0 : checkpoint->position;
    pthread_rwlock_unlock(&store->lock);
    return MEOWER_OK;
}

const meower_store_vtable memory_store = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_store_vtable),
    .scheme = "memory",
    .flags = MEOWER_STORE_EXCLUSIVE,
    .open = memory_open,
    .close = memory_close,
    .info = memory_info,
    .append = memory_append,
    .head = memory_head,
    .read_events = memory_read_events,
    .list = memory_list,
    .get = memory_get,
    .checkpoint = memory_checkpoint,
    .new_epoch = memory_new_epoch,
    .count = memory_count,
};
