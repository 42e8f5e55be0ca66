/* loop.c - libwebsockets: its loop (epoll, by its libev plug-in), its sockets and its callbacks.
 *
 * Its HTTP parser is not used: it accepts what RFC 9112 forbids, and what it refuses it refuses in words of its own or
 * in none (docs/decisions). Connections are descriptors that it watches, and their bytes are read here: its own raw
 * sockets are closed by the first end of a stream, also when the peer still waits for an answer. */
#include "server/net/loop.h"

#include "server/net/connection.h"
#include "server/process/server.h"
#include "server/routes/routes.h"
#include <errno.h>
#include <ev.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_SIZE  (64 * 1024) /* bytes read from a socket at once */
#define DESCRIPTORS   1024        /* beside those of connections: files, handles */
#define A_CONNECTION  3           /* descriptors of one: its socket, and a subscription's two while it catches up */
#define PROTOCOL_NAME "meower"
#define WATCH_NAME    "watch"

/* ---- callbacks of libwebsockets --------------------------------------------------------------------------------- */

/* Reads what has come. False when the connection is to be closed. */
static bool receive(struct connection *connection)
{
    char bytes[RECEIVE_SIZE];
    ssize_t len = recv(lws_get_socket_fd(connection->lws), bytes, sizeof(bytes), MSG_DONTWAIT);
    if (len == 0) {
        return connection_peer_ended(connection);
    }
    if (len < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    }
    struct server *server = connection->server;
    connection_receive(connection, bytes, (size_t)len);
    connections_resume(server);
    return true;
}

static int handle_connection(struct lws *lws, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct connection *connection;
    struct server *server;
    (void)user;
    (void)in;
    (void)len;
    switch (reason) {
    case LWS_CALLBACK_RAW_ADOPT_FILE:
        connection = connection_new(lws_context_user(lws_get_context(lws)), lws);
        lws_set_opaque_user_data(lws, connection);
        return connection == NULL ? -1 : 0;
    case LWS_CALLBACK_RAW_RX_FILE:
        return receive(lws_get_opaque_user_data(lws)) ? 0 : -1;
    case LWS_CALLBACK_RAW_WRITEABLE_FILE:
        connection = lws_get_opaque_user_data(lws);
        server = connection->server;
        connection_writable(connection);
        connections_resume(server);
        return 0;
    case LWS_CALLBACK_RAW_CLOSE_FILE:
        connection = lws_get_opaque_user_data(lws);
        if (connection != NULL) {
            connection_closed(connection);
        }
        lws_set_opaque_user_data(lws, NULL);
        return 0;
    default:
        return 0;
    }
}

static int handle_watch(struct lws *lws, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct watch *watch;
    (void)user;
    (void)in;
    (void)len;
    if (reason != LWS_CALLBACK_RAW_RX_FILE && reason != LWS_CALLBACK_RAW_CLOSE_FILE) {
        return 0;
    }
    watch = lws_get_opaque_user_data(lws);
    if (watch == NULL) {
        return 0;
    }
    if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
        watch->lws = NULL;
        return 0;
    }
    struct server *server = watch->server;
    watch->readable(watch);
    connections_resume(server);
    return 0;
}

static const struct lws_protocols protocols[] = {
    {PROTOCOL_NAME, handle_connection, 0, 0, 0, NULL, 0},
    {WATCH_NAME, handle_watch, 0, 0, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

/* ---- watches ---------------------------------------------------------------------------------------------------- */

bool watch_open(struct watch *watch, struct server *server, int descriptor, void (*readable)(struct watch *watch))
{
    lws_adopt_desc_t adopt = {
        .vh = server->vhost, .type = LWS_ADOPT_RAW_FILE_DESC, .vh_prot_name = WATCH_NAME, .opaque = watch};
    *watch = (struct watch){.readable = readable, .server = server};
    adopt.fd.filefd = dup(descriptor);
    if (adopt.fd.filefd < 0) {
        return false;
    }
    watch->lws = lws_adopt_descriptor_vhost_via_info(&adopt);
    return watch->lws != NULL;
}

void watch_pause(struct watch *watch, bool pause)
{
    if (watch->lws == NULL || watch->is_paused == pause) {
        return;
    }
    watch->is_paused = pause;
    lws_rx_flow_control(watch->lws, pause ? 0 : 1);
}

void watch_close(struct watch *watch)
{
    if (watch->lws == NULL) {
        return;
    }
    lws_set_opaque_user_data(watch->lws, NULL);
    lws_set_timeout(watch->lws, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    watch->lws = NULL;
}

/* ---- the loop --------------------------------------------------------------------------------------------------- */

/* libwebsockets makes its tables as large as the process may have descriptors: room for all, but not for a million. */
static void set_descriptor_limit(size_t connections_max)
{
    struct rlimit limit;
    rlim_t wanted = connections_max * A_CONNECTION + DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

bool loop_open(struct server *server)
{
    struct lws_context_creation_info info;
    void *loops[] = {ev_loop_new(EVBACKEND_EPOLL)};
    memset(&info, 0, sizeof(info));
    set_descriptor_limit(server->settings.connections_max);
    lws_set_log_level(0, NULL);
    server->loop = loops[0];
    if (server->loop == NULL) {
        return false;
    }
    info.foreign_loops = loops;
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBEV;
    info.user = server;
    info.gid = info.uid = -1; /* stay who we are */
    server->lws = lws_create_context(&info);
    if (server->lws != NULL) {
        server->vhost = lws_create_vhost(server->lws, &info);
    }
    return server->vhost != NULL;
}

/* Before the loop waits for the next events. */
static void end_turn(struct ev_loop *loop, ev_prepare *turn_end, int events)
{
    struct server *server = turn_end->data;
    (void)loop;
    (void)events;
    command_submit(server);
    connections_resume(server);
    connections_watch_unsent(server);
}

void loop_run(struct server *server)
{
    ev_prepare_init(&server->turn_end, end_turn);
    server->turn_end.data = server;
    ev_prepare_start(server->loop, &server->turn_end);
    ev_run(server->loop, 0);
}

void loop_end(struct server *server)
{
    ev_break(server->loop, EVBREAK_ALL);
}

bool loop_adopt(struct server *server, int descriptor)
{
    lws_adopt_desc_t adopt = {.vh = server->vhost, .type = LWS_ADOPT_RAW_FILE_DESC, .vh_prot_name = PROTOCOL_NAME};
    adopt.fd.filefd = descriptor;
    return lws_adopt_descriptor_vhost_via_info(&adopt) != NULL;
}

void loop_close(struct server *server)
{
    if (server->lws != NULL) {
        lws_context_destroy(server->lws);
    }
    if (server->loop != NULL) {
        ev_loop_destroy(server->loop);
    }
}
