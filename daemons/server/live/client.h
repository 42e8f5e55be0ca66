/* client.h - one client of the live feed. It begins with a subscription of its own, whose place in the feed may
 * have to be looked up, and goes on from its stream's ring as soon as the two meet: then it stands at a frame of the
 * ring. */
#ifndef SERVER_LIVE_CLIENT_H
#define SERVER_LIVE_CLIENT_H

#include "server/live/websocket.h"
#include "server/net/buffer.h"
#include "server/net/deadline.h"
#include "server/net/list.h"
#include "server/net/watch.h"
#include <meower/meower.h>

struct connection;
struct server;
struct stream;
struct live_client;

/* How a stream's clients are spoken to: WebSocket, or SSE. */
struct live_format {
    /* Answers the request. What follows on the connection is the stream. */
    void (*welcome)(struct live_client *client);
    /* Appends an event, or a frame of kind 0 (then kind is 0). False when memory is short. */
    bool (*encode)(struct buffer *out, int kind, const char *cursor, const char *json, size_t json_len);
    /* Bytes from the client. */
    void (*receive)(struct live_client *client, const char *bytes, size_t len);
    /* Time has passed. */
    void (*expired)(struct live_client *client, enum deadline_kind kind);
    /* Says goodbye, for that reason (a WebSocket close code), and closes when that is sent. */
    void (*goodbye)(struct live_client *client, int code);
};

struct live_client {
    struct connection *connection;
    struct server *server;
    struct stream *stream;
    struct list node;         /* in the stream's clients, or in fanout->catching_up */
    uint64_t next;            /* number of the frame it gets next */
    meower_subscription *own; /* while it catches up */
    struct watch own_watch;
    bool is_welcome;                    /* its request was answered */
    bool wants_sync;                    /* it came with a cursor: a frame of kind 0 goes first */
    bool is_closing;                    /* goodbye was said: no more events */
    bool was_stalled;                   /* SSE: it had taken nothing when the last comment was due */
    char accept[WEBSOCKET_ACCEPT_SIZE]; /* WebSocket: for the answer */
    struct websocket_reader reader;
};

/* Prepares a client that wants what follows `cursor`; NULL: what follows now, without a frame of kind 0; "": with one.
 * Errors: those of meower_subscription_begin(). */
int live_client_open(struct connection *connection, struct stream *stream, const char *cursor, struct live_client **out,
                     meower_error *error);

/* Answers its request and makes its connection live, now or when it is known where it starts. */
void live_client_begin(struct live_client *client);

/* Releases it; its connection is not touched. */
void live_client_close(struct live_client *client);

/* What befalls its connection. */
void live_client_receive(struct live_client *client, const char *bytes, size_t len);
void live_client_writable(struct live_client *client);
void live_client_expired(struct live_client *client, enum deadline_kind kind);
void live_client_stop(struct live_client *client); /* the server ends */

/* Sends what it is due from the ring; closes it when it is too far behind. */
void live_client_pump(struct live_client *client);

/* Sends what it is due from its own subscription, and joins the ring as soon as the two meet. */
void live_client_catch_up(struct live_client *client);

#endif
