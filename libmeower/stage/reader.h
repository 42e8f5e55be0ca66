/* reader.h - the stage that answers what needs the store or the index: pages, searches, and subscriptions that fell
 * behind. It runs on several threads, one a reader. */
#ifndef STAGE_READER_H
#define STAGE_READER_H

#include "run/worker.h"
#include "stage/page_read.h"
#include "stage/search_read.h"
#include "stage/tail.h"

struct readers;

struct reader {
    struct readers *readers;
    unsigned lane;
    struct read_request *parked; /* they wait for their position */
    struct worker worker;
};

struct readers {
    /* Given before readers_init(). */
    struct feed *feed;
    struct tail *tail; /* is told when the store cannot be read */
    const meower_clock *clock;
    struct page_read page_read;
    struct search_read search_read;
    size_t count;
    size_t queue_max; /* requests that may wait */

    /* Its own. */
    struct queue queue;   /* of struct read_request */
    atomic_size_t parked; /* requests that wait for a position */
    struct reader *items;
};

/* Returns 0 or MEOWER_ERROR_NO_MEMORY. */
int readers_init(struct readers *readers);
void readers_destroy(struct readers *readers);

/* Starts a thread for each. Returns 0 or a MEOWER_ERROR_ code; readers_stop() ends those that were started. */
int readers_start(struct readers *readers);
void readers_stop(struct readers *readers);

/* Queues a request and wakes the readers. Returns 0, BUSY or CLOSED; complete() will be called only after 0. Any
 * thread.
 */
int readers_submit(struct readers *readers, struct read_request *request);

/* A position that somebody may wait for is visible now. Any thread. */
void readers_wake_parked(struct readers *readers);

/* worker_step of a struct reader. */
bool reader_step(void *stage, int64_t *wait_us);

/* Fails what is parked or queued, after the workers have stopped. */
void readers_abandon(struct readers *readers);

#endif
