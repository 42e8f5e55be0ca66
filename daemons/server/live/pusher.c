/* pusher.c - the live feed over WebSocket (RFC 6455). */
#include "server/live/pusher.h"

#include "server/http/response.h"
#include "server/process/server.h"
#include "server/routes/live.h"
#include <string.h>

static bool encode(struct buffer *out, int kind, const char *cursor, const char *json, size_t json_len)
{
    char header[WEBSOCKET_HEADER_MAX];
    (void)kind;
    (void)cursor;
    size_t header_len = websocket_write_header(WEBSOCKET_TEXT, json_len, header);
    return buffer_append(out, header, header_len) && buffer_append(out, json, json_len);
}

static void send_control(struct live_client *client, enum websocket_opcode opcode, const void *payload, size_t len)
{
    char frame[2 + WEBSOCKET_CONTROL_MAX];
    size_t header_len = websocket_write_header(opcode, len, frame);
    if (len > 0) {
        memcpy(frame + header_len, payload, len);
    }
    connection_send(client->connection, frame, header_len + len);
}

/* The close frame goes behind what waits for the socket; a peer that takes nothing has a minute for it. */
static void goodbye(struct live_client *client, int code)
{
    struct connection *connection = client->connection;
    const unsigned char payload[2] = {(unsigned char)(code >> 8), (unsigned char)(code & 0xff)};
    if (client->is_closing || connection->is_doomed) {
        return;
    }
    client->is_closing = true;
    list_remove(&client->node);
    watch_close(&client->own_watch);
    send_control(client, WEBSOCKET_CLOSE, payload, code == WEBSOCKET_NO_CODE ? 0 : sizeof(payload));
    deadline_set(&client->server->deadlines, &connection->deadline, DEADLINE_SEND);
    connection_close_when_sent(connection);
}

static void react(struct live_client *client, enum websocket_event event)
{
    struct deadline *deadline = &client->connection->deadline;
    switch (event) {
    case WEBSOCKET_GOT_PING:
        send_control(client, WEBSOCKET_PONG, client->reader.control, client->reader.control_len);
        break;
    case WEBSOCKET_GOT_PONG:
        if (deadline->kind == DEADLINE_PONG) {
            deadline_set(&client->server->deadlines, deadline, DEADLINE_PING);
        }
        break;
    case WEBSOCKET_GOT_CLOSE:
        goodbye(client, websocket_close_code(&client->reader));
        break;
    case WEBSOCKET_MALFORMED:
        goodbye(client, WEBSOCKET_PROTOCOL_ERROR);
        break;
    case WEBSOCKET_OVER_THE_LIMIT:
        goodbye(client, WEBSOCKET_TOO_BIG);
        break;
    case WEBSOCKET_GOT_MESSAGE:
    case WEBSOCKET_NOTHING:
        break;
    }
}

static void receive(struct live_client *client, const char *bytes, size_t len)
{
    while (len > 0 && !client->is_closing && !client->connection->is_doomed) {
        enum websocket_event event;
        size_t used = websocket_read(&client->reader, bytes, len, &event);
        bytes += used;
        len -= used;
        /* One that has us answer pings without reading the answers must not fill our memory. */
        if (event == WEBSOCKET_GOT_PING && client->connection->out.len > FANOUT_BEHIND_MAX) {
            goodbye(client, WEBSOCKET_TOO_SLOW);
        } else {
            react(client, event);
        }
    }
}

static void expired(struct live_client *client, enum deadline_kind kind)
{
    if (kind != DEADLINE_PING) {
        connection_abort(client->connection);
        return;
    }
    send_control(client, WEBSOCKET_PING, NULL, 0);
    deadline_set(&client->server->deadlines, &client->connection->deadline, DEADLINE_PONG);
}

/* ---- the handshake ---------------------------------------------------------------------------------------------- */

static void refuse_upgrade(struct connection *connection, const char *detail)
{
    response_begin(connection, 426);
    response_field(connection, "Upgrade", "websocket");
    response_field(connection, "Sec-WebSocket-Version", "13");
    response_problem_content(connection, 426, NULL, detail);
}

/* The status line and fields of RFC 6455, 4.2.2. */
static void welcome(struct live_client *client)
{
    struct connection *connection = client->connection;
    struct buffer *answer = &connection->server->answer;
    static const char head[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Accept: ";
    buffer_clear(answer);
    if (!buffer_append(answer, head, sizeof(head) - 1) ||
        !buffer_append(answer, client->accept, strlen(client->accept)) || !buffer_append(answer, "\r\n\r\n", 4)) {
        connection_abort(connection);
    }
    metrics_add(&connection->server->metrics->requests[ROUTE_PUSHER][1], 1);
    connection_send(connection, buffer_data(answer), answer->len);
    deadline_set(&connection->server->deadlines, &connection->deadline, DEADLINE_PING);
}

const struct live_format pusher_format = {welcome, encode, receive, expired, goodbye};

void pusher_handle(struct connection *connection, const struct request *request)
{
    struct server *server = connection->server;
    char accept[WEBSOCKET_ACCEPT_SIZE];
    struct slice key = request->fields[REQUEST_WEBSOCKET_KEY];
    struct slice version = request->fields[REQUEST_WEBSOCKET_VERSION];

    if (!live_is_websocket(request)) {
        refuse_upgrade(connection, "this route speaks WebSocket: send GET with Upgrade: websocket");
        return;
    }
    if (version.text == NULL || !slice_equals(version, "13")) {
        refuse_upgrade(connection, "Sec-WebSocket-Version must be 13");
        return;
    }
    if (key.text == NULL || !websocket_accept(key.text, key.len, accept)) {
        response_problem(connection, 400, NULL, "Sec-WebSocket-Key must be the base64 of 16 bytes");
        return;
    }
    struct live_client *client = live_open_for(connection, &server->fanout->websocket, request);
    if (client == NULL) {
        return;
    }
    memcpy(client->accept, accept, sizeof(accept));
    live_client_begin(client);
}
