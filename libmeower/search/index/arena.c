/* arena.c - memory for the time of one search. */
#include "search/index/arena.h"
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE 16384
#define ALIGNMENT  16

struct arena_chunk {
    struct arena_chunk *next;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

static int add_chunk(struct arena *arena, size_t wanted)
{
    size_t size = wanted > CHUNK_SIZE ? wanted : CHUNK_SIZE;
    struct arena_chunk *chunk = malloc(sizeof(*chunk) + size);

    if (chunk == NULL) {
        return -1;
    }
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->used = 0;
    arena->size = size;
    return 0;
}

void *arena_take(struct arena *arena, size_t count, size_t size)
{
    size_t wanted = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

    if (count > 0 && size > (SIZE_MAX - ALIGNMENT) / count) {
        return NULL;
    }
    if (arena->size - arena->used < wanted && add_chunk(arena, wanted) != 0) {
        return NULL;
    }
    if (arena->chunks == NULL && add_chunk(arena, wanted) != 0) {
        return NULL;
    }
    void *items = arena->chunks->bytes + arena->used;
    arena->used += wanted;
    memset(items, 0, wanted);
    return items;
}

void *arena_grow(struct arena *arena, void *items, size_t count, size_t *max, size_t size)
{
    size_t more = *max == 0 ? 4 : *max * 2;

    if (count < *max) {
        return items;
    }
    void *copy = arena_take(arena, more, size);
    if (copy == NULL) {
        return NULL;
    }
    if (count > 0) {
        memcpy(copy, items, count * size);
    }
    *max = more;
    return copy;
}

void arena_free(struct arena *arena)
{
    while (arena->chunks != NULL) {
        struct arena_chunk *next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
    *arena = (struct arena){0};
}
