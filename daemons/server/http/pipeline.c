/* pipeline.c - the requests of each connection, one after another. */
#include "server/http/pipeline.h"

#include "server/http/response.h"
#include "server/http/router.h"
#include "server/net/counter.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- requests --------------------------------------------------------------------------------------------------- */

/* The socket is read only while the bytes have somewhere to go: this is how a fast peer is slowed down. Most clients
 * send nothing while they wait for an answer, so reading is stopped only when something has come: each stop and each
 * start costs a system call. */
static void update_reading(struct exchange *exchange)
{
    bool answers_another = exchange->phase == EXCHANGE_ANSWERING && (exchange->in.len > 0 || exchange->has_peer_ended);
    bool sends_another = exchange->phase == EXCHANGE_READING && exchange->connection.out.len > 0;
    connection_pause_reading(&exchange->connection, answers_another || sends_another);
}

static bool can_process(const struct exchange *exchange)
{
    const struct connection *connection = &exchange->connection;
    return exchange->phase == EXCHANGE_READING && connection->out.len == 0 && !connection->closes_when_sent &&
           !connection->is_aborted;
}

static void refuse(struct exchange *exchange, const struct request *request, const struct request_refusal *refusal)
{
    exchange_begin(exchange, request);
    exchange->keep_alive = false;
    response_problem(exchange, refusal->status, NULL, refusal->detail);
}

/* Only a part of the request is here. */
static void wait_for_rest(struct exchange *exchange, const struct request *request, size_t len)
{
    if (!exchange->has_begun_request) {
        exchange->has_begun_request = true;
        deadline_set(&exchange->connection.deadline, &exchange->http->request_timeout);
    }
    if (request->head_len > 0 && request->expects_continue && !exchange->has_continued && len == request->head_len) {
        exchange->has_continued = true;
        connection_send(&exchange->connection, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    }
}

/* Handles the requests at the beginning of `bytes`, until one has to wait. Returns the bytes used. */
static size_t process(struct exchange *exchange, const char *bytes, size_t len)
{
    struct request request;
    struct request_refusal refusal;
    size_t used = 0;

    exchange->is_processing = true;
    while (used < len && can_process(exchange)) {
        enum request_result result = request_parse(bytes + used, len - used, &request, &refusal);
        if (result == REQUEST_INCOMPLETE) {
            wait_for_rest(exchange, &request, len - used);
            break;
        }
        exchange->has_begun_request = false;
        exchange->has_continued = false;
        deadline_clear(&exchange->connection.deadline);
        if (result == REQUEST_REFUSED) {
            refuse(exchange, &request, &refusal);
            used = len;
            break;
        }
        used += request.head_len + request.content_len;
        exchange_begin(exchange, &request);
        router_dispatch(exchange->http->router, exchange, &request);
    }
    exchange->is_processing = false;
    return used;
}

/* What the connection waits for now, and for how long. */
static void settle(struct exchange *exchange)
{
    struct connection *connection = &exchange->connection;
    update_reading(exchange);
    if (connection->is_aborted || exchange->phase != EXCHANGE_READING) {
        return;
    }
    if (connection->closes_when_sent && connection->out.len == 0) {
        connection_close_when_sent(connection);
    } else if (connection->out.len > 0) {
        deadline_set(&connection->deadline, &connection->siblings->send);
    } else if (!exchange->has_begun_request) {
        deadline_set(&connection->deadline, &exchange->http->idle_timeout);
    }
}

/* Handles what is in `in`, and `bytes` after that. */
static void process_all(struct exchange *exchange, const char *bytes, size_t len)
{
    struct buffer *in = &exchange->in;
    if (in->len == 0) {
        size_t used = process(exchange, bytes, len);
        if (exchange->phase == EXCHANGE_STREAMING && used < len) {
            exchange->takeover->receive(exchange->stream, bytes + used, len - used);
            used = len;
        }
        if (used < len && !buffer_append(in, bytes + used, len - used)) {
            connection_abort(&exchange->connection);
        }
    } else if (buffer_append(in, bytes, len)) {
        buffer_consume(in, process(exchange, buffer_data(in), in->len));
        if (exchange->phase == EXCHANGE_STREAMING && in->len > 0) {
            exchange->takeover->receive(exchange->stream, buffer_data(in), in->len);
            buffer_clear(in);
        }
    } else {
        connection_abort(&exchange->connection);
    }
    if (in->len == 0) {
        buffer_free(in);
    }
    settle(exchange);
}

/* ---- what the connection tells ---------------------------------------------------------------------------------- */

static struct connection *create(struct connections *connections)
{
    struct http *http = LIST_OWNER(connections, struct http, connections);
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    if (exchange == NULL) {
        return NULL;
    }
    exchange->http = http;
    deadline_set(&exchange->connection.deadline, &http->request_timeout);
    return &exchange->connection;
}

static void received(struct connection *connection, const char *bytes, size_t len)
{
    struct exchange *exchange = exchange_of(connection);
    if (exchange->phase == EXCHANGE_STREAMING) {
        exchange->takeover->receive(exchange->stream, bytes, len);
    } else {
        process_all(exchange, bytes, len);
    }
}

static void resumed(struct connection *connection)
{
    process_all(exchange_of(connection), "", 0);
}

static bool peer_ended(struct connection *connection)
{
    struct exchange *exchange = exchange_of(connection);
    if (exchange->phase != EXCHANGE_ANSWERING) {
        return false;
    }
    exchange->has_peer_ended = true;
    update_reading(exchange);
    return true;
}

static void writable(struct connection *connection, bool is_progress)
{
    struct exchange *exchange = exchange_of(connection);
    if (exchange->phase == EXCHANGE_STREAMING) {
        exchange->takeover->writable(exchange->stream);
    } else if (exchange->phase == EXCHANGE_READING && connection->out.len == 0) {
        connection_resume(connection);
    } else if (exchange->phase == EXCHANGE_READING && is_progress) {
        deadline_set(&connection->deadline, &connection->siblings->send);
    }
}

static void closed(struct connection *connection)
{
    struct exchange *exchange = exchange_of(connection);
    /* The library still has this exchange as a tag: exchange_of_tag() frees it when the answer comes. */
    bool is_tag = exchange->phase == EXCHANGE_ANSWERING && exchange->stream == NULL;
    if (exchange->stream != NULL) {
        exchange->takeover->closed(exchange->stream);
        exchange->stream = NULL;
    }
    if (!is_tag) {
        exchange_free(exchange);
    }
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

static void expire_request(struct deadline *deadline)
{
    static const struct request_refusal too_late = {408, "the request did not arrive in time"};
    struct request none = {.method = REQUEST_OTHER};
    struct exchange *exchange = exchange_of(connection_of_deadline(deadline));
    if (exchange->connection.is_aborted) {
        return;
    }
    counter_add(&exchange->http->metrics->requests_timed_out_total, 1);
    if (exchange->has_begun_request) {
        refuse(exchange, &none, &too_late);
        settle(exchange);
    } else {
        connection_abort(&exchange->connection);
    }
}

static void expire_idle(struct deadline *deadline)
{
    connection_abort(connection_of_deadline(deadline));
}

/* ---- connections ------------------------------------------------------------------------------------------------ */

static void refuse_connection(struct http *http, int descriptor)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
                                 "Content-Type: application/json\r\nContent-Length: 39\r\n\r\n"
                                 "{\"error\":\"Too many connections, retry\"}";
    counter_add(&http->metrics->connections_refused_total, 1);
    if (send(descriptor, answer, sizeof(answer) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) {
        shutdown(descriptor, SHUT_WR);
    }
    close(descriptor);
}

static void accepted(struct acceptor *acceptor, int descriptor)
{
    struct http *http = LIST_OWNER(acceptor, struct http, acceptor);
    const struct http_placing *placing = http->placing;
    if (placing->is_full(placing->owner)) {
        refuse_connection(http, descriptor);
    } else {
        placing->place(placing->owner, descriptor);
    }
}

static void cannot_accept(struct acceptor *acceptor, int error_number)
{
    const struct http_reports *reports = &LIST_OWNER(acceptor, struct http, acceptor)->settings.reports;
    reports->cannot_accept(reports->log, strerror(error_number));
}

void http_init(struct http *http, const struct http_settings *settings, struct loop *loop, const struct router *router,
               struct http_metrics *metrics)
{
    static const struct connection_calls calls = {create, received, resumed, peer_ended, writable, closed};
    *http = (struct http){.settings = *settings, .router = router, .metrics = metrics};
    connections_init(&http->connections, loop, &calls, &metrics->connections);
    loop_add_timeout(loop, &http->request_timeout, settings->request_timeout_ms, expire_request);
    loop_add_timeout(loop, &http->idle_timeout, settings->idle_timeout_ms, expire_idle);
}

void http_adopt(struct http *http, int descriptor)
{
    loop_adopt(http->connections.loop, descriptor);
}

bool http_listen(struct http *http, int listener, const struct http_placing *placing)
{
    if (!acceptor_open(&http->acceptor, http->connections.loop, listener, accepted, cannot_accept)) {
        return false;
    }
    http->placing = placing;
    return true;
}

static void stop_exchange(struct exchange *exchange)
{
    struct connection *connection = &exchange->connection;
    bool is_reading = exchange->phase == EXCHANGE_READING;
    exchange->keep_alive = false;
    if (connection->is_aborted || connection->is_lingering) {
        return;
    }
    if (exchange->phase == EXCHANGE_STREAMING) {
        exchange->takeover->stop(exchange->stream);
    } else if (is_reading && connection->out.len > 0) {
        connection_close_when_sent(connection);
    } else if (exchange->stream != NULL /* one that has not begun */ || (is_reading && !exchange->has_begun_request)) {
        connection_abort(connection);
    }
}

void http_stop(struct http *http)
{
    struct list *next;
    http->is_stopping = true;
    if (http->placing != NULL) {
        acceptor_close(&http->acceptor);
    }
    for (struct list *node = http->connections.all.next; node != &http->connections.all; node = next) {
        next = node->next;
        stop_exchange(exchange_of(LIST_OWNER(node, struct connection, all)));
    }
}

void http_free(struct http *http)
{
    while (!list_is_empty(&http->connections.all)) {
        exchange_free(exchange_of(LIST_OWNER(http->connections.all.next, struct connection, all)));
    }
    buffer_free(&http->answer);
}
