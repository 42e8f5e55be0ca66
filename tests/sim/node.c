/* node.c - see node.h. */
#include "sim/node.h"
#include "sim/checks.h"
#include "sim/stages.h"
#include "sim/world.h"
#include <stdlib.h>

#define WALL_US        INT64_C(1790000000000000) /* when the simulation begins */
#define WAITING_US     50000                     /* how far each look at the time moves it on while somebody waits */
#define WAITING_US_MAX INT64_C(3600000000)       /* a call that waits longer would wait for ever */
#define CLOSE_WAIT_MS  200

/* ---- its clock -------------------------------------------------------------------------------------------------- */

static int64_t wall_us(void *context)
{
    const struct node *node = context;

    return WALL_US + node->world->now_us + node->wall_skew_us;
}

static int64_t monotonic_us(void *context)
{
    struct node *node = context;

    if (node->is_waiting) {
        node->world->now_us += WAITING_US;
        if (node->world->now_us - node->waiting_since_us > WAITING_US_MAX) {
            world_fail(node->world, "node %d: somebody waits for an answer for ever", node->number);
        }
    }
    return INT64_C(1000000000) + node->world->now_us;
}

static void begin_waiting(struct node *node)
{
    node->is_waiting = true;
    node->waiting_since_us = node->world->now_us;
}

static void random_bytes(void *context, void *out, size_t len)
{
    chance_fill(&((struct node *)context)->chance, out, len);
}

/* ---- its options ------------------------------------------------------------------------------------------------ */

static const char *pick(struct chance *chance, const char *const *values)
{
    unsigned count = 0;

    while (values[count] != NULL) {
        count++;
    }
    return values[chance_below(chance, count)];
}

#define PICK(chance, ...) pick(chance, (const char *const[]){__VA_ARGS__, NULL})

static void set(struct node *node, const char *name, const char *value)
{
    meower_error error;

    if (meower_options_set(node->options, name, value, &error) != MEOWER_OK) {
        world_fail(node->world, "option %s: %s", name, error.message);
    }
}

static const char *roles_of(const struct node *node)
{
    static const char *const roles[] = {"",
                                        "command",
                                        "query",
                                        "command,query",
                                        "subscription",
                                        "command,subscription",
                                        "query,subscription",
                                        "command,query,subscription"};

    return roles[node->has_command + 2 * node->has_query + 4 * node->has_subscription];
}

void node_init(struct node *node, struct world *world, int number)
{
    const meower_clock clock = {wall_us, monotonic_us, random_bytes, node};
    const meower_fault_hook hook = {call_before, call_after, node};
    struct chance *chance = &world->chance;
    const char *queue_max;

    node->world = world;
    node->number = number;
    node->chance.state = chance_next(chance);
    node->wall_skew_us = world_draw_skew_us(world);
    if (meower_options_new(&node->options, NULL) != MEOWER_OK) {
        abort();
    }
    meower_options_set_clock(node->options, &clock);
    meower_options_set_fault_hook(node->options, &hook);
    if (sim_store_add(node, node->options) != MEOWER_OK || sim_search_add(node, node->options) != MEOWER_OK ||
        (world->plan.has_bus && sim_bus_add(node, node->options) != MEOWER_OK)) {
        world_fail(world, "the backends of the simulation are refused");
    }
    set(node, "threads", "0");
    set(node, "roles", roles_of(node));
    set(node, "event_log_max", PICK(chance, "16", "40", "1000"));
    set(node, "timeline_max", PICK(chance, "0", "3", "20", "1000"));
    set(node, "batch_max", PICK(chance, "1", "3", "64"));
    queue_max = PICK(chance, "3", "1000", "1000");
    set(node, "queue_max", queue_max);
    node->queue_max = strtoul(queue_max, NULL, 10);
    set(node, "wait_max_ms", PICK(chance, "200", "5000"));
    set(node, "poll_interval_ms", PICK(chance, "50", "1000"));
    set(node, "checkpoint_interval_ms", PICK(chance, "1", "50", "1000"));
}

void node_destroy(struct node *node)
{
    meower_options_free(node->options);
}

/* ---- its life --------------------------------------------------------------------------------------------------- */

bool node_is_up(const struct node *node)
{
    return node->feed != NULL && !node->is_dead && !node->is_closing;
}

static void close_handles(struct node *node)
{
    followers_lose(node->world, node);
    authors_lose(node->world, node);
    readers_lose(node->world, node);
    meower_command_close(node->command);
    meower_command_close(node->caller);
    meower_query_close(node->query);
    node->command = NULL;
    node->caller = NULL;
    node->query = NULL;
}

/* What was in memory is gone. No call reaches a backend any more. */
static void clear_away(struct node *node)
{
    meower_feed *feed = node->feed;

    close_handles(node);
    node->feed = NULL;
    (void)meower_close(feed, 0, NULL);
    if (node->is_dead) {
        sim_index_crash(node->world, node->index);
    }
    node->is_dead = false;
}

void node_open(struct node *node)
{
    struct world *world = node->world;
    meower_feed *feed = NULL;
    int status;

    node->stages = STAGES_ALL; /* nobody else opens it meanwhile */
    node->is_dead = false;
    status = meower_open(node->options, &feed, NULL);
    node->stages = 0;
    world_note(world, node->number, "opened", (uint64_t)-status, world->ledger.head);
    if (status != MEOWER_OK) {
        node->is_dead = false;
        return;
    }
    node->feed = feed;
    node->life++;
    if (node->is_dead) {
        clear_away(node);
        return;
    }
    if ((node->has_command && meower_command_open(feed, &node->command, NULL) != MEOWER_OK) ||
        (node->has_query && meower_query_open(feed, &node->query, NULL) != MEOWER_OK)) {
        world_fail(world, "node %d: a handle cannot be opened", node->number);
    }
    checks_begin(node);
}

void node_die(struct node *node)
{
    world_note(node->world, node->number, "dies", node->stages, 0);
    node->world->crashes++;
    node->is_dead = true;
    if (node->stages == 0) {
        clear_away(node);
    }
}

void node_close(struct node *node)
{
    meower_feed *feed = node->feed;
    int status;

    world_note(node->world, node->number, "closes", 0, 0);
    authors_take(node->world, node);
    readers_take(node->world, node);
    node->is_closing = true;
    begin_waiting(node);
    close_handles(node);
    node->stages = STAGES_ALL;
    status = meower_close(feed, CLOSE_WAIT_MS, NULL);
    node->stages = 0;
    node->feed = NULL;
    node->is_dead = false;
    node->is_closing = false;
    node->is_waiting = false;
    world_note(node->world, node->number, "closed", (uint64_t)-status, 0);
    if (node->world->is_calm && status != MEOWER_OK) {
        world_fail(node->world, "node %d: closing in calm ends with %s", node->number, meower_status_name(status));
    }
}

/* Checks the node after a step. */
static void end_step(struct node *node)
{
    if (node->is_dead) {
        if (node->stages == 0) {
            clear_away(node);
        }
        return;
    }
    checks_node(node);
}

void node_begin_call(struct node *node)
{
    node->stages = STAGES_ALL;
    begin_waiting(node);
    if (node->caller == NULL && meower_command_open(node->feed, &node->caller, NULL) != MEOWER_OK) {
        world_fail(node->world, "node %d: a handle cannot be opened", node->number);
    }
}

void node_end_call(struct node *node)
{
    node->is_waiting = false;
    node->stages = 0;
    end_step(node);
}

bool node_step(struct node *node)
{
    int worked;

    if (node->stages != 0) {
        return false;
    }
    node->stages = STAGES_ALL;
    worked = meower_step(node->feed, NULL);
    node->stages = 0;
    end_step(node);
    return worked == 1;
}

void node_step_stage(struct node *node)
{
    unsigned stage = chance_below(&node->world->chance, STAGE_COUNT);

    if ((node->stages & 1u << stage) != 0 || !stage_can_run(node->feed, (int)stage)) {
        return;
    }
    world_note(node->world, node->number, "stage", stage, node->stages);
    node->stages |= 1u << stage;
    (void)stage_run(node->feed, (int)stage);
    node->stages &= ~(1u << stage);
    end_step(node);
}
