/* instance.h - an instance: its backends, what it keeps in memory, and its stages. */
#ifndef API_INSTANCE_H
#define API_INSTANCE_H

#include "base/counters.h"
#include "bus/bus.h"
#include "feed/feed.h"
#include "run/worker.h"
#include "search/search.h"
#include "stage/lane.h"
#include "stage/projection.h"
#include "stage/reader.h"
#include "stage/rebuild.h"
#include "stage/relay.h"
#include "stage/tail.h"
#include "stage/writer.h"
#include "store/store.h"
#include <meower/meower.h>
#include <sys/types.h>

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
    int64_t wait_max_us;

    struct store store;
    struct bus bus;
    struct search search;

    struct feed feed;

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
    struct counters counters;
};

/* INVALID: the required argument `name` is NULL. */
int engine_refuse_null(const char *name, meower_error *error);

/* MEOWER_OK, or FORKED, CLOSED, or INVALID for NULL, with the reason: the first line of every public call on a handle.
 */
int engine_check(const meower *instance, meower_error *error);

/* MEOWER_OK, or FORKED, or INVALID for NULL: for calls that go on while the instance is closing. */
int engine_check_process(const meower *instance, meower_error *error);

/* Wakes the readers that have something parked. Any thread. */
void engine_wake_readers(meower *instance);

/* Waits for `notifier`, at most until `deadline_us` on the monotonic clock (INT64_MAX: no limit); steps the instance
 * instead when it has no threads. Returns 0, or TIMEOUT when the time is over. */
int engine_wait(meower *instance, const struct notifier *notifier, int64_t deadline_us);

/* The deadline that `timeout_ms` from now is (-1: none). */
int64_t engine_deadline_us(const meower *instance, int timeout_ms);

#endif
