/* websocket.c - WebSocket frames (RFC 6455). */
#include "server/live/websocket.h"

#include "base/utf8.h"
#include <libwebsockets.h>
#include <string.h>

#define MASK_LEN 4

/* Bytes of the header as far as its first two bytes tell. */
static size_t header_size(const unsigned char *header)
{
    unsigned char short_len = header[1] & 0x7f;
    return 2 + (short_len == 126 ? 2U : short_len == 127 ? 8U : 0U) + MASK_LEN;
}

static uint64_t header_payload_len(const unsigned char *header)
{
    unsigned char short_len = header[1] & 0x7f;
    if (short_len < 126) {
        return short_len;
    }
    size_t bytes = short_len == 126 ? 2 : 8;
    uint64_t len = 0;
    for (size_t i = 0; i < bytes; i++) {
        len = len << 8 | header[2 + i];
    }
    return len;
}

/* What the first two bytes may say (RFC 6455, 5.2 and 5.5): no extension bits, a known opcode, a mask, control frames
 * short and whole, continuations only within a message. */
static bool is_start_sound(const struct websocket_reader *reader)
{
    unsigned char first = reader->header[0], second = reader->header[1];
    unsigned char opcode = first & 0x0f;
    bool is_final = (first & 0x80) != 0;
    if ((first & 0x70) != 0 || (second & 0x80) == 0) {
        return false;
    }
    switch (opcode) {
    case WEBSOCKET_CONTINUATION:
        return reader->in_message;
    case WEBSOCKET_TEXT:
    case WEBSOCKET_BINARY:
        return !reader->in_message;
    case WEBSOCKET_CLOSE:
    case WEBSOCKET_PING:
    case WEBSOCKET_PONG:
        return is_final && (second & 0x7f) <= WEBSOCKET_CONTROL_MAX;
    default:
        return false;
    }
}

/* A length is written in as few bytes as it needs, and its top bit is 0 (RFC 6455, 5.2). */
static bool is_length_sound(const unsigned char *header, uint64_t len)
{
    switch (header[1] & 0x7f) {
    case 126:
        return len > 125;
    case 127:
        return len > UINT16_MAX && len <= INT64_MAX;
    default:
        return true;
    }
}

/* The header is complete: the reader takes what it says. */
static enum websocket_event begin_payload(struct websocket_reader *reader)
{
    uint64_t len = header_payload_len(reader->header);
    reader->opcode = reader->header[0] & 0x0f;
    reader->header_done = true;
    reader->payload_left = len;
    reader->payload_used = 0;
    reader->control_len = 0;
    if (!is_length_sound(reader->header, len)) {
        return WEBSOCKET_MALFORMED;
    }
    if (reader->opcode >= WEBSOCKET_CLOSE) {
        return WEBSOCKET_NOTHING;
    }
    if (len > WEBSOCKET_MESSAGE_MAX || reader->message_len + len > WEBSOCKET_MESSAGE_MAX) {
        return WEBSOCKET_OVER_THE_LIMIT;
    }
    reader->message_len += len;
    return WEBSOCKET_NOTHING;
}

static enum websocket_event end_frame(struct websocket_reader *reader)
{
    bool is_final = (reader->header[0] & 0x80) != 0;
    reader->header_len = 0;
    reader->header_done = false;
    switch (reader->opcode) {
    case WEBSOCKET_CLOSE:
        return WEBSOCKET_GOT_CLOSE;
    case WEBSOCKET_PING:
        return WEBSOCKET_GOT_PING;
    case WEBSOCKET_PONG:
        return WEBSOCKET_GOT_PONG;
    default:
        reader->in_message = !is_final;
        if (is_final) {
            reader->message_len = 0;
        }
        return WEBSOCKET_GOT_MESSAGE;
    }
}

/* Uses one byte of a header. */
static enum websocket_event read_header_byte(struct websocket_reader *reader, unsigned char byte)
{
    reader->header[reader->header_len++] = byte;
    if (reader->header_len < 2) {
        return WEBSOCKET_NOTHING;
    }
    if (reader->header_len == 2 && !is_start_sound(reader)) {
        return WEBSOCKET_MALFORMED;
    }
    if (reader->header_len < header_size(reader->header)) {
        return WEBSOCKET_NOTHING;
    }
    return begin_payload(reader);
}

/* Uses payload bytes: those of control frames are unmasked and kept, the others dropped. */
static size_t read_payload(struct websocket_reader *reader, const char *bytes, size_t len)
{
    size_t used = len < reader->payload_left ? len : (size_t)reader->payload_left;
    if (reader->opcode >= WEBSOCKET_CLOSE) {
        const unsigned char *mask = reader->header + header_size(reader->header) - MASK_LEN;
        for (size_t i = 0; i < used; i++) {
            reader->control[reader->control_len++] =
                (unsigned char)((unsigned char)bytes[i] ^ mask[(reader->payload_used + i) % MASK_LEN]);
        }
    }
    reader->payload_left -= used;
    reader->payload_used += used;
    return used;
}

size_t websocket_read(struct websocket_reader *reader, const char *bytes, size_t len, enum websocket_event *event)
{
    size_t used = 0;
    *event = WEBSOCKET_NOTHING;
    while (used < len) {
        if (!reader->header_done) {
            *event = read_header_byte(reader, (unsigned char)bytes[used++]);
            if (*event != WEBSOCKET_NOTHING) {
                return used;
            }
        } else {
            used += read_payload(reader, bytes + used, len - used);
        }
        if (reader->header_done && reader->payload_left == 0) {
            *event = end_frame(reader);
            return used;
        }
    }
    return used;
}

int websocket_close_code(const struct websocket_reader *reader)
{
    if (reader->control_len == 0) {
        return WEBSOCKET_NO_CODE;
    }
    if (reader->control_len == 1) {
        return WEBSOCKET_PROTOCOL_ERROR;
    }
    int code = reader->control[0] << 8 | reader->control[1];
    bool is_assigned = code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
    if (!is_assigned && (code < 3000 || code > 4999)) {
        return WEBSOCKET_PROTOCOL_ERROR;
    }
    if (!utf8_is_valid((const char *)reader->control + 2, reader->control_len - 2)) {
        return WEBSOCKET_NOT_UTF8;
    }
    return code;
}

size_t websocket_write_header(enum websocket_opcode opcode, size_t payload_len, char *out)
{
    unsigned char *header = (unsigned char *)out;
    header[0] = (unsigned char)(0x80 | opcode);
    if (payload_len < 126) {
        header[1] = (unsigned char)payload_len;
        return 2;
    }
    size_t bytes = payload_len <= UINT16_MAX ? 2 : 8;
    header[1] = bytes == 2 ? 126 : 127;
    for (size_t i = 0; i < bytes; i++) {
        header[2 + i] = (unsigned char)((uint64_t)payload_len >> (8 * (bytes - 1 - i)));
    }
    return 2 + bytes;
}

bool websocket_accept(const char *key, size_t key_len, char out[WEBSOCKET_ACCEPT_SIZE])
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455, 1.3 */
    unsigned char text[24 + sizeof(guid)], digest[20];

    if (key_len != 24 || key[22] != '=' || key[23] != '=') {
        return false;
    }
    for (size_t i = 0; i < 22; i++) {
        if (key[i] == '\0' || strchr(base64, key[i]) == NULL) {
            return false;
        }
    }
    memcpy(text, key, 24);
    memcpy(text + 24, guid, sizeof(guid) - 1);
    lws_SHA1(text, 24 + sizeof(guid) - 1, digest);
    return lws_b64_encode_string((const char *)digest, sizeof(digest), out, WEBSOCKET_ACCEPT_SIZE) > 0;
}
