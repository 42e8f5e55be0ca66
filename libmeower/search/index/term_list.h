/* term_list.h - what matches one searched word in one quality, and in no better one, in one segment. */
#ifndef SEARCH_INDEX_TERM_LIST_H
#define SEARCH_INDEX_TERM_LIST_H

#include "search/index/phrase.h"

/* Zero before it is first used. What it points at is in the search's arena. */
struct term_list {
    struct stream_spec *streams;
    size_t stream_count;
    size_t stream_max;
    struct phrase *phrases;
    size_t phrase_count;
    size_t phrase_max;
    uint64_t documents; /* of all of them at most, some perhaps more than once */
};

static inline bool term_list_is_empty(const struct term_list *list)
{
    return list->stream_count + list->phrase_count == 0;
}

/* Add to it; the words are copied. False when memory is short. */
bool term_list_add(struct term_list *list, struct arena *arena, struct stream_spec spec);
bool term_list_add_phrase(struct term_list *list, struct arena *arena, const struct postings *words, uint32_t count);

#endif
