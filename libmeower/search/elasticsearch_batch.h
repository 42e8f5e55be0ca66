/* elasticsearch_batch.h - documents brought into an index by one request. */
#ifndef SEARCH_ELASTICSEARCH_BATCH_H
#define SEARCH_ELASTICSEARCH_BATCH_H

#include "search/elasticsearch_index.h"

/* Applies documents in their order. What the index has already, or has in a later version, stays as it is. Errors:
 * CORRUPT when the index is gone; a part may have been applied after any error. */
int elasticsearch_batch_apply(struct elasticsearch_index *index, const meower_search_document *documents, size_t count,
                              meower_error *error);

#endif
