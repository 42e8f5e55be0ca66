/* tail.h - the stage that follows what other processes write: the bus says that there is news, the store says what. */
#ifndef STAGE_TAIL_H
#define STAGE_TAIL_H

#include "base/meow.h"
#include "stage/failure.h"
#include <meower/meower.h>
#include <stdbool.h>

struct tail {
    meower *instance;
    int64_t poll_interval_us;
    int64_t poll_due_us; /* look at the store then, news or not */
    _Atomic bool is_bus_failing;
    _Atomic bool is_failing;    /* the store cannot be read */
    struct failure bus_failure; /* why */
    struct failure failure;     /* why */
};

void tail_init(struct tail *tail, meower *instance);
void tail_destroy(struct tail *tail);

/* The store could not be read: it counts as failing until the tail, which looks regularly, has read it. Any thread. */
void tail_note_failure(struct tail *tail, const meower_error *error);

/* worker_step of a struct tail. */
bool tail_step(void *stage, int64_t *wait_us);

#endif
