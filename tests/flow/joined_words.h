/* joined_words.h - what the search engines of tests find: base/ranking.h over documents whose words are joined by
 * spaces. */
#ifndef TESTS_FLOW_JOINED_WORDS_H
#define TESTS_FLOW_JOINED_WORDS_H

#include <meower/backend.h>

/* Ranks documents, the newest first; one that is NULL is left out, and not counted. Writes the numbers of those that
 * are found to `order`, best first, and returns how many. */
size_t joined_words_rank(const char *const *documents, size_t count, const meower_search_request *request,
                         uint32_t *order);

#endif
