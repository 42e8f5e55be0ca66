/* page_read.h - answering a list or a get: from memory where that has it, and else from the store. */
#ifndef STAGE_PAGE_READ_H
#define STAGE_PAGE_READ_H

#include "feed/feed.h"
#include "stage/read_request.h"

struct page_read {
    /* Given. */
    struct feed *feed;
    struct store *store;
    struct counters *counters;
};

/* Answers a LIST or GET out of the timeline, without waiting for anything. Returns false when it cannot. Any thread. */
bool page_read_from_timeline(const struct page_read *read, struct read_request *request);

/* Answers a LIST or GET out of the timeline or else from the store, on `lane`, and a TOTAL from the store. Returns a
 * status. */
int page_read(const struct page_read *read, unsigned lane, struct read_request *request);

#endif
