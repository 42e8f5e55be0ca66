/* pusher.c - the live feed over WebSocket (RFC 6455). */
#include "server/live/pusher.h"

#include "server/http/response.h"
#include <string.h>

#define PING_MS 25000
#define PONG_MS 10000

/* The answer of RFC 6455, 4.2.2. */
static void welcome(struct client *client)
{
    response_upgrade(client->exchange, "websocket", "Sec-WebSocket-Accept", client->accept);
}

static bool encode(struct buffer *out, int kind, const char *cursor, const char *json, size_t json_len)
{
    char header[WEBSOCKET_HEADER_MAX];
    (void)kind;
    (void)cursor;
    size_t header_len = websocket_write_header(WEBSOCKET_TEXT, json_len, header);
    return buffer_append(out, header, header_len) && buffer_append(out, json, json_len);
}

static void send_control(struct client *client, enum websocket_opcode opcode, const void *payload, size_t len)
{
    char frame[2 + WEBSOCKET_CONTROL_MAX];
    size_t header_len = websocket_write_header(opcode, len, frame);
    if (len > 0) {
        memcpy(frame + header_len, payload, len);
    }
    connection_send(&client->exchange->connection, frame, header_len + len);
}

/* The close frame goes after what waits for the socket; a peer that takes nothing has a minute for it. */
static void say_goodbye(struct client *client, int code)
{
    const unsigned char payload[2] = {(unsigned char)(code >> 8), (unsigned char)(code & 0xff)};
    send_control(client, WEBSOCKET_CLOSE, payload, code == WEBSOCKET_NO_CODE ? 0 : sizeof(payload));
}

static void take_pong(struct client *client)
{
    struct deadline *deadline = &client->exchange->connection.deadline;
    if (deadline->timeout == &client->stream->answer) {
        deadline_set(deadline, &client->stream->quiet);
    }
}

static void react(struct client *client, enum websocket_event event)
{
    switch (event) {
    case WEBSOCKET_GOT_PING:
        send_control(client, WEBSOCKET_PONG, client->reader.control, client->reader.control_len);
        break;
    case WEBSOCKET_GOT_PONG:
        take_pong(client);
        break;
    case WEBSOCKET_GOT_CLOSE:
        client_dismiss(client, websocket_close_code(&client->reader));
        break;
    case WEBSOCKET_MALFORMED:
        client_dismiss(client, WEBSOCKET_PROTOCOL_ERROR);
        break;
    case WEBSOCKET_OVER_THE_LIMIT:
        client_dismiss(client, WEBSOCKET_TOO_BIG);
        break;
    case WEBSOCKET_GOT_MESSAGE:
    case WEBSOCKET_NOTHING:
        break;
    }
}

static void receive(struct client *client, const char *bytes, size_t len)
{
    const struct connection *connection = &client->exchange->connection;
    while (len > 0 && !client->is_closing && !connection->is_aborted) {
        enum websocket_event event;
        size_t used = websocket_read(&client->reader, bytes, len, &event);
        bytes += used;
        len -= used;
        /* A client that sends pings and does not read the pongs must not fill our memory. */
        if (event == WEBSOCKET_GOT_PING && connection->out.len > CLIENT_BEHIND_MAX) {
            client_dismiss(client, WEBSOCKET_TOO_SLOW);
        } else {
            react(client, event);
        }
    }
}

static void keep_alive(struct client *client)
{
    send_control(client, WEBSOCKET_PING, NULL, 0);
    deadline_set(&client->exchange->connection.deadline, &client->stream->answer);
}

const struct format pusher_format = {PING_MS, PONG_MS, false, welcome, encode, receive, keep_alive, say_goodbye};
