/* cors.h - which pages of other origins may use the API (Fetch standard, "CORS protocol"). */
#ifndef SERVER_HTTP_CORS_H
#define SERVER_HTTP_CORS_H

#include "server/net/buffer.h"
#include "server/net/slice.h"

/* Copies the request's origin to `out` when `allowed` ("*", or origins separated by commas) names it; otherwise "". */
void cors_choose(const char *allowed, struct slice origin, char *out, size_t size);

/* Appends the header fields for every answer. `origin` is what cors_choose() found. */
bool cors_append_fields(struct buffer *answer, const char *allowed, const char *origin);

/* Appends those that only the answer to a preflight has. */
bool cors_append_preflight(struct buffer *answer, const char *allowed, const char *origin, const char *methods);

#endif
