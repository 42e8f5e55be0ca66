/* exchange.c - HTTP on a connection: one request after another. */
#include "server/http/exchange.h"

#include "server/http/cors.h"
#include <stdio.h>
#include <stdlib.h>

struct exchange *exchange_of(struct connection *connection)
{
    return LIST_OWNER(connection, struct exchange, connection);
}

void exchange_begin(struct exchange *exchange, const struct request *request)
{
    const struct http *http = exchange->http;
    exchange->counts = &http->metrics->routes[0];
    exchange->is_head = request->method == REQUEST_HEAD;
    exchange->keep_alive = request->keep_alive && !http->is_stopping;
    exchange->query_hash = 0;
    buffer_clear(&exchange->filter);
    exchange->condition[0] = '\0';
    cors_choose(http->settings.cors_origin, request->fields[REQUEST_ORIGIN], exchange->origin,
                sizeof(exchange->origin));
    exchange->target[0] = '\0';
    if (http->settings.reports.answered == NULL) {
        return;
    }
    exchange->begun_ms = loop_now_ms();
    snprintf(exchange->target, sizeof(exchange->target), "%.*s %.*s", (int)request->method_name.len,
             request->method_name.text, (int)request->path.len, request->path.text);
}

void exchange_await(struct exchange *exchange, exchange_answer answer)
{
    exchange->phase = EXCHANGE_ANSWERING;
    exchange->answer = answer;
}

struct exchange *exchange_of_tag(void *tag)
{
    struct exchange *exchange = tag;
    if (exchange->connection.lws != NULL) {
        return exchange;
    }
    exchange_free(exchange);
    return NULL;
}

void exchange_answered(struct exchange *exchange)
{
    exchange->phase = EXCHANGE_READING;
    if (!exchange->keep_alive) {
        exchange->connection.closes_when_sent = true;
    }
    if (!exchange->is_processing) {
        connection_resume(&exchange->connection);
    }
}

void exchange_await_stream(struct exchange *exchange, const struct takeover *takeover, void *stream)
{
    exchange->phase = EXCHANGE_ANSWERING;
    exchange->takeover = takeover;
    exchange->stream = stream;
}

void exchange_begin_stream(struct exchange *exchange)
{
    exchange->phase = EXCHANGE_STREAMING;
    if (!exchange->is_processing) {
        connection_resume(&exchange->connection); /* what came right after the request is the stream's */
    }
}

void exchange_drop_stream(struct exchange *exchange)
{
    exchange->stream = NULL;
}

void exchange_free(struct exchange *exchange)
{
    connection_release(&exchange->connection);
    buffer_free(&exchange->in);
    buffer_free(&exchange->filter);
    free(exchange);
}
