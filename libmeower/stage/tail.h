/* tail.h - the stage that follows what other processes write: the bus says that there is news, the store says what. */
#ifndef STAGE_TAIL_H
#define STAGE_TAIL_H

#include "bus/bus.h"
#include "feed/feed.h"
#include "run/worker.h"
#include "stage/failure.h"

struct tail {
    /* Given before tail_init(). */
    struct feed *feed;
    struct bus *bus;
    struct counters *counters;
    const meower_clock *clock;
    int64_t poll_interval_us;
    bool is_stepped; /* the host calls the step, and must not be kept waiting for the bus */

    /* Its own. */
    struct worker worker;
    atomic_bool is_hurried;     /* it no longer waits for the bus */
    int64_t poll_due_us;        /* look at the store then, news or not */
    struct failure bus_failure; /* of listening */
    struct failure failure;     /* of reading the store */
};

void tail_init(struct tail *tail);
void tail_destroy(struct tail *tail);

/* The store could not be read: it counts as failing until the tail, which looks regularly, has read it. Any thread. */
void tail_note_failure(struct tail *tail, const meower_error *error);

/* From now on the step does not wait for the bus. Whoever wakes the bus after that can stop the worker in time. Any
 * thread. */
void tail_hurry(struct tail *tail);

/* worker_step of a struct tail. */
bool tail_step(void *stage, int64_t *wait_us);

#endif
