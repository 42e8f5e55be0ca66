/* documents.h - events as documents of a search index, and the epoch of the store that an index belongs to. */
#ifndef STAGE_DOCUMENTS_H
#define STAGE_DOCUMENTS_H

#include "feed/event_log.h"
#include "search/search.h"

#define DOCUMENTS_BATCHES_MAX 8 /* indexed in one transaction */

/* search_index() for the live index, or search_rebuild_index() for the one that is built beside it. */
typedef int documents_sink(struct search *search, const meower_search_document *documents, size_t count,
                           const meower_search_info *info, meower_error *error);

/* An index, and the store that it belongs to. */
struct documents_target {
    struct search *search;
    documents_sink *sink;
    const char *epoch; /* of that store */
};

/* Room for the documents of one transaction. */
struct documents {
    meower_search_document items[DOCUMENTS_BATCHES_MAX * EVENT_BATCH_MAX];
};

/* Brings the events of one batch or more into an index, and tells it how far it is now. Returns a status. */
int documents_index(struct documents *documents, const struct event_batch *batches, size_t batch_count,
                    const struct documents_target *target, meower_error *error);

/* Tells an empty index which store it belongs to, before anything is in it. Otherwise the index could keep a part of
 * the first batch without an epoch, and the store, once restored, would take that for its own. Returns a status. */
int documents_claim(const struct documents_target *target, meower_error *error);

#endif
