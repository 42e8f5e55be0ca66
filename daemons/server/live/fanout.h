/* fanout.h - the live feed of a service thread: one subscription while there are clients, encoded once for each way of
 * speaking, sent to all. */
#ifndef SERVER_LIVE_FANOUT_H
#define SERVER_LIVE_FANOUT_H

#include "server/live/client.h"
#include "server/live/ring.h"
#include "server/net/list.h"
#include "server/net/watch.h"

#define FANOUT_RING_SIZE  (4 * 1024 * 1024) /* bytes of events kept, for each way of speaking */
#define FANOUT_BEHIND_MAX (1024 * 1024)     /* a client further behind than this is closed */

struct stream {
    const struct live_format *format;
    struct ring ring;
    struct list clients; /* those that stand at the ring */
    struct list due;     /* those of them that have not yet been sent what came last */
};

struct fanout {
    struct server *server;
    meower_subscription *subscription; /* NULL while there is nobody: posts then cost this thread nothing */
    struct watch watch;
    struct watch more_watch;
    bool has_asked;
    int more; /* eventfd, readable while clients are due: others get their turn in between */
    struct stream websocket;
    struct stream sse;
    struct list catching_up; /* clients of both streams that have not met the ring */
    struct buffer frame;     /* an event being encoded */
};

/* False when memory or descriptors are short. */
bool fanout_open(struct server *server, struct fanout **out);
void fanout_close(struct fanout *fanout); /* its clients are gone */

/* Somebody has come: subscribes to what follows now, unless that was done. When it fails clients go on by subscriptions
 * of their own, and the next tick tries again. */
void fanout_subscribe(struct fanout *fanout);

/* From time to time: a store that could not be read says nothing when it can be again, and clients that catch up are
 * looked at. */
void fanout_tick(struct fanout *fanout);

/* The position of the last event taken, as a token; "" while there is no subscription, or it is not known where that
 * starts. */
const char *fanout_cursor(const struct fanout *fanout);

#endif
