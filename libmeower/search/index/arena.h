/* arena.h - memory for the time of one search: it is given in pieces, and freed as a whole. */
#ifndef SEARCH_INDEX_ARENA_H
#define SEARCH_INDEX_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_chunk;

/* Zero before it is first used. */
struct arena {
    struct arena_chunk *chunks;
    size_t used; /* bytes of the first chunk */
    size_t size;
};

/* Zeroed memory for `count` items of `size` bytes; NULL when memory is short. */
void *arena_take(struct arena *arena, size_t count, size_t size);

/* An array of `count` items with room for one more: `items`, or a copy in larger memory. *max is how many fit, 0 at
 * first. NULL when memory is short; `items` is as it was then. */
void *arena_grow(struct arena *arena, void *items, size_t count, size_t *max, size_t size);
void arena_free(struct arena *arena);

#endif
