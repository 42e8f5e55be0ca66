/* timeline.h - the newest meows in memory, in id order, each already rendered: a page of them is a copy, not a query.
 */
#ifndef FEED_TIMELINE_H
#define FEED_TIMELINE_H

#include "base/meow.h"
#include <pthread.h>

struct timeline {
    pthread_rwlock_t lock;
    struct meow **items; /* ascending by id, from items[start], `count` of them, room for 2 * max */
    size_t start;
    size_t count;
    size_t max;                     /* meows kept */
    bool is_complete;               /* the store has no meow that is not here */
    char newest_id[MEOWER_ID_SIZE]; /* the greatest ever seen; its meow may be deleted */
    uint64_t position;              /* every event up to it is applied */
};

/* A window of the timeline, newest first, held by reference. */
struct timeline_window {
    struct meow **items; /* room for `take` given by the caller */
    size_t count;
    bool has_older;
    bool has_newer;
    uint64_t position; /* the timeline's when it was read */
};

/* Returns 0 or MEOWER_ERROR_NO_MEMORY. It starts empty and incomplete. */
int timeline_init(struct timeline *timeline, size_t max);
void timeline_destroy(struct timeline *timeline);

/* Fills it, before anyone else uses it: meows newest first (each call one older; the reference is taken over), then
 * what is known: whether that was all, and the position. */
void timeline_load(struct timeline *timeline, struct meow *meow);
void timeline_loaded(struct timeline *timeline, bool is_complete, uint64_t position);

/* Applies events in position order; entries may be NULL. Applying one again changes nothing. Cannot fail. */
void timeline_apply(struct timeline *timeline, struct meow *const *events, size_t count, uint64_t position);

/* Reads the window that `range` asks for. Returns false when it reaches beyond what is here. */
bool timeline_read(struct timeline *timeline, const meower_range *range, struct timeline_window *window);

/* Writes the newest meows that are here, newest first, held, to `items`, which has room for `max`. Returns how many. */
size_t timeline_newest(struct timeline *timeline, struct meow **items, size_t max);

/* The meow `id`, held, or NULL when it is not here. */
struct meow *timeline_get(struct timeline *timeline, const char *id);

uint64_t timeline_position(struct timeline *timeline);

#endif
