/* writer.h - the stage that changes the store: everything that waits becomes one transaction (group commit). */
#ifndef STAGE_WRITER_H
#define STAGE_WRITER_H

#include "base/ksuid.h"
#include "feed/feed.h"
#include "run/worker.h"
#include "stage/failure.h"
#include "stage/settle.h"
#include "stage/write_request.h"

struct writer {
    /* Given before writer_init(). */
    struct feed *feed;
    struct store *store;
    struct counters *counters;
    const meower_clock *clock;
    size_t queue_max; /* requests that may wait */
    size_t batch_max; /* requests in one transaction */
    int64_t idempotency_ttl_us;
    int64_t wait_max_us; /* a batch that cannot be stored fails after so long */

    /* Its own. */
    struct worker worker;
    struct queue queue; /* of write_request */
    struct ksuid_source ids;
    meower_store_operation *operations; /* batch_max each */
    struct write_request **requests;
    struct meow **events;
    size_t count; /* of the batch under way; 0: none */
    struct outcome outcome;
    bool is_behind;     /* the store may hold events of ours that the feed lacks */
    int64_t give_up_us; /* when its requests fail */
    int64_t retry_us;   /* not before this */
    unsigned attempts;  /* failed ones */
    unsigned refusals;  /* of its ids, in a row */
    struct write_answers answers;
    _Atomic uint64_t committed; /* position of the last event that this writer stored; 0: none yet */
    _Atomic int64_t failed_us;  /* for health, monotonic: the last try failed then; 0: it succeeded */
    struct failure failure;     /* why the last try failed */
};

/* Returns 0 or MEOWER_ERROR_NO_MEMORY. */
int writer_init(struct writer *writer);
void writer_destroy(struct writer *writer);

/* Queues a request and wakes the writer. Returns 0, BUSY or CLOSED; complete() will be called only after 0. Any thread.
 */
int writer_submit(struct writer *writer, struct write_request *request);

/* The same for `count` requests linked by node.next, from `first` to `last`: all of them, or none. */
int writer_submit_list(struct writer *writer, struct write_request *first, struct write_request *last, size_t count);

/* worker_step of a struct writer. */
bool writer_step(void *stage, int64_t *wait_us);

/* True when nothing is queued or under way. */
bool writer_is_idle(struct writer *writer);

/* Fails all that is left, after the worker has stopped. Returns how many commands of users there were. */
size_t writer_abandon(struct writer *writer);

#endif
