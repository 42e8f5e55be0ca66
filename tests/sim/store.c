/* store.c - see store.h. A session is one node's connection. */
#include "sim/store.h"
#include "base/cursor.h"
#include "base/options.h"
#include "port/schemes.h"
#include "sim/world.h"
#include "stage/relay.h"
#include <stdlib.h>
#include <string.h>

struct session {
    struct node *node;
    const meower_clock *clock;
    bool is_in_doubt; /* the batch before may be committed, and the next one may be the same */
};

/* A batch that the engine was still at when the connection broke. */
struct sim_late_commit {
    struct sim_late_commit *next;
    const struct session *session; /* NULL: it has ended */
    bool is_in_doubt;              /* as when it was sent */
    struct sim_batch *batch;
};

static struct sim_late_commit *late_new(const struct session *session, const meower_store_operation *operations,
                                        size_t count)
{
    struct sim_late_commit *late = calloc(1, sizeof(*late));

    if (late == NULL) {
        abort();
    }
    late->session = session;
    late->is_in_doubt = session->is_in_doubt;
    late->batch = sim_batch_new(operations, count);
    return late;
}

static void late_free(struct sim_late_commit *late)
{
    sim_batch_free(late->batch);
    free(late);
}

void sim_store_destroy(struct sim_store *store)
{
    while (store->late != NULL) {
        struct sim_late_commit *late = store->late;
        store->late = late->next;
        late_free(late);
    }
    sim_history_destroy(&store->history);
    if (store->memory != NULL) {
        memory_store.close(store->memory);
    }
}

/* ---- committing ------------------------------------------------------------------------------------------------- */

static void check_checkpoint(struct world *world, const meower_store_operation *operation)
{
    uint64_t untold = sim_bus_first_untold(world, operation->position);

    if (untold != 0) {
        world_fail(world, "the checkpoint is at %llu, but event %llu was never announced on the bus",
                   (unsigned long long)operation->position, (unsigned long long)untold);
    }
}

/* Writes down what an operation has changed. */
static void record(struct world *world, const meower_store_operation *operation)
{
    const char *wrong;

    if (operation->status != MEOWER_OK || operation->replayed) {
        return;
    }
    if (operation->kind == MEOWER_STORE_CHECKPOINT) {
        check_checkpoint(world, operation);
    }
    if (operation->kind != MEOWER_STORE_POST && operation->kind != MEOWER_STORE_DELETE) {
        return;
    }
    wrong = ledger_record(&world->ledger, operation);
    if (wrong != NULL) {
        world_fail(world, "the store: %s (meow %s, position %llu)", wrong, operation->id,
                   (unsigned long long)operation->position);
    }
    world_note(world, TRACE_NO_NODE, "committed", operation->position, (uint64_t)operation->kind);
    if (operation->kind == MEOWER_STORE_POST) {
        authors_note_commit(world, operation->body, world->ledger.meow_count - 1);
    }
}

/* A shared store measures leases by its own clock (backend.h). */
static void use_own_clock(const struct world *world, meower_store_operation *operation)
{
    if (operation->kind == MEOWER_STORE_LEASE) {
        operation->expires_us = world->now_us + (operation->expires_us - operation->at_us);
        operation->at_us = world->now_us;
    }
}

/* In doubt, a post whose id is known is the one that was stored already, as with PostgreSQL. */
static bool is_stored_already(const struct world *world, meower_store_operation *operation)
{
    const struct ledger_meow *meow =
        operation->kind == MEOWER_STORE_POST ? ledger_find(&world->ledger, operation->id) : NULL;

    if (meow == NULL) {
        return false;
    }
    operation->status = MEOWER_OK;
    operation->replayed = 1;
    operation->position = meow->created;
    operation->stored_at_us = meow->created_at_us;
    memcpy(operation->stored_id, meow->id, sizeof(operation->stored_id));
    return true;
}

static int commit(struct world *world, meower_store_operation *operations, size_t count, bool is_in_doubt,
                  meower_error *error)
{
    meower_store_operation batch[SIM_BATCH_MAX];
    size_t places[SIM_BATCH_MAX];
    size_t batch_count = 0;
    int status;

    for (size_t i = 0; i < count; i++) {
        if (is_in_doubt && world->plan.knows_repetition && is_stored_already(world, &operations[i])) {
            continue;
        }
        places[batch_count] = i;
        batch[batch_count] = operations[i];
        use_own_clock(world, &batch[batch_count++]);
    }
    status = memory_store.append(world->store.memory, batch, batch_count, error);
    if (status == MEOWER_OK) {
        sim_history_add(&world->store.history, batch, batch_count);
    } else if (status == MEOWER_ERROR_CONFLICT) {
        memcpy(operations[0].stored_id, batch[0].stored_id, sizeof(operations[0].stored_id));
    }
    for (size_t i = 0; i < batch_count && status == MEOWER_OK; i++) {
        record(world, &batch[i]);
        batch[i].at_us = operations[places[i]].at_us;
        batch[i].expires_us = operations[places[i]].expires_us;
        operations[places[i]] = batch[i];
    }
    return status;
}

/* The engine ends what a broken connection has left: the transaction had come through, or it is undone. */
static void finish(struct world *world, struct sim_late_commit **link)
{
    struct sim_late_commit *late = *link;
    bool has_come_through = chance_permille(&world->chance, 700);

    *link = late->next;
    world_note(world, TRACE_NO_NODE, has_come_through ? "late commit" : "late rollback", late->batch->count, 0);
    if (has_come_through) {
        (void)commit(world, late->batch->operations, late->batch->count, late->is_in_doubt, NULL);
    }
    late_free(late);
}

void sim_store_finish_late(struct world *world)
{
    if (world->store.late != NULL) {
        finish(world, &world->store.late);
    }
}

static void finish_own(struct world *world, const struct session *session)
{
    for (struct sim_late_commit **link = &world->store.late; *link != NULL; link = &(*link)->next) {
        if ((*link)->session == session) {
            finish(world, link);
            return;
        }
    }
}

static int sim_append(void *backend, meower_store_operation *operations, size_t count, meower_error *error)
{
    struct session *session = backend;
    struct world *world = session->node->world;
    int status;

    finish_own(world, session);
    if (!world->plan.is_exclusive && !world->is_calm && chance_permille(&world->chance, world->plan.late_permille)) {
        struct sim_late_commit *late = late_new(session, operations, count);
        late->next = world->store.late;
        world->store.late = late;
        session->is_in_doubt = true;
        return meower_error_set(error, MEOWER_ERROR_OUTCOME_UNKNOWN, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                "the connection broke");
    }
    status = commit(world, operations, count, session->is_in_doubt, error);
    session->is_in_doubt = false;
    return status;
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static int refuse_locked(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_LOCKED, 0, 0, "the store is being looked after, or is open");
}

static int sim_open(const meower_backend_config *config, void **out, meower_error *error)
{
    struct node *node = config->context;
    struct sim_store *store = &node->world->store;
    struct session *session;
    int status = MEOWER_OK;

    if (store->is_kept && node != &node->world->keeper) {
        return refuse_locked(error);
    }
    if (store->memory == NULL) {
        status = memory_store.open(config, &store->memory, error);
        cursor_draw_epoch(config->clock, store->epoch);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    session = calloc(1, sizeof(*session));
    if (session == NULL) {
        abort();
    }
    session->node = node;
    session->clock = config->clock;
    store->sessions++;
    *out = session;
    return MEOWER_OK;
}

static void sim_close(void *backend)
{
    struct session *session = backend;

    for (struct sim_late_commit *late = session->node->world->store.late; late != NULL; late = late->next) {
        late->session = late->session == session ? NULL : late->session;
    }
    session->node->world->store.sessions--;
    free(session);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static struct world *world_of(void *backend)
{
    return ((struct session *)backend)->node->world;
}

/* A connection that breaks after so many rows. */
struct cut_sink {
    meower_row_sink sink; /* first: the row function casts back */
    meower_row_sink *to;
    unsigned left;
};

static int pass_row(meower_row_sink *sink, const meower_row *row)
{
    struct cut_sink *cut = (struct cut_sink *)sink;

    if (cut->left == 0) {
        return MEOWER_ERROR_UNAVAILABLE;
    }
    cut->left--;
    return cut->to->row(cut->to, row);
}

static struct cut_sink cut_by_chance(struct world *world, meower_row_sink *to)
{
    bool is_cut = !world->is_calm && chance_permille(&world->chance, world->plan.fault_permille / 2);

    return (struct cut_sink){
        .sink.row = pass_row, .to = to, .left = is_cut ? chance_below(&world->chance, 4) : UINT32_MAX};
}

static int end_read(const struct cut_sink *cut, int status, meower_error *error)
{
    if (status == MEOWER_ERROR_UNAVAILABLE && cut->left == 0) {
        return meower_error_set(error, status, 0, MEOWER_ERROR_FLAG_RETRIABLE, "the connection broke");
    }
    return status;
}

static int sim_info(void *backend, meower_store_info *info, meower_error *error)
{
    const struct sim_store *store = &world_of(backend)->store;
    int status = memory_store.info(store->memory, info, error);

    memcpy(info->epoch, store->epoch, sizeof(info->epoch));
    return status;
}

static int sim_head(void *backend, unsigned lane, uint64_t *position, meower_error *error)
{
    return memory_store.head(world_of(backend)->store.memory, lane, position, error);
}

static int sim_read_events(void *backend, unsigned lane, uint64_t after, size_t max, meower_row_sink *sink,
                           meower_error *error)
{
    struct world *world = world_of(backend);
    struct cut_sink cut = cut_by_chance(world, sink);
    int status = memory_store.read_events(world->store.memory, lane, after, max, &cut.sink, error);

    return end_read(&cut, status, error);
}

static int sim_list(void *backend, unsigned lane, const meower_range *range, meower_row_sink *sink, meower_error *error)
{
    struct world *world = world_of(backend);
    struct cut_sink cut = cut_by_chance(world, sink);
    int status = memory_store.list(world->store.memory, lane, range, &cut.sink, error);

    return end_read(&cut, status, error);
}

static int sim_get(void *backend, unsigned lane, const char *const *ids, size_t count, meower_row_sink *sink,
                   meower_error *error)
{
    return memory_store.get(world_of(backend)->store.memory, lane, ids, count, sink, error);
}

static int sim_checkpoint(void *backend, unsigned lane, const char *name, uint64_t *position, meower_error *error)
{
    return memory_store.checkpoint(world_of(backend)->store.memory, lane, name, position, error);
}

/* ---- another life ------------------------------------------------------------------------------------------------ */

static void begin_life(struct world *world, const meower_clock *clock)
{
    cursor_draw_epoch(clock, world->store.epoch);
    world_begin_life(world);
}

static int sim_new_epoch(void *backend, meower_error *error)
{
    struct session *session = backend;

    (void)error;
    begin_life(session->node->world, session->clock);
    return MEOWER_OK;
}

static int sim_backup(const meower_backend_config *config, const char *path, meower_error *error)
{
    struct node *keeper = config->context;
    struct sim_store *store = &keeper->world->store;

    (void)path; /* there is one copy; a later one takes its place */
    if (store->memory == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NOT_FOUND, 0, 0, "there is no store");
    }
    store->has_copy = true;
    store->copy = store->history.count;
    memcpy(store->copy_epoch, store->epoch, sizeof(store->copy_epoch));
    return MEOWER_OK;
}

void sim_store_go_back(struct world *world)
{
    struct sim_store *store = &world->store;
    const meower_backend_config config = {.size = sizeof(config), .clock = &world->keeper.options->clock};
    meower_error error;
    meower_store_info info;

    while (store->late != NULL) {
        finish(world, &store->late);
    }
    for (unsigned i = 0; i < NODES_MAX; i++) {
        sim_index_arrive(world, &world->indexes[i]);
    }
    memory_store.close(store->memory);
    if (memory_store.open(&config, &store->memory, &error) != MEOWER_OK) {
        abort();
    }
    sim_history_cut(&store->history, store->copy);
    for (size_t i = 0; i < store->copy; i++) {
        struct sim_batch *batch = store->history.batches[i];
        if (memory_store.append(store->memory, batch->operations, batch->count, &error) != MEOWER_OK) {
            abort();
        }
    }
    memcpy(store->epoch, store->copy_epoch, sizeof(store->epoch));
    (void)memory_store.info(store->memory, &info, &error);
    world_note(world, TRACE_NO_NODE, "restored", info.head, world->ledger.head);
    world_go_back(world, info.head);
}

static int sim_restore(const meower_backend_config *config, const char *path, meower_error *error)
{
    struct node *keeper = config->context;
    struct sim_store *store = &keeper->world->store;

    (void)path;
    if (store->sessions > 0) {
        return refuse_locked(error);
    }
    if (!store->has_copy) {
        return meower_error_set(error, MEOWER_ERROR_NOT_FOUND, 0, 0, "there is no copy");
    }
    sim_store_go_back(keeper->world);
    begin_life(keeper->world, config->clock);
    return MEOWER_OK;
}

uint64_t sim_store_checkpoint(const struct world *world)
{
    uint64_t position = 0;
    meower_error error;

    (void)memory_store.checkpoint(world->store.memory, 0, RELAY_NAME, &position, &error);
    return position;
}

int sim_store_add(void *node, meower_options *options)
{
    meower_store_vtable vtable = {
        .abi = MEOWER_BACKEND_ABI,
        .size = sizeof(vtable),
        .scheme = "sim",
        .flags = ((struct node *)node)->world->plan.is_exclusive ? MEOWER_STORE_EXCLUSIVE : 0,
        .open = sim_open,
        .close = sim_close,
        .info = sim_info,
        .append = sim_append,
        .head = sim_head,
        .read_events = sim_read_events,
        .list = sim_list,
        .get = sim_get,
        .checkpoint = sim_checkpoint,
        .new_epoch = sim_new_epoch,
        .backup = sim_backup,
        .restore = sim_restore,
    };
    int status = meower_options_add_store(options, &vtable, node, NULL);

    return status == MEOWER_OK ? meower_options_set(options, "store", "sim:", NULL) : status;
}
