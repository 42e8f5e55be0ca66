/* listener.h - a listening TCP socket by its address ("127.0.0.1:8080", "[::1]:8080", "localhost:0", ":8080"), and the
 * connections that come in on it. */
#ifndef SERVER_NET_LISTENER_H
#define SERVER_NET_LISTENER_H

#include "server/net/loop.h"
#include <stdbool.h>
#include <stddef.h>

#define LISTENER_ADDRESS_SIZE 80 /* bytes of an address as text, with its NUL */

/* Whether `address` has the form; nothing is looked up. */
bool listener_check_address(const char *address);

/* Takes the address, so that nobody else can, with a non-blocking socket that does not listen yet: until
 * listener_start() clients are refused, not kept waiting. Port 0 is any free one; `actual` gets the address. Returns
 * the descriptor, or -1 with one sentence in `message`. */
int listener_open(const char *address, char actual[LISTENER_ADDRESS_SIZE], char *message, size_t message_size);

/* Lets clients connect. False when the system refuses. */
bool listener_start(int descriptor);

/* Accepts connections in a loop. Embedded in its owner. */
struct acceptor {
    struct watch watch;
    struct job retry;
    int listener;
    void (*accepted)(struct acceptor *acceptor, int descriptor);
    void (*failed)(struct acceptor *acceptor, int error_number); /* descriptors or memory are short */
};

/* Listens, and calls `accepted` with each connection. After `failed` it tries again with the next tick. False when the
 * system refuses. */
bool acceptor_open(struct acceptor *acceptor, struct loop *loop, int listener,
                   void (*accepted)(struct acceptor *acceptor, int descriptor),
                   void (*failed)(struct acceptor *acceptor, int error_number));

/* Accepts no more, and closes the listening socket. */
void acceptor_close(struct acceptor *acceptor);

#endif
