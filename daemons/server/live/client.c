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
#define PROGRESS_MS      10000
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
    loop_add_timeout(live->loop, &stream->progress, PROGRESS_MS, client_tell_progress);
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

/* No event reaches it any more. */
static void take_out(struct client *client)
{
    list_remove(&client->node);
    interests_remove(&client->interest);
    deadline_clear(&client->progress);
}

static void release(struct client *client)
{
    if (client->is_welcome) {
        counter_subtract(client->stream->client_count, 1);
    }
    take_out(client);
    close_own(client);
    meower_filter_free(client->interest.filter);
    free(client);
}

void client_dismiss(struct client *client, int code)
{
    struct connection *connection = connection_of(client);
    if (client->is_closing || connection->is_aborted) {
        return;
    }
    client->is_closing = true;
    take_out(client);
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

static int begin_subscription(struct client *client, const meower_follow *follow, meower_error *error)
{
    bool has_filter = follow->label_count > 0 || follow->text != NULL;
    int status = has_filter ? meower_filter_new(follow, &client->interest.filter, error) : MEOWER_OK;
    return status == MEOWER_OK ? meower_subscription_begin(client->stream->live->feed, follow, &client->own, error)
                               : status;
}

int client_open(struct exchange *exchange, struct stream *stream, const meower_follow *follow, struct client **out,
                meower_error *error)
{
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    client->exchange = exchange;
    client->stream = stream;
    client->wants_sync = follow->cursor != NULL;
    int status = begin_subscription(client, follow, error);
    if (status != MEOWER_OK) {
        meower_filter_free(client->interest.filter);
        free(client);
        return status;
    }
    *out = client;
    return MEOWER_OK;
}

bool client_has_filter(const struct client *client)
{
    return client->interest.filter != NULL;
}

static bool send_sync(struct client *client)
{
    char json[128];
    const char *cursor = meower_subscription_cursor(client->own);
    bool is_recovered = meower_subscription_recovered(client->own) == 1;
    client->heard = meower_subscription_position(client->own);
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
    if (client_has_filter(client) && (client->wants_sync || client->stream->format->has_ids)) {
        deadline_set(&client->progress, &client->stream->progress);
    }
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

void client_dismiss_slow(struct client *client)
{
    counter_add(&client->stream->live->metrics->slow_clients_closed_total, 1);
    client_dismiss(client, WEBSOCKET_TOO_SLOW);
}

static void dismiss_when_behind(struct client *client)
{
    const struct ring *ring = &client->stream->ring;
    if (client->next < ring->first || ring_behind(ring, client->next) > CLIENT_BEHIND_MAX) {
        client_dismiss_slow(client);
    }
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

    if (client_has_filter(client)) {
        connection_flush(connection);
        return;
    }
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

static void join_ring(struct client *client, uint64_t number)
{
    client->next = number;
    list_append(&client->stream->clients, &client->node);
    close_own(client);
    client_pump(client);
}

/* From now on its events are handed to it. */
static void join_filtered(struct client *client)
{
    client->given = meower_subscription_position(client->own);
    list_remove(&client->node);
    close_own(client);
    if (!interests_add(&client->stream->live->interests, &client->interest)) {
        connection_abort(connection_of(client));
    }
}

/* Whatever the loop's subscription gives from now on is all that the client's own has not given. Both have taken the
 * same event last; or the client's own is further on, for one with a filter, which leaves alone what it knows. */
static bool has_met(const struct client *client)
{
    const meower_subscription *own = client->own;
    meower_subscription *shared = client->stream->live->subscription;
    if (!client_has_filter(client)) {
        return strcmp(meower_subscription_cursor(own), meower_subscription_cursor(shared)) == 0;
    }
    return shared != NULL && meower_subscription_started(shared, NULL) == 1 &&
           meower_subscription_position(own) >= meower_subscription_position(shared);
}

static void join(struct client *client)
{
    if (client_has_filter(client)) {
        join_filtered(client);
    } else {
        join_ring(client, client->stream->ring.next);
    }
}

/* Joins the ring at this event, if it is in there and the client would not be far behind. */
static bool join_at(struct client *client, uint64_t position)
{
    const struct ring *ring = &client->stream->ring;
    uint64_t number;
    if (client_has_filter(client) || !ring_find(ring, position, &number) ||
        ring_behind(ring, number) > JOIN_BEHIND_MAX) {
        return false;
    }
    join_ring(client, number);
    return true;
}

/* Appends events of its own subscription to what waits for the socket. Returns true when it has joined the others: the
 * event it would get next is in the ring, and the ring has everything after it, or it waits for events to be handed to
 * it. */
static bool take_own_events(struct client *client)
{
    struct buffer *out = &connection_of(client)->out;
    const meower_event *event;
    meower_error error;

    while (out->len < CATCH_UP_PENDING) {
        bool has_event = meower_subscription_next(client->own, &event, &error) == 1;
        if (!has_event && !has_met(client)) {
            return false;
        }
        if (!has_event) {
            join(client);
            return true;
        }
        if (join_at(client, event->position)) {
            return true;
        }
        if (!client->stream->format->encode(out, event->kind, event->cursor, event->json, event->json_len)) {
            connection_abort(connection_of(client));
            return true;
        }
        client->heard = event->position;
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
