/* search_read.h - answering a search: ids from the engine, meows from the store, words marked; or a scan when it is
 * away. */
#ifndef STAGE_SEARCH_READ_H
#define STAGE_SEARCH_READ_H

#include "stage/reader.h"

/* Fills the request's page. Returns a status. On the reader's thread. */
int search_read(struct reader *reader, struct read_request *request);

#endif
