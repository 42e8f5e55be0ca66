/* sockets.h - TCP on the loopback address, and waiting for many of them. */
#ifndef BENCH_SOCKETS_H
#define BENCH_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

/* Lets this process open as many descriptors as it may. */
void socket_limit_raise(void);

/* Connects to 127.0.0.1:port, with TCP_NODELAY; blocking. Gives up when nobody answers within a few seconds. */
int socket_connect(uint16_t port);

/* Listens on 127.0.0.1:port. */
int socket_listen(uint16_t port);

/* Waits for the next connection; with TCP_NODELAY. */
int socket_accept(int listener);

void socket_set_nonblocking(int fd);

/* Sends all of it on a socket with room enough, or gives up. */
void socket_send_all(int fd, const char *bytes, size_t len);

#endif
