/* frame_sender.c - the physical limit of delivering frames: one thread that sends the same WebSocket frame to every
 * connection, over and over, as fast as the sockets take it. No HTTP, no store, nothing to decide.
 *
 * frame_sender PORT CLIENTS SECONDS PAYLOAD_BYTES FRAMES_PER_SEND */
#include "measure.h"
#include "sockets.h"
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FRAMES_PER_SEND_MAX 64

/* One connection: how much of the run of frames it was sent already (a socket may take only a part). */
struct receiver {
    int fd;
    size_t sent;
};

/* A run of equal text frames, each with the four-byte head of a payload from 126 to 65,535 bytes (RFC 6455, 5.2). */
static char *make_run(size_t payload_len, size_t frames, size_t *len)
{
    size_t frame_len = payload_len + 4;
    char *run = calloc(frames, frame_len);
    if (!run) {
        give_up("run");
    }
    for (size_t i = 0; i < frames; i++) {
        char *frame = run + i * frame_len;
        frame[0] = (char)0x81;
        frame[1] = 126;
        frame[2] = (char)(payload_len >> 8);
        frame[3] = (char)(payload_len & 0xff);
        memset(frame + 4, 'm', payload_len);
    }
    *len = frames * frame_len;
    return run;
}

/* Returns 1 when the whole run is sent, 0 when the socket is full, -1 when the other side has gone. */
static int send_run(struct receiver *receiver, const char *run, size_t len)
{
    ssize_t sent = send(receiver->fd, run + receiver->sent, len - receiver->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
        return errno == EAGAIN ? 0 : -1;
    }
    receiver->sent += (size_t)sent;
    if (receiver->sent < len) {
        return 0;
    }
    receiver->sent = 0;
    return 1;
}

static void send_until(struct receiver *receivers, size_t count, const char *run, size_t len, int64_t end_us)
{
    while (now_us() < end_us) {
        bool any_sent = false;
        for (size_t i = 0; i < count; i++) {
            int status = send_run(&receivers[i], run, len);
            if (status < 0) {
                return;
            }
            any_sent |= status > 0;
        }
        if (!any_sent) { /* all are full: wait for the first rather than spin beside the reader */
            struct pollfd first = {.fd = receivers[0].fd, .events = POLLOUT};
            poll(&first, 1, 10);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: frame_sender PORT CLIENTS SECONDS PAYLOAD_BYTES FRAMES_PER_SEND\n");
        return 2;
    }
    socket_limit_raise();
    int listener = socket_listen((uint16_t)parse_number(argv[1], 65535, "PORT"));
    size_t count = (size_t)parse_number(argv[2], 100000, "CLIENTS");
    int64_t span_us = 1000000 * (int64_t)parse_number(argv[3], 60, "SECONDS");
    size_t payload_len = (size_t)parse_number(argv[4], 4000, "PAYLOAD_BYTES");
    size_t frames = (size_t)parse_number(argv[5], FRAMES_PER_SEND_MAX, "FRAMES_PER_SEND");
    if (payload_len < 126 || frames == 0) {
        give_up("PAYLOAD_BYTES from 126, FRAMES_PER_SEND from 1");
    }

    size_t len = 0;
    char *run = make_run(payload_len, frames, &len);
    struct receiver *receivers = calloc(count, sizeof(*receivers));
    if (!receivers) {
        give_up("receivers");
    }
    for (size_t i = 0; i < count; i++) {
        receivers[i].fd = socket_accept(listener);
    }
    send_until(receivers, count, run, len, now_us() + span_us);
    free(receivers);
    free(run);
    return 0;
}
