/* terms.h - what a search is in an index: for each of its words, and each quality, what the segments have that matches
 * it. */
#ifndef SEARCH_INDEX_TERMS_H
#define SEARCH_INDEX_TERMS_H

#include "base/match.h"
#include "search/index/term_list.h"
#include "search/index/view.h"

struct candidates;

struct part_terms {
    struct term_list (*lists)[MATCH_NONE]; /* one a searched word */
    struct term_list *keys; /* one a key of the filter: documents with one of its labels; the rarest first */
    size_t key_count;       /* 0: there is no filter, or term_labels_find() has not looked yet */
    bool is_left_out;       /* some key has no document */
};

struct terms {
    const struct view *view;
    const meower_search_request *request;
    struct arena *arena;
    struct part_terms *parts;     /* one a part of the view */
    bool has_quality[MATCH_NONE]; /* some word matches something in it */
    uint64_t documents[MATCH_WORDS_MAX]
                      [MATCH_NONE];              /* that have a word in a quality or a better one (docs/SEARCH.md) */
    uint64_t last_documents[MATCH_WORDS_MAX];    /* that have the last character of a run */
    struct candidates *limited[MATCH_WORDS_MAX]; /* that are tried, where that are not all; else NULL */
    bool has_failed;                             /* memory was short */
};

/* Begins. The arena outlives it. False when memory is short. */
bool terms_init(struct terms *terms, const struct view *view, const meower_search_request *request,
                struct arena *arena);

/* Finds what matches in this quality, whatever the filter says; those before it were found before. A search that has
 * enough of what matches exactly never asks for the rest. False when memory is short. */
bool terms_find(struct terms *terms, int quality);

#endif
