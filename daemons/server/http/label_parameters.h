/* label_parameters.h - labels as label.KEY=VALUE in a query string or a form: what a meow is to carry, or a filter. */
#ifndef SERVER_HTTP_LABEL_PARAMETERS_H
#define SERVER_HTTP_LABEL_PARAMETERS_H

#include "base/labels_buffer.h"
#include "server/net/buffer.h"
#include "server/net/slice.h"

/* Adds the labels among the parameters. False with the reason in *error when one cannot be decoded, or there are too
 * many; whether a key and a value are right is the library's to say. */
bool label_parameters_add(struct slice parameters, struct labels_buffer *labels, meower_error *error);

/* Adds one label. False with the reason in *error when there are too many. */
bool label_add(struct labels_buffer *labels, const char *key, size_t key_len, const char *value, size_t value_len,
               meower_error *error);

/* Appends the labels, which are right, as parameters that follow others: "&label.room=the%20garden". False when memory
 * is short. */
bool label_parameters_write(const struct labels_buffer *labels, struct buffer *out);

#endif
