/* watch.h - a descriptor that is not a connection in the libwebsockets loop: a handle of the library, the listener. */
#ifndef SERVER_NET_WATCH_H
#define SERVER_NET_WATCH_H

#include <stdbool.h>

struct server;
struct lws;

/* Embedded in its owner. All zero: closed. */
struct watch {
    struct lws *lws;
    void (*readable)(struct watch *watch);
    struct server *server;
    bool is_paused;
};

/* Calls `readable` whenever `descriptor` is. Works on a duplicate, because libwebsockets closes what it is given. */
bool watch_open(struct watch *watch, struct server *server, int descriptor, void (*readable)(struct watch *watch));

/* Does not look at the descriptor for a while. */
void watch_pause(struct watch *watch, bool pause);

/* Any time, also from `readable` itself. */
void watch_close(struct watch *watch);

#endif
