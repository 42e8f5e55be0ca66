/* elasticsearch_text.c - text that grows. */
#include "search/elasticsearch_text.h"
#include "base/json.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_FIRST 1024

/* Makes room for so many more bytes and a NUL. */
static bool reserve(struct elasticsearch_text *text, size_t len)
{
    size_t size = text->size == 0 ? SIZE_FIRST : text->size;

    if (text->is_incomplete || len >= SIZE_MAX / 2 - text->len) {
        text->is_incomplete = true;
        return false;
    }
    while (size <= text->len + len) {
        size *= 2;
    }
    if (size > text->size) {
        char *data = realloc(text->data, size);
        if (data == NULL) {
            text->is_incomplete = true;
            return false;
        }
        text->data = data;
        text->size = size;
    }
    return true;
}

void elasticsearch_text_append(struct elasticsearch_text *text, const char *data, size_t len)
{
    if (reserve(text, len)) {
        memcpy(text->data + text->len, data, len);
        text->len += len;
        text->data[text->len] = '\0';
    }
}

void elasticsearch_text_print(struct elasticsearch_text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (len < 0) {
        text->is_incomplete = true;
    } else if (reserve(text, (size_t)len)) {
        va_start(arguments, format);
        vsnprintf(text->data + text->len, (size_t)len + 1, format, arguments);
        va_end(arguments);
        text->len += (size_t)len;
    }
}

void elasticsearch_text_append_string(struct elasticsearch_text *text, const char *string, size_t len)
{
    if (reserve(text, json_string_len(string, len))) {
        text->len = (size_t)(json_write_string(string, len, text->data + text->len) - text->data);
        text->data[text->len] = '\0';
    }
}

void elasticsearch_text_clear(struct elasticsearch_text *text)
{
    text->len = 0;
    text->is_incomplete = false;
}

void elasticsearch_text_free(struct elasticsearch_text *text)
{
    free(text->data);
    *text = (struct elasticsearch_text){0};
}
