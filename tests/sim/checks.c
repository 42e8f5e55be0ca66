/* checks.c - see checks.h. */
#include "sim/checks.h"
#include "sim/stages.h"
#include "sim/world.h"
#include <stdlib.h>
#include <string.h>

/* ---- the event log ---------------------------------------------------------------------------------------------- */

static void check_log_entry(struct node *node, uint64_t position)
{
    struct world *world = node->world;
    const struct ledger_event *event = ledger_event_at(&world->ledger, position);
    const struct ledger_meow *meow = &world->ledger.meows[event->meow];
    const struct meow *held = stage_log_at(node->feed, position);

    if (held == NULL) {
        if (event->kind != MEOWER_EVENT_CREATED || meow->deleted == 0) {
            world_fail(world, "node %d: its event log leaves out event %llu", node->number,
                       (unsigned long long)position);
        }
        return;
    }
    if (held->position != position || held->kind != event->kind || strcmp(held->view.id, meow->id) != 0 ||
        (event->kind == MEOWER_EVENT_CREATED && !ledger_is_same(meow, &held->view))) {
        world_fail(world, "node %d: its event log holds something else at %llu than was committed", node->number,
                   (unsigned long long)position);
    }
    if (event->kind == MEOWER_EVENT_CREATED && meow->deleted != 0 && meow->deleted <= stage_head(node->feed)) {
        world_fail(world, "node %d: its event log holds the text of meow %s, whose deletion (%llu) it knows",
                   node->number, meow->id, (unsigned long long)meow->deleted);
    }
}

static void check_log(struct node *node)
{
    uint64_t head = stage_head(node->feed);

    if (head > node->world->ledger.head) {
        world_fail(node->world, "node %d: its head is %llu, but only %llu is committed", node->number,
                   (unsigned long long)head, (unsigned long long)node->world->ledger.head);
    }
    if (head == node->log_checked) {
        return;
    }
    for (uint64_t position = stage_log_first(node->feed); position <= head; position++) {
        check_log_entry(node, position);
    }
    node->log_checked = head;
}

/* ---- the timeline ----------------------------------------------------------------------------------------------- */

static const char *timeline_id(const void *shown, size_t index)
{
    meower_feed *feed = ((const struct node *)shown)->feed;

    return stage_timeline_at(feed, stage_timeline_count(feed) - 1 - index)->view.id;
}

/* Whether the timeline is what the newest meows were at `position`. */
static bool is_timeline_of(struct node *node, uint64_t position)
{
    const meower_range all = {.take = 0};
    const struct ledger_view view = {.id_at = timeline_id,
                                     .shown = node,
                                     .count = stage_timeline_count(node->feed),
                                     .is_whole = stage_timeline_is_complete(node->feed)};

    return ledger_is_view(&node->world->ledger, position, &all, &view);
}

static void check_bodies(struct node *node)
{
    for (size_t i = 0; i < stage_timeline_count(node->feed); i++) {
        const struct meow *held = stage_timeline_at(node->feed, i);
        const struct ledger_meow *meow = ledger_find(&node->world->ledger, held->view.id);
        if (meow == NULL || !ledger_is_same(meow, &held->view)) {
            world_fail(node->world, "node %d: its timeline holds meow %s otherwise than it is stored", node->number,
                       held->view.id);
        }
    }
}

/* The list that it was loaded from may be later than its position. */
static void check_timeline(struct node *node)
{
    uint64_t position = stage_timeline_position(node->feed);
    uint64_t last = position > node->timeline_loaded ? position : node->timeline_loaded;

    if (position == node->timeline_checked) {
        return;
    }
    check_bodies(node);
    for (uint64_t at = position; at <= last; at++) {
        if (is_timeline_of(node, at)) {
            node->timeline_checked = position;
            return;
        }
    }
    world_fail(node->world, "node %d: its timeline at %llu is not what the feed was then", node->number,
               (unsigned long long)position);
}

void checks_begin(struct node *node)
{
    node->log_checked = UINT64_MAX;
    node->timeline_checked = UINT64_MAX;
    node->timeline_loaded = node->world->ledger.head;
    checks_node(node);
}

void checks_node(struct node *node)
{
    check_log(node);
    if (node->has_query) {
        check_timeline(node);
    }
}

/* ---- in the end ------------------------------------------------------------------------------------------------- */

static void check_index(struct world *world, const struct sim_index *index)
{
    if (world->ledger.head > 0 && strcmp(index->info.epoch, world->store.epoch) != 0) {
        world_fail(world, "an index is one of a former life of the store");
    }
    sim_index_check(world, index);
}

void checks_end(struct world *world)
{
    uint64_t untold = world->plan.has_bus ? sim_bus_first_untold(world, world->ledger.head) : 0;

    if (untold != 0) {
        world_fail(world, "event %llu was never announced on the bus", (unsigned long long)untold);
    }
    authors_check(world);
    for (unsigned i = 0; i < world->plan.nodes; i++) {
        world->nodes[i].log_checked = UINT64_MAX;
        world->nodes[i].timeline_checked = UINT64_MAX;
        checks_node(&world->nodes[i]);
        if (world->nodes[i].has_query) {
            check_index(world, world->nodes[i].index);
        }
    }
}
