/* pollers.c - see pollers.h. */
#include "sim/pollers.h"
#include "sim/world.h"
#include <stdlib.h>
#include <string.h>

void pollers_destroy(struct pollers *pollers)
{
    for (size_t i = 0; i < POLLERS_MAX; i++) {
        free(pollers->list[i].has_seen);
    }
}

static void forget(struct poller *poller)
{
    poller->newest_id[0] = '\0';
    if (poller->capacity > 0) {
        memset(poller->has_seen, 0, poller->capacity * sizeof(*poller->has_seen));
    }
}

void pollers_begin_life(struct world *world)
{
    for (size_t i = 0; i < POLLERS_MAX; i++) {
        forget(&world->pollers.list[i]);
    }
}

static void ask(struct world *world, struct poller *poller, struct node *node)
{
    static const char lowest[MEOWER_ID_SIZE] = "000000000000000000000000000";
    meower_list list = MEOWER_LIST_INIT;
    bool is_by_min_id = poller == &world->pollers.list[0];
    const char *floor = poller->newest_id[0] == '\0' ? lowest : poller->newest_id;

    /* By since_id the newest come first, and the rest would be missed: it asks for as many as there can be. */
    list.take = is_by_min_id && !world->is_calm ? 1 + chance_below(&world->chance, 12) : MEOWER_TAKE_MAX;
    list.min_id = is_by_min_id ? floor : NULL;
    list.since_id = is_by_min_id ? NULL : floor;
    poller->is_waiting = readers_poll(world, node, &list, poller);
}

void pollers_ask(struct world *world, struct node *node)
{
    struct poller *poller = &world->pollers.list[chance_below(&world->chance, POLLERS_MAX)];

    if (!poller->is_waiting) {
        ask(world, poller, node);
    }
}

void pollers_ask_all(struct world *world, struct node *node)
{
    for (size_t i = 0; i < POLLERS_MAX; i++) {
        if (!world->pollers.list[i].is_waiting) {
            ask(world, &world->pollers.list[i], node);
        }
    }
}

static void make_room(const struct world *world, struct poller *poller)
{
    if (world->ledger.meow_count > poller->capacity) {
        size_t capacity = world->ledger.meow_count * 2;
        poller->has_seen = reallocarray(poller->has_seen, capacity, sizeof(*poller->has_seen));
        if (poller->has_seen == NULL) {
            abort();
        }
        memset(poller->has_seen + poller->capacity, 0, (capacity - poller->capacity) * sizeof(*poller->has_seen));
        poller->capacity = capacity;
    }
}

static void see(struct world *world, struct poller *poller, const char *id)
{
    size_t index = (size_t)(ledger_find(&world->ledger, id) - world->ledger.meows);

    if (poller->has_seen[index]) {
        world_fail(world, "a poller is shown meow %s twice", id);
    }
    poller->has_seen[index] = true;
    world->pollers.seen++;
}

/* A full page by since_id holds only the newest of the new meows. A real client would ask for the rest by max_id. This
 * poller does not, so what is older than the page counts as seen. */
static void let_older_be(const struct world *world, struct poller *poller, const char *oldest_id)
{
    for (size_t i = 0; i < world->ledger.meow_count; i++) {
        poller->has_seen[i] |= strcmp(world->ledger.meows[i].id, oldest_id) < 0;
    }
}

/* The first meow that stays and is not seen, with an id up to `last_id` (NULL: any). */
static const struct ledger_meow *first_unseen(const struct world *world, const struct poller *poller,
                                              const char *last_id)
{
    const struct ledger *ledger = &world->ledger;

    for (size_t i = 0; i < ledger->meow_count; i++) {
        const struct ledger_meow *meow = &ledger->meows[i];
        bool is_seen = i < poller->capacity && poller->has_seen[i];
        bool is_in_range = last_id == NULL || strcmp(meow->id, last_id) <= 0;
        if (meow->created != LEDGER_NEVER && meow->deleted == 0 && is_in_range && !is_seen) {
            return meow;
        }
    }
    return NULL;
}

void pollers_take(struct world *world, struct poller *poller, const meower_page *page)
{
    size_t count = page == NULL ? 0 : meower_page_count(page);
    const struct ledger_meow *missed;

    poller->is_waiting = false;
    if (count == 0) {
        return;
    }
    make_room(world, poller);
    for (size_t i = 0; i < count; i++) {
        see(world, poller, meower_page_meow(page, i)->id);
    }
    if (count == MEOWER_TAKE_MAX && poller != &world->pollers.list[0]) {
        let_older_be(world, poller, meower_page_meow(page, count - 1)->id);
    }
    memcpy(poller->newest_id, meower_page_meow(page, 0)->id, sizeof(poller->newest_id));
    missed = first_unseen(world, poller, poller->newest_id);
    if (missed != NULL) {
        world_fail(world, "a poller went past meow %s of position %llu without seeing it", missed->id,
                   (unsigned long long)missed->created);
    }
}

bool pollers_are_done(const struct world *world)
{
    for (size_t i = 0; i < POLLERS_MAX; i++) {
        const struct poller *poller = &world->pollers.list[i];
        if (poller->is_waiting || first_unseen(world, poller, NULL) != NULL) {
            return false;
        }
    }
    return true;
}
