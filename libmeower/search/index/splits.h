/* splits.h - the words of a segment that are a searched word when they are joined. */
#ifndef SEARCH_INDEX_SPLITS_H
#define SEARCH_INDEX_SPLITS_H

#include "search/index/stream.h"
#include "search/index/vocabulary.h"
#include <meower/backend.h>

struct splits {
    struct arena *arena;
    struct stream_spec *items; /* words that stand side by side somewhere, or may do so */
    size_t count;
    size_t max;
};

/* Finds them: two to four words that the segment has. False when memory is short. */
bool splits_find(struct splits *splits, const struct vocabulary *vocabulary, const struct segment *segment,
                 const meower_search_word *word);

#endif
