/* acceptor.h - takes new connections from the listening socket. */
#ifndef SERVER_NET_ACCEPTOR_H
#define SERVER_NET_ACCEPTOR_H

#include <stdbool.h>

struct server;

bool acceptor_open(struct server *server);

/* Accepts again after descriptors had run out. */
void acceptor_retry(struct server *server);

/* Takes no more, and closes the listening socket. */
void acceptor_close(struct server *server);

#endif
