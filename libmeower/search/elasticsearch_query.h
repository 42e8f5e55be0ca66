/* elasticsearch_query.h - a search as the engine's query. */
#ifndef SEARCH_ELASTICSEARCH_QUERY_H
#define SEARCH_ELASTICSEARCH_QUERY_H

#include "search/elasticsearch_weights.h"

/* Adds the body of a _search for the hits `skip` to `skip + take - 1` of the request that the weights are for, which
 * are complete. Each hit of the answer has "_id" and "sort":[SCORE,POSITION]. */
void elasticsearch_query_write(struct elasticsearch_text *text, const struct elasticsearch_weights *weights,
                               uint64_t skip, uint32_t take);

#endif
