/* client.c - one client of the live feed. */
#include "server/live/client.h"

#include "server/http/response.h"
#include "server/net/counter.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RING_SIZE        (4 * 1024 * 1024)       /* bytes of events kept, for each format */
#define JOIN_BEHIND_MAX  (CLIENT_BEHIND_MAX / 2) /* a client joins the ring no further behind than this */
#define CATCH_UP_PENDING (64 * 1024)             /* bytes that may wait for the socket while it catches up */
#define CATCH_UP_ROUNDS  8                       /* socket writes a turn, so that many can catch up side by side */
#define SEND_BUFFER_SIZE (256 * 1024) /* of the kernel: without a bound one that reads nothing takes megabytes */

static struct connection *connection_of(const struct client *client)
{
    return &client->exchange->connection;
}

/* ---- streams ---------------------------------------------------------------------------------------------------- */

static void expire_quiet(struct deadline *deadline)
{
    struct connection *connection = connection_of_deadline(deadline);
    if (!connection->is_aborted) {
        struct client *client = exchange_of(connection)->stream;
        client->stream->format->keep_alive(client);
    }
}

static void expire_answer(struct deadline *deadline)
{
    connection_abort(connection_of_deadline(deadline));
}

bool stream_init(struct stream *stream, struct live *live, const struct format *format, atomic_ullong *client_count)
{
    *stream = (struct stream){.format = format, .live = live, .client_count = client_count};
    list_init(&stream->clients);
    list_init(&stream->due);
    loop_add_timeout(live->loop, &stream->quiet, format->quiet_ms, expire_quiet);
    loop_add_timeout(live->loop, &stream->answer, format->answer_ms, expire_answer);
    return ring_init(&stream->ring, RING_SIZE);
}

void stream_free(struct stream *stream)
{
    ring_free(&stream->ring);
}

/* ---- its connection --------------------------------------------------------------------------------------------- */

static void close_own(struct client *client)
{
    watch_close(&client->own_watch);
    meower_subscription_close(client->own);
    client->own = NULL;
}

static void release(struct client *client)
{
    if (client->is_welcome) {
        counter_subtract(client->stream->client_count, 1);
    }
    list_remove(&client->node);
    close_own(client);
    free(client);
}

void client_dismiss(struct client *client, int code)
{
    struct connection *connection = connection_of(client);
    if (client->is_closing || connection->is_aborted) {
        return;
    }
    client->is_closing = true;
    list_remove(&client->node);
    watch_close(&client->own_watch);
    client->stream->format->say_goodbye(client, code);
    deadline_set(&connection->deadline, &connection->siblings->send);
    connection_close_when_sent(connection);
}

static void handle_bytes(void *stream, const char *bytes, size_t len)
{
    struct client *client = stream;
    client->stream->format->receive(client, bytes, len);
}

static void handle_writable(void *stream)
{
    struct client *client = stream;
    if (client->is_closing) {
        return;
    }
    if (client->own != NULL) {
        client_catch_up(client);
    } else {
        client_pump(client);
    }
}

static void handle_stop(void *stream)
{
    client_dismiss(stream, WEBSOCKET_GOING_AWAY);
}

static void handle_closed(void *stream)
{
    release(stream);
}

static const struct takeover takeover = {handle_bytes, handle_writable, handle_stop, handle_closed};

/* ---- beginning -------------------------------------------------------------------------------------------------- */

int client_open(struct exchange *exchange, struct stream *stream, const char *cursor, struct client **out,
                meower_error *error)
{
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    client->exchange = exchange;
    client->stream = stream;
    client->wants_sync = cursor != NULL;
    meower_follow follow = MEOWER_FOLLOW_INIT;
    follow.cursor = cursor;
    int status = meower_subscription_begin(stream->live->feed, &follow, &client->own, error);
    if (status != MEOWER_OK) {
        free(client);
        return status;
    }
    *out = client;
    return MEOWER_OK;
}

static bool send_sync(struct client *client)
{
    char json[128];
    const char *cursor = meower_subscription_cursor(client->own);
    bool is_recovered = meower_subscription_recovered(client->own) == 1;
    int len = snprintf(json, sizeof(json), "{\"kind\":0,\"cursor\":\"%s\",\"recovered\":%s}", cursor,
                       is_recovered ? "true" : "false");
    return client->stream->format->encode(&connection_of(client)->out, 0, cursor, json, (size_t)len);
}

/* It is known where the client starts. It is answered now and not earlier: what comes after the answer is complete. */
static void welcome(struct client *client)
{
    struct connection *connection = connection_of(client);
    struct live *live = client->stream->live;

    client->is_welcome = true;
    counter_add(client->stream->client_count, 1);
    exchange_begin_stream(client->exchange);
    client->stream->format->welcome(client);
    deadline_set(&connection->deadline, &client->stream->quiet);
    if (connection->is_aborted) {
        return;
    }
    connection_set_send_buffer(connection, SEND_BUFFER_SIZE);
    list_append(&live->catching_up, &client->node);
    live->subscribe(live);
    if (client->wants_sync && !send_sync(client)) {
        connection_abort(connection);
    } else {
        client_catch_up(client);
    }
}

/* The store cannot be looked at: the client is answered as any other request, and is no client. */
static void turn_away(struct client *client, const meower_error *error)
{
    struct exchange *exchange = client->exchange;
    exchange_drop_stream(exchange);
    release(client);
    response_problem(exchange, 503, NULL, error->message);
}

/* Begins the stream if it is known where it starts. False when the client was turned away and is gone. */
static bool try_to_start(struct client *client)
{
    meower_error error;
    int status = meower_subscription_started(client->own, &error);
    if (status == 1) {
        welcome(client);
    } else if (status < 0) {
        turn_away(client, &error);
    }
    return status >= 0;
}

static void handle_own_readable(struct watch *watch)
{
    struct client *client = LIST_OWNER(watch, struct client, own_watch);
    if (client->is_welcome) {
        client_catch_up(client);
    } else {
        try_to_start(client);
    }
}

void client_begin(struct client *client)
{
    struct connection *connection = connection_of(client);
    exchange_await_stream(client->exchange, &takeover, client);
    if (!try_to_start(client)) {
        return;
    }
    bool needs_watch = client->own != NULL && !client->is_closing && !connection->is_aborted;
    if (needs_watch && !watch_open(&client->own_watch, client->stream->live->loop, meower_subscription_fd(client->own),
                                   handle_own_readable)) {
        connection_abort(connection);
    }
}

/* ---- from the ring ---------------------------------------------------------------------------------------------- */

static void dismiss_when_behind(struct client *client)
{
    const struct ring *ring = &client->stream->ring;
    if (client->next >= ring->first && ring_behind(ring, client->next) <= CLIENT_BEHIND_MAX) {
        return;
    }
    counter_add(&client->stream->live->metrics->slow_clients_closed_total, 1);
    client_dismiss(client, WEBSOCKET_TOO_SLOW);
}

/* The socket took `sent` bytes of the run from client->next: the client stands after the frame in which that ended, and
 * the rest of that frame waits with the connection, because the ring may blank or forget it. */
static bool advance(struct client *client, const struct ring_run *run, size_t sent)
{
    uint64_t whole, from = client->next;
    size_t left = ring_cut(&client->stream->ring, from, sent, &whole);
    client->next = whole + (left > 0 ? 1 : 0);
    counter_add(&client->stream->live->metrics->frames_sent_total, client->next - from);
    return left == 0 || buffer_append(&connection_of(client)->out, run->bytes + sent, left);
}

void client_pump(struct client *client)
{
    struct connection *connection = connection_of(client);
    struct ring_run run;

    if (client->next < client->stream->ring.first) {
        dismiss_when_behind(client);
        return;
    }
    while (connection->out.len == 0) {
        if (!ring_next_run(&client->stream->ring, client->next, &run)) {
            client->next = run.next;
            return;
        }
        ssize_t sent = connection_send_now(connection, run.bytes, run.len);
        if (sent < 0) {
            return;
        }
        if (!advance(client, &run, (size_t)sent)) {
            connection_abort(connection);
            return;
        }
        if ((size_t)sent < run.len) {
            break;
        }
    }
    dismiss_when_behind(client);
}

/* ---- from its own subscription ---------------------------------------------------------------------------------- */

static void join(struct client *client, uint64_t number)
{
    client->next = number;
    list_append(&client->stream->clients, &client->node);
    close_own(client);
    client_pump(client);
}

/* Both subscriptions have taken the same event last: whatever the ring gets from now on is new to the client. */
static bool stands_with_ring(const struct client *client)
{
    return strcmp(meower_subscription_cursor(client->own),
                  meower_subscription_cursor(client->stream->live->subscription)) == 0;
}

/* Appends events of its own subscription to what waits for the socket. Returns true when it has joined the ring: the
 * event it would get next is in the ring, and the ring has everything after it. */
static bool take_own_events(struct client *client)
{
    const struct ring *ring = &client->stream->ring;
    struct buffer *out = &connection_of(client)->out;
    const meower_event *event;
    meower_error error;
    uint64_t number;

    while (out->len < CATCH_UP_PENDING) {
        bool has_event = meower_subscription_next(client->own, &event, &error) == 1;
        if (!has_event && !stands_with_ring(client)) {
            return false;
        }
        if (!has_event) {
            join(client, ring->next);
            return true;
        }
        if (ring_find(ring, event->position, &number) && ring_behind(ring, number) <= JOIN_BEHIND_MAX) {
            join(client, number);
            return true;
        }
        if (!client->stream->format->encode(out, event->kind, event->cursor, event->json, event->json_len)) {
            connection_abort(connection_of(client));
            return true;
        }
        counter_add(&client->stream->live->metrics->frames_sent_total, 1);
    }
    return false;
}

void client_catch_up(struct client *client)
{
    struct connection *connection = connection_of(client);
    for (unsigned round = 0; round < CATCH_UP_ROUNDS; round++) {
        if (connection->is_aborted || client->is_closing || take_own_events(client)) {
            break;
        }
        if (connection->out.len == 0 || !connection_flush(connection)) {
            break;
        }
    }
    if (client->own != NULL) {
        watch_pause(&client->own_watch, connection->out.len > 0);
    } else if (connection->out.len > 0) {
        connection_writable(connection); /* it has joined: what waits goes first, then the ring's frames */
    }
}
