/* http_client.c - one kept-alive HTTP/1.1 connection with one request at a time, just enough for measuring. */
#include "http_client.h"
#include "measure.h"
#include "sockets.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void http_client_open(struct http_client *client, uint16_t port)
{
    client->fd = socket_connect(port);
    client->port = port;
    client->status = 0;
    client->body = NULL;
    client->body_len = 0;
    client->len = 0;
}

void http_client_close(struct http_client *client)
{
    close(client->fd);
}

static void send_request(struct http_client *client, const char *request, int len, size_t room)
{
    if (len < 0 || (size_t)len >= room) {
        give_up("request too long");
    }
    client->len = 0;
    socket_send_all(client->fd, request, (size_t)len);
}

void http_client_post(struct http_client *client, const char *body)
{
    char request[2048];
    int len = snprintf(request, sizeof(request),
                       "POST /meows HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                       "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\nbody=%s",
                       client->port, strlen(body) + 5, body);
    send_request(client, request, len, sizeof(request));
}

void http_client_get(struct http_client *client, const char *target)
{
    char request[2048];
    int len = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", target, client->port);
    send_request(client, request, len, sizeof(request));
}

void http_client_get_at(struct http_client *client, const char *target, const char *cursor)
{
    char request[2048];
    int len = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nMeower-Cursor: %s\r\n\r\n",
                       target, client->port, cursor);
    send_request(client, request, len, sizeof(request));
}

/* The value of a header field, without the blanks before it; NULL when there is none. */
static const char *find_field(const char *head, size_t head_len, const char *name)
{
    size_t name_len = strlen(name);
    for (size_t at = 0; at + name_len + 3 < head_len; at++) {
        if (head[at] == '\n' && strncasecmp(head + at + 1, name, name_len) == 0 && head[at + 1 + name_len] == ':') {
            return head + at + name_len + 2 + strspn(head + at + name_len + 2, " \t");
        }
    }
    return NULL;
}

bool http_client_receive(struct http_client *client)
{
    errno = 0;
    ssize_t received = recv(client->fd, client->buffer + client->len, sizeof(client->buffer) - 1 - client->len, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (received <= 0) {
        give_up("the server closed a connection, or an answer is too long");
    }
    client->len += (size_t)received;
    client->buffer[client->len] = '\0';

    const char *end = memmem(client->buffer, client->len, "\r\n\r\n", 4);
    if (!end) {
        return false;
    }
    size_t head_len = (size_t)(end - client->buffer) + 4;
    const char *length = find_field(client->buffer, head_len, "Content-Length");
    size_t body_len = length ? (size_t)strtoul(length, NULL, 10) : 0; /* the answers measured here carry it */
    if (client->len < head_len + body_len) {
        return false;
    }
    client->status = head_len > 12 ? (int)strtol(client->buffer + 9, NULL, 10) : 0; /* after "HTTP/1.1 " */
    client->body = client->buffer + head_len;
    client->body_len = body_len;
    return true;
}

void http_client_wait(struct http_client *client)
{
    while (!http_client_receive(client)) {
        continue;
    }
}

bool http_client_header(const struct http_client *client, const char *name, char *value, size_t value_size)
{
    const char *start = find_field(client->buffer, (size_t)(client->body - client->buffer), name);
    size_t len = start ? strcspn(start, "\r\n") : 0;
    if (!start || len >= value_size) {
        return false;
    }
    memcpy(value, start, len);
    value[len] = '\0';
    return true;
}

bool http_client_id(const struct http_client *client, char *id, size_t id_size)
{
    static const char name[] = "\"id\":\"";
    const char *start = memmem(client->body, client->body_len, name, sizeof(name) - 1);
    if (!start) {
        return false;
    }
    start += sizeof(name) - 1;
    size_t len = strcspn(start, "\"");
    if (len >= id_size) {
        return false;
    }
    memcpy(id, start, len);
    id[len] = '\0';
    return true;
}
