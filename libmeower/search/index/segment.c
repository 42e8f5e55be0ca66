/* segment.c - a segment's bytes: whether they are sound, and what they say of its documents. */
#include "search/index/segment.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* FNV-1a, 64 bits (RFC 9923). */
#define FNV_PRIME UINT64_C(1099511628211)

uint64_t segment_hash(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    uint64_t word;

    for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        hash = (hash ^ word) * FNV_PRIME;
        hash ^= hash >> 32; /* the high bits must count in the low ones, too */
    }
    if (len > 0) {
        word = 0;
        memcpy(&word, at, len);
        hash = (hash ^ word) * FNV_PRIME;
    }
    return hash;
}

uint64_t segment_checksum(const struct segment_header *header, uint64_t body_hash)
{
    const size_t start = offsetof(struct segment_header, len);

    return segment_hash(body_hash, (const unsigned char *)header + start, sizeof(*header) - start);
}

/* Whether a part of `size` bytes lies within the segment. */
static bool has_part(const struct segment_header *header, uint64_t at, uint64_t size)
{
    return at >= sizeof(*header) && at <= header->len && size <= header->len - at;
}

static bool is_whole(const struct segment_header *header, const unsigned char *bytes, size_t len)
{
    uint64_t block_count = (header->word_count + (uint64_t)WORDS_PER_BLOCK - 1) / WORDS_PER_BLOCK;

    return header->magic == SEGMENT_MAGIC && header->len == len &&
           header->checksum ==
               segment_checksum(header, segment_hash(SEGMENT_HASH, bytes + sizeof(*header), len - sizeof(*header))) &&
           has_part(header, header->blocks_at, 0) &&
           has_part(header, header->block_index_at, block_count * sizeof(struct block_place)) &&
           has_part(header, header->slots_at, header->slot_count * (1 + sizeof(uint32_t))) &&
           has_part(header, header->ids_at, header->document_count * (uint64_t)KSUID_BYTES) &&
           (header->order_at == 0 || has_part(header, header->order_at, header->document_count * sizeof(uint32_t))) &&
           has_part(header, header->runs_at, header->run_count * sizeof(struct position_run));
}

struct segment *segment_new(const unsigned char *bytes, size_t len, bool is_mapped, bool *is_sound)
{
    struct segment *segment = calloc(1, sizeof(*segment));

    *is_sound = true;
    if (segment == NULL) {
        return NULL;
    }
    if (len >= sizeof(segment->header)) {
        memcpy(&segment->header, bytes, sizeof(segment->header));
    }
    if (len < sizeof(segment->header) || !is_whole(&segment->header, bytes, len)) {
        *is_sound = false;
        free(segment);
        return NULL;
    }
    atomic_init(&segment->holders, 1);
    segment->bytes = bytes;
    segment->is_mapped = is_mapped;
    /* Each part begins at a multiple of eight bytes (segment_writer.c). */
    segment->blocks = bytes + segment->header.blocks_at;
    segment->block_index = (const void *)(bytes + segment->header.block_index_at);
    segment->fingerprints = bytes + segment->header.slots_at;
    segment->numbers = (const void *)(segment->fingerprints + segment->header.slot_count);
    segment->ids = bytes + segment->header.ids_at;
    segment->order = segment->header.order_at == 0 ? NULL : (const void *)(bytes + segment->header.order_at);
    segment->runs = (const void *)(bytes + segment->header.runs_at);
    segment->block_count = (segment->header.word_count + WORDS_PER_BLOCK - 1) / WORDS_PER_BLOCK;
    return segment;
}

struct segment *segment_hold(struct segment *segment)
{
    atomic_fetch_add(&segment->holders, 1);
    return segment;
}

void segment_release(struct segment *segment)
{
    if (segment == NULL || atomic_fetch_sub(&segment->holders, 1) > 1) {
        return;
    }
    if (segment->is_mapped) {
        munmap((void *)segment->bytes, (size_t)segment->header.len);
    } else {
        free((void *)segment->bytes);
    }
    free(segment);
}

/* ---- documents -------------------------------------------------------------------------------------------------- */

uint64_t segment_position(const struct segment *segment, uint32_t age)
{
    uint32_t low = 0;
    uint32_t high = segment->header.run_count;

    while (high - low > 1) { /* runs[low].age <= age < runs[high].age */
        uint32_t middle = low + (high - low) / 2;
        if (segment->runs[middle].age <= age) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return segment->runs[low].position - (age - segment->runs[low].age);
}

const unsigned char *segment_id(const struct segment *segment, uint32_t age)
{
    return segment->ids + (size_t)age * KSUID_BYTES;
}

/* The age of the document whose id is the `rank`-th, the smallest first. */
static uint32_t age_of_rank(const struct segment *segment, uint32_t rank)
{
    return segment->order == NULL ? segment->header.document_count - 1 - rank : segment->order[rank];
}

uint32_t segment_find_id(const struct segment *segment, const unsigned char id[KSUID_BYTES])
{
    uint32_t low = 0;
    uint32_t high = segment->header.document_count;

    if (high > 0 && memcmp(segment_id(segment, age_of_rank(segment, high - 1)), id, KSUID_BYTES) < 0) {
        return SEGMENT_NO_AGE; /* most that are asked for are new */
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t age = age_of_rank(segment, middle);
        int difference = memcmp(segment_id(segment, age), id, KSUID_BYTES);
        if (difference == 0) {
            return age;
        }
        if (difference < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return SEGMENT_NO_AGE;
}
