/* acceptor.c - takes new connections from the listening socket. */
#include "server/net/acceptor.h"

#include "server/net/listener.h"
#include "server/net/loop.h"
#include "server/process/server.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS_A_TURN 64 /* connections accepted before others get their turn */

static void refuse_connection(struct server *server, int descriptor)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
                                 "Content-Type: application/json\r\nContent-Length: 39\r\n\r\n"
                                 "{\"error\":\"Too many connections, retry\"}";
    metrics_add(&server->metrics->connections_refused_total, 1);
    if (send(descriptor, answer, sizeof(answer) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) {
        shutdown(descriptor, SHUT_WR);
    }
    close(descriptor);
}

static void adopt_connection(struct server *server, int descriptor)
{
    int on = 1;
    if (server->connection_count >= server->settings.connections_max) {
        refuse_connection(server, descriptor);
        return;
    }
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    loop_adopt(server, descriptor);
}

static void accept_connections(struct watch *watch)
{
    struct server *server = watch->server;
    for (unsigned i = 0; i < ACCEPTS_A_TURN; i++) {
        int descriptor = accept4(server->settings.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (descriptor >= 0) {
            adopt_connection(server, descriptor);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            LOG_WARNING(server->log, "cannot accept connections", LOG_TEXT("reason", strerror(errno)));
            server->is_accepting_paused = true;
            watch_pause(watch, true);
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
    }
}

bool acceptor_open(struct server *server)
{
    return listener_start(server->settings.listener) &&
           watch_open(&server->accept_watch, server, server->settings.listener, accept_connections);
}

void acceptor_retry(struct server *server)
{
    if (!server->is_accepting_paused) {
        return;
    }
    server->is_accepting_paused = false;
    watch_pause(&server->accept_watch, false);
}

void acceptor_close(struct server *server)
{
    watch_close(&server->accept_watch);
    close(server->settings.listener);
}
