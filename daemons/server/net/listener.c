/* listener.c - a listening TCP socket by its address, and the connections that come in on it. */
#include "server/net/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG        1024 /* connections that wait to be accepted */
#define ACCEPTS_A_TURN 64   /* connections accepted before others get their turn */
#define HOST_SIZE      64

struct parts {
    char host[HOST_SIZE]; /* "": every address of the machine */
    char port[6];
};

static bool split(const char *address, struct parts *parts)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL) {
        return false;
    }
    size_t port_len = strlen(colon + 1);
    if (port_len < 1 || port_len > 5 || strspn(colon + 1, "0123456789") != port_len) {
        return false;
    }
    long port = 0;
    for (const char *digit = colon + 1; *digit != '\0'; digit++) {
        port = port * 10 + (*digit - '0');
    }
    size_t host_len = (size_t)(colon - address);
    bool is_bracketed = host_len >= 2 && address[0] == '[' && colon[-1] == ']';
    if (is_bracketed) {
        address++;
        host_len -= 2;
    }
    if (port > 65535 || host_len >= HOST_SIZE || (!is_bracketed && memchr(address, ':', host_len) != NULL)) {
        return false;
    }
    memcpy(parts->host, address, host_len);
    parts->host[host_len] = '\0';
    memcpy(parts->port, colon + 1, port_len + 1);
    return true;
}

bool listener_check_address(const char *address)
{
    struct parts parts;
    return split(address, &parts);
}

static void describe(int descriptor, char actual[LISTENER_ADDRESS_SIZE])
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);
    char host[HOST_SIZE], port[8];
    if (getsockname(descriptor, (struct sockaddr *)&name, &len) != 0 ||
        getnameinfo((struct sockaddr *)&name, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        snprintf(actual, LISTENER_ADDRESS_SIZE, "unknown");
        return;
    }
    bool is_v6 = name.ss_family == AF_INET6;
    snprintf(actual, LISTENER_ADDRESS_SIZE, "%s%s%s:%s", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
}

/* A socket for one of the addresses found, or -1 with errno. */
static int open_socket(const struct addrinfo *info)
{
    int on = 1, off = 0;
    int descriptor = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, info->ai_protocol);
    if (descriptor < 0) {
        return -1;
    }
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (info->ai_family == AF_INET6) { /* "every address" means IPv4 too */
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    }
    if (bind(descriptor, info->ai_addr, info->ai_addrlen) == 0) {
        return descriptor;
    }
    int saved = errno;
    close(descriptor);
    errno = saved;
    return -1;
}

int listener_open(const char *address, char actual[LISTENER_ADDRESS_SIZE], char *message, size_t message_size)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    struct parts parts;

    if (!split(address, &parts)) {
        snprintf(message, message_size, "%s is no address; right is HOST:PORT", address);
        return -1;
    }
    int status = getaddrinfo(parts.host[0] == '\0' ? NULL : parts.host, parts.port, &hints, &found);
    if (status != 0) {
        snprintf(message, message_size, "cannot listen on %s: %s", address, gai_strerror(status));
        return -1;
    }
    int descriptor = -1;
    /* A wildcard name gives IPv4 first on some systems; the IPv6 socket serves both. */
    for (int family = AF_INET6; descriptor < 0 && family >= 0; family = family == AF_INET6 ? AF_INET : -1) {
        for (const struct addrinfo *info = found; descriptor < 0 && info != NULL; info = info->ai_next) {
            if (info->ai_family == family) {
                descriptor = open_socket(info);
            }
        }
    }
    if (descriptor < 0) {
        snprintf(message, message_size, "cannot listen on %s: %s%s", address, strerror(errno),
                 errno == EADDRINUSE ? "; stop the program that does, or choose another port" : "");
    } else {
        describe(descriptor, actual);
    }
    freeaddrinfo(found);
    return descriptor;
}

bool listener_start(int descriptor)
{
    return listen(descriptor, BACKLOG) == 0;
}

/* ---- accepting -------------------------------------------------------------------------------------------------- */

static void accept_connections(struct watch *watch)
{
    struct acceptor *acceptor = LIST_OWNER(watch, struct acceptor, watch);
    for (unsigned i = 0; i < ACCEPTS_A_TURN; i++) {
        int descriptor = accept4(acceptor->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (descriptor >= 0) {
            acceptor->accepted(acceptor, descriptor);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            acceptor->failed(acceptor, errno);
            watch_pause(watch, true);
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
    }
}

static void retry(struct job *job)
{
    struct acceptor *acceptor = LIST_OWNER(job, struct acceptor, retry);
    watch_pause(&acceptor->watch, false);
}

bool acceptor_open(struct acceptor *acceptor, struct loop *loop, int listener,
                   void (*accepted)(struct acceptor *acceptor, int descriptor),
                   void (*failed)(struct acceptor *acceptor, int error_number))
{
    *acceptor =
        (struct acceptor){.retry = {.run = retry}, .listener = listener, .accepted = accepted, .failed = failed};
    loop_run_every_tick(loop, &acceptor->retry);
    return listener_start(listener) && watch_open(&acceptor->watch, loop, listener, accept_connections);
}

void acceptor_close(struct acceptor *acceptor)
{
    watch_close(&acceptor->watch);
    close(acceptor->listener);
}
