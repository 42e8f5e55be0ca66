/* bitmap.h - some of the documents that stand side by side in a segment, a bit each. Which of its 64-bit words have any
 * is noted too: where few documents are, little is gone through. */
#ifndef SEARCH_INDEX_BITMAP_H
#define SEARCH_INDEX_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

#define BITMAP_WORDS     64
#define BITMAP_DOCUMENTS (BITMAP_WORDS * 64)

/* Empty when it is all zeros. */
struct bitmap {
    uint64_t used; /* bit i: words[i] may have some; the words that are not used are 0 */
    uint64_t words[BITMAP_WORDS];
};

/* The lowest bit that is set. Loops over bits go on by clearing it: bits &= bits - 1. */
static inline uint32_t bitmap_first(uint64_t bits)
{
    return (uint32_t)__builtin_ctzll(bits);
}

static inline void bitmap_set(struct bitmap *map, uint32_t index)
{
    map->words[index / 64] |= UINT64_C(1) << index % 64;
    map->used |= UINT64_C(1) << index / 64;
}

static inline bool bitmap_has(const struct bitmap *map, uint32_t index)
{
    return (map->words[index / 64] >> index % 64 & 1) != 0;
}

static inline void bitmap_clear(struct bitmap *map)
{
    for (uint64_t left = map->used; left != 0; left &= left - 1) {
        map->words[bitmap_first(left)] = 0;
    }
    map->used = 0;
}

static inline void bitmap_add(struct bitmap *map, const struct bitmap *other)
{
    for (uint64_t left = other->used; left != 0; left &= left - 1) {
        map->words[bitmap_first(left)] |= other->words[bitmap_first(left)];
    }
    map->used |= other->used;
}

/* Leaves what the other has, too. */
static inline void bitmap_keep(struct bitmap *map, const struct bitmap *other)
{
    for (uint64_t left = map->used; left != 0; left &= left - 1) {
        uint32_t i = bitmap_first(left);
        map->words[i] &= other->words[i];
        if (map->words[i] == 0) {
            map->used &= ~(UINT64_C(1) << i);
        }
    }
}

#endif
