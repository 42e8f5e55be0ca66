/* connection.h - one TCP connection of a client as transport: bytes in, bytes out, and how it ends. What the bytes mean
 * is for its owner to say. */
#ifndef SERVER_NET_CONNECTION_H
#define SERVER_NET_CONNECTION_H

#include "server/net/buffer.h"
#include "server/net/loop.h"
#include <stdatomic.h>
#include <sys/types.h>

struct connection;
struct connections;

struct connection_metrics {
    atomic_ullong connections;
    atomic_ullong connections_total;
    atomic_ullong bytes_sent_total;
};

/* What the owner of the connections does. */
struct connection_calls {
    /* Allocates a connection, embedded in what the owner needs beside it, all zero. NULL when memory is short. */
    struct connection *(*create)(struct connections *connections);
    void (*received)(struct connection *connection, const char *bytes, size_t len);
    /* connection_resume() was called. */
    void (*resumed)(struct connection *connection);
    /* The peer sends nothing more. False: nothing is owed to it, close. */
    bool (*peer_ended)(struct connection *connection);
    /* The socket takes bytes again; it has taken some of those that waited, or all, when `is_progress`. */
    void (*writable)(struct connection *connection, bool is_progress);
    /* The socket is gone: connection_release() and freeing follow, now or later. */
    void (*closed)(struct connection *connection);
};

/* The connections of a loop, and what they share. Embedded in its owner. */
struct connections {
    struct loop *loop;
    const struct connection_calls *calls;
    struct connection_metrics *metrics;
    struct list all;
    struct timeout send;   /* the peer must have taken something */
    struct timeout linger; /* the peer must have closed after the last answer */
};

struct connection {
    struct connections *siblings;
    struct lws *lws;   /* NULL once the socket is gone */
    struct list all;   /* node in siblings->all */
    struct job resume; /* see connection_resume() */
    struct job unsent; /* the socket did not take everything: at the end of the turn the loop is asked to watch it */
    struct buffer out; /* bytes that the socket did not take yet */
    struct deadline deadline;
    bool is_aborted;        /* nothing more goes in or out */
    bool is_lingering;      /* our side has ended; what the peer still sends is dropped */
    bool closes_when_sent;  /* the last bytes are in `out` */
    bool is_reading_paused; /* the loop does not look for bytes for now */
};

/* Makes every socket that the loop adopts a connection. */
void connections_init(struct connections *connections, struct loop *loop, const struct connection_calls *calls,
                      struct connection_metrics *metrics);

/* Takes a connection out of all lists and frees what it holds; the memory of the struct is its owner's. */
void connection_release(struct connection *connection);

/* Sends all, now or when the socket takes it. */
void connection_send(struct connection *connection, const char *bytes, size_t len);

/* Sends what the socket takes at once, if nothing else waits. Returns the bytes taken, or -1 when the connection is
 * lost; when fewer than `len`, writable() will be called. */
ssize_t connection_send_now(struct connection *connection, const char *bytes, size_t len);

/* Sends what waits in `out`. False when something still does: writable() will be called. */
bool connection_flush(struct connection *connection);

/* Sends what waits in `out`, and has the owner send more, as when the socket has become writable. */
void connection_writable(struct connection *connection);

/* Has resumed() called as soon as the running callback has returned. */
void connection_resume(struct connection *connection);

/* Stops reading, so that a fast peer is slowed down, or goes on. */
void connection_pause_reading(struct connection *connection, bool pause);

/* Bounds what the kernel keeps for a peer that reads nothing. */
void connection_set_send_buffer(struct connection *connection, int bytes);

/* Closes when all was sent, politely: the peer gets to read it. */
void connection_close_when_sent(struct connection *connection);

/* Closes soon, whatever was not sent. */
void connection_abort(struct connection *connection);

/* The connection whose deadline this is. */
struct connection *connection_of_deadline(struct deadline *deadline);

#endif
