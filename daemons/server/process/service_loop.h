/* service_loop.h - one loop of the public listener: a thread of its own with its connections, its routes, its handles
 * on the feed and its numbers. Loops share nothing but the library. */
#ifndef SERVER_PROCESS_SERVICE_LOOP_H
#define SERVER_PROCESS_SERVICE_LOOP_H

#include "server/http/pipeline.h"
#include "server/net/inbox.h"
#include "server/process/log.h"
#include "server/process/metrics.h"
#include "server/routes/routes.h"
#include <meower/meower.h>
#include <pthread.h>

struct service_loop_settings {
    bool has_access_log;
    struct http_settings http; /* the reports are the loop's own */
    struct routes_settings routes;
};

/* Embedded in its owner. */
struct service_loop {
    struct loop loop;
    struct http http;
    struct router router;
    struct routes routes;
    struct metrics *metrics;
    struct inbox inbox;    /* connections that another loop has accepted */
    atomic_ullong adopted; /* of those */
    struct job tick;
    pthread_t thread;
    bool has_thread;
    atomic_bool stop_wanted; /* set by the control thread */
    int64_t stop_by_ms;      /* once it stops */
};

/* Opens the handles on `feed`. The settings' texts, `log` and `metrics` outlive it. On failure error->message says why,
 * and service_loop_release() follows, too. */
bool service_loop_open(struct service_loop *service, const struct service_loop_settings *settings, meower_feed *feed,
                       const struct log *log, struct metrics *metrics, meower_error *error);

/* Starts its thread. Returns 0 or errno's number. */
int service_loop_start(struct service_loop *service);

/* The thread ends when what was accepted is answered and live clients were told to go away. Any thread. */
void service_loop_stop(struct service_loop *service);

/* False when its thread did not end by then (CLOCK_REALTIME): it still uses everything. */
bool service_loop_join(struct service_loop *service, const struct timespec *until);

/* Closes what is left, and the handles. The thread has ended, or was never started. */
void service_loop_release(struct service_loop *service);

#endif
