/* instance.h - an instance: its backends, what it keeps in memory, and its stages.
 *
 * Lock order, outermost first: feed_mutex, the timeline's lock, the event log's mutex, a notifier or a worker. */
#ifndef API_INSTANCE_H
#define API_INSTANCE_H

#include "bus/bus.h"
#include "feed/event_log.h"
#include "feed/timeline.h"
#include "run/worker.h"
#include "search/search.h"
#include "stage/projection.h"
#include "stage/reader.h"
#include "stage/rebuild.h"
#include "stage/relay.h"
#include "stage/tail.h"
#include "stage/writer.h"
#include "store/store.h"
#include <meower/meower.h>
#include <sys/types.h>

/* Who reads the store and the index on which lane: one thread a lane. */
enum {
    LANE_WRITER = 0,
    LANE_RELAY = 1,
    LANE_PROJECTION = 2,
    LANE_TAIL = 3,
    LANE_READER = 4 /* the first of the readers */
};

/* Counters that only grow, for meower_metric_at(). */
struct engine_counters {
    atomic_uint_fast64_t posts;
    atomic_uint_fast64_t replays;
    atomic_uint_fast64_t deletions;
    atomic_uint_fast64_t commands_failed;
    atomic_uint_fast64_t batches;
    atomic_uint_fast64_t pages_from_timeline;
    atomic_uint_fast64_t pages_from_store;
    atomic_uint_fast64_t searches;
    atomic_uint_fast64_t searches_fallback;
    atomic_uint_fast64_t events_relayed;
    atomic_uint_fast64_t events_indexed;
    atomic_uint_fast64_t events_caught_up;
    atomic_uint_fast64_t rebuilds;
    atomic_uint_fast64_t messages_undecodable;
};

struct meower {
    pid_t owner;               /* the process that opened it */
    unsigned char *fork_guard; /* not 0 in that process; NULL: compare the owner */
    meower_options *options;   /* a copy of the caller's */
    const meower_clock *clock;
    bool has_command;
    bool has_query;
    bool has_subscription;
    bool has_threads;
    bool escapes_html;
    bool has_relay; /* somebody beyond this instance may listen on the bus */
    bool has_tail;  /* somebody beyond this instance may write to the store */
    int64_t wait_max_us;
    char epoch[MEOWER_EPOCH_SIZE];

    struct store store;
    struct bus bus;
    struct search search;

    pthread_mutex_t feed_mutex; /* serializes appending to timeline and event log */
    struct event_log log;
    struct timeline timeline;

    struct writer writer;
    struct tail tail;
    struct relay relay;
    struct projection projection;
    struct rebuild rebuild;
    struct reader *readers;
    size_t reader_count;
    struct queue reads;         /* of struct read_request */
    atomic_size_t reads_parked; /* requests that wait for a position */

    struct worker writer_worker;
    struct worker tail_worker;
    struct worker relay_worker;
    struct worker projection_worker;
    struct event_listener listener; /* wakes the workers when the log grows */

    atomic_size_t handles; /* open handles of users */
    atomic_bool closing;
    struct engine_counters counters;
};

/* INVALID: the required argument `name` is NULL. */
int engine_refuse_null(const char *name, meower_error *error);

/* MEOWER_OK, or FORKED, CLOSED, or INVALID for NULL, with the reason: the first line of every public call on a handle.
 */
int engine_check(const meower *instance, meower_error *error);

/* MEOWER_OK, or FORKED, or INVALID for NULL: for calls that go on while the instance is closing. */
int engine_check_process(const meower *instance, meower_error *error);

/* Appends events that follow the head, in position order, to the timeline and then to the log, and takes over the
 * references (entries may be NULL). The feed mutex is held. */
void engine_append(meower *instance, struct meow *const *events, size_t count);

/* Wakes the readers that have something parked. Any thread. */
void engine_wake_readers(meower *instance);

/* Waits for `notifier`, at most until `deadline_us` on the monotonic clock (INT64_MAX: no limit); steps the instance
 * instead when it has no threads. Returns 0, or TIMEOUT when the time is over. */
int engine_wait(meower *instance, const struct notifier *notifier, int64_t deadline_us);

/* The deadline that `timeout_ms` from now is (-1: none). */
int64_t engine_deadline_us(const meower *instance, int timeout_ms);

#endif
