/* call.c - around every call of a backend: the other nodes go on meanwhile, the call may take long, fail, or lose its
 * answer, and the node may die in it. */
#include "sim/world.h"
#include <string.h>

#define INTERLEAVE_MAX 3 /* actions of others within a call */
#define DEPTH_MAX      2 /* calls inside of which others go on */
#define ACTS_PER_ACTION                                                                                                \
    4 /* calls for each action, on average; after more of them nobody goes on inside a call any more */

static int port_of(const char *port)
{
    if (strcmp(port, "store") == 0) {
        return PORT_STORE;
    }
    return strcmp(port, "bus") == 0 ? PORT_BUS : PORT_SEARCH;
}

static int refuse_dead(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 0, 0, "the process is gone");
}

static void let_others_go_on(struct world *world)
{
    unsigned actions = 1 + chance_below(&world->chance, INTERLEAVE_MAX);

    if (world->is_calm || world->depth == DEPTH_MAX || world->acts > ACTS_PER_ACTION * world->plan.actions ||
        !chance_permille(&world->chance, world->plan.interleave_permille)) {
        return;
    }
    world->depth++;
    for (unsigned i = 0; i < actions; i++) {
        world_act(world);
    }
    world->depth--;
}

/* Whether the node dies now. */
static bool dies(struct node *node)
{
    struct world *world = node->world;

    if (!node->is_dead && !world->is_calm && chance_permille(&world->chance, world->plan.crash_permille)) {
        node_die(node);
    }
    return node->is_dead;
}

static int fail(struct node *node, meower_error *error)
{
    static const struct {
        int status;
        uint32_t flags;
    } failures[] = {
        {MEOWER_ERROR_UNAVAILABLE, MEOWER_ERROR_FLAG_RETRIABLE},
        {MEOWER_ERROR_UNAVAILABLE, MEOWER_ERROR_FLAG_RETRIABLE},
        {MEOWER_ERROR_TIMEOUT, MEOWER_ERROR_FLAG_RETRIABLE},
        {MEOWER_ERROR_IO, 0},
    };
    unsigned which = chance_below(&node->world->chance, sizeof(failures) / sizeof(failures[0]));

    node->world->faults++;
    world_note(node->world, node->number, "fails", (uint64_t)-failures[which].status, 0);
    return meower_error_set(error, failures[which].status, 0, failures[which].flags, "a fault of the simulation");
}

int call_before(void *context, const char *port, const char *call, meower_error *error)
{
    struct node *node = context;
    struct world *world = node->world;

    if (node->is_dead) {
        return refuse_dead(error);
    }
    world_note(world, node->number, call, (uint64_t)port_of(port), 0);
    let_others_go_on(world);
    if (dies(node)) {
        return refuse_dead(error);
    }
    if (world->is_calm) {
        return MEOWER_OK;
    }
    if (chance_permille(&world->chance, world->plan.slow_permille)) {
        world->now_us += chance_below(&world->chance, 4000000);
    }
    if (world->now_us < world->outage_until_us[port_of(port)]) {
        world->faults++;
        return meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 0, MEOWER_ERROR_FLAG_RETRIABLE, "the engine is away");
    }
    if (chance_permille(&world->chance, world->plan.fault_permille)) {
        return fail(node, error);
    }
    return MEOWER_OK;
}

/* The adapter relies on what info() said of its engine, so that answer is never lost. */
static bool can_lose_answer(const char *call)
{
    return strcmp(call, "info") != 0;
}

/* The work is done, but nobody is told. */
static int lose_answer(struct node *node, const char *call, meower_error *error)
{
    int status = strcmp(call, "append") == 0 ? MEOWER_ERROR_OUTCOME_UNKNOWN : MEOWER_ERROR_UNAVAILABLE;

    node->world->faults++;
    world_note(node->world, node->number, "lost answer", (uint64_t)-status, 0);
    return meower_error_set(error, status, 0, MEOWER_ERROR_FLAG_RETRIABLE, "the answer is lost");
}

int call_after(void *context, const char *port, const char *call, int status, meower_error *error)
{
    struct node *node = context;
    struct world *world = node->world;

    world_note(world, node->number, status == MEOWER_OK ? "ok" : "failed", (uint64_t)port_of(port), (uint64_t)-status);
    let_others_go_on(world);
    if (dies(node)) {
        return refuse_dead(error);
    }
    if (status == MEOWER_OK && !world->is_calm && can_lose_answer(call) &&
        chance_permille(&world->chance, world->plan.fault_permille)) {
        return lose_answer(node, call, error);
    }
    return status;
}
