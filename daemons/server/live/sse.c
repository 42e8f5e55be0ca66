/* sse.c - the live feed as Server-Sent Events (HTML standard, 9.2). */
#include "server/live/sse.h"

#include "server/http/response.h"
#include <string.h>

#define COMMENT_MS 15000

static bool append_text(struct buffer *out, const char *text)
{
    return buffer_append(out, text, strlen(text));
}

static bool encode(struct buffer *out, int kind, const char *cursor, const char *json, size_t json_len)
{
    const char *name = kind == MEOWER_EVENT_CREATED ? "meow" : kind == MEOWER_EVENT_DELETED ? "deleted" : "sync";
    return append_text(out, "id: ") && append_text(out, cursor) && append_text(out, "\nevent: ") &&
           append_text(out, name) && append_text(out, "\ndata: ") && buffer_append(out, json, json_len) &&
           append_text(out, "\n\n");
}

/* A client has nothing to say. */
static void receive(struct client *client, const char *bytes, size_t len)
{
    (void)client;
    (void)bytes;
    (void)len;
}

/* There is no close code here: a client that comes back with its last id loses nothing. */
static void say_goodbye(struct client *client, int code)
{
    (void)client;
    (void)code;
}

static void keep_alive(struct client *client)
{
    struct connection *connection = &client->exchange->connection;
    bool is_stalled = connection->out.len > 0;
    if (is_stalled && client->was_stalled) {
        connection_abort(connection);
        return;
    }
    client->was_stalled = is_stalled;
    if (!is_stalled) {
        connection_send(connection, ":\n\n", 3);
    }
    deadline_set(&connection->deadline, &client->stream->quiet);
}

void sse_begin_answer(struct exchange *exchange)
{
    response_begin(exchange, 200);
    response_field(exchange, "Cache-Control", "no-store");
    response_field(exchange, "X-Accel-Buffering", "no");
}

static void welcome(struct client *client)
{
    static const char retry[] = "retry: 2000\n\n";
    sse_begin_answer(client->exchange);
    response_begin_stream(client->exchange, "text/event-stream");
    connection_send(&client->exchange->connection, retry, sizeof(retry) - 1);
}

const struct format sse_format = {COMMENT_MS, 0, true, welcome, encode, receive, keep_alive, say_goodbye};
