/* best.c - the documents with the greatest sums. */
#include "search/index/best.h"

bool best_init(struct best *best, struct arena *arena, uint64_t wanted, uint32_t sum_max)
{
    size_t max = (size_t)wanted * 4; /* half of them are dropped when they are full, see drop() */

    *best = (struct best){
        .documents = arena_take(arena, max, sizeof(*best->documents)),
        .max = max,
        .counts = arena_take(arena, (size_t)sum_max + 1, sizeof(*best->counts)),
        .sum_max = sum_max,
        .least = wanted == 0 ? sum_max : 0,
        .wanted = wanted,
    };
    return best->documents != NULL && best->counts != NULL;
}

/* Drops those with less than the least sum. Fewer than are wanted have more, and no more than are wanted have just
 * that: they were added when fewer had as much. */
static void drop(struct best *best)
{
    size_t kept = 0;

    for (size_t i = 0; i < best->count; i++) {
        if (best->documents[i].sum >= best->least) {
            best->documents[kept++] = best->documents[i];
        }
    }
    best->count = kept;
}

void best_add(struct best *best, struct best_document document)
{
    if (best->count == best->max) {
        drop(best);
    }
    best->documents[best->count++] = document;
    best->counts[document.sum]++;
    best->above++;
    while (best->above >= best->wanted) {
        best->least++;
        best->above -= best->counts[best->least];
    }
}

/* Sorts by counting: the place of the first document of each sum is how many have a greater one. */
size_t best_sort(struct best *best, struct best_document *sorted)
{
    uint64_t before = 0;
    size_t count = 0;

    for (uint32_t sum = best->sum_max; sum >= 1 && sum >= best->least; sum--) {
        uint32_t of_sum = best->counts[sum];
        best->counts[sum] = (uint32_t)before;
        before += of_sum;
    }
    for (size_t i = 0; i < best->count; i++) {
        const struct best_document *document = &best->documents[i];
        uint32_t place = document->sum < best->least ? UINT32_MAX : best->counts[document->sum]++;
        if (place < best->wanted) {
            sorted[place] = *document;
            count++;
        }
    }
    return count;
}
