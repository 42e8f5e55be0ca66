/* phrase.h - words that stand side by side in a document. Where the rarest of them is, is told for many documents at
 * once; whether they stand side by side there, document by document, for that takes long. */
#ifndef SEARCH_INDEX_PHRASE_H
#define SEARCH_INDEX_PHRASE_H

#include "search/index/arena.h"
#include "search/index/stream.h"

struct phrase {
    const struct postings *words; /* two or more */
    uint32_t word_count;
    uint32_t rarest; /* of the words */
};

/* Goes through the documents of one segment. */
struct phrase_stream {
    const struct phrase *phrase;
    struct stream rarest;   /* the documents that may have the phrase: those with its rarest word */
    struct cursor *cursors; /* one a word; NULL until the first document is asked for */
};

/* Makes a phrase of words, which are borrowed, and notes the rarest one. */
struct phrase phrase_make(const struct postings *words, uint32_t word_count);

/* The documents of the rarest word are so many. */
static inline uint32_t phrase_count(const struct phrase *phrase)
{
    return phrase->words[phrase->rarest].count;
}

void phrase_begin(struct phrase_stream *stream, const struct phrase *phrase);

/* Whether the words stand side by side in this document. Each call asks for an older document than the one before. Sets
 * *has_failed when memory is short. */
bool phrase_is_in(struct phrase_stream *stream, struct arena *arena, uint32_t age, bool *has_failed);

#endif
