/* interests.h - what filtered clients are about, and an index of it: an event finds those whom it may concern by its
 * labels, so that it costs what it concerns, however many others there are. Everything here belongs to one loop. */
#ifndef SERVER_LIVE_INTERESTS_H
#define SERVER_LIVE_INTERESTS_H

#include "server/net/list.h"
#include <meower/meower.h>
#include <stdbool.h>

struct interest_term;
struct interest_entry;
struct interests;

/* What one client is about. Embedded in its owner. */
struct interest {
    meower_filter *filter;       /* the owner's; NULL: everything */
    struct interests *interests; /* where it is registered; NULL: nowhere */
    struct list all;
    struct list wordy;              /* in interests->wordy, when it has no labels */
    struct interest_entry *entries; /* one for each value of one of its keys */
    size_t entry_count;
    uint64_t gathered_at; /* position of the event that it was last gathered for */
};

struct interests {
    struct list all;
    struct list wordy;            /* those that no label finds: each is asked about every event */
    struct interest_term **terms; /* by hash, chained */
    size_t bucket_count;          /* a power of two; 0: none was needed yet */
    size_t term_count;
    struct interest **found; /* by the last interests_find() */
    const meower_filter **filters;
    int *matches;
    size_t found_max;
};

void interests_init(struct interests *interests);
void interests_free(struct interests *interests); /* when none is registered any more */

/* Registers it with its filter, under the key that has the fewest values. False when memory is short. */
bool interests_add(struct interests *interests, struct interest *interest);

/* Takes it out, if it is in. */
void interests_remove(struct interest *interest);

/* Finds those whom the event concerns: interests->found has *count of them, until the next call; they may be removed
 * meanwhile. False when memory is short. */
bool interests_find(struct interests *interests, const meower_event *event, size_t *count);

#endif
