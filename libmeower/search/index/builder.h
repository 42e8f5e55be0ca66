/* builder.h - makes a segment in memory of a few documents. */
#ifndef SEARCH_INDEX_BUILDER_H
#define SEARCH_INDEX_BUILDER_H

#include "search/index/segment.h"
#include <meower/meow.h>

struct new_document {
    uint64_t position;
    unsigned char id[KSUID_BYTES];
    const char *words; /* joined by single spaces */
    size_t words_len;  /* bytes */
    const meower_label *labels;
    size_t label_count;
};

/* Makes a segment of documents in the order of their positions; at least one. Held once. Returns NULL when memory is
 * short. */
struct segment *builder_make(const struct new_document *documents, size_t count);

#endif
