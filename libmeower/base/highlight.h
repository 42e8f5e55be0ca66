/* highlight.h - where the searched words stand in a text. */
#ifndef BASE_HIGHLIGHT_H
#define BASE_HIGHLIGHT_H

#include "base/match.h"
#include <meower/query.h>

/* Parts of a text: where each begins and how long it is, in code points. Each begins and ends where what a reader sees
 * as one character does; they come in their order and do not overlap. */
struct highlights {
    meower_highlight *ranges; /* freed by who asked for them */
    size_t count;
};

/* Whether the text has the searched word itself, or the run. */
bool highlight_has(const meower_search_word *word, const struct words *text);

/* Finds the parts of a text of `len` bytes, whose words these are, in which something of the query stands. An item
 * whose bit is set in `differing` may have another first letter. Returns 0 or MEOWER_ERROR_NO_MEMORY. */
int highlight_find(const struct match_query *query, uint32_t differing, const char *text, size_t len,
                   const struct words *words, struct highlights *highlights);

#endif
