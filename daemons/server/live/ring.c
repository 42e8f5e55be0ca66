/* ring.c - the newest events, encoded once for everyone. */
#include "server/live/ring.h"

#include "base/hash.h"
#include <stdlib.h>
#include <string.h>

static struct ring_frame *frame_at(const struct ring *ring, uint64_t number)
{
    return &ring->frames[number % RING_FRAMES];
}

static char *bytes_at(const struct ring *ring, uint64_t offset)
{
    return ring->bytes + offset % ring->size;
}

static size_t hash_of(const char *id)
{
    return hash_bytes(id, strlen(id)) % RING_FRAMES;
}

bool ring_init(struct ring *ring, size_t size)
{
    *ring = (struct ring){.size = size};
    ring->bytes = malloc(size);
    ring->frames = calloc(RING_FRAMES, sizeof(*ring->frames));
    ring->hashes = calloc(RING_FRAMES, sizeof(*ring->hashes));
    if (ring->bytes != NULL && ring->frames != NULL && ring->hashes != NULL) {
        return true;
    }
    ring_free(ring);
    return false;
}

void ring_free(struct ring *ring)
{
    free(ring->bytes);
    free(ring->frames);
    free(ring->hashes);
    *ring = (struct ring){0};
}

static void forget_first(struct ring *ring)
{
    if (frame_at(ring, ring->first)->is_blank) {
        ring->blank_count--;
    }
    ring->first++;
}

void ring_add(struct ring *ring, uint64_t position, const char *id, const char *bytes, size_t len)
{
    size_t lap_left = ring->size - (size_t)(ring->offset % ring->size);
    if (lap_left < len) {
        ring->offset += lap_left;
    }
    while (ring->first < ring->next && (ring->next - ring->first == RING_FRAMES ||
                                        ring->offset + len - frame_at(ring, ring->first)->offset > ring->size)) {
        forget_first(ring);
    }

    size_t hash = hash_of(id);
    struct ring_frame *frame = frame_at(ring, ring->next);
    *frame = (struct ring_frame){
        .position = position, .offset = ring->offset, .same_hash = ring->hashes[hash], .len = (uint32_t)len};
    strncpy(frame->id, id, sizeof(frame->id) - 1);
    memcpy(bytes_at(ring, ring->offset), bytes, len);
    ring->offset += len;
    ring->next++;
    ring->hashes[hash] = ring->next;
}

void ring_clear(struct ring *ring)
{
    ring->first = ring->next;
    ring->blank_count = 0;
}

void ring_blank(struct ring *ring, const char *id)
{
    /* The chain goes from newer to older frames; it ends where it leaves the ring. */
    for (uint64_t link = ring->hashes[hash_of(id)]; link > ring->first; link = frame_at(ring, link - 1)->same_hash) {
        struct ring_frame *frame = frame_at(ring, link - 1);
        if (frame->is_blank || strcmp(frame->id, id) != 0) {
            continue;
        }
        memset(bytes_at(ring, frame->offset), 0, frame->len);
        frame->is_blank = true;
        ring->blank_count++;
    }
}

bool ring_next_run(const struct ring *ring, uint64_t number, struct ring_run *run)
{
    while (number < ring->next && frame_at(ring, number)->is_blank) {
        number++;
    }
    *run = (struct ring_run){NULL, 0, number};
    if (number == ring->next) {
        return false;
    }
    uint64_t start = frame_at(ring, number)->offset;
    uint64_t lap_end = start - start % ring->size + ring->size;
    run->bytes = bytes_at(ring, start);
    if (ring->blank_count == 0 && ring->offset <= lap_end) {
        run->len = (size_t)(ring->offset - start);
        run->next = ring->next;
        return true;
    }
    while (number < ring->next && frame_at(ring, number)->offset < lap_end && !frame_at(ring, number)->is_blank) {
        run->len += frame_at(ring, number)->len;
        number++;
    }
    run->next = number;
    return true;
}

uint64_t ring_behind(const struct ring *ring, uint64_t number)
{
    return number < ring->next ? ring->offset - frame_at(ring, number)->offset : 0;
}

size_t ring_cut(const struct ring *ring, uint64_t number, size_t len, uint64_t *whole)
{
    while (frame_at(ring, number)->is_blank) {
        number++;
    }
    while (len > 0 && len >= frame_at(ring, number)->len) {
        len -= frame_at(ring, number)->len;
        number++;
    }
    *whole = number;
    return len == 0 ? 0 : frame_at(ring, number)->len - len;
}

bool ring_find(const struct ring *ring, uint64_t position, uint64_t *number)
{
    if (ring->first == ring->next || position < frame_at(ring, ring->first)->position ||
        position > frame_at(ring, ring->next - 1)->position) {
        return false;
    }
    uint64_t low = ring->first, high = ring->next - 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (frame_at(ring, middle)->position >= position) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    *number = low;
    return true;
}
