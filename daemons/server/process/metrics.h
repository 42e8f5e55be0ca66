/* metrics.h - what a service thread counts, room by room, and the page of all metrics in Prometheus' text format,
 * version 0.0.4. */
#ifndef SERVER_PROCESS_METRICS_H
#define SERVER_PROCESS_METRICS_H

#include "server/http/exchange.h"
#include "server/live/client.h"
#include <meower/meower.h>

struct evbuffer;

/* Of one loop: its service thread counts, any thread reads. */
struct metrics {
    struct http_metrics http;
    struct live_metrics live;
    atomic_llong alive_at_ms; /* time of the last tick of the service thread (loop_now_ms) */
};

/* Appends the server's own metrics, the sums over its loops, and those of the feed when it is open (`feed` not NULL).
 */
void metrics_write_page(struct metrics *loops, size_t loop_count, meower_feed *feed, struct evbuffer *page);

#endif
