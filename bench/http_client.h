/* http_client.h - one kept-alive HTTP/1.1 connection with one request at a time, just enough for measuring. */
#ifndef BENCH_HTTP_CLIENT_H
#define BENCH_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_ANSWER_MAX 65536 /* bytes of an answer, head and body */

struct http_client {
    int fd;
    uint16_t port;
    int status;       /* of the last answer that is complete */
    const char *body; /* of that answer, inside buffer */
    size_t body_len;
    size_t len; /* bytes in buffer */
    char buffer[HTTP_ANSWER_MAX];
};

void http_client_open(struct http_client *client, uint16_t port);
void http_client_close(struct http_client *client);

/* Sends POST /meows with this body, which needs no escaping in a form. */
void http_client_post(struct http_client *client, const char *body);

/* Sends GET with this target. */
void http_client_get(struct http_client *client, const char *target);

/* The same, to be answered only once the position of this cursor is visible. */
void http_client_get_at(struct http_client *client, const char *target, const char *cursor);

/* Reads what has come. True when the answer is complete; on a blocking socket it may take several calls. */
bool http_client_receive(struct http_client *client);

/* Waits for the whole answer on a blocking socket. */
void http_client_wait(struct http_client *client);

/* Writes the value of a header field of the answer (NUL-terminated). False when there is none, or it is too long. */
bool http_client_header(const struct http_client *client, const char *name, char *value, size_t value_size);

/* Writes the value of "id" in the body to `id` (NUL-terminated). False when there is none. */
bool http_client_id(const struct http_client *client, char *id, size_t id_size);

#endif
