/* labels_buffer.c - see labels_buffer.h. */
#include "base/labels_buffer.h"
#include <string.h>

static char *append(char *out, const char *text, size_t len)
{
    memcpy(out, text, len);
    out[len] = '\0';
    return out + len + 1;
}

bool labels_buffer_add(struct labels_buffer *buffer, const char *key, size_t key_len, const char *value,
                       size_t value_len)
{
    size_t room = sizeof(buffer->text) - buffer->len;
    char *at = buffer->text + buffer->len;

    if (buffer->count == MEOWER_LABELS_MAX || key_len >= room || value_len >= room || key_len + value_len + 2 > room) {
        return false;
    }
    buffer->labels[buffer->count++] = (meower_label){at, key_len, at + key_len + 1, value_len};
    append(append(at, key, key_len), value, value_len);
    buffer->len += key_len + value_len + 2;
    return true;
}

bool labels_buffer_add_run(struct labels_buffer *buffer, const char *run, size_t len, char terminator)
{
    const char *end = run + len;

    while (run < end) {
        const char *key_end = memchr(run, terminator, (size_t)(end - run));
        const char *value = key_end == NULL ? NULL : key_end + 1;
        const char *value_end = value == NULL ? NULL : memchr(value, terminator, (size_t)(end - value));
        if (value_end == NULL ||
            !labels_buffer_add(buffer, run, (size_t)(key_end - run), value, (size_t)(value_end - value))) {
            return false;
        }
        run = value_end + 1;
    }
    return true;
}
