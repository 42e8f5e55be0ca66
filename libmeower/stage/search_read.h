/* search_read.h - answering a search: ids from the engine, meows from the store, words marked; or a scan when the
 * engine is away. */
#ifndef STAGE_SEARCH_READ_H
#define STAGE_SEARCH_READ_H

#include "stage/projection.h"
#include "stage/read_request.h"

struct search_read {
    /* Given. */
    struct feed *feed;
    struct store *store;
    struct search *search;
    struct projection *projection; /* knows what is visible, and is told when the engine fails */
    struct counters *counters;
};

/* Answers a SEARCH, on `lane`. Returns a status. */
int search_read(const struct search_read *read, unsigned lane, struct read_request *request);

#endif
