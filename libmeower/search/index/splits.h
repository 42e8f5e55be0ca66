/* splits.h - the words of a segment that are a searched word when they are joined. */
#ifndef SEARCH_INDEX_SPLITS_H
#define SEARCH_INDEX_SPLITS_H

#include "search/index/term_list.h"
#include "search/index/vocabulary.h"
#include <meower/backend.h>

/* Where they are looked for, and what they are added to. */
struct splits {
    const struct vocabulary *vocabulary; /* knows quickly what is no word at all */
    const struct segment *segment;
    struct term_list *list;
    struct arena *arena;
};

/* Finds them: two to four words that the segment has. False when memory is short. */
bool splits_find(const struct splits *splits, const meower_search_word *word);

#endif
