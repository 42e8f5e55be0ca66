/* response.h - answers: built in one buffer, header and content together, and sent in one piece. */
#ifndef SERVER_HTTP_RESPONSE_H
#define SERVER_HTTP_RESPONSE_H

#include "server/http/exchange.h"

/* Begins the answer: status line and the fields that every answer has. Only one answer of a loop is being built at a
 * time. */
void response_begin(struct exchange *exchange, int status);

void response_field(struct exchange *exchange, const char *name, const char *value);
__attribute__((format(printf, 3, 4))) void response_field_format(struct exchange *exchange, const char *name,
                                                                 const char *format, ...);

/* Ends the header and makes room for `len` bytes of content. Returns where to write them, or NULL when none are to be
 * written: for HEAD, or when memory is short. response_send() follows. */
char *response_reserve(struct exchange *exchange, const char *content_type, size_t len);
void response_send(struct exchange *exchange);

/* Ends the header of an answer without content (204, 304). response_send() follows. */
void response_end(struct exchange *exchange);

/* Ends the header of an answer whose content comes bit by bit until the connection closes, and sends it. */
void response_begin_stream(struct exchange *exchange, const char *content_type);

/* A whole answer 101, with one field more: what comes on the connection now is another protocol. */
void response_upgrade(struct exchange *exchange, const char *protocol, const char *name, const char *value);

/* A whole answer: {"error":...} with the members of RFC 9457. `error` NULL: the status's own words. For 503,
 * Retry-After too. */
void response_problem(struct exchange *exchange, int status, const char *error, const char *detail);

/* The same, after fields of one's own: response_begin() went before. */
void response_problem_content(struct exchange *exchange, int status, const char *error, const char *detail);

/* "Not Found" and the like (RFC 9110, 15). */
const char *response_reason(int status);

/* Whether If-None-Match of the exchange names this entity tag, quotes included (RFC 9110, 13.1.2). */
bool response_matches(const struct exchange *exchange, const char *etag);

#endif
