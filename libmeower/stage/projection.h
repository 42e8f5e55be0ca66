/* projection.h - the stage that brings the search index up to the feed. */
#ifndef STAGE_PROJECTION_H
#define STAGE_PROJECTION_H

#include "feed/event_log.h"
#include "stage/failure.h"
#include <meower/backend.h>
#include <meower/meower.h>
#include <stdbool.h>

#define PROJECTION_BATCHES_MAX 8 /* indexed in one transaction */

struct search;

struct projection {
    meower *instance;
    uint64_t position;        /* indexed up to it */
    bool is_positioned;       /* the index's own position has been read */
    atomic_uint looks;        /* at which index the engine has: odd while one is under way */
    atomic_bool is_doubted;   /* a search failed: the index may be another one than it was */
    bool has_found_damage;    /* it is emptied and made anew */
    unsigned failures;        /* in a row */
    int64_t retry_us;         /* monotonic: not before this */
    int64_t shown_us;         /* monotonic: the last refresh */
    bool is_tired;            /* lets events gather before it goes on */
    _Atomic bool is_resting;  /* waking it would be in vain */
    _Atomic uint64_t visible; /* what search can see */
    _Atomic bool is_failing;
    struct failure failure; /* why */
    struct event_batch batches[PROJECTION_BATCHES_MAX];
    meower_search_document documents[PROJECTION_BATCHES_MAX * EVENT_BATCH_MAX];
};

void projection_init(struct projection *projection, meower *instance);
void projection_destroy(struct projection *projection);

/* worker_step of a struct projection. */
bool projection_step(void *stage, int64_t *wait_us);

/* A search has failed: has the stage look whether the index is still what it knows, also when nothing is to be indexed.
 * Any thread. */
void projection_doubt(struct projection *projection);

/* A number that is odd while the stage looks which index the engine has, and another one behind that: what was searched
 * meanwhile may have been searched in one that has just been emptied. Any thread. */
unsigned projection_looks(struct projection *projection);

/* Asks the engine how far the live index is, on the stage's thread, and makes that visible. What was searched meanwhile
 * counts for nothing where the index may be another one by now; when it is one that the stage does not know, or that
 * cannot be told, the stage will look again. Returns a status. */
int projection_ask(struct projection *projection, meower_search_info *live, meower_error *error);

/* Brings one batch or more into an index, by search_index() or search_rebuild_index(). */
int projection_index(struct projection *projection, const struct event_batch *batches, size_t batch_count,
                     int (*index)(struct search *search, const meower_search_document *documents, size_t count,
                                  const meower_search_info *info, meower_error *error),
                     meower_error *error);

/* Tells an empty index whose it is, before anything is in it: of the first batch a part may stay behind without a
 * position, and a store that is restored then must not take that for its own. */
int projection_claim(meower *instance,
                     int (*index)(struct search *search, const meower_search_document *documents, size_t count,
                                  const meower_search_info *info, meower_error *error),
                     meower_error *error);

/* Another index has taken the place of the one that was kept, with all up to `position` visible. */
void projection_moved(struct projection *projection, uint64_t position);

/* True when the index holds all up to the log's head. */
bool projection_is_idle(struct projection *projection);

/* The position up to which search sees the feed. Any thread. */
uint64_t projection_visible(struct projection *projection);

#endif
