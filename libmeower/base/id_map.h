/* id_map.h - positions by id: a hash table for the many ids of a feed (40 bytes each). */
#ifndef BASE_ID_MAP_H
#define BASE_ID_MAP_H

#include <meower/meow.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id_entry {
    char id[MEOWER_ID_SIZE]; /* "": free */
    uint64_t position;
};

/* Zero before it is first used. One thread at a time. */
struct id_map {
    struct id_entry *entries; /* walk over them; those with an id count */
    size_t capacity;          /* 0 or a power of two */
    size_t count;
};

/* Puts an id, also over an earlier position. False when memory is short. */
bool id_map_put(struct id_map *map, const char *id, uint64_t position);

/* NULL when it is not there. Valid until the next change. */
const struct id_entry *id_map_find(const struct id_map *map, const char *id);

/* Returns whether it was there. */
bool id_map_remove(struct id_map *map, const char *id);

void id_map_free(struct id_map *map);

#endif
