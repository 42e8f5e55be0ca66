/* slice.h - a piece of text that somebody else owns. */
#ifndef SERVER_NET_SLICE_H
#define SERVER_NET_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct slice {
    const char *text; /* not NUL-terminated; NULL: there is none */
    size_t len;       /* bytes */
};

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

static inline bool slice_equals(struct slice slice, const char *text)
{
    return slice.len == strlen(text) && memcmp(slice.text, text, slice.len) == 0;
}

/* Whether both are the same, whatever the case of ASCII letters. */
static inline bool slices_equal_nocase(struct slice slice, struct slice other)
{
    return slice.len == other.len && strncasecmp(slice.text, other.text, slice.len) == 0;
}

static inline bool slice_equals_nocase(struct slice slice, const char *text)
{
    return slices_equal_nocase(slice, slice_of(text));
}

/* Without the spaces and tabs at both ends. */
static inline struct slice slice_trim(struct slice slice)
{
    while (slice.len > 0 && (slice.text[0] == ' ' || slice.text[0] == '\t')) {
        slice.text++;
        slice.len--;
    }
    while (slice.len > 0 && (slice.text[slice.len - 1] == ' ' || slice.text[slice.len - 1] == '\t')) {
        slice.len--;
    }
    return slice;
}

/* Cuts the next element off a list such as "close, upgrade": what stands before the separator, trimmed. False at the
 * end of the list. */
static inline bool slice_next(struct slice *list, char separator, struct slice *element)
{
    if (list->text == NULL) {
        return false;
    }
    const char *end = list->len > 0 ? memchr(list->text, separator, list->len) : NULL;
    size_t len = end == NULL ? list->len : (size_t)(end - list->text);
    *element = slice_trim((struct slice){list->text, len});
    if (end == NULL) {
        *list = (struct slice){NULL, 0};
    } else {
        *list = (struct slice){end + 1, list->len - len - 1};
    }
    return true;
}

#endif
