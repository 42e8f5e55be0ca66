/* metrics.c - the page of all metrics in Prometheus' text format, version 0.0.4. */
#include "server/process/metrics.h"

#include <event2/buffer.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    size_t offset;
    const char *help;
} rows[] = {
    {"connections_total", offsetof(struct metrics, http.connections.connections_total), "Public connections accepted."},
    {"connections_refused_total", offsetof(struct metrics, http.connections_refused_total),
     "Public connections answered 503 because there were too many."},
    {"connections", offsetof(struct metrics, http.connections.connections), "Public connections that are open."},
    {"requests_timed_out_total", offsetof(struct metrics, http.requests_timed_out_total),
     "Requests that did not arrive in time."},
    {"websocket_clients", offsetof(struct metrics, live.websocket_clients), "WebSocket clients that are connected."},
    {"sse_clients", offsetof(struct metrics, live.sse_clients), "Server-Sent Events clients that are connected."},
    {"frames_sent_total", offsetof(struct metrics, live.frames_sent_total),
     "Events sent to live clients, one for each."},
    {"bytes_sent_total", offsetof(struct metrics, http.connections.bytes_sent_total),
     "Bytes sent on public connections."},
    {"slow_clients_closed_total", offsetof(struct metrics, live.slow_clients_closed_total),
     "Live clients closed because they were too far behind."},
};

static const char *type_of(const char *name)
{
    size_t len = strlen(name);
    return len > 6 && strcmp(name + len - 6, "_total") == 0 ? "counter" : "gauge";
}

/* The sum of a counter, which lies at this offset in the metrics of each loop. */
static unsigned long long sum(struct metrics *loops, size_t loop_count, size_t offset)
{
    unsigned long long sum = 0;
    for (size_t i = 0; i < loop_count; i++) {
        sum += atomic_load((atomic_ullong *)(void *)((char *)&loops[i] + offset));
    }
    return sum;
}

/* All loops have the same routes in the same places. */
static void write_requests(struct metrics *loops, size_t loop_count, struct evbuffer *page)
{
    evbuffer_add_printf(page, "# HELP meower_http_requests_total Public requests, by route and class of status.\n"
                              "# TYPE meower_http_requests_total counter\n");
    for (size_t i = 0; i <= HTTP_ROUTES_MAX; i++) {
        const struct route_metrics *route = &loops[0].http.routes[i];
        for (size_t status = 1; status < 6; status++) {
            size_t offset = (size_t)((const char *)&route->by_class[status] - (const char *)&loops[0]);
            unsigned long long count = sum(loops, loop_count, offset);
            if (count > 0) {
                evbuffer_add_printf(page, "meower_http_requests_total{route=\"%s\",status=\"%zuxx\"} %llu\n",
                                    route->route, status, count);
            }
        }
    }
}

void metrics_write_page(struct metrics *loops, size_t loop_count, meower_feed *feed, struct evbuffer *page)
{
    meower_metric metric = MEOWER_METRIC_INIT;
    write_requests(loops, loop_count, page);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        evbuffer_add_printf(page, "# HELP meower_http_%s %s\n# TYPE meower_http_%s %s\nmeower_http_%s %llu\n",
                            rows[i].name, rows[i].help, rows[i].name, type_of(rows[i].name), rows[i].name,
                            sum(loops, loop_count, rows[i].offset));
    }
    for (size_t i = 0; feed != NULL && meower_metric_at(feed, i, &metric, NULL) == 1; i++) {
        evbuffer_add_printf(page, "# HELP meower_%s %s\n# TYPE meower_%s %s\nmeower_%s %.17g\n", metric.name,
                            metric.help, metric.name, type_of(metric.name), metric.name, metric.value);
    }
}
