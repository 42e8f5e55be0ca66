/* labels_buffer.h - labels that come one by one: from the rows of a store, from the parameters of a request. */
#ifndef BASE_LABELS_BUFFER_H
#define BASE_LABELS_BUFFER_H

#include <meower/meow.h>
#include <stdbool.h>

/* Bytes of the longest run (base/labels.h). */
#define LABELS_TEXT_MAX (MEOWER_LABELS_MAX * (MEOWER_LABEL_KEY_MAX + 1 + 4 * MEOWER_LABEL_VALUE_MAX + 1))

/* Begin with count and len 0; nothing else needs
 * to be set. */
struct labels_buffer {
    size_t count;
    size_t len; /* bytes of text that are used */
    meower_label labels[MEOWER_LABELS_MAX];
    char text[LABELS_TEXT_MAX];
};

/* Copies a label to the end. Returns false when no meow can have so many, or such long ones. */
bool labels_buffer_add(struct labels_buffer *buffer, const char *key, size_t key_len, const char *value,
                       size_t value_len);

/* Copies the labels of a run to the end, whose texts end with `terminator` instead of NUL. Returns false when it is no
 * run, or as labels_buffer_add(). */
bool labels_buffer_add_run(struct labels_buffer *buffer, const char *run, size_t len, char terminator);

#endif
