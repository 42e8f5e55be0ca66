/* buffer.c - bytes that grow at the end and are used up from the front. */
#include "server/net/buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 512

bool buffer_reserve(struct buffer *buffer, size_t more)
{
    if (buffer->capacity - buffer->start - buffer->len >= more) {
        return true;
    }
    if (buffer->start > 0) {
        memmove(buffer->bytes, buffer->bytes + buffer->start, buffer->len);
        buffer->start = 0;
        if (buffer->capacity - buffer->len >= more) {
            return true;
        }
    }
    if (more > SIZE_MAX / 4 - buffer->len) {
        return false;
    }
    size_t capacity = buffer->capacity < CAPACITY_MIN ? CAPACITY_MIN : buffer->capacity;
    while (capacity < buffer->len + more) {
        capacity *= 2;
    }
    char *bytes = realloc(buffer->bytes, capacity);
    if (bytes == NULL) {
        return false;
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

bool buffer_append(struct buffer *buffer, const void *bytes, size_t len)
{
    if (!buffer_reserve(buffer, len)) {
        return false;
    }
    if (len > 0) {
        memcpy(buffer_end(buffer), bytes, len);
    }
    buffer->len += len;
    return true;
}

char *buffer_data(const struct buffer *buffer)
{
    return buffer->bytes + buffer->start;
}

char *buffer_end(const struct buffer *buffer)
{
    return buffer->bytes + buffer->start + buffer->len;
}

void buffer_extend(struct buffer *buffer, size_t len)
{
    buffer->len += len;
}

void buffer_consume(struct buffer *buffer, size_t len)
{
    buffer->len -= len;
    buffer->start = buffer->len == 0 ? 0 : buffer->start + len;
}

void buffer_clear(struct buffer *buffer)
{
    buffer->start = 0;
    buffer->len = 0;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}
