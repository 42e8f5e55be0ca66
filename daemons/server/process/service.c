/* service.c - the public listener: a thread of its own, and how it begins and ends. */
#include "server/process/service.h"

#include "server/http/router.h"
#include "server/net/acceptor.h"
#include "server/net/connection.h"
#include "server/net/loop.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_US      (250 * 1000) /* how exact deadlines are */
#define STOP_LIVE_MS 6000         /* for what is under way when the server stops */

/* ---- the thread ------------------------------------------------------------------------------------------------- */

static void collect_pages(struct watch *watch)
{
    router_collect_pages(watch->server);
}

static void collect_results(struct watch *watch)
{
    router_collect_results(watch->server);
}

static void begin_to_stop(struct server *server)
{
    server->is_stopping = true;
    server->stop_by_ms = deadline_now_ms() + STOP_LIVE_MS;
    acceptor_close(server);
    connections_stop(server);
}

static void tick(lws_sorted_usec_list_t *timer)
{
    struct server *server = lws_container_of(timer, struct server, tick);
    int64_t now_ms = deadline_now_ms();
    struct deadline *due;

    atomic_store(&server->metrics->alive_at_ms, now_ms);
    while ((due = deadlines_take(&server->deadlines, now_ms)) != NULL) {
        connection_expired(LIST_OWNER(due, struct connection, deadline), due->kind);
    }
    acceptor_retry(server);
    if (server->fanout != NULL) {
        fanout_tick(server->fanout);
    }
    connections_resume(server);
    if (!server->is_stopping && atomic_load(&server->stop_wanted)) {
        begin_to_stop(server);
    }
    if (server->is_stopping && (list_is_empty(&server->connections) || now_ms >= server->stop_by_ms)) {
        loop_end(server);
    }
    lws_sul_schedule(server->lws, 0, &server->tick, tick, TICK_US);
}

static void *serve(void *argument)
{
    struct server *server = argument;
    loop_run(server);
    return NULL;
}

/* ---- beginning and end ------------------------------------------------------------------------------------------ */

static int open_handles(struct server *server, meower_error *error)
{
    unsigned roles = server->settings.roles;
    int status = MEOWER_OK;
    if ((roles & SERVER_COMMAND) != 0) {
        status = meower_command_open(server->feed, &server->command, error);
    }
    if (status == MEOWER_OK && (roles & SERVER_QUERY) != 0) {
        status = meower_query_open(server->feed, &server->query, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    errno = 0;
    bool is_open = (server->command == NULL ||
                    watch_open(&server->command_watch, server, meower_command_fd(server->command), collect_results)) &&
                   (server->query == NULL ||
                    watch_open(&server->query_watch, server, meower_query_fd(server->query), collect_pages)) &&
                   ((roles & SERVER_PUSHER) == 0 || fanout_open(server, &server->fanout)) && acceptor_open(server);
    if (is_open) {
        return MEOWER_OK;
    }
    snprintf(error->message, sizeof(error->message), "%s", strerror(errno == 0 ? ENOMEM : errno));
    return MEOWER_ERROR_IO;
}

static void release(struct server *server)
{
    loop_close(server);
    connections_free(server);
    fanout_close(server->fanout);
    meower_query_close(server->query);
    meower_command_close(server->command);
    buffer_free(&server->answer);
    posts_free(&server->posts);
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
    meower_error error = {.message = "libwebsockets does not start; is its plug-in libwebsockets-evlib-ev installed?"};
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
    list_init(&server->unsent);
    deadlines_init(&server->deadlines, settings->request_timeout_ms, settings->idle_timeout_ms);
    atomic_store(&metrics->alive_at_ms, deadline_now_ms());

    bool is_open = loop_open(server) && open_handles(server, &error) == MEOWER_OK;
    if (is_open) {
        lws_sul_schedule(server->lws, 0, &server->tick, tick, TICK_US);
        lws_cancel_service(server->lws); /* the loop's timer starts with its first event */
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
    if (pthread_timedjoin_np(server->thread, NULL, &until) != 0) {
        return false;
    }
    release(server);
    return true;
}
