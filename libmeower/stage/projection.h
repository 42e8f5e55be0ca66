/* projection.h - the stage that brings the search index up to the feed. */
#ifndef STAGE_PROJECTION_H
#define STAGE_PROJECTION_H

#include "feed/feed.h"
#include "run/worker.h"
#include "stage/documents.h"
#include "stage/failure.h"

/* More work for the stage's thread, which gets its turn when the index is up to date. */
struct projection_guest {
    bool (*is_active)(void *context);
    bool (*step)(void *context); /* returns whether there was anything to do */
    void *context;
};

struct projection {
    /* Given before projection_init(). */
    struct feed *feed;
    struct store *store;
    struct search *search;
    struct counters *counters;
    const meower_clock *clock;
    bool is_stepped; /* the host calls the step, and sets the pace itself */
    /* Called when more is visible to searches, or nothing any more. On the stage's thread. */
    void (*on_visible)(void *context);
    void *context;

    /* Its own. */
    struct worker worker;
    struct projection_guest guest; /* set once, before the first step */
    uint64_t position;             /* indexed up to it */
    bool is_positioned;            /* the index's own position has been read */
    atomic_uint looks;             /* at which index the engine has: odd while one is under way */
    atomic_bool is_doubted;        /* a search failed: the index may be another one than it was */
    bool has_found_damage;         /* it is emptied and made anew */
    unsigned failures;             /* in a row */
    int64_t retry_us;              /* monotonic: not before this */
    int64_t shown_us;              /* monotonic: the last refresh */
    bool rests_next;               /* lets events gather before it goes on */
    atomic_bool is_resting;        /* waking it would be in vain */
    _Atomic uint64_t visible;      /* what search can see */
    struct failure failure;
    struct event_batch batches[DOCUMENTS_BATCHES_MAX];
    struct documents documents; /* the guest may use it too */
};

void projection_init(struct projection *projection);
void projection_destroy(struct projection *projection);

/* The feed has grown. Any thread. */
void projection_wake(struct projection *projection);

/* worker_step of a struct projection. */
bool projection_step(void *stage, int64_t *wait_us);

/* A search has failed: the stage is to look whether the index is still the one it knows, also when nothing is to be
 * indexed. Any thread. */
void projection_doubt(struct projection *projection);

/* Counts the beginnings and ends of the stage's checks of which index the engine has: it is odd during a check. A
 * search during which it is odd or changes may have searched an index that had just been emptied. Any thread. */
unsigned projection_looks(struct projection *projection);

/* Asks the engine how far the live index is, on the stage's thread, and makes that visible. What was searched meanwhile
 * counts for nothing where the index may be another one by now. When it is one that the stage does not know, or when
 * that cannot be told, the stage looks again. Returns a status. */
int projection_ask(struct projection *projection, meower_search_info *live, meower_error *error);

/* Another index has taken the place of the one that was kept, with all up to `position` visible. On the stage's thread.
 */
void projection_moved(struct projection *projection, uint64_t position);

/* True when the index holds all up to the head. */
bool projection_is_idle(struct projection *projection);

/* The position up to which search sees the feed. Any thread. */
uint64_t projection_visible(struct projection *projection);

#endif
