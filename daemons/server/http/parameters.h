/* parameters.h - "name=value&..." as a query string or a form has it (WHATWG URL, application/x-www-form-urlencoded).
 */
#ifndef SERVER_HTTP_PARAMETERS_H
#define SERVER_HTTP_PARAMETERS_H

#include "server/net/buffer.h"
#include "server/net/slice.h"

enum parameter_result {
    PARAMETER_ABSENT,
    PARAMETER_FOUND,
    PARAMETER_MALFORMED /* a bad percent-encoding, or longer than there is room */
};

/* Takes the next pair out of *parameters: its name and its value, still encoded. False when there is none; at last
 * parameters->text is NULL. */
bool parameter_next(struct slice *parameters, struct slice *name, struct slice *value);

/* Decodes the first parameter `name` into out[0..size-1] and adds a NUL after its *len bytes, which may contain NULs
 * too. Nothing is written unless it is found. */
enum parameter_result parameter_get(struct slice parameters, const char *name, char *out, size_t size, size_t *len);

/* Decodes percent-encoding, and '+' to a space where plus_is_space, into out[0..size-1], which may be the text itself.
 * Adds a NUL. False when it is malformed or does not fit. */
bool percent_decode(struct slice text, bool plus_is_space, char *out, size_t size, size_t *len);

/* Appends the text percent-encoded but for what RFC 3986 calls unreserved. False when memory is short. */
bool percent_encode(const char *text, size_t len, struct buffer *out);

/* Reads a decimal number without sign or spaces. False when it is none or above `max`. */
bool number_parse(struct slice text, unsigned long long max, unsigned long long *number);

#endif
