/* client.h - one client of the live feed. It begins with a subscription of its own, whose place in the feed may have to
 * be looked up. One that wants everything goes on from its stream's ring as soon as the two meet: then it stands at a
 * frame of the ring. One with a filter has its events handed to it, from the first one that its own subscription has
 * not looked at. */
#ifndef SERVER_LIVE_CLIENT_H
#define SERVER_LIVE_CLIENT_H

#include "server/http/exchange.h"
#include "server/live/interests.h"
#include "server/live/ring.h"
#include "server/live/websocket.h"
#include <meower/meower.h>

#define CLIENT_BEHIND_MAX (1024 * 1024) /* bytes: a client further behind than this is closed */

struct client;

struct live_metrics {
    atomic_ullong websocket_clients;
    atomic_ullong sse_clients;
    atomic_ullong frames_sent_total;
    atomic_ullong slow_clients_closed_total;
};

/* How a stream's clients are spoken to: WebSocket, or SSE. */
struct format {
    int64_t quiet_ms;  /* a client hears from us at least this often */
    int64_t answer_ms; /* a client that was asked for a sign must have answered */
    bool has_ids;      /* every client keeps the cursor of what it got last, whether it came with one or not */
    /* Answers the request. What follows on the connection is the stream. */
    void (*welcome)(struct client *client);
    /* Appends an event, or a frame of kind 0 (then kind is 0). False when memory is short. */
    bool (*encode)(struct buffer *out, int kind, const char *cursor, const char *json, size_t json_len);
    /* Bytes from the client. */
    void (*receive)(struct client *client, const char *bytes, size_t len);
    /* The client has heard nothing for quiet_ms. */
    void (*keep_alive)(struct client *client);
    /* Tells the client the reason why it is closed, where there are words for it (a WebSocket close code). */
    void (*say_goodbye)(struct client *client, int code);
};

/* What all clients of a loop share. */
struct live {
    struct loop *loop;
    meower_feed *feed;
    struct live_metrics *metrics;
    meower_subscription *subscription; /* fills the rings; NULL while there is no client: posts then cost nothing */
    struct list catching_up;           /* clients that have not met the ring, or whose own subscription goes on */
    struct interests interests;        /* of the clients with filters, apart from those */
    /* A client has come: subscribes, unless that was done. When it fails, clients go on by subscriptions of their own,
     * and the next tick tries again. */
    void (*subscribe)(struct live *live);
};

/* The clients of one format. */
struct stream {
    const struct format *format;
    struct live *live;
    atomic_ullong *client_count;
    struct timeout quiet;
    struct timeout answer;
    struct timeout progress;
    struct ring ring;
    struct list clients; /* those that stand at the ring */
    struct list due;     /* those of them, and of those with filters, that have not yet been sent what came last */
};

struct client {
    struct exchange *exchange;
    struct stream *stream;
    struct list node;         /* in the stream's clients or due, or in live->catching_up */
    uint64_t next;            /* at the ring: number of the frame it gets next */
    struct interest interest; /* of one with a filter */
    uint64_t given;           /* with a filter: position up to which its own subscription has given everything */
    uint64_t heard;           /* with a filter: the last position that it was told */
    struct deadline progress; /* with a filter: when it is told how far the feed is, if that is news to it */
    meower_subscription *own; /* while it catches up */
    struct watch own_watch;
    bool is_welcome;                    /* its request was answered */
    bool wants_sync;                    /* it came with a cursor: a frame of kind 0 goes first */
    bool is_closing;                    /* goodbye was said: no more events */
    bool was_stalled;                   /* SSE: it had taken nothing when the last comment was due */
    char accept[WEBSOCKET_ACCEPT_SIZE]; /* WebSocket: for the answer */
    struct websocket_reader reader;
};

/* Makes a stream without clients. False when memory is short; stream_free() follows then too. */
bool stream_init(struct stream *stream, struct live *live, const struct format *format, atomic_ullong *client_count);
void stream_free(struct stream *stream);

/* Prepares a client that wants what `follow` says; without a cursor it gets no frame of kind 0, with an empty one it
 * does. Errors: those of meower_subscription_begin(). */
int client_open(struct exchange *exchange, struct stream *stream, const meower_follow *follow, struct client **out,
                meower_error *error);

/* Answers its request and takes its connection over, now or when it is known where it starts. */
void client_begin(struct client *client);

/* Tells the client why, and closes when that is sent. */
void client_dismiss(struct client *client, int code);

/* The same for one that is too far behind. */
void client_dismiss_slow(struct client *client);

bool client_has_filter(const struct client *client);

/* Hands an event, which its filter lets through, to a client with a filter: the frame waits for client_pump(). Closes
 * it when it is too far behind. */
void client_give(struct client *client, uint64_t position, const char *frame, size_t len);

/* The time has come: tells a client with a filter how far the feed is, if that is news to it. */
void client_tell_progress(struct deadline *deadline);

/* Sends what it is due, from the ring or of what was handed to it; closes it when it is too far behind. */
void client_pump(struct client *client);

/* Sends what it is due from its own subscription, and joins the ring as soon as the two meet. */
void client_catch_up(struct client *client);

#endif
