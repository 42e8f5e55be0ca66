/* inbox.h - hands accepted sockets over to the loop of another thread. */
#ifndef SERVER_NET_INBOX_H
#define SERVER_NET_INBOX_H

#include "server/net/loop.h"
#include <stdbool.h>

/* Embedded in its owner. */
struct inbox {
    struct watch watch;
    int ends[2]; /* of a pipe: each descriptor is a number in it */
    void (*taken)(struct inbox *inbox, int descriptor);
};

/* Calls `taken` in the loop with each descriptor, which belongs to it then. False when the system refuses. */
bool inbox_open(struct inbox *inbox, struct loop *loop, void (*taken)(struct inbox *inbox, int descriptor));

/* Puts a descriptor in. False when there is no room: it is still the caller's. Any thread. */
bool inbox_put(struct inbox *inbox, int descriptor);

/* Closes the descriptors that are still in it. Does nothing when it is not open. */
void inbox_close(struct inbox *inbox);

#endif
