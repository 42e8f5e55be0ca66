/* client.c - one client of the live feed. */
#include "server/live/client.h"

#include "server/http/response.h"
#include "server/net/connection.h"
#include "server/process/server.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define JOIN_BEHIND_MAX  (FANOUT_BEHIND_MAX / 2) /* a client joins the ring no further behind than this */
#define CATCH_UP_PENDING (64 * 1024)             /* bytes that may wait for the socket while it catches up */
#define CATCH_UP_ROUNDS  8                       /* socket writes a turn, so that many can catch up side by side */
#define SEND_BUFFER_SIZE (256 * 1024) /* of the kernel: without a bound one that reads nothing takes megabytes */

int live_client_open(struct connection *connection, struct stream *stream, const char *cursor, struct live_client **out,
                     meower_error *error)
{
    struct live_client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    client->connection = connection;
    client->server = connection->server;
    client->stream = stream;
    client->wants_sync = cursor != NULL;
    int status = meower_subscription_begin(client->server->feed, cursor, &client->own, error);
    if (status != MEOWER_OK) {
        free(client);
        return status;
    }
    *out = client;
    return MEOWER_OK;
}

static atomic_ullong *gauge_of(const struct live_client *client)
{
    struct metrics *metrics = client->server->metrics;
    bool is_websocket = client->stream == &client->server->fanout->websocket;
    return is_websocket ? &metrics->websocket_clients : &metrics->sse_clients;
}

static void close_own(struct live_client *client)
{
    watch_close(&client->own_watch);
    meower_subscription_close(client->own);
    client->own = NULL;
}

void live_client_close(struct live_client *client)
{
    if (client->is_welcome) {
        metrics_subtract(gauge_of(client), 1);
    }
    list_remove(&client->node);
    close_own(client);
    free(client);
}

/* ---- beginning -------------------------------------------------------------------------------------------------- */

static bool send_sync(struct live_client *client)
{
    char json[128];
    const char *cursor = meower_subscription_cursor(client->own);
    bool is_recovered = meower_subscription_recovered(client->own) == 1;
    int len = snprintf(json, sizeof(json), "{\"kind\":0,\"cursor\":\"%s\",\"recovered\":%s}", cursor,
                       is_recovered ? "true" : "false");
    return client->stream->format->encode(&client->connection->out, 0, cursor, json, (size_t)len);
}

/* It is known where the client starts. Not before that is it answered: what comes after the answer is not left out. */
static void welcome(struct live_client *client)
{
    struct connection *connection = client->connection;
    int size = SEND_BUFFER_SIZE;

    client->is_welcome = true;
    metrics_add(gauge_of(client), 1);
    connection->phase = CONNECTION_LIVE;
    client->stream->format->welcome(client);
    if (connection->is_doomed) {
        return;
    }
    setsockopt(lws_get_socket_fd(connection->lws), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    list_append(&client->server->fanout->catching_up, &client->node);
    fanout_subscribe(client->server->fanout);
    if (client->wants_sync && !send_sync(client)) {
        connection_abort(connection);
    } else {
        live_client_catch_up(client);
    }
}

/* The store cannot be looked at: the client is answered as any other request, and is no client. */
static void turn_away(struct live_client *client, const meower_error *error)
{
    struct connection *connection = client->connection;
    connection->live = NULL;
    live_client_close(client);
    response_problem(connection, 503, NULL, error->message);
}

/* False when the client was turned away and is gone. */
static bool look(struct live_client *client)
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
    struct live_client *client = LIST_OWNER(watch, struct live_client, own_watch);
    struct connection *connection = client->connection;
    if (client->is_welcome) {
        live_client_catch_up(client);
        return;
    }
    if (look(client) && connection->phase == CONNECTION_LIVE) { /* what came right behind the request is the stream's */
        list_append(&connection->server->ready, &connection->ready);
    }
}

void live_client_begin(struct live_client *client)
{
    struct connection *connection = client->connection;
    connection->live = client;
    connection_await(connection);
    if (!look(client)) {
        return;
    }
    bool is_waiting =
        connection->live == client && client->own != NULL && !client->is_closing && !connection->is_doomed;
    if (is_waiting &&
        !watch_open(&client->own_watch, client->server, meower_subscription_fd(client->own), handle_own_readable)) {
        connection_abort(connection);
    }
}

/* ---- from the ring ---------------------------------------------------------------------------------------------- */

static void dismiss_when_behind(struct live_client *client)
{
    const struct ring *ring = &client->stream->ring;
    if (client->next >= ring->first && ring_behind(ring, client->next) <= FANOUT_BEHIND_MAX) {
        return;
    }
    metrics_add(&client->server->metrics->slow_clients_closed_total, 1);
    client->stream->format->goodbye(client, WEBSOCKET_TOO_SLOW);
}

/* The socket took `sent` bytes of the run from client->next: the client stands behind the frame in which that ended,
 * and the rest of that frame waits with the connection, because the ring may blank or forget it. */
static bool advance(struct live_client *client, const struct ring_run *run, size_t sent)
{
    uint64_t whole, from = client->next;
    size_t left = ring_cut(&client->stream->ring, from, sent, &whole);
    client->next = whole + (left > 0 ? 1 : 0);
    metrics_add(&client->server->metrics->frames_sent_total, client->next - from);
    return left == 0 || buffer_append(&client->connection->out, run->bytes + sent, left);
}

void live_client_pump(struct live_client *client)
{
    struct connection *connection = client->connection;
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

static void join(struct live_client *client, uint64_t number)
{
    client->next = number;
    list_append(&client->stream->clients, &client->node);
    close_own(client);
    live_client_pump(client);
}

/* Both subscriptions have taken the same event last: whatever the ring gets from now on is new to the client. */
static bool stands_with_fanout(const struct live_client *client)
{
    return strcmp(meower_subscription_cursor(client->own), fanout_cursor(client->server->fanout)) == 0;
}

/* Appends events of its own subscription to what waits for the socket. Returns true when it has joined the ring: the
 * event it would get next is in the ring, and the ring has everything after it. */
static bool take_own_events(struct live_client *client)
{
    const struct ring *ring = &client->stream->ring;
    struct buffer *out = &client->connection->out;
    const meower_event *event;
    meower_error error;
    uint64_t number;

    while (out->len < CATCH_UP_PENDING) {
        bool has_event = meower_subscription_next(client->own, &event, &error) == 1;
        if (!has_event && !stands_with_fanout(client)) {
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
            connection_abort(client->connection);
            return true;
        }
        metrics_add(&client->server->metrics->frames_sent_total, 1);
    }
    return false;
}

void live_client_catch_up(struct live_client *client)
{
    struct connection *connection = client->connection;
    for (unsigned round = 0; round < CATCH_UP_ROUNDS; round++) {
        if (connection->is_doomed || client->is_closing || take_own_events(client)) {
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

/* ---- what befalls its connection -------------------------------------------------------------------------------- */

void live_client_receive(struct live_client *client, const char *bytes, size_t len)
{
    client->stream->format->receive(client, bytes, len);
}

void live_client_writable(struct live_client *client)
{
    if (client->is_closing) {
        return;
    }
    if (client->own != NULL) {
        live_client_catch_up(client);
    } else {
        live_client_pump(client);
    }
}

void live_client_expired(struct live_client *client, enum deadline_kind kind)
{
    client->stream->format->expired(client, kind);
}

void live_client_stop(struct live_client *client)
{
    client->stream->format->goodbye(client, WEBSOCKET_GOING_AWAY);
}
