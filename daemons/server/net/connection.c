/* connection.c - one TCP connection of a client: its bytes in and out, and the requests on it, one after another. */
#include "server/net/connection.h"

#include "server/http/cors.h"
#include "server/http/response.h"
#include "server/http/router.h"
#include "server/live/client.h"
#include "server/process/server.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- bytes out -------------------------------------------------------------------------------------------------- */

ssize_t connection_send_now(struct connection *connection, const char *bytes, size_t len)
{
    if (connection->is_doomed || connection->lws == NULL) {
        return -1;
    }
    if (connection->out.len > 0) {
        return 0;
    }
    ssize_t sent = send(lws_get_socket_fd(connection->lws), bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        connection_abort(connection);
        return -1;
    }
    if (sent < 0) {
        sent = 0;
    }
    metrics_add(&connection->server->metrics->bytes_sent_total, (unsigned long long)sent);
    if ((size_t)sent < len) {
        list_append(&connection->server->unsent, &connection->unsent);
    }
    return sent;
}

void connections_watch_unsent(struct server *server)
{
    while (!list_is_empty(&server->unsent)) {
        struct connection *connection = LIST_OWNER(server->unsent.next, struct connection, unsent);
        list_remove(&connection->unsent);
        lws_callback_on_writable(connection->lws);
    }
}

/* The socket is read only while the bytes have somewhere to go: this is how a fast peer is slowed down. While a request
 * is being answered mostly nothing comes, and only what does come has reading stopped: each stop and start costs a call
 * of the system. */
static void update_reading(struct connection *connection)
{
    bool pause =
        (connection->phase == CONNECTION_ANSWERING && (connection->in.len > 0 || connection->has_peer_ended)) ||
        (connection->phase == CONNECTION_READING && connection->out.len > 0);
    if (connection->lws == NULL || pause == connection->is_reading_paused) {
        return;
    }
    connection->is_reading_paused = pause;
    lws_rx_flow_control(connection->lws, pause ? 0 : 1);
}

static void linger(struct connection *connection)
{
    /* Closing with unread bytes would reset the connection and could take the answer back from the peer: end our side,
     * then read until the peer ends its own (RFC 9112, 9.6). */
    shutdown(lws_get_socket_fd(connection->lws), SHUT_WR);
    connection->phase = CONNECTION_LINGERING;
    deadline_set(&connection->server->deadlines, &connection->deadline, DEADLINE_LINGER);
    update_reading(connection);
}

bool connection_flush(struct connection *connection)
{
    struct buffer *out = &connection->out;
    while (out->len > 0) {
        size_t len = out->len;
        out->len = 0; /* so that connection_send_now() sees nothing waiting */
        ssize_t sent = connection_send_now(connection, buffer_data(out), len);
        out->len = len;
        if (sent < 0) {
            return false;
        }
        buffer_consume(out, (size_t)sent);
        if (sent == 0) {
            return false;
        }
    }
    buffer_free(out);
    return true;
}

void connection_send(struct connection *connection, const char *bytes, size_t len)
{
    ssize_t sent = connection_send_now(connection, bytes, len);
    if (sent < 0 || (size_t)sent == len) {
        return;
    }
    if (!buffer_append(&connection->out, bytes + sent, len - (size_t)sent)) {
        connection_abort(connection);
    }
}

void connection_writable(struct connection *connection)
{
    struct buffer *out = &connection->out;
    size_t before = out->len;
    connection_flush(connection);
    if (!connection->is_doomed && connection->phase == CONNECTION_LIVE) {
        live_client_writable(connection->live); /* it may have more to send */
    }
    if (connection->is_doomed || connection->phase == CONNECTION_LINGERING) {
        return;
    }
    if (out->len == 0 && connection->closes_when_sent) {
        linger(connection);
    } else if (out->len == 0 && connection->phase == CONNECTION_READING) {
        list_append(&connection->server->ready, &connection->ready);
    } else if (out->len > 0 && out->len < before && connection->phase == CONNECTION_READING) {
        deadline_set(&connection->server->deadlines, &connection->deadline, DEADLINE_SEND);
    }
}

/* ---- requests --------------------------------------------------------------------------------------------------- */

static bool can_process(const struct connection *connection)
{
    return connection->phase == CONNECTION_READING && connection->out.len == 0 && !connection->closes_when_sent &&
           !connection->is_doomed;
}

static void begin_exchange(struct connection *connection, const struct request *request)
{
    struct exchange *exchange = &connection->exchange;
    exchange->route = ROUTE_NONE;
    exchange->is_head = request->method == REQUEST_HEAD;
    exchange->keep_alive = request->keep_alive && !connection->server->is_stopping;
    exchange->is_list = false;
    exchange->query_hash = 0;
    exchange->condition[0] = '\0';
    cors_choose(connection->server->settings.cors_origin, request->fields[REQUEST_ORIGIN], exchange->origin,
                sizeof(exchange->origin));
    exchange->target[0] = '\0';
    if (!connection->server->settings.has_access_log) {
        return;
    }
    exchange->begun_ms = deadline_now_ms();
    snprintf(exchange->target, sizeof(exchange->target), "%.*s %.*s", (int)request->method_name.len,
             request->method_name.text, (int)request->path.len, request->path.text);
}

static void refuse(struct connection *connection, const struct request *request, const struct request_refusal *refusal)
{
    begin_exchange(connection, request);
    connection->exchange.keep_alive = false;
    response_problem(connection, refusal->status, NULL, refusal->detail);
}

/* What is here of a request is not all of it. */
static void wait_for_rest(struct connection *connection, const struct request *request, size_t len)
{
    if (!connection->has_begun_request) {
        connection->has_begun_request = true;
        deadline_set(&connection->server->deadlines, &connection->deadline, DEADLINE_REQUEST);
    }
    if (request->head_len > 0 && request->expects_continue && !connection->has_continued && len == request->head_len) {
        connection->has_continued = true;
        connection_send(connection, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    }
}

/* Carries out the requests at the beginning of `bytes`, as far as may be. Returns the bytes used. */
static size_t process(struct connection *connection, const char *bytes, size_t len)
{
    struct server *server = connection->server;
    struct request request;
    struct request_refusal refusal;
    size_t used = 0;

    connection->is_processing = true;
    while (used < len && can_process(connection)) {
        enum request_result result = request_parse(bytes + used, len - used, &request, &refusal);
        if (result == REQUEST_INCOMPLETE) {
            wait_for_rest(connection, &request, len - used);
            break;
        }
        connection->has_begun_request = false;
        connection->has_continued = false;
        deadline_clear(&connection->deadline);
        if (result == REQUEST_REFUSED) {
            refuse(connection, &request, &refusal);
            used = len;
            break;
        }
        used += request.head_len + request.content_len;
        begin_exchange(connection, &request);
        router_dispatch(connection, &request);
        if (connection->phase == CONNECTION_ANSWERING && request.method != REQUEST_POST) {
            router_collect_pages(server); /* what the timeline holds is answered already */
        }
    }
    connection->is_processing = false;
    return used;
}

/* After the loop: what the connection waits for now, and for how long. */
static void settle(struct connection *connection)
{
    struct deadlines *deadlines = &connection->server->deadlines;
    update_reading(connection);
    if (connection->is_doomed || connection->phase != CONNECTION_READING) {
        return;
    }
    if (connection->closes_when_sent && connection->out.len == 0) {
        linger(connection);
    } else if (connection->out.len > 0) {
        deadline_set(deadlines, &connection->deadline, DEADLINE_SEND);
    } else if (!connection->has_begun_request) {
        deadline_set(deadlines, &connection->deadline, DEADLINE_IDLE);
    }
}

/* Looks at what is in `in`, and at `bytes` behind that. */
static void process_all(struct connection *connection, const char *bytes, size_t len)
{
    struct buffer *in = &connection->in;
    if (in->len == 0) {
        size_t used = process(connection, bytes, len);
        if (connection->phase == CONNECTION_LIVE && used < len) {
            live_client_receive(connection->live, bytes + used, len - used);
            used = len;
        }
        if (used < len && !buffer_append(in, bytes + used, len - used)) {
            connection_abort(connection);
        }
    } else if (buffer_append(in, bytes, len)) {
        buffer_consume(in, process(connection, buffer_data(in), in->len));
        if (connection->phase == CONNECTION_LIVE && in->len > 0) {
            live_client_receive(connection->live, buffer_data(in), in->len);
            buffer_clear(in);
        }
    } else {
        connection_abort(connection);
    }
    if (in->len == 0) {
        buffer_free(in);
    }
    settle(connection);
}

void connection_receive(struct connection *connection, const char *bytes, size_t len)
{
    if (connection->is_doomed) {
        return;
    }
    switch (connection->phase) {
    case CONNECTION_READING:
    case CONNECTION_ANSWERING:
        process_all(connection, bytes, len);
        break;
    case CONNECTION_LIVE:
        live_client_receive(connection->live, bytes, len);
        break;
    case CONNECTION_LINGERING:
        break;
    }
}

bool connection_peer_ended(struct connection *connection)
{
    if (connection->phase != CONNECTION_ANSWERING || connection->is_doomed) {
        return false;
    }
    connection->has_peer_ended = true;
    update_reading(connection);
    return true;
}

void connections_resume(struct server *server)
{
    while (!list_is_empty(&server->ready)) {
        struct connection *connection = LIST_OWNER(server->ready.next, struct connection, ready);
        list_remove(&connection->ready);
        if (!connection->is_doomed) {
            process_all(connection, "", 0);
        }
    }
}

void connection_await(struct connection *connection)
{
    connection->phase = CONNECTION_ANSWERING;
}

void connection_answered(struct connection *connection)
{
    connection->phase = CONNECTION_READING;
    if (!connection->exchange.keep_alive) {
        connection->closes_when_sent = true;
    }
    if (!connection->is_processing) {
        list_append(&connection->server->ready, &connection->ready);
    }
}

/* ---- beginning and end ------------------------------------------------------------------------------------------ */

struct connection *connection_new(struct server *server, struct lws *lws)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL) {
        return NULL;
    }
    connection->server = server;
    connection->lws = lws;
    connection->phase = CONNECTION_READING;
    list_append(&server->connections, &connection->all);
    server->connection_count++;
    deadline_set(&server->deadlines, &connection->deadline, DEADLINE_REQUEST);
    metrics_add(&server->metrics->connections_total, 1);
    metrics_add(&server->metrics->connections, 1);
    return connection;
}

static void connection_free(struct connection *connection)
{
    list_remove(&connection->all);
    list_remove(&connection->ready);
    list_remove(&connection->unsent);
    deadline_clear(&connection->deadline);
    buffer_free(&connection->in);
    buffer_free(&connection->out);
    free(connection);
}

struct connection *connection_of_tag(void *tag)
{
    struct connection *connection = tag;
    if (connection->lws != NULL) {
        return connection;
    }
    connection_free(connection);
    return NULL;
}

void connection_closed(struct connection *connection)
{
    connection->lws = NULL;
    connection->is_doomed = true;
    connection->server->connection_count--;
    metrics_subtract(&connection->server->metrics->connections, 1);
    deadline_clear(&connection->deadline);
    list_remove(&connection->ready);
    list_remove(&connection->unsent);
    /* The library's answer bears this connection as its tag: connection_of_tag() frees it when that has come. */
    bool is_tagged = connection->phase == CONNECTION_ANSWERING && connection->live == NULL;
    if (connection->live != NULL) {
        live_client_close(connection->live);
    }
    connection->live = NULL;
    if (!is_tagged) {
        connection_free(connection);
    }
}

void connection_close_when_sent(struct connection *connection)
{
    connection->closes_when_sent = true;
    if (connection->out.len == 0 && !connection->is_doomed && connection->phase != CONNECTION_LINGERING) {
        linger(connection);
    }
}

void connection_abort(struct connection *connection)
{
    if (connection->is_doomed) {
        return;
    }
    connection->is_doomed = true;
    lws_set_timeout(connection->lws, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

void connection_expired(struct connection *connection, enum deadline_kind kind)
{
    static const struct request_refusal too_late = {408, "the request did not arrive in time"};
    struct request none = {.method = REQUEST_OTHER};
    if (connection->is_doomed) {
        return;
    }
    if (connection->phase == CONNECTION_LIVE) {
        live_client_expired(connection->live, kind);
        return;
    }
    if (kind == DEADLINE_REQUEST) {
        metrics_add(&connection->server->metrics->requests_timed_out_total, 1);
        if (connection->has_begun_request) {
            refuse(connection, &none, &too_late);
            settle(connection);
            return;
        }
    }
    connection_abort(connection);
}

void connections_stop(struct server *server)
{
    struct list *next;
    for (struct list *node = server->connections.next; node != &server->connections; node = next) {
        struct connection *connection = LIST_OWNER(node, struct connection, all);
        next = node->next;
        connection->exchange.keep_alive = false;
        if (connection->is_doomed) {
            continue;
        }
        if (connection->phase == CONNECTION_LIVE) {
            live_client_stop(connection->live);
        } else if (connection->live == NULL && connection->phase == CONNECTION_READING && connection->out.len > 0) {
            connection_close_when_sent(connection);
        } else if (connection->live != NULL /* a stream that has not begun */ ||
                   (connection->phase == CONNECTION_READING && !connection->has_begun_request)) {
            connection_abort(connection);
        }
    }
}

void connections_free(struct server *server)
{
    struct list *next;
    for (struct list *node = server->connections.next; node != &server->connections; node = next) {
        next = node->next;
        connection_free(LIST_OWNER(node, struct connection, all));
    }
}
