/* id_map.c - open addressing with linear probing; what is removed is closed up by moving entries back (Knuth, The Art
 * of Computer Programming 3, 6.4, Algorithm R). */
#include "base/id_map.h"
#include "base/hash.h"
#include <stdlib.h>
#include <string.h>

/* Where an id is first looked for. */
static size_t home_of(const struct id_map *map, const char *id)
{
    return (size_t)hash_bytes(id, strlen(id)) & (map->capacity - 1);
}

/* Where an id is, or would be. There is a free place. */
static size_t seek(const struct id_map *map, const char *id)
{
    size_t at = home_of(map, id);
    while (map->entries[at].id[0] != '\0' && strcmp(map->entries[at].id, id) != 0) {
        at = (at + 1) & (map->capacity - 1);
    }
    return at;
}

static bool grow(struct id_map *map)
{
    struct id_map grown = {.capacity = map->capacity == 0 ? 64 : map->capacity * 2, .count = map->count};
    grown.entries = calloc(grown.capacity, sizeof(*grown.entries));
    if (grown.entries == NULL) {
        return false;
    }
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->entries[i].id[0] != '\0') {
            grown.entries[seek(&grown, map->entries[i].id)] = map->entries[i];
        }
    }
    free(map->entries);
    *map = grown;
    return true;
}

bool id_map_put(struct id_map *map, const char *id, uint64_t position)
{
    if (map->count + 1 > map->capacity / 4 * 3 && !grow(map)) {
        return false;
    }
    struct id_entry *entry = &map->entries[seek(map, id)];
    if (entry->id[0] == '\0') {
        strncpy(entry->id, id, sizeof(entry->id) - 1);
        map->count++;
    }
    entry->position = position;
    return true;
}

const struct id_entry *id_map_find(const struct id_map *map, const char *id)
{
    if (map->count == 0) {
        return NULL;
    }
    const struct id_entry *entry = &map->entries[seek(map, id)];
    return entry->id[0] == '\0' ? NULL : entry;
}

bool id_map_remove(struct id_map *map, const char *id)
{
    const struct id_entry *entry = id_map_find(map, id);
    if (entry == NULL) {
        return false;
    }
    size_t mask = map->capacity - 1;
    size_t hole = (size_t)(entry - map->entries);
    for (size_t at = (hole + 1) & mask; map->entries[at].id[0] != '\0'; at = (at + 1) & mask) {
        size_t home = home_of(map, map->entries[at].id);
        /* An entry stays when its home lies after the hole, on the way to where it is. */
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->entries[hole] = map->entries[at];
            hole = at;
        }
    }
    map->entries[hole] = (struct id_entry){.position = 0};
    map->count--;
    return true;
}

void id_map_free(struct id_map *map)
{
    free(map->entries);
    *map = (struct id_map){.entries = NULL};
}
