/* http_fixture.h - an HTTP server for tests that says what it is told to say: the answers of a script, one a request,
 * in their order. It keeps the requests. When the script is over it hangs up. */
#ifndef UNIT_HTTP_FIXTURE_H
#define UNIT_HTTP_FIXTURE_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HTTP_REQUEST_MAX    16
#define HTTP_REQUEST_SIZE   8192
#define HTTP_CONNECTION_MAX 16

enum {
    HTTP_HANGS_UP = 0, /* without a word */
    HTTP_IS_SILENT = 1 /* until the client has had enough */
};

struct http_answer {
    int status; /* such as 200, or one of the above */
    const char *body;
};

struct http_connection {
    struct http_fixture *http;
    int socket;
    pthread_t thread;
};

/* Requests come one after the other, over any number of connections. */
struct http_fixture {
    int listener;
    unsigned port;
    pthread_t thread;
    const struct http_answer *answers;
    size_t answer_count;
    struct http_connection connections[HTTP_CONNECTION_MAX];
    size_t connection_count;
    atomic_size_t request_count;
    char requests[HTTP_REQUEST_MAX][HTTP_REQUEST_SIZE]; /* head and body, NUL-terminated, cut to fit */
};

/* Reads one request. Its text is whole when the head has come and as many bytes as it announces. */
static inline bool http_read_request(int connection, char text[HTTP_REQUEST_SIZE])
{
    size_t len = 0;

    memset(text, 0, HTTP_REQUEST_SIZE);
    for (;;) {
        char *body = strstr(text, "\r\n\r\n");
        if (body != NULL) {
            const char *announced = strcasestr(text, "Content-Length:");
            size_t body_len = announced == NULL ? 0 : strtoul(announced + 15, NULL, 10);
            if (len >= (size_t)(body - text) + 4 + body_len) {
                return true;
            }
        }
        ssize_t received = recv(connection, text + len, HTTP_REQUEST_SIZE - 1 - len, 0);
        if (received <= 0) {
            return false;
        }
        len += (size_t)received;
    }
}

static inline bool http_send(int connection, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(connection, data, len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        data += sent;
        len -= (size_t)sent;
    }
    return true;
}

static inline bool http_answer_request(int connection, const struct http_answer *answer)
{
    char head[200];

    if (answer->status == HTTP_IS_SILENT) {
        return recv(connection, head, sizeof(head), 0) > 0;
    }
    if (answer->status == HTTP_HANGS_UP) {
        return false;
    }
    size_t body_len = strlen(answer->body);
    int head_len =
        snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n", answer->status, body_len);
    return http_send(connection, head, (size_t)head_len) && http_send(connection, answer->body, body_len);
}

static inline void *http_serve_connection(void *argument)
{
    struct http_connection *connection = argument;
    struct http_fixture *http = connection->http;
    char text[HTTP_REQUEST_SIZE];
    bool goes_on = true;

    while (goes_on && http_read_request(connection->socket, text)) {
        size_t number = atomic_load(&http->request_count);
        if (number >= http->answer_count) {
            break;
        }
        memcpy(http->requests[number], text, sizeof(text));
        atomic_store(&http->request_count, number + 1);
        goes_on = http_answer_request(connection->socket, &http->answers[number]);
    }
    close(connection->socket);
    return NULL;
}

static inline void *http_serve(void *argument)
{
    struct http_fixture *http = argument;

    for (size_t i = 0; i < HTTP_CONNECTION_MAX; i++) {
        struct http_connection *connection = &http->connections[i];
        connection->http = http;
        connection->socket = accept(http->listener, NULL, NULL);
        if (connection->socket < 0 ||
            pthread_create(&connection->thread, NULL, http_serve_connection, connection) != 0) {
            break;
        }
        http->connection_count++;
    }
    return NULL;
}

/* Takes a port, and refuses connections until http_start(). */
static inline void http_init(struct http_fixture *http)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t address_len = sizeof(address);

    http->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (http->listener < 0 || bind(http->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        getsockname(http->listener, (struct sockaddr *)&address, &address_len) != 0) {
        abort();
    }
    http->port = ntohs(address.sin_port);
    http->answer_count = 0;
    http->connection_count = 0;
    atomic_init(&http->request_count, 0);
}

/* Serves a script, which lives as long as the fixture. */
static inline void http_start(struct http_fixture *http, const struct http_answer *answers, size_t count)
{
    if (count > HTTP_REQUEST_MAX) {
        abort();
    }
    http->answers = answers;
    http->answer_count = count;
    if (listen(http->listener, 8) != 0 || pthread_create(&http->thread, NULL, http_serve, http) != 0) {
        abort();
    }
}

/* Ends it; the connections to it are closed already. */
static inline void http_stop(struct http_fixture *http)
{
    if (http->answer_count > 0) {
        shutdown(http->listener, SHUT_RDWR);
        pthread_join(http->thread, NULL);
        for (size_t i = 0; i < http->connection_count; i++) {
            pthread_join(http->connections[i].thread, NULL);
        }
    }
    close(http->listener);
}

#endif
