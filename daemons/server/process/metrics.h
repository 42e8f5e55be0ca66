/* metrics.h - what the server counts of itself. The service thread counts, any thread reads. */
#ifndef SERVER_PROCESS_METRICS_H
#define SERVER_PROCESS_METRICS_H

#include <stdatomic.h>

/* What a request was, for the counters and the access log. */
enum route {
    ROUTE_NONE, /* refused at the gate, or no route has it */
    ROUTE_POST,
    ROUTE_LIST,
    ROUTE_GET,
    ROUTE_DELETE,
    ROUTE_SEARCH,
    ROUTE_PUSHER,
    ROUTE_EVENTS,
    ROUTE_FILE,
    ROUTE_COUNT
};

struct metrics {
    atomic_ullong requests[ROUTE_COUNT][6]; /* by the status's first digit */
    atomic_ullong connections_total;
    atomic_ullong connections_refused_total;
    atomic_ullong requests_timed_out_total;
    atomic_ullong frames_sent_total;
    atomic_ullong bytes_sent_total;
    atomic_ullong slow_clients_closed_total;
    atomic_ullong connections;
    atomic_ullong websocket_clients;
    atomic_ullong sse_clients;
    atomic_llong alive_at_ms; /* when the service thread last came by (deadline_now_ms) */
};

static inline void metrics_add(atomic_ullong *counter, unsigned long long count)
{
    atomic_fetch_add_explicit(counter, count, memory_order_relaxed);
}

static inline void metrics_subtract(atomic_ullong *counter, unsigned long long count)
{
    atomic_fetch_sub_explicit(counter, count, memory_order_relaxed);
}

#endif
