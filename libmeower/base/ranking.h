/* ranking.h - the search contract over a set of texts that are at hand: which of them a query finds, and in which
 * order. It answers searches while the engine is away, and tells tests what an engine must answer. */
#ifndef BASE_RANKING_H
#define BASE_RANKING_H

#include "base/match.h"

struct ranking;

/* Begins with no texts. The request, which outlives it, has 1 to MATCH_WORDS_MAX words; its window is not looked at.
 * NULL when memory is short. */
struct ranking *ranking_new(const meower_search_request *request);
void ranking_free(struct ranking *ranking);

/* Adds the next text, the newest first. False when memory is short. */
bool ranking_add(struct ranking *ranking, const struct words *text);

/* Writes the numbers of the texts that are found, best first, the first that was added being 0; `order` has room for
 * as many as were added. Returns how many are found. */
size_t ranking_order(struct ranking *ranking, uint32_t *order);

#endif
