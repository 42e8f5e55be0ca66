/* feed.h - reading the feed from any position: from memory where possible, else from the store. */
#ifndef FEED_FEED_H
#define FEED_FEED_H

#include "feed/event_log.h"
#include <meower/meower.h>

/* Reads up to `max` events after `after`, never beyond the log's head, on the caller's lane. Fills *batch (through ==
 * after: nothing new). Returns a status; *batch is empty after an error. */
int feed_read(meower *instance, unsigned lane, uint64_t after, size_t max, struct event_batch *batch,
              meower_error *error);

#endif
