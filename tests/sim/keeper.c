/* keeper.c - see keeper.h. A store goes back in one of two ways: by meower_restore(), or by the tools of its engine,
 * with meower_new_epoch() after that. */
#include "sim/keeper.h"
#include "sim/stages.h"
#include "sim/world.h"

#define COPY_PATH "copy"

/* ---- copies of the store ----------------------------------------------------------------------------------------- */

static bool is_expected(int status)
{
    return status == MEOWER_OK || status == MEOWER_ERROR_UNAVAILABLE || status == MEOWER_ERROR_TIMEOUT ||
           status == MEOWER_ERROR_IO || status == MEOWER_ERROR_NOT_FOUND;
}

/* One command of the keeper: a process of its own, which may die in it. */
static bool end(struct world *world, const char *what, int status)
{
    world->keeper.is_dead = false;
    world_note(world, TRACE_NO_NODE, what, (uint64_t)-status, 0);
    if (!is_expected(status)) {
        world_fail(world, "the keeper: %s ended with %s", what, meower_status_name(status));
    }
    return status == MEOWER_OK;
}

static void stop_all(struct world *world)
{
    for (unsigned i = 0; i < world->plan.nodes; i++) {
        struct node *node = &world->nodes[i];
        if (node->feed != NULL && chance_permille(&world->chance, 500)) {
            node_close(node);
        }
        /* Closing takes time, and it may have died meanwhile. */
        if (node->feed != NULL) {
            node_die(node);
        }
    }
}

/* Until it has another epoch nobody may open it. */
static void give_epoch(struct world *world)
{
    if (end(world, "new epoch", meower_new_epoch(world->keeper.options, NULL))) {
        world->store.is_kept = false;
    }
}

static void restore(struct world *world)
{
    world->store.is_kept = true;
    stop_all(world);
    if (chance_permille(&world->chance, 500)) {
        sim_store_go_back(world);
        give_epoch(world);
        return;
    }
    (void)end(world, "restore", meower_restore(world->keeper.options, COPY_PATH, NULL));
    world->store.is_kept = false;
}

void keeper_copy_or_restore(struct world *world)
{
    if (world->depth > 0) {
        return;
    }
    if (world->store.is_kept) {
        give_epoch(world);
    } else if (world->store.has_copy && chance_permille(&world->chance, 400)) {
        restore(world);
    } else {
        (void)end(world, "copy", meower_backup(world->keeper.options, COPY_PATH, NULL));
    }
}

void keeper_finish(struct world *world)
{
    if (world->store.is_kept) {
        give_epoch(world);
    }
}

/* ---- search indexes ---------------------------------------------------------------------------------------------- */

static void start_rebuild(struct world *world, struct node *node)
{
    int status = meower_rebuild_start(node->feed, NULL);

    world_note(world, node->number, "rebuild", (uint64_t)-status, 0);
    if (status != MEOWER_OK && status != MEOWER_ERROR_BUSY) {
        world_fail(world, "node %d: a rebuild is refused with %s", node->number, meower_status_name(status));
    }
}

/* An index that is in trouble is the one that is rebuilt: its engine may lose it in the middle of that. */
static void lose_while_rebuilding(struct world *world, const struct node *node)
{
    if (node->index->beside != NULL && chance_permille(&world->chance, world->plan.loss_permille)) {
        world_note(world, node->number, "index lost", node->index->info.position, 1);
        sim_index_lose(node->index);
    }
}

void keeper_rebuild(struct world *world)
{
    struct node *node = world_query_node(world);

    if (node != NULL) {
        lose_while_rebuilding(world, node);
    }
    /* A stage is judged by what it may lock when it begins (stages.c). */
    if (node != NULL && (node->stages & 1u << STAGE_PROJECTION) == 0) {
        start_rebuild(world, node);
    }
}

void keeper_rebuild_all(struct world *world)
{
    for (unsigned i = 0; i < world->plan.nodes; i++) {
        struct node *node = &world->nodes[i];
        if (node->has_query) {
            start_rebuild(world, node);
        }
    }
}
