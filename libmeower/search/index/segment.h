/* segment.h - an immutable part of the index: the documents of a range of positions, the words they have, and for each
 * word the documents that have it; labels are words, too (label_word.h). It lies in one piece of memory, which is
 * allocated or a mapped file, and is the same bytes in both.
 *
 * Documents are numbered by age, the newest 0, because searches read the newest first. The parts of a segment, after
 * the header:
 *
 *   postings    for each word that two documents or more have (postings.h)
 *   blocks      the words in bytewise order, WORDS_PER_BLOCK a block (lexicon.h)
 *   block index where each block is, and where the postings of its words begin
 *   slots       a hash table of the words' numbers: one byte of each hash, then the numbers
 *   ids         20 bytes each, by age
 *   id order    ages by id, only where ids do not rise with positions
 *   runs        of positions that rise by one: the age of the newest, and its position
 *
 * Numbers of fixed size are in the order of the machine that wrote them: a file from another machine does not have the
 * magic number, and is built again. So is one of an earlier format: the last digit of the number says which it is. */
#ifndef SEARCH_INDEX_SEGMENT_H
#define SEARCH_INDEX_SEGMENT_H

#include "base/ksuid.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEGMENT_MAGIC   UINT64_C(0x314745536f654d32)
#define SEGMENT_NO_AGE  UINT32_MAX
#define WORDS_PER_BLOCK 16

struct segment_header {
    uint64_t magic;
    uint64_t checksum; /* of all that follows it */
    uint64_t len;      /* bytes of the whole */
    uint64_t first_position;
    uint64_t last_position;
    uint64_t blocks_at; /* offsets */
    uint64_t block_index_at;
    uint64_t slots_at;
    uint64_t ids_at;
    uint64_t order_at; /* 0: ids rise with positions */
    uint64_t runs_at;
    uint32_t document_count;
    uint32_t word_count;
    uint32_t slot_count; /* a power of two */
    uint32_t run_count;
};

/* Where a block is, and the postings of its first word that has some. */
struct block_place {
    uint64_t postings_at;
    uint32_t block_at; /* from blocks_at */
    uint32_t unused;
};

/* Documents whose positions rise by one. */
struct position_run {
    uint64_t position; /* of the newest */
    uint32_t age;      /* of the newest */
    uint32_t unused;
};

struct segment {
    atomic_uint holders;
    struct segment_header header;
    const unsigned char *bytes;
    bool is_mapped;
    uint64_t number; /* of its file; 0 when it has none */
    const unsigned char *blocks;
    const struct block_place *block_index;
    const unsigned char *fingerprints;
    const uint32_t *numbers;
    const unsigned char *ids;
    const uint32_t *order; /* NULL: ids rise with positions */
    const struct position_run *runs;
    uint32_t block_count;
};

/* FNV-1a over eight bytes at a time, so that a large file is checked quickly; what is left of them counts as zeros.
 * Goes on from `hash`, SEGMENT_HASH at first. */
#define SEGMENT_HASH UINT64_C(14695981039346656037)
uint64_t segment_hash(uint64_t hash, const void *bytes, size_t len);

/* The checksum that a header and the hash of what follows it give. */
uint64_t segment_checksum(const struct segment_header *header, uint64_t body_hash);

/* Takes over bytes that are a segment: allocated, or mapped. NULL when memory is short or they are no sound segment
 * (*is_sound tells); they are still the caller's then. Held once. */
struct segment *segment_new(const unsigned char *bytes, size_t len, bool is_mapped, bool *is_sound);
struct segment *segment_hold(struct segment *segment);
void segment_release(struct segment *segment);

uint64_t segment_position(const struct segment *segment, uint32_t age);
const unsigned char *segment_id(const struct segment *segment, uint32_t age);

/* The age of the document with this id, or SEGMENT_NO_AGE. */
uint32_t segment_find_id(const struct segment *segment, const unsigned char id[KSUID_BYTES]);

#endif
