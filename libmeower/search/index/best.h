/* best.h - the documents with the greatest sums, as many as are wanted; of equal sums the newest. The documents come
 * from the newest on, so that of equal sums the first ones stay: how many have each sum is all that has to be known to
 * tell whether another one is wanted. */
#ifndef SEARCH_INDEX_BEST_H
#define SEARCH_INDEX_BEST_H

#include "search/index/arena.h"
#include <stdbool.h>

struct best_document {
    uint32_t sum;
    uint32_t age;
    uint32_t part;
};

struct best {
    struct best_document *documents; /* in the order in which they came; some are wanted no more */
    size_t count;
    size_t max;
    uint32_t *counts; /* of the documents by their sums */
    uint32_t sum_max;
    uint32_t least; /* only a greater sum is wanted */
    uint64_t wanted;
    uint64_t above; /* documents with greater sums than the least */
};

/* Begins with none; sums will be 1 to `sum_max`. False when memory is short. */
bool best_init(struct best *best, struct arena *arena, uint64_t wanted, uint32_t sum_max);

static inline bool best_wants(const struct best *best, uint32_t sum)
{
    return sum > best->least;
}

/* Adds one that is wanted. */
void best_add(struct best *best, struct best_document document);

/* Writes those that are wanted to `sorted`, which has room for them, the best first. Returns how many they are. */
size_t best_sort(struct best *best, struct best_document *sorted);

#endif
