/* tcp_proxy.c - one thread that copies bytes between pairs of sockets. */
#include "fault/tcp_proxy.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS_MAX 32
#define PAUSE_MS  10 /* after which hanging up and closing are noticed */

enum {
    CLIENT,
    SERVER,
    SIDES
};

struct pair {
    int sockets[SIDES]; /* -1: none */
};

struct tcp_proxy {
    int listener;
    unsigned port;
    unsigned server_port;
    pthread_t thread;
    atomic_int fault;
    atomic_bool must_hang_up;
    atomic_bool must_end;
    struct pair pairs[PAIRS_MAX];
};

static struct sockaddr_in loopback(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void close_side(struct pair *pair, int side)
{
    if (pair->sockets[side] >= 0) {
        close(pair->sockets[side]);
    }
    pair->sockets[side] = -1;
}

static void close_pair(struct pair *pair)
{
    close_side(pair, CLIENT);
    close_side(pair, SERVER);
}

static void accept_client(struct tcp_proxy *proxy)
{
    struct sockaddr_in address = loopback(proxy->server_port);
    int client = accept(proxy->listener, NULL, NULL);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct pair *free_pair = NULL;
    for (struct pair *pair = proxy->pairs; pair < proxy->pairs + PAIRS_MAX; pair++) {
        if (pair->sockets[CLIENT] < 0 && pair->sockets[SERVER] < 0) {
            free_pair = pair;
        }
    }
    if (client < 0 || server < 0 || free_pair == NULL ||
        connect(server, (struct sockaddr *)&address, sizeof(address)) != 0) {
        abort();
    }
    *free_pair = (struct pair){{client, server}};
}

static bool send_all(int to, const char *bytes, ssize_t len)
{
    while (len > 0) {
        ssize_t sent = send(to, bytes, (size_t)len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes += sent;
        len -= sent;
    }
    return true;
}

/* One side has something to say. */
static void copy_from(struct tcp_proxy *proxy, struct pair *pair, int side)
{
    char bytes[65536];
    int other = side == CLIENT ? SERVER : CLIENT;
    int wanted = atomic_load(&proxy->fault);
    ssize_t len = recv(pair->sockets[side], bytes, sizeof(bytes), 0);
    bool is_due = len > 0 && (wanted == TCP_FAULT_LOSE_ANSWER ? side == SERVER : side == CLIENT) &&
                  wanted != TCP_FAULT_NONE && pair->sockets[CLIENT] >= 0;
    if (is_due) {
        atomic_store(&proxy->fault, TCP_FAULT_NONE);
    }
    if (len <= 0 || (is_due && wanted != TCP_FAULT_LEAVE_SERVER)) {
        close_pair(pair);
        return;
    }
    if (pair->sockets[other] >= 0 && !send_all(pair->sockets[other], bytes, len)) {
        close_pair(pair);
    }
    if (is_due) {
        close_side(pair, CLIENT);
    }
}

static void *run(void *argument)
{
    struct tcp_proxy *proxy = argument;
    struct pollfd polled[1 + PAIRS_MAX * SIDES];
    while (!atomic_load(&proxy->must_end)) {
        polled[0] = (struct pollfd){.fd = proxy->listener, .events = POLLIN};
        for (int i = 0; i < PAIRS_MAX * SIDES; i++) {
            polled[1 + i] = (struct pollfd){.fd = proxy->pairs[i / SIDES].sockets[i % SIDES], .events = POLLIN};
        }
        poll(polled, 1 + PAIRS_MAX * SIDES, PAUSE_MS);
        for (int i = 0; i < PAIRS_MAX * SIDES; i++) {
            if (polled[1 + i].revents != 0 && proxy->pairs[i / SIDES].sockets[i % SIDES] == polled[1 + i].fd) {
                copy_from(proxy, &proxy->pairs[i / SIDES], i % SIDES);
            }
        }
        if (polled[0].revents != 0) {
            accept_client(proxy);
        }
        for (int i = 0; i < PAIRS_MAX && atomic_load(&proxy->must_hang_up); i++) {
            close_pair(&proxy->pairs[i]);
        }
        atomic_store(&proxy->must_hang_up, false);
    }
    return NULL;
}

struct tcp_proxy *tcp_proxy_open(unsigned port)
{
    struct tcp_proxy *proxy = calloc(1, sizeof(*proxy));
    struct sockaddr_in address = loopback(0);
    socklen_t address_len = sizeof(address);
    if (proxy == NULL) {
        abort();
    }
    for (int i = 0; i < PAIRS_MAX; i++) {
        proxy->pairs[i] = (struct pair){{-1, -1}};
    }
    proxy->server_port = port;
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (proxy->listener < 0 || bind(proxy->listener, (struct sockaddr *)&address, address_len) != 0 ||
        listen(proxy->listener, PAIRS_MAX) != 0 ||
        getsockname(proxy->listener, (struct sockaddr *)&address, &address_len) != 0) {
        abort();
    }
    proxy->port = ntohs(address.sin_port);
    if (pthread_create(&proxy->thread, NULL, run, proxy) != 0) {
        abort();
    }
    return proxy;
}

void tcp_proxy_close(struct tcp_proxy *proxy)
{
    atomic_store(&proxy->must_end, true);
    pthread_join(proxy->thread, NULL);
    for (int i = 0; i < PAIRS_MAX; i++) {
        close_pair(&proxy->pairs[i]);
    }
    close(proxy->listener);
    free(proxy);
}

unsigned tcp_proxy_port(const struct tcp_proxy *proxy)
{
    return proxy->port;
}

void tcp_proxy_break(struct tcp_proxy *proxy, enum tcp_fault fault)
{
    atomic_store(&proxy->fault, fault);
}

void tcp_proxy_hang_up(struct tcp_proxy *proxy)
{
    atomic_store(&proxy->must_hang_up, true);
    while (atomic_load(&proxy->must_hang_up)) {
        usleep(PAUSE_MS * 1000 / 2);
    }
}
