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
    if (len < 0 || (size_t)len >= room)
        give_up("request too long");
    client->len = 0;
    socket_send_all(client->fd, request, (size_t)len);
}

void http_client_post(struct http_client *client, const char *body)
{
    char request[2048];
    int len = snprintf(request, sizeof request,
                       "POST /meows HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                       "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\nbody=%s",
                       client->port, strlen(body) + 5, body);
    send_request(client, request, len, sizeof request);
}

void http_client_get(struct http_client *client, const char *target)
{
    char request[2048];
    int len = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", target, client->port);
    send_request(client, request, len, sizeof request);
}

/* The answers measured here carry Content-Length; one without it counts as empty. */
static size_t content_length(const char *head, size_t len)
{
    static const char name[] = "\r\ncontent-length:";
    for (size_t at = 0; at + sizeof name < len; at++) {
        if (strncasecmp(head + at, name, sizeof name - 1) == 0)
            return (size_t)strtoul(head + at + sizeof name - 1, NULL, 10);
    }
    return 0;
}

bool http_client_receive(struct http_client *client)
{
    errno = 0;
    ssize_t received = recv(client->fd, client->buffer + client->len, sizeof client->buffer - 1 - client->len, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (received <= 0)
        give_up("the server closed a connection, or an answer is too long");
    client->len += (size_t)received;
    client->buffer[client->len] = '\0';

    const char *end = memmem(client->buffer, client->len, "\r\n\r\n", 4);
    if (!end)
        return false;
    size_t head_len = (size_t)(end - client->buffer) + 4;
    size_t body_len = content_length(client->buffer, head_len);
    if (client->len < head_len + body_len)
        return false;
    client->status = head_len > 12 ? (int)strtol(client->buffer + 9, NULL, 10) : 0; /* behind "HTTP/1.1 " */
    client->body = client->buffer + head_len;
    client->body_len = body_len;
    return true;
}

void http_client_wait(struct http_client *client)
{
    while (!http_client_receive(client))
        continue;
}

bool http_client_id(const struct http_client *client, char *id, size_t id_size)
{
    static const char name[] = "\"id\":\"";
    const char *start = memmem(client->body, client->body_len, name, sizeof name - 1);
    if (!start)
        return false;
    start += sizeof name - 1;
    size_t len = strcspn(start, "\"");
    if (len >= id_size)
        return false;
    memcpy(id, start, len);
    id[len] = '\0';
    return true;
}
