/* settle.h - the outcome of a batch whose connection broke: it may be stored, or not, or be stored yet. */
#ifndef STAGE_SETTLE_H
#define STAGE_SETTLE_H

#include "feed/feed.h"

/* What is known of the outcome of one batch. */
struct outcome {
    uint64_t tried_after; /* the head when the batch was first tried: its events can only follow */
    bool is_unknown;      /* the batch may be stored: look before trying again */
    bool was_unknown;     /* it may still become stored, although it was not found when looked for */
    bool is_found;        /* the last look has found some of it */
};

/* Looks in the store for the events of the batch's commands. Sets the position of each command that is stored, and 0
 * for the others: those were refused, or nothing was stored at all. Either way they may be tried again. What was found
 * can be read from the feed. Returns a status; after an error the outcome is as unknown as before. On the writer's
 * thread. */
int settle(struct outcome *outcome, struct feed *feed, meower_store_operation *operations, size_t count,
           meower_error *error);

#endif
