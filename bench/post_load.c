/* post_load.c - posts as fast as a server answers: kept-alive connections, one request at a time on each, every body
 * its own. The bodies are made before the clock starts, so that the generator takes little of the processors it shares
 * with the server.
 *
 * post_load PORT CONNECTIONS SECONDS ROOMS AUTHORS
 *
 * Where ROOMS is not 0, each meow carries two labels: a room, one of so many, and an author, likewise. Prints one JSON
 * object. */
#include "measure.h"
#include "sockets.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 4096
#define BODIES          4096 /* texts that differ beside their number */
#define REQUEST_MAX     512
#define NUMBER_DIGITS   9
#define ANSWER_MAX      4096
#define SAMPLES_MAX     4000000

struct request {
    char text[REQUEST_MAX];
    size_t len;
    char *number; /* where the digits go */
};

struct connection {
    int fd;
    int64_t sent_us;
    size_t len; /* bytes of the answer so far */
    char answer[ANSWER_MAX];
};

static struct request requests[BODIES];
static struct connection connections[CONNECTIONS_MAX];
static unsigned long long request_count;
static unsigned long long error_count;

/* Six to eleven words of a vocabulary of 400, and a number; and labels, where there are rooms. */
static void make_request(struct request *request, long rooms, long authors)
{
    static const char *const syllables[] = {"mi", "au", "pur", "ro", "ta", "le", "shi", "no", "ka", "ve"};
    char body[300];
    int len = snprintf(body, sizeof(body), "body=%0*d", NUMBER_DIGITS, 0);
    int words = 6 + rand() % 6;

    for (int i = 0; i < words; i++) {
        len += snprintf(body + len, sizeof(body) - (size_t)len, "+%s%s%s", syllables[rand() % 10],
                        syllables[rand() % 10], syllables[rand() % 4]);
    }
    if (rooms > 0) {
        len += snprintf(body + len, sizeof(body) - (size_t)len, "&label.room=room+%ld&label.author=author+%ld",
                        rand() % rooms, rand() % authors);
    }
    request->len = (size_t)snprintf(request->text, sizeof(request->text),
                                    "POST /meows HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
                                    len, body);
    request->number = strstr(request->text, "\r\n\r\nbody=") + 9;
}

static void send_next(struct connection *connection, int64_t at_us)
{
    struct request *request = &requests[request_count % BODIES];
    unsigned long long number = request_count++;

    for (int i = NUMBER_DIGITS - 1; i >= 0; i--, number /= 10) {
        request->number[i] = (char)('0' + number % 10);
    }
    connection->len = 0;
    connection->sent_us = at_us;
    socket_send_all(connection->fd, request->text, request->len);
}

/* True when a whole answer is there: its head, and JSON, which ends in a brace and holds no CR. Looked for from the
 * end: the head is longer. */
static bool is_complete(const struct connection *connection)
{
    const char *answer = connection->answer;
    const char *last_line =
        connection->len > 0 && answer[connection->len - 1] == '}' ? memrchr(answer, '\r', connection->len) : NULL;

    return last_line != NULL && last_line - answer >= 2 && memcmp(last_line - 2, "\r\n\r\n", 4) == 0;
}

static void receive(struct connection *connection, struct samples *samples)
{
    ssize_t got = recv(connection->fd, connection->answer + connection->len, ANSWER_MAX - connection->len, 0);

    if (got <= 0) {
        give_up("the server closed a connection");
    }
    connection->len += (size_t)got;
    if (!is_complete(connection)) {
        return;
    }
    int64_t at_us = now_us();
    samples_add(samples, at_us - connection->sent_us);
    if (memcmp(connection->answer, "HTTP/1.1 200", 12) != 0) {
        error_count++;
    }
    send_next(connection, at_us);
}

int main(int argc, char **argv)
{
    struct samples samples;
    struct epoll_event events[256];
    int epoll = epoll_create1(0);

    if (argc != 6 || epoll < 0) {
        give_up("post_load PORT CONNECTIONS SECONDS ROOMS AUTHORS");
    }
    uint16_t port = (uint16_t)parse_number(argv[1], 65535, "the port");
    long count = parse_number(argv[2], CONNECTIONS_MAX, "the connections");
    int64_t seconds = parse_number(argv[3], 3600, "the seconds");
    long rooms = parse_number(argv[4], 1000000, "the rooms");
    long authors = parse_number(argv[5], 1000000, "the authors");

    for (size_t i = 0; i < BODIES; i++) {
        make_request(&requests[i], rooms, authors);
    }
    samples_init(&samples, SAMPLES_MAX);
    for (long i = 0; i < count; i++) {
        connections[i].fd = socket_connect(port);
        /* By edge: an answer that was read need not be looked for again. */
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = &connections[i]};
        epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event);
    }
    int64_t begun_us = now_us();
    for (long i = 0; i < count; i++) {
        send_next(&connections[i], now_us());
    }
    while (now_us() - begun_us < seconds * 1000000) {
        int ready = epoll_wait(epoll, events, 256, 1000);
        for (int i = 0; i < ready; i++) {
            receive(events[i].data.ptr, &samples);
        }
    }
    int64_t duration_us = now_us() - begun_us;
    printf("{\"requests\": %zu, \"duration_us\": %lld, \"errors\": %llu, \"spent_us\": %lld, ", samples.count,
           (long long)duration_us, error_count, (long long)spent_us());
    samples_print(&samples, "answer");
    printf("}\n");
    samples_free(&samples);
    return 0;
}
