/* event_stream.h - reading Server-Sent Events (WHATWG HTML, "Parsing an event stream") as they arrive, in pieces. */
#ifndef CTL_EVENT_STREAM_H
#define CTL_EVENT_STREAM_H

#include <stddef.h>

#define EVENT_STREAM_ID_SIZE 64

struct event_stream {
    void (*event)(void *context, const char *name, const char *data, size_t data_len);
    void *context;
    char last_id[EVENT_STREAM_ID_SIZE]; /* resume after it */
    char name[32];
    char *line; /* of which a part has arrived */
    size_t line_len;
    char *data; /* of the event under way */
    size_t data_len;
};

/* `event` is called for each event; the texts are the stream's. */
void event_stream_init(struct event_stream *stream, const char *last_id,
                       void (*event)(void *context, const char *name, const char *data, size_t data_len),
                       void *context);
void event_stream_free(struct event_stream *stream);

/* Takes what has arrived. Returns 0, or 1 when memory is short or a line has no end. */
int event_stream_feed(struct event_stream *stream, const char *bytes, size_t len);

/* The connection broke: what was half received is forgotten, last_id stays. */
void event_stream_reconnect(struct event_stream *stream);

#endif
