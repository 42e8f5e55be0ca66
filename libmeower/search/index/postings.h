/* postings.h - which documents have a word, and where in them.
 *
 * The documents of a word stand by age, the newest first, in blocks of POSTINGS_PER_BLOCK. A word with more than one
 * block has before them a table of two numbers of 32 bits for each: the age of its last document, and where it ends,
 * from the end of the table. A block is
 *
 *   ages_len  bytes of the ages (a varint)
 *   ages      each as the difference to the one before (varints; the very first one as it is)
 *   places    of each document one byte, where the word stands there once, at word 0 to 254 of the text; else 255, the
 *             number of places, and each as the difference to the one before (varints)
 *
 * Searches read the ages alone, unless words must stand side by side. */
#ifndef SEARCH_INDEX_POSTINGS_H
#define SEARCH_INDEX_POSTINGS_H

#include "search/index/bitmap.h"
#include "search/index/bytes.h"
#include "search/index/segment.h"

#define POSTINGS_PER_BLOCK 128
#define PLACE_MANY         255

/* The documents of one word of a segment. */
struct postings {
    const unsigned char *bytes;
    uint32_t count; /* documents, at least 1 */
};

/* Goes through them. */
struct cursor {
    struct postings postings;
    const unsigned char *blocks;
    uint32_t block_count;
    uint32_t block;
    uint32_t count;            /* documents of the block */
    uint32_t at;               /* the one of them at which it stands */
    uint32_t age;              /* of that; SEGMENT_NO_AGE after the last one */
    uint32_t places_at;        /* the document whose places are at `places` */
    const unsigned char *next; /* age of the next one */
    const unsigned char *places;
};

/* Stands at the newest document. */
void cursor_init(struct cursor *cursor, struct postings postings);

/* The document at which it stands, SEGMENT_NO_AGE after the last one. */
static inline uint32_t cursor_age(const struct cursor *cursor)
{
    return cursor->age;
}

/* Moves on to the next document. */
void cursor_next(struct cursor *cursor);

/* Moves on to the first document of this age or an older one, unless it stands there or beyond. Returns its age. */
uint32_t cursor_seek(struct cursor *cursor, uint32_t age);

/* Sets the bits of the documents from where it stands to age `end` - 1, bit 0 being `start`, and moves on to what
 * follows them. Returns its age. */
uint32_t cursor_fill(struct cursor *cursor, uint32_t start, uint32_t end, struct bitmap *map);

/* The bytes of the places of the document at which it stands, and how many. */
const unsigned char *cursor_places(struct cursor *cursor, size_t *len);

/* Whether the word stands at word `place` of the document. */
bool cursor_has_place(struct cursor *cursor, uint32_t place);

/* The end of the places of a document, which begin at `at`. */
const unsigned char *places_skip(const unsigned char *at);

/* Takes the first place of a document. `more` are the differences that follow, one for each further place. */
uint32_t places_first(const unsigned char **bytes, uint32_t *more);

/* Writes the documents of one word. */
struct postings_writer {
    uint32_t count;
    uint32_t last_age; /* of the block before */
    uint32_t in_block;
    uint32_t ages[POSTINGS_PER_BLOCK];
    struct bytes places; /* of the block */
    struct bytes table;
    struct bytes blocks;
};

void postings_begin(struct postings_writer *writer);
void postings_add(struct postings_writer *writer, uint32_t age, const unsigned char *places, size_t places_len);

/* Ends the word: `table`, where there is more than one block, and `blocks` are what is to be written. False when memory
 * was short. */
bool postings_end(struct postings_writer *writer);
void postings_free(struct postings_writer *writer);

/* Writes rising places as cursor_places() gives them. */
void places_write(struct bytes *out, const uint32_t *places, size_t count);

#endif
