/* joined_words.h - how well a document matches a search, for the search engines of tests. */
#ifndef TESTS_FLOW_JOINED_WORDS_H
#define TESTS_FLOW_JOINED_WORDS_H

#include <meower/backend.h>

/* The tier (backend.h) of a document whose words are joined by single spaces, MATCH_TIERS when it does not match. */
int joined_words_tier(const char *words, const meower_search_request *request);

#endif
