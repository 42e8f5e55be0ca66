/* fanout.h - the live feed of a loop: one subscription while there are clients, each event encoded once for each format
 * and sent to all whom it concerns. */
#ifndef SERVER_LIVE_FANOUT_H
#define SERVER_LIVE_FANOUT_H

#include "server/live/client.h"

struct fanout {
    struct live live;
    struct stream websocket;
    struct stream sse;
    struct watch watch; /* of the subscription */
    struct watch more_watch;
    struct job tick;
    int more; /* eventfd, readable while clients are due: others get their turn in between */
    bool has_asked;
    struct buffer frame; /* an event being encoded */
};

/* False when memory or descriptors are short; fanout_close() follows then too. */
bool fanout_open(struct fanout *fanout, struct loop *loop, meower_feed *feed, struct live_metrics *metrics);

/* Releases what it holds. Its clients are gone, and so is the loop. */
void fanout_close(struct fanout *fanout);

#endif
