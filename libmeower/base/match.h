/* match.h - the search contract itself, word by word: docs/SEARCH.md as code. Engines must agree with it; the scan of
 * the newest meows (base/ranking.h) and the highlights use it directly. */
#ifndef BASE_MATCH_H
#define BASE_MATCH_H

#include "base/words.h"
#include <meower/backend.h>
#include <stdbool.h>

#define MATCH_WORDS_MAX  32 /* distinct words and runs of a query that count; further ones are ignored */
#define MATCH_JOINS_MAX  96 /* joined neighbours of a query that count */
#define MATCH_JOINED_MAX 4  /* words that are joined to one, at most */

/* In which quality a word matches, and the tiers of meows in which all words do. */
enum {
    MATCH_EXACT = 0,
    MATCH_TYPO = 1,
    MATCH_PREFIX = 2,
    MATCH_NONE = 3
};

/* A parsed query: its distinct words and runs in the order of their first appearance, the last one of the text last of
 * all; and its neighbours, joined. */
struct match_query {
    struct words words; /* owns the words' texts */
    meower_search_word items[MATCH_WORDS_MAX];
    size_t count; /* 0: nothing to search for */
    meower_search_join joins[MATCH_JOINS_MAX];
    size_t join_count;
    char *join_texts;
};

/* Parses plain text. Returns 0 or MEOWER_ERROR_NO_MEMORY. */
int match_query_init(struct match_query *query, const char *text, size_t len);
void match_query_free(struct match_query *query);

/* The query as an engine is asked it, for this window. It points into the query. */
meower_search_request match_request(const struct match_query *query, uint64_t skip, uint32_t take);

/* Edits allowed in a word of so many code points: 1-2 none, 3-5 one, 6 or more two. */
unsigned match_typos_max(size_t code_points);

/* Whether `other` is within `typos_max` edits of `word` (insertion, deletion, replacement, or transposition of two
 * neighbours: optimal string alignment distance), with the same first code point. Both are folded UTF-8. */
bool match_is_typo(const char *word, size_t word_len, const char *other, size_t other_len, unsigned typos_max);

/* Whether one edit leads from `word` to `other`, and their first code points differ. */
bool match_is_first_typo(const char *word, size_t word_len, const char *other, size_t other_len);

/* The quality in which the searched word matches a single word of a text; MATCH_NONE for a run. `may_differ_first` says
 * that no meow has the searched word. */
int match_quality(const meower_search_word *word, const char *other, size_t other_len, bool may_differ_first);

/* Whether a searched word is a run of characters. */
bool match_is_run(const meower_search_word *word);

/* How many words of the text from `at` on are the run: all its characters, or 0. Sets the quality: MATCH_EXACT, or
 * MATCH_PREFIX where the last one goes on. */
size_t match_run(const meower_search_word *run, const struct words *text, size_t at, int *quality);

/* How many words of the text from `at` on are the searched word when they are joined, 2 to 4, or 0. */
size_t match_joined(const meower_search_word *word, const struct words *text, size_t at);

/* What a word adds to a meow's sum when it matches in this quality: `count` of all `documents` have it (docs/SEARCH.md,
 * "Order"). At most 4 * 128. */
unsigned match_weight(int quality, uint64_t documents, uint64_t count);

#endif
