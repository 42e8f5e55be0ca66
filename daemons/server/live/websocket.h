/* websocket.h - WebSocket frames (RFC 6455): reading what a client sends, writing headers of ours. No I/O.
 *
 * What clients say is not used: text and binary messages are counted and dropped. */
#ifndef SERVER_LIVE_WEBSOCKET_H
#define SERVER_LIVE_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEBSOCKET_MESSAGE_MAX 4096 /* bytes of a client's message, all its frames together */
#define WEBSOCKET_CONTROL_MAX 125  /* bytes of a control frame's payload (RFC 6455, 5.5) */
#define WEBSOCKET_HEADER_MAX  10   /* bytes of a frame header of ours */

enum websocket_opcode {
    WEBSOCKET_CONTINUATION = 0,
    WEBSOCKET_TEXT = 1,
    WEBSOCKET_BINARY = 2,
    WEBSOCKET_CLOSE = 8,
    WEBSOCKET_PING = 9,
    WEBSOCKET_PONG = 10
};

/* Close codes (RFC 6455, 7.4), and one of ours. */
enum {
    WEBSOCKET_NORMAL = 1000,
    WEBSOCKET_GOING_AWAY = 1001,
    WEBSOCKET_PROTOCOL_ERROR = 1002,
    WEBSOCKET_NO_CODE = 1005, /* never sent: the peer's close frame was empty */
    WEBSOCKET_NOT_UTF8 = 1007,
    WEBSOCKET_TOO_BIG = 1009,
    WEBSOCKET_INTERNAL = 1011,
    WEBSOCKET_TOO_SLOW = 4008
};

/* Where the reader stands between two bytes. All zero: before the first frame. */
struct websocket_reader {
    unsigned char header[14]; /* as far as it has come */
    size_t header_len;        /* bytes of it; the whole header is known when header_done */
    bool header_done;
    unsigned char opcode;
    uint64_t payload_left;
    uint64_t payload_used;
    uint64_t message_len; /* of the message that is under way, so far */
    bool in_message;
    unsigned char control[WEBSOCKET_CONTROL_MAX];
    size_t control_len;
};

enum websocket_event {
    WEBSOCKET_NOTHING,       /* all bytes are used, no event yet */
    WEBSOCKET_GOT_MESSAGE,   /* the end of a frame of a message */
    WEBSOCKET_GOT_PING,      /* its payload is in control, control_len */
    WEBSOCKET_GOT_PONG,      /* likewise */
    WEBSOCKET_GOT_CLOSE,     /* likewise; websocket_close_code() reads it */
    WEBSOCKET_MALFORMED,     /* close with PROTOCOL_ERROR; read no further */
    WEBSOCKET_OVER_THE_LIMIT /* close with TOO_BIG; read no further */
};

/* Reads up to the next event. Returns the bytes used. */
size_t websocket_read(struct websocket_reader *reader, const char *bytes, size_t len, enum websocket_event *event);

/* The code to answer the close frame in `control` with: its own, NO_CODE for an empty one, PROTOCOL_ERROR or NOT_UTF8
 * when it is not as it must be. */
int websocket_close_code(const struct websocket_reader *reader);

/* Writes the header of an unmasked, final frame. Returns its bytes, 2 to WEBSOCKET_HEADER_MAX. */
size_t websocket_write_header(enum websocket_opcode opcode, size_t payload_len, char *out);

/* The value of Sec-WebSocket-Accept for a client's key, NUL-terminated (RFC 6455, 4.2.2). False when the key is not the
 * base64 of 16 bytes. */
#define WEBSOCKET_ACCEPT_SIZE 32
bool websocket_accept(const char *key, size_t key_len, char out[WEBSOCKET_ACCEPT_SIZE]);

#endif
