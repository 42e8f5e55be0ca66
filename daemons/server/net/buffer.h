/* buffer.h - bytes that grow at the end and are used up from the front. */
#ifndef SERVER_NET_BUFFER_H
#define SERVER_NET_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* All zero: an empty buffer that owns nothing. */
struct buffer {
    char *bytes;
    size_t start; /* of what is not used up yet */
    size_t len;   /* of it */
    size_t capacity;
};

/* Makes room for `more` bytes after the last one. False when memory is short; nothing changed then. */
bool buffer_reserve(struct buffer *buffer, size_t more);

bool buffer_append(struct buffer *buffer, const void *bytes, size_t len);

/* The first byte that is not used up. */
char *buffer_data(const struct buffer *buffer);

/* The place after the last byte; what is written there counts after buffer_extend(). */
char *buffer_end(const struct buffer *buffer);
void buffer_extend(struct buffer *buffer, size_t len);

void buffer_consume(struct buffer *buffer, size_t len);
void buffer_clear(struct buffer *buffer); /* empties it, keeps its memory */
void buffer_free(struct buffer *buffer);  /* empties it, gives its memory back */

#endif
