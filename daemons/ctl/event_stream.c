/* event_stream.c - see event_stream.h. */
#include "ctl/event_stream.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LEN_MAX 65536 /* far above any event of a feed */

void event_stream_init(struct event_stream *stream, const char *last_id,
                       void (*event)(void *context, const char *name, const char *data, size_t data_len), void *context)
{
    *stream = (struct event_stream){.event = event, .context = context};
    snprintf(stream->last_id, sizeof(stream->last_id), "%s", last_id);
}

void event_stream_reconnect(struct event_stream *stream)
{
    stream->line_len = 0;
    stream->data_len = 0;
    stream->name[0] = '\0';
}

void event_stream_free(struct event_stream *stream)
{
    free(stream->line);
    free(stream->data);
}

/* Appends to a growing text. Returns 0, or 1 when it cannot grow. */
static int append(char **text, size_t *len, const char *bytes, size_t count)
{
    char *grown;

    if (count > LINE_LEN_MAX - *len) {
        return 1;
    }
    grown = realloc(*text, *len + count + 1);
    if (grown == NULL) {
        return 1;
    }
    memcpy(grown + *len, bytes, count);
    *text = grown;
    *len += count;
    grown[*len] = '\0';
    return 0;
}

static void dispatch(struct event_stream *stream)
{
    if (stream->data_len > 0) {
        stream->event(stream->context, stream->name, stream->data, stream->data_len);
    }
    stream->data_len = 0;
    stream->name[0] = '\0';
}

/* One whole line without its end. */
static int take_line(struct event_stream *stream, char *line, size_t len)
{
    char *value = memchr(line, ':', len);
    size_t name_len = value == NULL ? len : (size_t)(value - line);

    if (len == 0) {
        dispatch(stream);
        return 0;
    }
    value = value == NULL ? line + len : value + 1;
    if (*value == ' ') {
        value++;
    }
    if (name_len == 4 && memcmp(line, "data", 4) == 0) {
        return append(&stream->data, &stream->data_len, value, strlen(value));
    }
    if (name_len == 2 && memcmp(line, "id", 2) == 0) {
        snprintf(stream->last_id, sizeof(stream->last_id), "%s", value);
    } else if (name_len == 5 && memcmp(line, "event", 5) == 0) {
        snprintf(stream->name, sizeof(stream->name), "%s", value);
    }
    return 0;
}

int event_stream_feed(struct event_stream *stream, const char *bytes, size_t len)
{
    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end == NULL ? len : (size_t)(end - bytes);

        if (append(&stream->line, &stream->line_len, bytes, part) != 0) {
            return 1;
        }
        if (end == NULL) {
            return 0;
        }
        if (stream->line_len > 0 && stream->line[stream->line_len - 1] == '\r') {
            stream->line[--stream->line_len] = '\0';
        }
        if (take_line(stream, stream->line, stream->line_len) != 0) {
            return 1;
        }
        stream->line_len = 0;
        bytes += part + 1;
        len -= part + 1;
    }
    return 0;
}
