/* relay.h - the stage that announces every event on the bus, at least once and in position order, from its checkpoint.
 */
#ifndef STAGE_RELAY_H
#define STAGE_RELAY_H

#include "bus/bus.h"
#include "feed/feed.h"
#include "run/worker.h"
#include "stage/failure.h"
#include "stage/writer.h"

#define RELAY_NAME "relay" /* of the checkpoint and of the lease */

struct relay {
    /* Given before relay_init(). */
    struct feed *feed;
    struct store *store;
    struct bus *bus;
    struct writer *writer; /* stores the checkpoint and the lease */
    struct counters *counters;
    const meower_clock *clock;
    int64_t checkpoint_interval_us;

    /* Its own. */
    struct worker worker;
    uint64_t position;          /* published up to it */
    uint64_t announced;         /* without the lease: others were told of our events up to it */
    uint64_t saved;             /* the checkpoint in the store */
    _Atomic bool is_positioned; /* the checkpoint has been read */
    bool is_saving;             /* `checkpoint` is with the writer */
    bool holds_lease;           /* this relay is the only one of the store */
    bool is_leasing;            /* `lease` is with the writer */
    int64_t lease_us;           /* monotonic: last asked for then */
    int64_t granted_us;         /* monotonic: the one that is held was asked for then */
    int64_t saved_us;           /* monotonic: the last checkpoint was asked for then */
    unsigned failures;          /* of publishing, in a row */
    int64_t retry_us;           /* monotonic: not before this */
    struct failure failure;     /* of publishing */
    _Atomic uint64_t published; /* position, for others to see */
    char owner[MEOWER_EPOCH_SIZE];
    struct write_request checkpoint;
    struct write_request lease;
    pthread_mutex_t mutex; /* of what complete() changes: is_saving, saved, is_leasing, holds_lease, granted_us */
};

void relay_init(struct relay *relay);
void relay_destroy(struct relay *relay);

/* worker_step of a struct relay. */
bool relay_step(void *stage, int64_t *wait_us);

/* True when all up to the log's head is published, or another process does it. */
bool relay_is_idle(struct relay *relay);

/* Stores where it is, after all workers have stopped. */
void relay_save_position(struct relay *relay);

#endif
