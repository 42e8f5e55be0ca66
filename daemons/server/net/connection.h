/* connection.h - one TCP connection of a client: its bytes in and out, and the requests on it, one after another. */
#ifndef SERVER_NET_CONNECTION_H
#define SERVER_NET_CONNECTION_H

#include "server/http/request.h"
#include "server/net/buffer.h"
#include "server/net/deadline.h"
#include "server/process/metrics.h"
#include <sys/types.h>

struct server;
struct lws;
struct live_client;

enum connection_phase {
    CONNECTION_READING,   /* waits for a request, or for the rest of one */
    CONNECTION_ANSWERING, /* the library has the request */
    CONNECTION_LIVE,      /* WebSocket or SSE */
    CONNECTION_LINGERING  /* answered for the last time; what the peer still sends is dropped */
};

#define CONNECTION_CONDITION_SIZE 200 /* bytes of an If-None-Match that is looked at */
#define CONNECTION_ORIGIN_SIZE    100
#define CONNECTION_TARGET_SIZE    120 /* bytes of a target in the access log */

/* What an answer must know of its request, whose bytes are gone by then. */
struct exchange {
    enum route route;
    bool is_head;
    bool keep_alive;
    bool is_list;        /* its answer gets Link fields */
    unsigned take;       /* meows wanted */
    uint64_t query_hash; /* of the query string, for the entity tag; 0: there is none */
    int64_t begun_ms;
    char condition[CONNECTION_CONDITION_SIZE]; /* If-None-Match, "" when there is none */
    char origin[CONNECTION_ORIGIN_SIZE];       /* the page's, when it is one of those allowed by name */
    char target[CONNECTION_TARGET_SIZE];       /* method and path, for the access log */
};

struct connection {
    struct server *server;
    struct lws *lws;    /* NULL once it is closed: only the answer that is under way keeps the rest */
    struct list all;    /* node in server->connections */
    struct list ready;  /* node in server->ready */
    struct list unsent; /* node in server->unsent */
    struct deadline deadline;
    enum connection_phase phase;
    bool is_processing;     /* connection.c is in its loop */
    bool is_doomed;         /* closing was asked for; nothing more goes out */
    bool closes_when_sent;  /* the last answer is in `out` */
    bool is_reading_paused; /* the loop does not look for bytes for now */
    bool has_peer_ended;    /* the peer sends nothing more; it may wait for its answer */
    bool has_begun_request; /* part of a request is here, its time runs */
    bool has_continued;     /* "100 Continue" was sent for it */
    struct buffer in;       /* bytes of requests that could not be used yet */
    struct buffer out;      /* bytes the socket did not take yet */
    struct exchange exchange;
    struct live_client *live;
};

/* Adds a connection whose socket libwebsockets just took over. NULL when memory is short. */
struct connection *connection_new(struct server *server, struct lws *lws);

/* From the libwebsockets callback. */
void connection_receive(struct connection *connection, const char *bytes, size_t len);
bool connection_peer_ended(struct connection *connection); /* false: there is nothing to answer, close it */
void connection_writable(struct connection *connection);
void connection_closed(struct connection *connection); /* may free it */
void connection_expired(struct connection *connection, enum deadline_kind kind);

/* The connection that an answer of the library bears as its tag; NULL when the client is gone: nothing is left of it
 * then. */
struct connection *connection_of_tag(void *tag);

/* Sends all, now or when the socket takes it. */
void connection_send(struct connection *connection, const char *bytes, size_t len);

/* Sends what the socket takes at once, if nothing else waits. Returns the bytes taken, or -1 when the connection is
 * lost; when fewer than `len`, connection_writable() will come. */
ssize_t connection_send_now(struct connection *connection, const char *bytes, size_t len);

/* Sends what waits in `out`. False when something still does: connection_writable() will come. */
bool connection_flush(struct connection *connection);

/* The answer was sent, or waits in `out`: goes on with the next request, or closes. */
void connection_answered(struct connection *connection);

/* Closes when all was sent, politely: the peer gets to read it. */
void connection_close_when_sent(struct connection *connection);

/* Closes soon, whatever was not sent. */
void connection_abort(struct connection *connection);

/* The library has the request: the answer comes later. */
void connection_await(struct connection *connection);

/* At the end of a turn of the loop: waits until the sockets that did not take all are writable. Not earlier, for
 * libwebsockets takes back what is asked for while it says that a descriptor is writable. */
void connections_watch_unsent(struct server *server);

/* Has the requests looked at that waited for an answer before them. */
void connections_resume(struct server *server);

/* No new requests: closes those that wait for one, lets the others end. */
void connections_stop(struct server *server);

/* Frees what is left, when no callback can come any more. */
void connections_free(struct server *server);

#endif
