/* post_body.h - where the body of a meow stands in a POST: query string, form or JSON. */
#ifndef SERVER_HTTP_POST_BODY_H
#define SERVER_HTTP_POST_BODY_H

#include "server/http/request.h"

/* Copies the body to out[0..size-1]. Returns 200, or the status to refuse the request with and a sentence in *detail.
 * Whether the body may be posted is the library's to say. */
int post_body_find(const struct request *request, char *out, size_t size, size_t *len, const char **detail);

#endif
