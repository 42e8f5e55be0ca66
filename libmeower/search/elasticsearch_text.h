/* elasticsearch_text.h - text that grows: the bodies of requests and of answers. */
#ifndef SEARCH_ELASTICSEARCH_TEXT_H
#define SEARCH_ELASTICSEARCH_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Begins as zeros. Once memory was short nothing more is added, so that one look at the end is enough. */
struct elasticsearch_text {
    char *data; /* NUL-terminated; NULL while nothing was added */
    size_t len;
    size_t size;
    bool is_incomplete; /* memory was short */
};

void elasticsearch_text_append(struct elasticsearch_text *text, const char *data, size_t len);
void elasticsearch_text_print(struct elasticsearch_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds valid UTF-8 as a JSON string, with its quotes. */
void elasticsearch_text_append_string(struct elasticsearch_text *text, const char *string, size_t len);

/* Makes it empty, and keeps its memory. */
void elasticsearch_text_clear(struct elasticsearch_text *text);
void elasticsearch_text_free(struct elasticsearch_text *text);

#endif
