/* followers.c - see followers.h. */
#include "sim/followers.h"
#include "base/cursor.h"
#include "sim/stages.h"
#include "sim/world.h"
#include <string.h>

/* ---- coming and leaving ----------------------------------------------------------------------------------------- */

static uint64_t position_of(struct world *world, const char *cursor)
{
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t position;

    if (!cursor_parse(cursor, epoch, &position)) {
        world_fail(world, "the cursor of a subscription is no cursor: %s", cursor);
    }
    if (strcmp(epoch, world->store.epoch) != 0) {
        world_fail(world, "a subscription has the cursor %s of a former life", cursor);
    }
    return position;
}

/* A follower is told whether it gets everything after its cursor. That must be true, also when the node has not heard
 * of the newest events yet. A follower without a cursor starts after all that was committed when it came, if the node
 * had to look that up. */
static void check_start(struct world *world, struct follower *follower, const struct node *node)
{
    uint64_t start = position_of(world, meower_subscription_cursor(follower->subscription));

    if (follower->is_foreign && meower_subscription_recovered(follower->subscription) != 0) {
        world_fail(world, "node %d: a follower with the foreign cursor %s was told that everything follows",
                   node->number, follower->cursor);
    }
    if (!follower->has_begun) {
        if (stage_has_tail(node->feed) && start < follower->committed_at) {
            world_fail(world, "node %d: a follower that came at %llu begins at %llu", node->number,
                       (unsigned long long)follower->committed_at, (unsigned long long)start);
        }
        follower->position = start;
        return;
    }
    if (meower_subscription_recovered(follower->subscription) != 1) {
        world_fail(world, "node %d: a follower came back at %llu, and was told that it cannot go on", node->number,
                   (unsigned long long)follower->position);
    }
    if (start != follower->position) {
        world_fail(world, "a follower came back at %llu, and was put at %llu", (unsigned long long)follower->position,
                   (unsigned long long)start);
    }
    world->followers.resumed++;
}

static bool may_come_again(int status)
{
    return status == MEOWER_ERROR_UNAVAILABLE || status == MEOWER_ERROR_IO || status == MEOWER_ERROR_TIMEOUT ||
           status == MEOWER_ERROR_BUSY;
}

/* Goes on when it is known where it starts. */
static void start(struct world *world, struct follower *follower)
{
    const struct node *node = &world->nodes[follower->node];
    int status = meower_subscription_started(follower->subscription, NULL);

    if (status != 1) {
        if (status != 0 && !may_come_again(status)) {
            world_fail(world, "node %d: a subscription is refused with %s", node->number, meower_status_name(status));
        }
        return;
    }
    check_start(world, follower, node);
    follower->is_started = true;
    follower->has_begun = true;
    follower->is_former = false;
    strcpy(follower->cursor, meower_subscription_cursor(follower->subscription));
    world_note(world, node->number, "follower starts", (uint64_t)(follower - world->followers.list),
               follower->position);
}

/* A cursor of another store, or of a former or a later life of this one: nothing can follow it. */
static void write_foreign_cursor(struct world *world, char cursor[MEOWER_CURSOR_SIZE])
{
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t position;

    if (world->authors.former[0] != '\0' && chance_permille(&world->chance, 500)) {
        strcpy(cursor, world->authors.former);
        return;
    }
    (void)cursor_parse(world->authors.cursor, epoch, &position);
    if (chance_permille(&world->chance, 500)) {
        position = world->ledger.head + COMMANDS_MAX;
    } else {
        epoch[0] = epoch[0] == '0' ? '1' : '0';
    }
    cursor_format(epoch, position, cursor);
}

static void come(struct world *world, struct follower *follower, struct node *node)
{
    meower_follow follow;
    int status;

    follower->is_foreign = !follower->has_begun && world->authors.answered > 0 && chance_permille(&world->chance, 150);
    if (follower->is_former) {
        follower->is_foreign = true;
    } else if (follower->is_foreign) {
        write_foreign_cursor(world, follower->cursor);
    } else if (!follower->has_begun) {
        follower->cursor[0] = '\0';
    }
    follower->opened_at = stage_head(node->feed);
    follower->committed_at = world->ledger.head;
    follower->node = node->number;
    follower->is_started = false;
    wish_choose(&follower->wish, &world->chance);
    follow = wish_follow(&follower->wish, follower->cursor);
    status = meower_subscription_begin(node->feed, &follow, &follower->subscription, NULL);
    if (status != MEOWER_OK) {
        world_fail(world, "node %d: a subscription is refused with %s", node->number, meower_status_name(status));
    }
    start(world, follower);
}

static void leave(struct world *world, struct follower *follower)
{
    if (follower->is_started) {
        strcpy(follower->cursor, meower_subscription_cursor(follower->subscription));
    }
    meower_subscription_close(follower->subscription);
    follower->subscription = NULL;
    world_note(world, follower->node, "follower leaves", (uint64_t)(follower - world->followers.list),
               follower->position);
}

void followers_lose(struct world *world, const struct node *node)
{
    for (size_t i = 0; i < FOLLOWERS_MAX; i++) {
        struct follower *follower = &world->followers.list[i];
        if (follower->subscription != NULL && follower->node == node->number) {
            meower_subscription_close(follower->subscription);
            follower->subscription = NULL;
        }
    }
}

void followers_begin_life(struct world *world)
{
    for (size_t i = 0; i < FOLLOWERS_MAX; i++) {
        struct follower *follower = &world->followers.list[i];
        follower->is_former |= follower->has_begun;
        follower->has_begun = false;
    }
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

/* Whether a follower need not be given an event: a creation whose meow is gone or is not what it wants. */
static bool may_be_left_out(const struct world *world, const struct follower *follower,
                            const struct ledger_event *event)
{
    const struct ledger_meow *meow = event == NULL ? NULL : &world->ledger.meows[event->meow];

    return meow != NULL && event->kind == MEOWER_EVENT_CREATED &&
           (meow->deleted != 0 || !wish_holds(&follower->wish, meow));
}

/* Checks what is left out up to `position`. */
static void check_left_out(struct world *world, const struct follower *follower, uint64_t position)
{
    for (uint64_t at = follower->position + 1; at <= position; at++) {
        if (!may_be_left_out(world, follower, ledger_event_at(&world->ledger, at))) {
            world_fail(world, "node %d: a follower at %llu is not given event %llu", follower->node,
                       (unsigned long long)follower->position, (unsigned long long)at);
        }
    }
}

static void check_event(struct world *world, struct follower *follower, const meower_event *given)
{
    const struct ledger_event *event = ledger_event_at(&world->ledger, given->position);
    const struct ledger_meow *meow = event == NULL ? NULL : &world->ledger.meows[event->meow];

    if (given->position <= follower->position) {
        world_fail(world, "node %d: a follower at %llu is given event %llu again", follower->node,
                   (unsigned long long)follower->position, (unsigned long long)given->position);
    }
    if (event == NULL || event->kind != given->kind || strcmp(meow->id, given->meow->id) != 0 ||
        (event->kind == MEOWER_EVENT_CREATED && !ledger_is_same(meow, given->meow))) {
        world_fail(world, "node %d: a follower is given something else at %llu than was committed", follower->node,
                   (unsigned long long)given->position);
    }
    if (event->kind == MEOWER_EVENT_CREATED && meow->deleted != 0 && meow->deleted <= follower->opened_at) {
        world_fail(world, "node %d: a follower is given the text of meow %s, which had been deleted before it came",
                   follower->node, meow->id);
    }
    if (event->kind == MEOWER_EVENT_CREATED && !wish_holds(&follower->wish, meow)) {
        world_fail(world, "node %d: a follower is given meow %s, which its filter holds back", follower->node,
                   meow->id);
    }
    check_left_out(world, follower, given->position - 1);
    if (position_of(world, given->cursor) != given->position || strstr(given->json, given->cursor) == NULL ||
        strstr(given->json, meow->id) == NULL) {
        world_fail(world, "node %d: event %llu bears another cursor", follower->node,
                   (unsigned long long)given->position);
    }
}

static void taken(struct world *world, struct follower *follower, const meower_event *event)
{
    world_note(world, follower->node, "event", event->position, (uint64_t)event->kind);
    check_event(world, follower, event);
    follower->position = event->position;
    world->followers.events++;
}

#define TAKEN_MAX 4 /* events with one call */

/* Takes at most `max` events. */
static void take(struct world *world, struct follower *follower, unsigned max)
{
    const meower_event *events[TAKEN_MAX];
    meower_error error;
    int status = 0;

    if (!follower->is_started) {
        start(world, follower);
        return;
    }
    while (max > 0 && (status = meower_subscription_next_many(follower->subscription, events,
                                                              max < TAKEN_MAX ? max : TAKEN_MAX, &error)) > 0) {
        for (int i = 0; i < status; i++) {
            taken(world, follower, events[i]);
        }
        max -= (unsigned)status;
    }
    /* Also a call that fails may first have gone over what is left out. */
    strcpy(follower->cursor, meower_subscription_cursor(follower->subscription));
    check_left_out(world, follower, position_of(world, follower->cursor));
    follower->position = position_of(world, follower->cursor);
    if (status < 0 && !may_come_again(status)) {
        world_fail(world, "node %d: a subscription ended with %s: %s", follower->node, meower_status_name(status),
                   error.message);
    }
}

/* ---- acting ----------------------------------------------------------------------------------------------------- */

void followers_act(struct world *world)
{
    struct follower *follower = &world->followers.list[chance_below(&world->chance, FOLLOWERS_MAX)];
    struct node *node;

    if (follower->subscription == NULL) {
        node = world_subscription_node(world);
        if (node != NULL) {
            come(world, follower, node);
        }
        return;
    }
    if (!node_is_up(&world->nodes[follower->node])) {
        return;
    }
    if (chance_permille(&world->chance, 150)) {
        leave(world, follower);
    } else {
        take(world, follower, 1 + chance_below(&world->chance, 20));
    }
}

void followers_take_all(struct world *world)
{
    for (size_t i = 0; i < FOLLOWERS_MAX; i++) {
        struct follower *follower = &world->followers.list[i];
        struct node *node = world_subscription_node(world);
        if (follower->subscription == NULL && node != NULL) {
            come(world, follower, node);
        }
        if (follower->subscription != NULL) {
            take(world, follower, UINT32_MAX);
        }
    }
}

bool followers_are_done(const struct world *world)
{
    for (size_t i = 0; i < FOLLOWERS_MAX; i++) {
        const struct follower *follower = &world->followers.list[i];
        if (follower->subscription != NULL && (!follower->is_started || follower->position != world->ledger.head)) {
            return false;
        }
    }
    return true;
}
