/* timeline.c - a sorted array that slides through a buffer twice its size, so that appending at the new end and
 * dropping at the old one cost nothing most of the time. */
#include "feed/timeline.h"
#include "run/rwlock.h"
#include <stdlib.h>
#include <string.h>

int timeline_init(struct timeline *timeline, size_t max)
{
    *timeline = (struct timeline){.max = max};
    timeline->items = calloc(2 * max + 1, sizeof(struct meow *));
    if (timeline->items == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    timeline->start = 2 * max;
    if (rwlock_init(&timeline->lock) != MEOWER_OK) {
        free(timeline->items);
        return MEOWER_ERROR_NO_MEMORY;
    }
    return MEOWER_OK;
}

void timeline_destroy(struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->count; i++) {
        meow_release(timeline->items[timeline->start + i]);
    }
    free(timeline->items);
    pthread_rwlock_destroy(&timeline->lock);
}

/* Notes the greatest id. Returns whether it is this one. */
static bool see_id(struct timeline *timeline, const char *id)
{
    if (strcmp(id, timeline->newest_id) <= 0) {
        return false;
    }
    memcpy(timeline->newest_id, id, sizeof(timeline->newest_id));
    return true;
}

void timeline_load(struct timeline *timeline, struct meow *meow)
{
    (void)see_id(timeline, meow->view.id);
    if (timeline->count == timeline->max) {
        meow_release(meow);
        return;
    }
    timeline->items[--timeline->start] = meow;
    timeline->count++;
}

void timeline_loaded(struct timeline *timeline, bool is_complete, uint64_t position)
{
    timeline->is_complete = is_complete;
    timeline->position = position;
}

/* The index of the first item whose id is >= `id`. */
static size_t lower_bound(const struct timeline *timeline, const char *id)
{
    size_t low = 0;
    size_t high = timeline->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(timeline->items[timeline->start + middle]->view.id, id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool holds_at(const struct timeline *timeline, size_t index, const char *id)
{
    return index < timeline->count && strcmp(timeline->items[timeline->start + index]->view.id, id) == 0;
}

static void drop_oldest(struct timeline *timeline)
{
    meow_release(timeline->items[timeline->start]);
    timeline->start++;
    timeline->count--;
    timeline->is_complete = false;
}

/* Whether a meow below all that are here belongs to the part that is not here. */
static bool is_beyond(const struct timeline *timeline, bool is_newest)
{
    if (timeline->count == timeline->max) {
        return true;
    }
    /* Where all were deleted, the newest ever is a new beginning. */
    return !timeline->is_complete && !(timeline->count == 0 && is_newest);
}

static void insert(struct timeline *timeline, struct meow *meow)
{
    bool is_newest = see_id(timeline, meow->view.id);
    /* Nearly all are the newest: their place is known without a search through memory that is no longer near. */
    size_t index = is_newest ? timeline->count : lower_bound(timeline, meow->view.id);
    struct meow **base;

    if (holds_at(timeline, index, meow->view.id)) {
        return;
    }
    if (index == 0 && is_beyond(timeline, is_newest)) {
        timeline->is_complete = false;
        return;
    }
    if (timeline->count == timeline->max) {
        drop_oldest(timeline);
        index--;
    }
    if (timeline->start + timeline->count == 2 * timeline->max) {
        memmove(timeline->items, timeline->items + timeline->start, timeline->count * sizeof(struct meow *));
        timeline->start = 0;
    }
    base = timeline->items + timeline->start + index;
    memmove(base + 1, base, (timeline->count - index) * sizeof(struct meow *));
    *base = meow_hold(meow);
    timeline->count++;
}

static void erase(struct timeline *timeline, const char *id)
{
    size_t index = lower_bound(timeline, id);
    struct meow **base = timeline->items + timeline->start + index;

    if (!holds_at(timeline, index, id)) {
        return;
    }
    meow_release(*base);
    memmove(base, base + 1, (timeline->count - index - 1) * sizeof(struct meow *));
    timeline->count--;
}

void timeline_apply(struct timeline *timeline, struct meow *const *events, size_t count, uint64_t position)
{
    pthread_rwlock_wrlock(&timeline->lock);
    for (size_t i = 0; i < count; i++) {
        if (events[i] == NULL) {
            continue;
        }
        if (events[i]->kind == MEOWER_EVENT_DELETED) {
            erase(timeline, events[i]->view.id);
        } else if (meow_has_body(events[i])) {
            insert(timeline, events[i]);
        }
    }
    timeline->position = position;
    pthread_rwlock_unlock(&timeline->lock);
}

/* Which items [first, end) of the timeline answer `range`. Returns false when the answer reaches beyond what is here.
 */
static bool window_bounds(const struct timeline *timeline, const meower_range *range, size_t *first, size_t *end)
{
    size_t low = 0;
    size_t high = timeline->count;
    size_t take = range->take;

    if (range->below != NULL) {
        high = lower_bound(timeline, range->below);
    }
    if (range->above != NULL) {
        low = lower_bound(timeline, range->above);
        low += holds_at(timeline, low, range->above) ? 1 : 0;
    }
    low = low < high ? low : high;
    if (range->ascending) {
        *first = low;
        *end = high - low > take ? low + take : high;
        return low > 0 || timeline->is_complete;
    }
    high = range->skip < high - low ? high - (size_t)range->skip : low;
    *end = high;
    *first = high - low > take ? high - take : low;
    /* Whole, or cut by the lower bound or by the true end of the feed. */
    return *first > 0 || timeline->is_complete;
}

bool timeline_read(struct timeline *timeline, const meower_range *range, struct timeline_window *window)
{
    size_t first;
    size_t end;
    bool covered;

    pthread_rwlock_rdlock(&timeline->lock);
    covered = window_bounds(timeline, range, &first, &end);
    if (covered) {
        window->count = 0;
        for (size_t i = end; i > first; i--) {
            window->items[window->count++] = meow_hold(timeline->items[timeline->start + i - 1]);
        }
        window->has_older = first > 0;
        window->has_newer = end < timeline->count;
        window->position = timeline->position;
    }
    pthread_rwlock_unlock(&timeline->lock);
    return covered;
}

size_t timeline_newest(struct timeline *timeline, struct meow **items, size_t max)
{
    size_t count;

    pthread_rwlock_rdlock(&timeline->lock);
    count = timeline->count < max ? timeline->count : max;
    for (size_t i = 0; i < count; i++) {
        items[i] = meow_hold(timeline->items[timeline->start + timeline->count - 1 - i]);
    }
    pthread_rwlock_unlock(&timeline->lock);
    return count;
}

struct meow *timeline_get(struct timeline *timeline, const char *id)
{
    struct meow *meow = NULL;
    size_t index;

    pthread_rwlock_rdlock(&timeline->lock);
    index = lower_bound(timeline, id);
    if (holds_at(timeline, index, id)) {
        meow = meow_hold(timeline->items[timeline->start + index]);
    }
    pthread_rwlock_unlock(&timeline->lock);
    return meow;
}

uint64_t timeline_position(struct timeline *timeline)
{
    uint64_t position;

    pthread_rwlock_rdlock(&timeline->lock);
    position = timeline->position;
    pthread_rwlock_unlock(&timeline->lock);
    return position;
}
