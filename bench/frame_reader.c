/* frame_reader.c - a WebSocket client that only listens (RFC 6455): it opens, and counts the text frames that come. */
#include "frame_reader.h"
#include "measure.h"
#include "sockets.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_MAX  262144 /* bytes taken from a socket at once */
#define OPCODE_TEXT  1
#define OPCODE_CLOSE 8

static void upgrade(int fd, uint16_t port, const char *query)
{
    char request[512];
    char answer[4096];
    size_t len = 0;
    int request_len = snprintf(request, sizeof(request),
                               "GET /pusher?%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: Upgrade\r\n"
                               "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                               query, port);
    socket_send_all(fd, request, (size_t)request_len);
    while (len < 4 || memcmp(answer + len - 4, "\r\n\r\n", 4) != 0) {
        /* Byte by byte: what follows the head is already frames. */
        if (len == sizeof(answer) || recv(fd, answer + len, 1, 0) != 1) {
            give_up("upgrade");
        }
        len++;
    }
    errno = 0;
    if (memcmp(answer, "HTTP/1.1 101", 12) != 0) {
        give_up("upgrade refused");
    }
}

void frame_reader_open_bare(struct frame_reader *reader, uint16_t port)
{
    reader->fd = socket_connect(port);
    reader->closed = false;
    reader->rest_len = 0;
    socket_set_nonblocking(reader->fd);
}

void frame_reader_open(struct frame_reader *reader, uint16_t port, const char *query)
{
    reader->fd = socket_connect(port);
    reader->closed = false;
    reader->rest_len = 0;
    upgrade(reader->fd, port, query);
    socket_set_nonblocking(reader->fd);
}

/* Bytes of the frame that begins at `bytes`, 0 when its head is not there yet. Server frames carry no mask. */
static size_t frame_len(const unsigned char *bytes, size_t len, size_t *head_len)
{
    if (len < 2) {
        return 0;
    }
    *head_len = bytes[1] == 126 ? 4 : 2;
    if (bytes[1] > 126) {
        errno = 0;
        give_up("a frame that is masked or above 65,535 bytes");
    }
    if (len < *head_len) {
        return 0;
    }
    size_t payload_len = *head_len == 4 ? (size_t)bytes[2] << 8 | bytes[3] : bytes[1];
    return *head_len + payload_len;
}

void frame_reader_receive(struct frame_reader *reader, struct frame_sink *sink)
{
    static char buffer[FRAME_MAX + RECEIVE_MAX];
    memcpy(buffer, reader->rest, reader->rest_len);
    ssize_t received = recv(reader->fd, buffer + reader->rest_len, RECEIVE_MAX, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (received <= 0) {
        reader->closed = true;
        return;
    }

    size_t len = reader->rest_len + (size_t)received;
    size_t at = 0;
    size_t head_len = 0;
    for (;;) {
        size_t whole = frame_len((const unsigned char *)buffer + at, len - at, &head_len);
        if (whole == 0 || whole > len - at) {
            break;
        }
        int opcode = buffer[at] & 0x0f;
        if (opcode == OPCODE_TEXT) {
            sink->frame(sink, buffer + at + head_len, whole - head_len);
        } else if (opcode == OPCODE_CLOSE) {
            reader->closed = true;
        }
        at += whole;
    }
    reader->rest_len = len - at;
    if (reader->rest_len > sizeof(reader->rest)) {
        errno = 0;
        give_up("a frame is too long");
    }
    memcpy(reader->rest, buffer + at, reader->rest_len);
}
