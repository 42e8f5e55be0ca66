/* world.c - a run: what the seed draws, what happens, and the calm after it, in which everything must come right. */
#include "sim/world.h"
#include "feed/event_log.h"
#include "sim/checks.h"
#include "sim/keeper.h"
#include "sim/stages.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define POSTS_MAX      5               /* in a row, each with a call of its own */
#define HISTORY_MIN    EVENT_BATCH_MAX /* more than one batch of a rebuild */
#define HISTORY_SPREAD 400
#define CALM_STEP_US   100000
#define CALM_ROUNDS    600  /* of CALM_STEP_US; what is not right after so many never will be */
#define POLL_ROUNDS    8    /* for COMMANDS_MAX meows, MEOWER_TAKE_MAX a page, and some to spare */
#define NODE_STEPS_MAX 2000 /* a node that is not idle after so many never will be */

void world_fail(struct world *world, const char *format, ...)
{
    va_list arguments;

    printf("seed %" PRIu64 ", note %" PRIu64 ", after %.3f s of its time: ", world->seed, world->trace.count,
           (double)world->now_us / 1e6);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\nreplay: %s --seed %" PRIu64 "\n", world->replay, world->seed);
    fflush(stdout);
    _exit(WORLD_VIOLATED);
}

void world_note(struct world *world, int node, const char *what, uint64_t a, uint64_t b)
{
    trace_note(&world->trace, world->now_us, node, what, a, b);
}

/* ---- what the seed draws ---------------------------------------------------------------------------------------- */

static unsigned pick(struct chance *chance, unsigned a, unsigned b, unsigned c, unsigned d)
{
    const unsigned values[] = {a, b, c, d};

    return values[chance_below(chance, 4)];
}

/* Each kind of trouble is left out in some runs, so that it cannot hide another one. */
static void draw_plan(struct plan *plan, struct chance *chance)
{
    *plan = (struct plan){
        .nodes = 1 + chance_below(chance, NODES_MAX),
        .actions = pick(chance, 100, 200, 300, 600),
        .shares_search = chance_below(chance, 3) != 0,
        .knows_repetition = chance_below(chance, 2) == 0,
        .has_bus = true,
        .interleave_permille = pick(chance, 0, 50, 200, 500),
        .fault_permille = pick(chance, 0, 10, 40, 100),
        .late_permille = pick(chance, 0, 0, 50, 200),
        .crash_permille = pick(chance, 0, 0, 2, 10),
        .loss_permille = pick(chance, 0, 50, 300, 900),
        .outage_permille = pick(chance, 0, 0, 5, 20),
        .slow_permille = pick(chance, 0, 0, 5, 20),
        .key_permille = pick(chance, 0, 200, 500, 900),
        .many_permille = pick(chance, 0, 100, 300, 700),
        .search_permille = pick(chance, 50, 200, 500, 900),
        .poll_permille = pick(chance, 50, 200, 300, 600),
        .skew_unit = pick(chance, 1, 1, 60, 3600),
        .history = chance_below(chance, 12) == 0 ? HISTORY_MIN + chance_below(chance, HISTORY_SPREAD) : 0,
        .weights = {45, pick(chance, 5, 10, 15, 25), pick(chance, 4, 10, 15, 30), 10, 9, 10, pick(chance, 1, 4, 8, 15),
                    pick(chance, 0, 0, 3, 10), pick(chance, 0, 0, 2, 8), pick(chance, 0, 0, 1, 4)},
    };
    plan->is_exclusive = plan->nodes == 1 && chance_below(chance, 2) == 0;
    if (plan->nodes == 1) {
        plan->has_bus = chance_below(chance, 2) == 0;
    }
}

static void draw_bus(struct sim_bus *bus, struct chance *chance)
{
    bus->lose_permille = pick(chance, 0, 100, 500, 1000);
    bus->repeat_permille = pick(chance, 0, 0, 100, 500);
    bus->garble_permille = pick(chance, 0, 0, 0, 100);
    bus->delay_max_us = pick(chance, 0, 1000, 100000, 3000000);
}

/* Every role is somewhere; each node has at least one. */
static void draw_roles(struct world *world)
{
    for (unsigned i = 0; i < world->plan.nodes; i++) {
        struct node *node = &world->nodes[i];
        unsigned roles = i == 0 && world->plan.nodes < 3 ? 7 : 1 + chance_below(&world->chance, 7);
        roles |= world->plan.nodes >= 3 && i < 3 ? 1u << i : 0;
        node->has_command = (roles & 1) != 0;
        node->has_query = (roles & 2) != 0;
        node->has_subscription = (roles & 4) != 0;
        node->index = &world->indexes[world->plan.shares_search ? 0 : i];
        node->index->is_embedded = !world->plan.shares_search;
    }
}

static void begin(struct world *world)
{
    draw_plan(&world->plan, &world->chance);
    draw_bus(&world->bus, &world->chance);
    draw_roles(world);
    authors_init(&world->authors, COMMANDS_MAX);
    for (unsigned i = 0; i < world->plan.nodes; i++) {
        node_init(&world->nodes[i], world, (int)i);
    }
    world->keeper.has_command = true;
    world->keeper.index = &world->indexes[0];
    node_init(&world->keeper, world, TRACE_NO_NODE);
    world->keeper.stages = STAGES_ALL; /* it is always in the middle of something */
}

static void end(struct world *world)
{
    for (unsigned i = 0; i < world->plan.nodes; i++) {
        node_destroy(&world->nodes[i]);
    }
    node_destroy(&world->keeper);
    for (unsigned i = 0; i < NODES_MAX; i++) {
        sim_index_destroy(&world->indexes[i]);
    }
    authors_destroy(&world->authors);
    pollers_destroy(&world->pollers);
    sim_bus_destroy(&world->bus);
    sim_store_destroy(&world->store);
    ledger_destroy(&world->ledger);
}

/* ---- what happens ----------------------------------------------------------------------------------------------- */

static struct node *some_node(struct world *world)
{
    return &world->nodes[chance_below(&world->chance, world->plan.nodes)];
}

/* The first that is up and fit, from one chosen by chance on. */
#define CHOOSE(world, role)                                                                                            \
    for (unsigned start = chance_below(&(world)->chance, (world)->plan.nodes), i = 0; i < (world)->plan.nodes; i++) {  \
        struct node *node = &(world)->nodes[(start + i) % (world)->plan.nodes];                                        \
        if (node_is_up(node) && node->role) {                                                                          \
            return node;                                                                                               \
        }                                                                                                              \
    }                                                                                                                  \
    return NULL

struct node *world_command_node(struct world *world)
{
    CHOOSE(world, has_command);
}

struct node *world_query_node(struct world *world)
{
    CHOOSE(world, has_query);
}

struct node *world_subscription_node(struct world *world)
{
    CHOOSE(world, has_subscription);
}

static void step_some_node(struct world *world)
{
    struct node *node = some_node(world);

    if (node_is_up(node)) {
        if (chance_permille(&world->chance, 500)) {
            (void)node_step(node);
        } else {
            node_step_stage(node);
        }
    } else if (node->feed == NULL && node->stages == 0 && chance_permille(&world->chance, 300)) {
        node_open(node);
    }
}

static void write_something(struct world *world)
{
    struct node *node = world_command_node(world);

    if (node == NULL || world->authors.attempt_count + AUTHORS_MANY_MAX > world->authors.max) {
        return;
    }
    if (chance_permille(&world->chance, 150)) {
        authors_delete(world, node);
        return;
    }
    if (chance_permille(&world->chance, world->plan.many_permille)) {
        authors_post_many(world, node);
        return;
    }
    for (unsigned count = chance_permille(&world->chance, 200) ? POSTS_MAX : 1; count > 0; count--) {
        authors_post(world, node);
    }
}

static void write_and_wait(struct world *world)
{
    struct node *node = world_command_node(world);

    if (node != NULL && node->stages == 0 && world->authors.attempt_count < world->authors.max) {
        authors_call(world, node);
    }
}

static void read_something(struct world *world)
{
    struct node *node = world_query_node(world);

    if (node == NULL) {
        return;
    }
    if (chance_permille(&world->chance, world->plan.poll_permille)) {
        pollers_ask(world, node);
    } else {
        readers_ask(world, node);
    }
}

static void take_answers(struct world *world)
{
    struct node *node = some_node(world);

    if (node_is_up(node)) {
        authors_take(world, node);
        readers_take(world, node);
    }
}

int64_t world_draw_skew_us(struct world *world)
{
    return ((int64_t)chance_below(&world->chance, 2000000) - 1000000) * world->plan.skew_unit;
}

static void pass_time(struct world *world)
{
    static const unsigned most_us[] = {1000, 20000, 20000, 100000, 500000, 4000000};

    world->now_us += chance_below(&world->chance, most_us[chance_below(&world->chance, 6)]);
    if (chance_permille(&world->chance, 30)) {
        some_node(world)->wall_skew_us += 2 * world_draw_skew_us(world);
    }
}

static void lose_index(struct world *world)
{
    struct node *node = some_node(world);

    world_note(world, node->number, "index lost", node->index->info.position, 0);
    sim_index_lose(node->index);
}

static void make_trouble(struct world *world)
{
    struct node *node = some_node(world);

    if (chance_permille(&world->chance, world->plan.outage_permille * 10)) {
        world->outage_until_us[chance_below(&world->chance, PORT_COUNT)] =
            world->now_us + chance_below(&world->chance, 5000000);
    }
    if (chance_permille(&world->chance, world->plan.late_permille)) {
        sim_store_finish_late(world);
        sim_index_arrive(world, &world->indexes[chance_below(&world->chance, NODES_MAX)]);
    }
    if (chance_permille(&world->chance, world->plan.loss_permille)) {
        lose_index(world);
    }
    if (node_is_up(node) && chance_permille(&world->chance, world->plan.crash_permille * 10)) {
        node_die(node);
    } else if (node_is_up(node) && node->stages == 0 && chance_permille(&world->chance, 20)) {
        node_close(node);
    }
}

void world_act(struct world *world)
{
    static void (*const acts[ACT_COUNT])(struct world *world) = {
        step_some_node, write_something, read_something, take_answers,   followers_act,
        pass_time,      make_trouble,    write_and_wait, keeper_rebuild, keeper_copy_or_restore,
    };
    unsigned sum = 0;
    unsigned chosen;
    unsigned act = 0;

    for (unsigned i = 0; i < ACT_COUNT; i++) {
        sum += world->plan.weights[i];
    }
    world->acts++;
    chosen = chance_below(&world->chance, sum);
    while (chosen >= world->plan.weights[act]) {
        chosen -= world->plan.weights[act++];
    }
    acts[act](world);
}

/* ---- another life of the store ---------------------------------------------------------------------------------- */

void world_go_back(struct world *world, uint64_t head)
{
    ledger_go_back(&world->ledger, head);
    authors_go_back(world);
    sim_bus_go_back(world);
}

void world_begin_life(struct world *world)
{
    world->lives++;
    world_note(world, TRACE_NO_NODE, "another life", world->ledger.head, world->lives);
    authors_begin_life(world);
    followers_begin_life(world);
    pollers_begin_life(world);
}

/* ---- the calm --------------------------------------------------------------------------------------------------- */

static void step_until_idle(struct world *world, struct node *node)
{
    unsigned steps = 0;

    while (node_step(node)) {
        if (++steps == NODE_STEPS_MAX) {
            world_fail(world, "node %d never comes to rest", node->number);
        }
    }
}

static bool is_rebuilding(const struct node *node)
{
    meower_rebuild rebuild = MEOWER_REBUILD_INIT;

    (void)meower_rebuild_state(node->feed, &rebuild, NULL);
    return rebuild.state == MEOWER_REBUILD_RUNNING;
}

static bool is_ready(struct node *node)
{
    meower_health health = MEOWER_HEALTH_INIT;

    for (size_t i = 0; meower_health_at(node->feed, i, &health, NULL) == 1; i++) {
        if (!health.ready) {
            return false;
        }
    }
    return true;
}

/* Why it is not quiet yet, or NULL. */
static const char *unrest(struct world *world)
{
    for (unsigned i = 0; i < world->plan.nodes; i++) {
        struct node *node = &world->nodes[i];
        if (stage_head(node->feed) != world->ledger.head) {
            return "a node lacks events";
        }
        if (node->has_query && stage_visible(node->feed) != world->ledger.head) {
            return "an index lacks events";
        }
        if (!is_ready(node)) {
            return "a node is not ready";
        }
        if (is_rebuilding(node)) {
            return "an index is being rebuilt";
        }
    }
    if (world->plan.has_bus && sim_bus_first_untold(world, world->ledger.head) != 0) {
        return "the bus lacks events";
    }
    if (world->authors.pending > 0) {
        return "commands are not answered";
    }
    if (world->readers.pending > 0) {
        return "queries are not answered";
    }
    return followers_are_done(world) ? NULL : "a follower lacks events";
}

static void go_round(struct world *world)
{
    for (unsigned i = 0; i < world->plan.nodes; i++) {
        struct node *node = &world->nodes[i];
        if (node->feed == NULL) {
            node_open(node);
        }
        step_until_idle(world, node);
        authors_take(world, node);
        readers_take(world, node);
    }
    followers_take_all(world);
}

static void wait_until_quiet(struct world *world)
{
    const char *reason = "";

    for (unsigned round = 0; round < CALM_ROUNDS; round++) {
        go_round(world);
        reason = unrest(world);
        if (reason == NULL) {
            return;
        }
        world->now_us += CALM_STEP_US;
    }
    world_fail(world, "nothing fails any more, but it does not come right: %s", reason);
}

static void begin_calm(struct world *world)
{
    world->is_calm = true;
    world_note(world, TRACE_NO_NODE, "calm", world->ledger.head, 0);
    keeper_finish(world);
    while (world->store.late != NULL) {
        sim_store_finish_late(world);
    }
    for (unsigned i = 0; i < NODES_MAX; i++) {
        sim_index_arrive(world, &world->indexes[i]);
    }
    wait_until_quiet(world);
}

/* Every node is asked for everything. Returns whether all engines answered. */
static bool ask_for_all(struct world *world)
{
    world->readers.scans = 0;
    for (unsigned i = 0; i < world->plan.nodes; i++) {
        if (world->nodes[i].has_query) {
            readers_ask_for_all(world, &world->nodes[i]);
        }
    }
    wait_until_quiet(world);
    return world->readers.scans == 0;
}

/* Pollers come to everything by asking one node and another. */
static void let_pollers_finish(struct world *world)
{
    for (unsigned round = 0; round < POLL_ROUNDS && world_query_node(world) != NULL; round++) {
        if (pollers_are_done(world)) {
            return;
        }
        pollers_ask_all(world, world_query_node(world));
        wait_until_quiet(world);
    }
    if (world_query_node(world) != NULL) {
        world_fail(world, "a poller misses meows for ever");
    }
}

/* An index made anew finds the same. Where several nodes share one, a rebuild may fail for another one's; then the
 * index that was there has stayed. */
static void rebuild_in_calm(struct world *world)
{
    uint64_t rebuilds = world->rebuilds;

    keeper_rebuild_all(world);
    wait_until_quiet(world);
    if (world->rebuilds == rebuilds && world_query_node(world) != NULL) {
        world_fail(world, "nothing fails, but no index is rebuilt");
    }
    if (!ask_for_all(world) && !ask_for_all(world)) {
        world_fail(world, "a search after a rebuild is answered by a scan, but the engine works");
    }
    checks_end(world);
}

/* A search may be the first to notice that an index was lost; the next one must find it made again. */
static void end_calm(struct world *world)
{
    if (!ask_for_all(world) && !ask_for_all(world)) {
        world_fail(world, "a search is answered by a scan, but the engine serves");
    }
    let_pollers_finish(world);
    checks_end(world);
    if (chance_permille(&world->chance, 250)) {
        rebuild_in_calm(world);
    }
    for (unsigned i = 0; i < world->plan.nodes; i++) {
        node_close(&world->nodes[i]);
    }
}

/* What was posted, and in part deleted, before the run begins. */
static void live_history(struct world *world)
{
    struct node *node = &world->nodes[0];

    if (world->plan.history == 0) {
        return;
    }
    world->is_calm = true;
    while (!node->has_command) {
        node++;
    }
    node_open(node);
    while (world->ledger.meow_count < world->plan.history && world->authors.attempt_count < COMMANDS_MAX / 2) {
        world->now_us += 1000;
        write_something(world);
        step_until_idle(world, node);
        authors_take(world, node);
    }
    world->is_calm = false;
}

static void count(const struct world *world, struct tally *tally)
{
    tally->runs++;
    tally->notes += world->trace.count;
    tally->posts += world->ledger.meow_count;
    tally->events += world->ledger.head;
    tally->pages += world->readers.pages;
    tally->given += world->followers.events;
    tally->resumed += world->followers.resumed;
    tally->crashes += world->crashes;
    tally->faults += world->faults;
    tally->lives += world->lives;
    tally->rebuilds += world->rebuilds;
    tally->calls += world->authors.calls;
    tally->manys += world->authors.manys;
    tally->polled += world->pollers.seen;
    tally->simulated_us += world->now_us;
}

uint64_t world_run(uint64_t seed, const char *replay, bool is_told, struct tally *tally)
{
    struct world *world = calloc(1, sizeof(*world));
    uint64_t hash;

    if (world == NULL) {
        abort();
    }
    world->seed = seed;
    world->replay = replay;
    world->chance.state = seed;
    world->trace.is_told = is_told;
    begin(world);
    live_history(world);
    for (unsigned i = 0; i < world->plan.actions; i++) {
        world_act(world);
    }
    begin_calm(world);
    end_calm(world);
    count(world, tally);
    hash = world->trace.hash;
    end(world);
    free(world);
    return hash;
}
