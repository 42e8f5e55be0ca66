/* doubles.h - stands in for libwebsockets and for the sockets, so that one room of the server runs alone: without a
 * thread, without a socket, and with a client that takes exactly as many bytes as a test says. */
#ifndef TESTS_SERVER_DOUBLES_H
#define TESTS_SERVER_DOUBLES_H

#include "server/http/pipeline.h"
#include "server/http/router.h"
#include "server/process/metrics.h"
#include <meower/meower.h>

#define PEER_RECEIVED_MAX (8 * 1024 * 1024) /* bytes that a client keeps */

extern bool lws_refuses_to_start; /* as without its plug-in; false at first */

/* The client at the other end of a connection. */
struct peer {
    char *received;    /* NUL-terminated */
    size_t len;        /* bytes of it */
    size_t takes;      /* bytes that its socket still takes; SIZE_MAX: any number */
    const char *sends; /* bytes that the server has not read yet */
    size_t sends_len;
    int descriptor;
    struct lws *lws;   /* NULL once it is closed */
    int send_buffer;   /* bytes that the kernel may keep for it; 0: no bound was set */
    bool is_undelayed; /* small answers are sent to it at once */
    bool is_awaited;   /* the loop would say when the socket takes more */
    bool is_paused;    /* the loop does not read from it */
    bool is_dropped;   /* the loop was asked to close it */
};

/* HTTP over a loop that does not run by itself, of which a test sets what it needs. */
struct room {
    struct loop loop;
    struct http http;
    struct router router;
    struct metrics metrics;
};

void room_begin(struct room *room);
void room_end(struct room *room); /* its connections end with it */

/* A feed in memory without threads, and all that it has to do. */
meower_feed *open_stepped_feed(void);
void run_feed(meower_feed *feed);

/* What the loop does four times a second. */
void room_tick(struct room *room);

/* What the loop does before it waits for the next events. */
void room_turn(struct room *room);

/* What the loop does when the descriptor of the watch is readable. */
void watch_is_readable(struct watch *watch);

/* HTTP on a connection of the room whose client is `peer`. */
struct exchange *room_connect(struct room *room, struct peer *peer);
void peer_send(struct peer *peer, const char *bytes, size_t len); /* the server reads it, unless it pauses */
void peer_end(struct peer *peer);                                 /* it sends nothing more, but it still reads */
void peer_take(struct peer *peer, size_t takes);                  /* its socket takes so many bytes from now on */
void peer_hang_up(struct peer *peer);
void peer_forget(struct peer *peer); /* what it has received so far */
void peer_free(struct peer *peer);

/* Copies the value of a header field of the last answer. False when the answer has none of this name. */
bool peer_field(const struct peer *peer, const char *name, char *out, size_t size);
int peer_status(const struct peer *peer);
const char *peer_content(const struct peer *peer);

#endif
