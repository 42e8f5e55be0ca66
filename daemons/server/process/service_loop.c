/* service_loop.c - one loop of the public listener. */
#include "server/process/service_loop.h"

#include "server/http/router.h"
#include "server/net/counter.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define STOP_LIVE_MS 6000 /* for what is under way when the service stops */

/* ---- what goes into the log ------------------------------------------------------------------------------------- */

static void log_answer(const void *log, const char *target, int status, int64_t duration_ms)
{
    LOG_INFO((const struct log *)log, "request", LOG_TEXT("target", target), LOG_NUMBER("status", status),
             LOG_NUMBER("ms", duration_ms));
}

static void log_failure(const void *log, const char *what, const char *status_name, const char *reason)
{
    LOG_ERROR((const struct log *)log, what, LOG_TEXT("status", status_name), LOG_TEXT("reason", reason));
}

static void log_full(const void *log, const char *reason)
{
    LOG_WARNING((const struct log *)log, "cannot accept connections", LOG_TEXT("reason", reason));
}

/* ---- the thread ------------------------------------------------------------------------------------------------- */

static void begin_to_stop(struct service_loop *service, int64_t now_ms)
{
    service->stop_by_ms = now_ms + STOP_LIVE_MS;
    http_stop(&service->http);
}

static void tick(struct job *job)
{
    struct service_loop *service = LIST_OWNER(job, struct service_loop, tick);
    int64_t now_ms = loop_now_ms();
    atomic_store(&service->metrics->alive_at_ms, now_ms);
    if (!service->http.is_stopping && atomic_load(&service->stop_wanted)) {
        begin_to_stop(service, now_ms);
        return; /* what another loop still hands over comes until the next tick */
    }
    bool is_done = list_is_empty(&service->http.connections.all) || now_ms >= service->stop_by_ms;
    if (service->http.is_stopping && is_done) {
        loop_end(&service->loop);
    }
}

static void *serve(void *argument)
{
    struct service_loop *service = argument;
    loop_run(&service->loop);
    return NULL;
}

/* Starts the thread with all signals blocked: they are the control thread's. */
int service_loop_start(struct service_loop *service)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&service->thread, NULL, serve, service);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    service->has_thread = failure == 0;
    return failure;
}

void service_loop_stop(struct service_loop *service)
{
    atomic_store(&service->stop_wanted, true);
}

bool service_loop_join(struct service_loop *service, const struct timespec *until)
{
    service->has_thread = service->has_thread && pthread_timedjoin_np(service->thread, NULL, until) != 0;
    return !service->has_thread;
}

/* ---- beginning and end ------------------------------------------------------------------------------------------ */

static void take_connection(struct inbox *inbox, int descriptor)
{
    struct service_loop *service = LIST_OWNER(inbox, struct service_loop, inbox);
    http_adopt(&service->http, descriptor);
    counter_add(&service->adopted, 1);
}

static void prepare_http(struct service_loop *service, const struct service_loop_settings *settings,
                         const struct log *log)
{
    struct http_metrics *metrics = &service->metrics->http;
    struct http_settings http = settings->http;
    http.reports = (struct http_reports){.log = log,
                                         .answered = settings->has_access_log ? log_answer : NULL,
                                         .failed = log_failure,
                                         .cannot_accept = log_full};
    http_init(&service->http, &http, &service->loop, &service->router, metrics);
    router_init(&service->router, settings->routes.roles, metrics);
    routes_add(&service->routes, &service->router);
}

bool service_loop_open(struct service_loop *service, const struct service_loop_settings *settings, meower_feed *feed,
                       const struct log *log, struct metrics *metrics, meower_error *error)
{
    *service = (struct service_loop){.metrics = metrics, .tick = {.run = tick}};
    atomic_store(&metrics->alive_at_ms, loop_now_ms());
    bool has_loop = loop_open(&service->loop);
    prepare_http(service, settings, log);
    if (!has_loop) {
        snprintf(error->message, sizeof(error->message),
                 "libwebsockets does not start; is its plug-in libwebsockets-evlib-ev installed?");
        return false;
    }
    errno = 0;
    if (!routes_open(&service->routes, &settings->routes, feed, &service->loop, &metrics->live, error) ||
        !inbox_open(&service->inbox, &service->loop, take_connection)) {
        if (error->message[0] == '\0') {
            snprintf(error->message, sizeof(error->message), "%s", strerror(errno == 0 ? ENOMEM : errno));
        }
        return false;
    }
    loop_run_every_tick(&service->loop, &service->tick);
    return true;
}

void service_loop_release(struct service_loop *service)
{
    loop_close(&service->loop);
    inbox_close(&service->inbox);
    http_free(&service->http);
    routes_close(&service->routes);
}
