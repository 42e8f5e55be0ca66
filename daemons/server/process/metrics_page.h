/* metrics_page.h - all metrics in Prometheus' text format, version 0.0.4. */
#ifndef SERVER_PROCESS_METRICS_PAGE_H
#define SERVER_PROCESS_METRICS_PAGE_H

#include "server/process/metrics.h"
#include <meower/meower.h>

struct evbuffer;

/* Appends the server's own metrics, and those of the feed when it is open (`feed` not NULL). */
void metrics_page_write(struct metrics *metrics, meower *feed, struct evbuffer *page);

#endif
