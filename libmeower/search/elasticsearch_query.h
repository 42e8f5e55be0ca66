/* elasticsearch_query.h - a search as the engine's query. */
#ifndef SEARCH_ELASTICSEARCH_QUERY_H
#define SEARCH_ELASTICSEARCH_QUERY_H

#include "search/elasticsearch_text.h"
#include <meower/backend.h>

/* Adds the body of a _search for the hits `skip` to `skip + take - 1`. Each hit of the answer has "_id" and
 * "sort":[SCORE,POSITION]. */
void elasticsearch_query_write(struct elasticsearch_text *text, const meower_search_request *request, uint64_t skip,
                               uint32_t take);

#endif
