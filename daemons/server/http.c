/* http.c - the public listener: a thread of its own with a libwebsockets context.
 *
 * libwebsockets gives the loop, the sockets and the timers. Its HTTP parser is not used: it accepts what RFC 9112
 * forbids, and what it refuses it refuses in words of its own (docs/decisions). Connections are its raw sockets, and
 * request.c reads their bytes. */
#include "server/http.h"

#include "server/connection.h"
#include "server/router.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_US         (250 * 1000) /* how exact deadlines are */
#define ACCEPTS_A_TURN  64           /* connections accepted before others get their turn */
#define RECEIVE_SIZE    (64 * 1024)  /* bytes read from a socket at once */
#define DESCRIPTORS_MAX 1024         /* beside those of connections: files, handles, clients that catch up */
#define STOP_LIVE_MS    6000         /* for what is under way when the server stops */
#define PROTOCOL_NAME   "meower"
#define WATCH_NAME      "watch"

/* ---- callbacks of libwebsockets --------------------------------------------------------------------------------- */

static int handle_connection(struct lws *lws, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct connection *connection;
    struct server *server;
    (void)user;
    switch (reason) {
    case LWS_CALLBACK_RAW_ADOPT:
        connection = connection_new(lws_context_user(lws_get_context(lws)), lws);
        lws_set_opaque_user_data(lws, connection);
        return connection == NULL ? -1 : 0;
    case LWS_CALLBACK_RAW_RX:
        connection = lws_get_opaque_user_data(lws);
        server = connection->server;
        connection_receive(connection, in, len);
        connections_resume(server);
        return 0;
    case LWS_CALLBACK_RAW_WRITEABLE:
        connection = lws_get_opaque_user_data(lws);
        server = connection->server;
        connection_writable(connection);
        connections_resume(server);
        return 0;
    case LWS_CALLBACK_RAW_CLOSE:
        connection = lws_get_opaque_user_data(lws);
        if (connection != NULL)
            connection_closed(connection);
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
    if (reason != LWS_CALLBACK_RAW_RX_FILE && reason != LWS_CALLBACK_RAW_CLOSE_FILE)
        return 0;
    watch = lws_get_opaque_user_data(lws);
    if (watch == NULL)
        return 0;
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
    {PROTOCOL_NAME, handle_connection, 0, RECEIVE_SIZE, 0, NULL, 0},
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
    if (adopt.fd.filefd < 0)
        return false;
    watch->lws = lws_adopt_descriptor_vhost_via_info(&adopt);
    return watch->lws != NULL;
}

void watch_pause(struct watch *watch, bool pause)
{
    if (watch->lws == NULL || watch->is_paused == pause)
        return;
    watch->is_paused = pause;
    lws_rx_flow_control(watch->lws, pause ? 0 : 1);
}

void watch_close(struct watch *watch)
{
    if (watch->lws == NULL)
        return;
    lws_set_opaque_user_data(watch->lws, NULL);
    lws_set_timeout(watch->lws, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    watch->lws = NULL;
}

/* ---- accepting -------------------------------------------------------------------------------------------------- */

static void refuse_connection(struct server *server, int descriptor)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
                                 "Content-Type: application/json\r\nContent-Length: 39\r\n\r\n"
                                 "{\"error\":\"Too many connections, retry\"}";
    metrics_add(&server->metrics->connections_refused_total, 1);
    if (send(descriptor, answer, sizeof(answer) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
        shutdown(descriptor, SHUT_WR);
    close(descriptor);
}

static void adopt_connection(struct server *server, int descriptor)
{
    int on = 1;
    lws_adopt_desc_t adopt = {.vh = server->vhost, .type = LWS_ADOPT_SOCKET, .vh_prot_name = PROTOCOL_NAME};
    if (server->connection_count >= server->settings.connections_max) {
        refuse_connection(server, descriptor);
        return;
    }
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    adopt.fd.sockfd = descriptor;
    lws_adopt_descriptor_vhost_via_info(&adopt); /* closes the descriptor when it fails */
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

/* ---- the thread ------------------------------------------------------------------------------------------------- */

static void collect(struct watch *watch)
{
    router_collect(watch->server);
}

static void begin_to_stop(struct server *server)
{
    server->is_stopping = true;
    server->stop_by_ms = deadline_now_ms() + STOP_LIVE_MS;
    watch_close(&server->accept_watch);
    close(server->settings.listener);
    connections_stop(server);
}

static void tick(lws_sorted_usec_list_t *timer)
{
    struct server *server = lws_container_of(timer, struct server, tick);
    int64_t now_ms = deadline_now_ms();
    struct deadline *due;

    atomic_store(&server->metrics->alive_at_ms, now_ms);
    while ((due = deadlines_take(&server->deadlines, now_ms)) != NULL)
        connection_expired(LIST_OWNER(due, struct connection, deadline), due->kind);
    if (server->is_accepting_paused) {
        server->is_accepting_paused = false;
        watch_pause(&server->accept_watch, false);
    }
    if (server->fanout != NULL)
        fanout_run(server->fanout);
    connections_resume(server);
    if (!server->is_stopping && atomic_load(&server->stop_wanted))
        begin_to_stop(server);
    if (server->is_stopping && (list_is_empty(&server->connections) || now_ms >= server->stop_by_ms))
        server->has_stopped = true;
    lws_sul_schedule(server->lws, 0, &server->tick, tick, TICK_US);
}

static void *serve(void *argument)
{
    struct server *server = argument;
    while (!server->has_stopped && lws_service(server->lws, 0) >= 0)
        continue;
    return NULL;
}

/* ---- beginning and end ------------------------------------------------------------------------------------------ */

/* libwebsockets makes its tables as large as the process may have descriptors: room for all, but not for a million. */
static void set_descriptor_limit(size_t connections_max)
{
    struct rlimit limit;
    rlim_t wanted = connections_max + DESCRIPTORS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static bool open_context(struct server *server)
{
    struct lws_context_creation_info info;
    memset(&info, 0, sizeof(info));
    lws_set_log_level(0, NULL);
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    info.user = server;
    info.pt_serv_buf_size = RECEIVE_SIZE + LWS_PRE;
    info.gid = info.uid = -1; /* stay who we are */
    server->lws = lws_create_context(&info);
    if (server->lws != NULL)
        server->vhost = lws_create_vhost(server->lws, &info);
    return server->vhost != NULL;
}

static int open_handles(struct server *server, meower_error *error)
{
    unsigned roles = server->settings.roles;
    int status = MEOWER_OK;
    if ((roles & SERVER_COMMAND) != 0)
        status = meower_command_open(server->feed, &server->command, error);
    if (status == MEOWER_OK && (roles & SERVER_QUERY) != 0)
        status = meower_query_open(server->feed, &server->query, error);
    if (status == MEOWER_OK && (roles & SERVER_PUSHER) != 0)
        status = fanout_open(server, &server->fanout, error);
    if (status != MEOWER_OK)
        return status;
    bool is_open =
        (server->command == NULL ||
         watch_open(&server->command_watch, server, meower_command_fd(server->command), collect)) &&
        (server->query == NULL || watch_open(&server->query_watch, server, meower_query_fd(server->query), collect)) &&
        watch_open(&server->accept_watch, server, server->settings.listener, accept_connections);
    return is_open ? MEOWER_OK : MEOWER_ERROR_NO_MEMORY;
}

static void release(struct server *server)
{
    if (server->lws != NULL)
        lws_context_destroy(server->lws);
    connections_free(server);
    fanout_close(server->fanout);
    meower_query_close(server->query);
    meower_command_close(server->command);
    buffer_free(&server->answer);
    free(server);
}

/* Starts the thread with all signals blocked: they are the control thread's. */
static int start_thread(struct server *server)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&server->thread, NULL, serve, server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

bool http_open(const struct server_settings *settings, meower *feed, const struct log *log, struct metrics *metrics,
               struct server **out, char *message, size_t message_size)
{
    meower_error error = {.message = "out of memory"};
    struct server *server = calloc(1, sizeof(*server));
    if (server == NULL) {
        snprintf(message, message_size, "out of memory");
        return false;
    }
    server->settings = *settings;
    server->feed = feed;
    server->log = log;
    server->metrics = metrics;
    list_init(&server->connections);
    list_init(&server->ready);
    deadlines_init(&server->deadlines, settings->request_timeout_ms, settings->idle_timeout_ms);
    set_descriptor_limit(settings->connections_max);
    atomic_store(&metrics->alive_at_ms, deadline_now_ms());

    bool is_open = open_context(server) && open_handles(server, &error) == MEOWER_OK;
    if (is_open) {
        lws_sul_schedule(server->lws, 0, &server->tick, tick, TICK_US);
        is_open = start_thread(server) == 0;
    }
    if (!is_open) {
        snprintf(message, message_size, "cannot start the public listener: %s", error.message);
        release(server);
        return false;
    }
    *out = server;
    return true;
}

bool http_close(struct server *server, int timeout_ms)
{
    struct timespec until;
    atomic_store(&server->stop_wanted, true);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    lws_cancel_service(server->lws);
    /* A thread that does not come back holds everything it uses: there is nothing to release then. */
    if (pthread_timedjoin_np(server->thread, NULL, &until) != 0)
        return false;
    release(server);
    return true;
}
