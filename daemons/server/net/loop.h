/* loop.h - the service thread's loop: libwebsockets over epoll. */
#ifndef SERVER_NET_LOOP_H
#define SERVER_NET_LOOP_H

#include <stdbool.h>

struct server;

/* Makes the loop and the table of its descriptors. False when libwebsockets does not start. */
bool loop_open(struct server *server);

void loop_run(struct server *server); /* until loop_end() */
void loop_end(struct server *server); /* from within the loop */

/* Makes a connection of an accepted socket, or closes it. */
bool loop_adopt(struct server *server, int descriptor);

/* Closes what is left in it; their callbacks are called. */
void loop_close(struct server *server);

#endif
