/* store.c - the store port: opens the adapter that the URL means, refuses what no adapter should have to check, and
 * makes every call of it. */
#include "store/store.h"
#include "base/cursor.h"
#include "port/call.h"
#include "port/schemes.h"
#include "store/checked_rows.h"
#include <string.h>

/* ---- opening and closing ---------------------------------------------------------------------------------------- */

static int open_backend(struct store *store, const meower_backend_config *config, meower_error *error)
{
    struct port_call call = {.hook = &store->hook, .port = "store", .name = "open"};
    if (port_call_begin(&call)) {
        call.status = store->vtable.open(config, &store->backend, &call.detail);
    }
    int status = port_call_end(&call, error);
    if (status != MEOWER_OK) {
        store_close(store);
    }
    return status;
}

static bool is_id(const char *id)
{
    return id != NULL && meower_id_check(id, strnlen(id, MEOWER_ID_SIZE), NULL) == MEOWER_OK;
}

/* What a store says of itself goes into cursors and into the next ids, so it must be what it is meant to be. */
static int check_info(const meower_store_info *info, meower_error *error)
{
    if (!cursor_is_epoch(info->epoch)) {
        return meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                                "the store says that its epoch is \"%.*s\"; right are %d hexadecimal digits",
                                MEOWER_EPOCH_SIZE, info->epoch, MEOWER_EPOCH_SIZE - 1);
    }
    if (info->newest_id[0] != '\0' && !is_id(info->newest_id)) {
        return meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                                "the store says that its newest id is \"%.*s\", which is no id", MEOWER_ID_SIZE,
                                info->newest_id);
    }
    return MEOWER_OK;
}

static int read_info(struct store *store, meower_error *error)
{
    struct port_call call = {.hook = &store->hook, .port = "store", .name = "info"};
    if (port_call_begin(&call)) {
        call.status = store->vtable.info(store->backend, &store->info, &call.detail);
    }
    if (call.status == MEOWER_OK) {
        call.status = check_info(&store->info, &call.detail);
    }
    return port_call_end(&call, error);
}

/* Sets *vtable and a config for it. */
static int configure(const meower_options *options, unsigned lanes, uint32_t flags, meower_backend_config *config,
                     const meower_store_vtable **vtable, meower_error *error)
{
    const void *table = NULL;
    int status = schemes_find(options, STORE_PORT, config, &table, error);
    *vtable = table;
    config->lanes = lanes;
    config->flags = flags;
    return status;
}

static int open_with(struct store *store, const meower_options *options, unsigned lanes, uint32_t flags,
                     meower_error *error)
{
    const meower_store_vtable *vtable = NULL;
    meower_backend_config config;
    int status = configure(options, lanes, flags, &config, &vtable, error);
    if (status != MEOWER_OK) {
        return status;
    }
    if (flags == MEOWER_OPEN_TO_LOOK && (vtable->flags & MEOWER_STORE_LOOKS) == 0) {
        return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                "the store \"%s:\" cannot be opened to look only", vtable->scheme);
    }

    struct store opened = {.vtable = *vtable, .hook = options->fault_hook};
    status = open_backend(&opened, &config, error);
    if (status != MEOWER_OK) {
        return status;
    }
    status = read_info(&opened, error);
    if (status != MEOWER_OK) {
        store_close(&opened);
        return status;
    }
    *store = opened;
    return MEOWER_OK;
}

int store_open(struct store *store, const meower_options *options, unsigned lanes, meower_error *error)
{
    return open_with(store, options, lanes, 0, error);
}

int store_open_to_look(struct store *store, const meower_options *options, unsigned lanes, meower_error *error)
{
    return open_with(store, options, lanes, MEOWER_OPEN_TO_LOOK, error);
}

/* Closing cannot fail, so it passes no fault hook. */
void store_close(struct store *store)
{
    if (store->backend != NULL) {
        store->vtable.close(store->backend);
    }
    store->backend = NULL;
}

bool store_is_exclusive(const struct store *store)
{
    return (store->vtable.flags & MEOWER_STORE_EXCLUSIVE) != 0;
}

/* ---- changing --------------------------------------------------------------------------------------------------- */

static bool is_key_or_none(const char *key)
{
    return key == NULL || (key[0] != '\0' && strnlen(key, MEOWER_KEY_MAX + 1) <= MEOWER_KEY_MAX);
}

/* What is wrong with an operation, or NULL. */
static const char *find_fault(const meower_store_operation *operation)
{
    switch (operation->kind) {
    case MEOWER_STORE_POST:
        if (!is_id(operation->id)) {
            return "its id is malformed";
        }
        if (operation->body == NULL) {
            return "it has no body";
        }
        return is_key_or_none(operation->idempotency_key) ? NULL : "its idempotency key is empty or too long";
    case MEOWER_STORE_DELETE:
        return is_id(operation->id) ? NULL : "its id is malformed";
    case MEOWER_STORE_CHECKPOINT:
        return operation->name != NULL ? NULL : "it has no name";
    case MEOWER_STORE_LEASE:
        return operation->name != NULL && operation->owner != NULL ? NULL : "it has no name or no owner";
    default:
        return "its kind is unknown";
    }
}

static int check_operations(const meower_store_operation *operations, size_t count, meower_error *error)
{
    const char *last_id = "";
    for (size_t i = 0; i < count; i++) {
        bool is_post = operations[i].kind == MEOWER_STORE_POST;
        const char *fault = find_fault(&operations[i]);
        if (fault == NULL && is_post && strcmp(operations[i].id, last_id) <= 0) {
            fault = "its id is not above that of the post before it";
        }
        if (fault != NULL) {
            return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                    "operation %zu of a batch cannot be stored: %s; nothing was stored", i, fault);
        }
        if (is_post) {
            last_id = operations[i].id;
        }
    }
    return MEOWER_OK;
}

/* A backend that refuses ids must name the one that they are to be above. */
static int append_checked(struct store *store, meower_store_operation *operations, size_t count, meower_error *error)
{
    int status = store->vtable.append(store->backend, operations, count, error);
    if (status != MEOWER_ERROR_CONFLICT) {
        return status;
    }
    if (is_id(operations[0].stored_id)) {
        return meower_error_set(error, MEOWER_ERROR_CONFLICT, 0, 0,
                                "the newest id of the store is %s; the ids of the batch must be above it",
                                operations[0].stored_id);
    }
    return meower_error_set(error, MEOWER_ERROR_INTERNAL, 0, 0,
                            "the store refused the ids of a batch and did not say which id is its newest");
}

int store_append(struct store *store, meower_store_operation *operations, size_t count, meower_error *error)
{
    int status = check_operations(operations, count, error);
    if (status != MEOWER_OK || count == 0) {
        return status;
    }
    struct port_call call = {.hook = &store->hook, .port = "store", .name = "append"};
    if (port_call_begin(&call)) {
        call.status = append_checked(store, operations, count, &call.detail);
    }
    return port_call_end(&call, error);
}

/* ---- backup and restore ----------------------------------------------------------------------------------------- */

static int refuse_unsupported(const struct store *store, const char *what, const char *instead, meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0, "the store \"%s:\" cannot %s; %s",
                            store->vtable.scheme, what, instead);
}

int store_new_epoch(struct store *store, meower_error *error)
{
    if (store->vtable.new_epoch == NULL) {
        return refuse_unsupported(store, "draw a new epoch", "its positions cannot be told apart from others", error);
    }
    struct port_call call = {.hook = &store->hook, .port = "store", .name = "new_epoch"};
    if (port_call_begin(&call)) {
        call.status = store->vtable.new_epoch(store->backend, &call.detail);
    }
    int status = port_call_end(&call, error);
    return status == MEOWER_OK ? read_info(store, error) : status;
}

/* Backup and restore of a store that need not be open: `member` is the table's, NULL where there is none. */
static int copy_store(const struct store *store, const meower_backend_config *config, const char *name,
                      int (*member)(const meower_backend_config *config, const char *path, meower_error *error),
                      const char *path, meower_error *error)
{
    if (member == NULL) {
        return refuse_unsupported(store, name, "copy it with the engine's own tools (docs/OPERATIONS.md)", error);
    }
    struct port_call call = {.hook = &store->hook, .port = "store", .name = name};
    if (port_call_begin(&call)) {
        call.status = member(config, path, &call.detail);
    }
    return port_call_end(&call, error);
}

int store_backup(const meower_options *options, const char *path, meower_error *error)
{
    const meower_store_vtable *vtable = NULL;
    meower_backend_config config;
    int status = configure(options, 1, MEOWER_OPEN_TO_LOOK, &config, &vtable, error);
    if (status != MEOWER_OK) {
        return status;
    }
    const struct store store = {.vtable = *vtable, .hook = options->fault_hook};
    return copy_store(&store, &config, "backup", vtable->backup, path, error);
}

int store_restore(const meower_options *options, const char *path, meower_error *error)
{
    const meower_store_vtable *vtable = NULL;
    meower_backend_config config;
    int status = configure(options, 1, 0, &config, &vtable, error);
    if (status != MEOWER_OK) {
        return status;
    }
    const struct store store = {.vtable = *vtable, .hook = options->fault_hook};
    return copy_store(&store, &config, "restore", vtable->restore, path, error);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

int store_head(struct store *store, unsigned lane, uint64_t *position, meower_error *error)
{
    struct port_call call = {.hook = &store->hook, .port = "store", .name = "head"};
    if (port_call_begin(&call)) {
        call.status = store->vtable.head(store->backend, lane, position, &call.detail);
    }
    return port_call_end(&call, error);
}

int store_read_events(struct store *store, unsigned lane, uint64_t after, size_t max, meower_row_sink *sink,
                      meower_error *error)
{
    struct port_call call = {.hook = &store->hook, .port = "store", .name = "read_events"};
    struct checked_rows rows = {.sink.row = checked_rows_event, .target = sink, .max = max};
    if (port_call_begin(&call)) {
        int status = store->vtable.read_events(store->backend, lane, after, max, &rows.sink, &call.detail);
        call.status = checked_rows_end(&rows, status, &call.detail);
    }
    return port_call_end(&call, error);
}

int store_list(struct store *store, unsigned lane, const meower_range *range, meower_row_sink *sink,
               meower_error *error)
{
    struct port_call call = {.hook = &store->hook, .port = "store", .name = "list"};
    struct checked_rows rows = {.sink.row = checked_rows_meow, .target = sink, .max = range->take};
    if (port_call_begin(&call)) {
        int status = store->vtable.list(store->backend, lane, range, &rows.sink, &call.detail);
        call.status = checked_rows_end(&rows, status, &call.detail);
    }
    return port_call_end(&call, error);
}

int store_get(struct store *store, unsigned lane, const char *const *ids, size_t count, meower_row_sink *sink,
              meower_error *error)
{
    struct port_call call = {.hook = &store->hook, .port = "store", .name = "get"};
    struct checked_rows rows = {.sink.row = checked_rows_meow, .target = sink, .max = count};
    if (port_call_begin(&call)) {
        int status = store->vtable.get(store->backend, lane, ids, count, &rows.sink, &call.detail);
        call.status = checked_rows_end(&rows, status, &call.detail);
    }
    return port_call_end(&call, error);
}

int store_checkpoint(struct store *store, unsigned lane, const char *name, uint64_t *position, meower_error *error)
{
    struct port_call call = {.hook = &store->hook, .port = "store", .name = "checkpoint"};
    if (port_call_begin(&call)) {
        call.status = store->vtable.checkpoint(store->backend, lane, name, position, &call.detail);
    }
    return port_call_end(&call, error);
}

int store_count(struct store *store, unsigned lane, const meower_range *range, uint64_t *total, meower_error *error)
{
    if (store->vtable.count == NULL) {
        return refuse_unsupported(store, "count its meows", "list them", error);
    }
    struct port_call call = {.hook = &store->hook, .port = "store", .name = "count"};
    if (port_call_begin(&call)) {
        call.status = store->vtable.count(store->backend, lane, range, total, &call.detail);
    }
    return port_call_end(&call, error);
}

int store_inspect(struct store *store, unsigned lane, meower_text_sink *sink, meower_error *error)
{
    if (store->vtable.inspect == NULL) {
        return MEOWER_OK;
    }
    struct port_call call = {.hook = &store->hook, .port = "store", .name = "inspect"};
    if (port_call_begin(&call)) {
        call.status = store->vtable.inspect(store->backend, lane, sink, &call.detail);
    }
    return port_call_end(&call, error);
}
