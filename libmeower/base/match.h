/* match.h - the search contract itself, word by word: docs/SEARCH.md as code. Engines must agree with it; the scan of
 * the newest meows and the highlights use it directly. */
#ifndef BASE_MATCH_H
#define BASE_MATCH_H

#include "base/words.h"
#include <meower/backend.h>
#include <stdbool.h>

#define MATCH_WORDS_MAX 32 /* distinct words of a query that count; further ones are ignored */

/* Levels of a word's match, and the tiers of a meow's (backend.h, meower_search_request). */
enum {
    MATCH_EXACT = 0,
    MATCH_TYPO = 1,
    MATCH_PREFIX = 2,
    MATCH_NONE = 3
};
#define MATCH_TIERS 6

/* A parsed query: its distinct words in the order of their first appearance, the last word of the text last of all. */
struct match_query {
    struct words words; /* owns the texts */
    meower_search_word items[MATCH_WORDS_MAX];
    size_t count; /* 0: nothing to search for */
};

/* Parses plain text. Returns 0 or MEOWER_ERROR_NO_MEMORY. */
int match_query_init(struct match_query *query, const char *text, size_t len);
void match_query_free(struct match_query *query);

/* Edits allowed in a word of so many code points: 1-2 none, 3-5 one, 6 or more two. */
unsigned match_typos_max(size_t code_points);

/* Whether `other` is within `typos_max` edits of `word` (insertion, deletion, replacement, or transposition of two
 * neighbours: optimal string alignment distance), with the same first code point. Both are folded UTF-8. */
bool match_is_typo(const char *word, size_t word_len, const char *other, size_t other_len, unsigned typos_max);

/* The level at which the searched word matches the text's word. */
int match_level(const meower_search_word *word, const char *other, size_t other_len);

/* The tier of a text for a query, 0 (best) to 5, or MATCH_TIERS when nothing matches. */
int match_tier(const struct match_query *query, const struct words *text);

#endif
