/* stream.h - the documents of a segment that have a word, or that were found beforehand, the newest first. */
#ifndef SEARCH_INDEX_STREAM_H
#define SEARCH_INDEX_STREAM_H

#include "search/index/postings.h"

/* What a stream goes through: the documents of a word or, where that has none, ages. */
struct stream_spec {
    struct postings word;
    const uint32_t *ages; /* rising */
    uint32_t age_count;
};

struct stream {
    struct stream_spec spec;
    struct cursor cursor;
    bool has_begun; /* it stands somewhere */
    uint32_t at;    /* of the ages */
    uint32_t age;   /* where it stands; SEGMENT_NO_AGE after the last one */
};

/* How many documents it has. */
static inline uint32_t stream_count(const struct stream_spec *spec)
{
    return spec->word.count > 0 ? spec->word.count : spec->age_count;
}

/* Moves to the first document of this age or an older one, unless it stands there or beyond. A stream is all zeros but
 * for its spec before it is first moved. */
void stream_seek(struct stream *stream, uint32_t age);

/* Adds the documents from age `start` to `start` + `count` - 1, bit 0 being `start`. Moves on to what
 * follows them. */
void stream_fill(struct stream *stream, uint32_t start, uint32_t count, struct bitmap *map);

#endif
