/* admin.h - the admin listener's pages: /metrics, /healthz, /readyz and /rebuild (libevent's evhttp, on the control
 * thread). */
#ifndef SERVER_PROCESS_ADMIN_H
#define SERVER_PROCESS_ADMIN_H

#include "server/process/metrics.h"
#include "server/process/opener.h"
#include <stdbool.h>

struct event_base;
struct evhttp;

/* What the pages tell of. Belongs to the control thread. */
struct admin {
    struct evhttp *http;
    struct metrics *metrics; /* of each loop */
    size_t loop_count;
    struct opener *opener;
    meower_feed *feed; /* NULL until it is open */
    bool is_serving;   /* the public listener has started */
};

/* Serves on the listening socket, which it closes at the end. */
bool admin_open(struct admin *admin, struct event_base *base, int listener);
void admin_close(struct admin *admin);

#endif
