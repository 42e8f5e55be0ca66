/* typos.h - the words of a segment that are within a few typos of a searched word. */
#ifndef SEARCH_INDEX_TYPOS_H
#define SEARCH_INDEX_TYPOS_H

#include "search/index/lexicon.h"
#include <meower/backend.h>

/* Takes a word that is so many edits away. Returns false to stop. */
struct typo_sink {
    bool (*word)(struct typo_sink *sink, const unsigned char *text, size_t len, struct postings postings,
                 unsigned edits);
};

/* Pushes the words within word->typos_max edits whose first code point is right, but the word itself. */
void typos_find(const struct segment *segment, const meower_search_word *word, struct typo_sink *sink);

/* Pushes the words to which one edit leads, and whose first code point differs. */
void typos_find_first(const struct segment *segment, const meower_search_word *word, struct typo_sink *sink);

#endif
