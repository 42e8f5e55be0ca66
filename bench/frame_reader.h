/* frame_reader.h - a WebSocket client that only listens (RFC 6455): it opens, and counts the text frames that come. */
#ifndef BENCH_FRAME_READER_H
#define BENCH_FRAME_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 4096 /* bytes of a frame, at most */

/* Called with the payload of each text frame. */
struct frame_sink {
    void (*frame)(struct frame_sink *sink, const char *payload, size_t len);
};

struct frame_reader {
    int fd;
    bool closed; /* the other side has ended it */
    size_t rest_len;
    char rest[FRAME_MAX]; /* the beginning of a frame whose end has not come yet */
};

/* Connects to GET /pusher?query on 127.0.0.1:port and upgrades; then nonblocking. */
void frame_reader_open(struct frame_reader *reader, uint16_t port, const char *query);

/* Connects to a bare sender of frames, which speaks no HTTP; nonblocking. */
void frame_reader_open_bare(struct frame_reader *reader, uint16_t port);

/* Reads what has come. */
void frame_reader_receive(struct frame_reader *reader, struct frame_sink *sink);

#endif
