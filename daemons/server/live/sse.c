/* sse.c - the live feed as Server-Sent Events (HTML standard, 9.2). */
#include "server/live/sse.h"

#include "server/http/response.h"
#include "server/process/server.h"
#include "server/routes/live.h"
#include <string.h>

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

static void receive(struct live_client *client, const char *bytes, size_t len)
{
    (void)client;
    (void)bytes;
    (void)len;
}

/* There is no close code here: a client that comes back with its last id loses nothing. */
static void goodbye(struct live_client *client, int code)
{
    struct connection *connection = client->connection;
    (void)code;
    if (client->is_closing || connection->is_doomed) {
        return;
    }
    client->is_closing = true;
    list_remove(&client->node);
    watch_close(&client->own_watch);
    deadline_set(&client->server->deadlines, &connection->deadline, DEADLINE_SEND);
    connection_close_when_sent(connection);
}

static void expired(struct live_client *client, enum deadline_kind kind)
{
    struct connection *connection = client->connection;
    bool is_stalled = connection->out.len > 0;
    if (kind != DEADLINE_COMMENT || (is_stalled && client->was_stalled)) {
        connection_abort(connection);
        return;
    }
    client->was_stalled = is_stalled;
    if (!is_stalled) {
        connection_send(connection, ":\n\n", 3);
    }
    deadline_set(&client->server->deadlines, &connection->deadline, DEADLINE_COMMENT);
}

static void begin_answer(struct connection *connection)
{
    response_begin(connection, 200);
    response_field(connection, "Cache-Control", "no-store");
    response_field(connection, "X-Accel-Buffering", "no");
}

static void welcome(struct live_client *client)
{
    static const char retry[] = "retry: 2000\n\n";
    struct connection *connection = client->connection;
    begin_answer(connection);
    response_begin_stream(connection, "text/event-stream");
    connection_send(connection, retry, sizeof(retry) - 1);
    deadline_set(&connection->server->deadlines, &connection->deadline, DEADLINE_COMMENT);
}

const struct live_format sse_format = {welcome, encode, receive, expired, goodbye};

void sse_handle(struct connection *connection, const struct request *request)
{
    if (live_is_websocket(request)) {
        response_problem(connection, 400, NULL, "this route does not speak WebSocket: /pusher does");
    } else if (request->method == REQUEST_GET) {
        struct live_client *client = live_open_for(connection, &connection->server->fanout->sse, request);
        if (client != NULL) {
            live_client_begin(client);
        }
    } else {
        begin_answer(connection);
        response_field(connection, "Content-Type", "text/event-stream");
        response_end(connection);
        response_send(connection);
    }
}
