/* store.c - see store.h. A session is one node's connection. */
#include "sim/store.h"
#include "sim/world.h"
#include "store/store.h"
#include <stdlib.h>
#include <string.h>

#define BATCH_MAX 64 /* operations of a batch: more than any node's option batch_max */

struct session {
    struct node *node;
    bool is_in_doubt; /* the batch before may be committed, and the next one may be the same */
};

/* A batch that the engine was still at when the connection broke. */
struct sim_late_commit {
    struct sim_late_commit *next;
    const struct session *session; /* NULL: it has ended */
    bool is_in_doubt;              /* as when it was sent */
    size_t count;
    meower_store_operation operations[BATCH_MAX];
};

static void copy_text(const char **text)
{
    if (*text != NULL && (*text = strdup(*text)) == NULL) {
        abort();
    }
}

static struct sim_late_commit *late_new(const struct session *session, const meower_store_operation *operations,
                                        size_t count)
{
    struct sim_late_commit *late = calloc(1, sizeof *late);

    if (late == NULL) {
        abort();
    }
    late->session = session;
    late->is_in_doubt = session->is_in_doubt;
    late->count = count;
    for (size_t i = 0; i < count; i++) {
        late->operations[i] = operations[i];
        copy_text(&late->operations[i].id);
        copy_text(&late->operations[i].body);
        copy_text(&late->operations[i].idempotency_key);
        copy_text(&late->operations[i].name);
        copy_text(&late->operations[i].owner);
    }
    return late;
}

static void late_free(struct sim_late_commit *late)
{
    for (size_t i = 0; i < late->count; i++) {
        free((char *)late->operations[i].id);
        free((char *)late->operations[i].body);
        free((char *)late->operations[i].idempotency_key);
        free((char *)late->operations[i].name);
        free((char *)late->operations[i].owner);
    }
    free(late);
}

void sim_store_destroy(struct sim_store *store)
{
    while (store->late != NULL) {
        struct sim_late_commit *late = store->late;
        store->late = late->next;
        late_free(late);
    }
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
    memcpy(operation->stored_id, meow->id, sizeof operation->stored_id);
    return true;
}

static int commit(struct world *world, meower_store_operation *operations, size_t count, bool is_in_doubt,
                  meower_error *error)
{
    meower_store_operation batch[BATCH_MAX];
    size_t places[BATCH_MAX];
    size_t batch_count = 0;
    int status;

    for (size_t i = 0; i < count; i++) {
        if (is_in_doubt && is_stored_already(world, &operations[i])) {
            continue;
        }
        places[batch_count] = i;
        batch[batch_count] = operations[i];
        use_own_clock(world, &batch[batch_count++]);
    }
    status = memory_store.append(world->store.memory, batch, batch_count, error);
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
    world_note(world, TRACE_NO_NODE, has_come_through ? "late commit" : "late rollback", late->count, 0);
    if (has_come_through) {
        (void)commit(world, late->operations, late->count, late->is_in_doubt, NULL);
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

static int sim_open(const meower_backend_config *config, void **out, meower_error *error)
{
    struct node *node = config->context;
    struct sim_store *store = &node->world->store;
    struct session *session = calloc(1, sizeof *session);
    int status = MEOWER_OK;

    if (session == NULL) {
        abort();
    }
    session->node = node;
    if (store->memory == NULL) {
        status = memory_store.open(config, &store->memory, error);
    }
    if (status != MEOWER_OK) {
        free(session);
        return status;
    }
    *out = session;
    return MEOWER_OK;
}

static void sim_close(void *backend)
{
    struct session *session = backend;

    for (struct sim_late_commit *late = session->node->world->store.late; late != NULL; late = late->next) {
        late->session = late->session == session ? NULL : late->session;
    }
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
    return memory_store.info(world_of(backend)->store.memory, info, error);
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

int sim_store_add(void *node, meower_options *options)
{
    meower_store_vtable vtable = {
        .abi = MEOWER_BACKEND_ABI,
        .size = sizeof vtable,
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
    };
    int status = meower_options_add_store(options, &vtable, node, NULL);

    return status == MEOWER_OK ? meower_options_set(options, "store", "sim:", NULL) : status;
}
