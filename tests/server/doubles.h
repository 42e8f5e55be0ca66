/* doubles.h - stands in for the loop, for libwebsockets and for the sockets, so that one room of the server runs alone:
 * without a thread, without a descriptor, and with a client that takes exactly as many bytes as a test says. */
#ifndef TESTS_SERVER_DOUBLES_H
#define TESTS_SERVER_DOUBLES_H

#include "server/connection.h"
#include "server/metrics.h"
#include "server/server.h"

#define PEER_RECEIVED_MAX (8 * 1024 * 1024) /* bytes that a client keeps */

/* The client at the other end of a connection. */
struct peer {
    char *received; /* NUL-terminated */
    size_t len;     /* bytes of it */
    size_t takes;   /* bytes that its socket still takes; SIZE_MAX: any number */
    int descriptor;
    bool is_awaited; /* the loop would say when the socket takes more */
    bool is_paused;  /* the loop does not read from it */
    bool is_dropped; /* the loop was asked to close it */
};

/* A server without a loop, of which a test sets what it needs. */
struct room {
    struct server server;
    struct metrics metrics;
    struct log log;
};

void room_begin(struct room *room);
void room_end(struct room *room); /* its connections end with it */

/* A connection of the room whose client is `peer`. */
struct connection *room_connect(struct room *room, struct peer *peer);
void peer_forget(struct peer *peer); /* what it has received so far */
void peer_free(struct peer *peer);

/* Copies the value of a header field of the last answer. False when the answer has none of this name. */
bool peer_field(const struct peer *peer, const char *name, char *out, size_t size);
int peer_status(const struct peer *peer);
const char *peer_content(const struct peer *peer);

#endif
