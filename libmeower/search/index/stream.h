/* stream.h - the documents of a segment that have something, the newest first: a word, words side by side, or some that
 * were found beforehand. */
#ifndef SEARCH_INDEX_STREAM_H
#define SEARCH_INDEX_STREAM_H

#include "search/index/arena.h"
#include "search/index/postings.h"

/* What a stream goes through: one word; several that stand side by side; or, with no words, ages. */
struct stream_spec {
    const struct postings *words;
    const uint32_t *ages; /* rising */
    uint32_t word_count;
    uint32_t age_count;
};

struct stream {
    struct stream_spec spec;
    struct cursor *cursors; /* one a word; NULL until the stream is first moved */
    bool has_begun;         /* it stands somewhere */
    uint32_t at;            /* of the ages */
    uint32_t age;           /* where it stands; SEGMENT_NO_AGE after the last one */
};

/* How many documents it has, at most. */
uint32_t stream_count(const struct stream_spec *spec);

/* Moves to the first document of this age or an older one. A stream is all zeros but for its spec before it is first
 * moved. False when memory is short. */
bool stream_seek(struct stream *stream, struct arena *arena, uint32_t age);

/* Sets the bits of the documents from age `start` to `start` + `count` - 1, bit 0 being `start`. Moves on to what
 * follows them. False when memory is short. */
bool stream_fill(struct stream *stream, struct arena *arena, uint32_t start, uint32_t count, uint64_t *bits);

#endif
