/* service.c - the public listener: a thread of its own with a loop, its routes and the connections it serves. */
#include "server/process/service.h"

#include "server/http/pipeline.h"
#include "server/http/router.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define STOP_LIVE_MS             6000 /* for what is under way when the service stops */
#define DESCRIPTORS              1024 /* beside those of connections: files, handles */
#define DESCRIPTORS_A_CONNECTION 3    /* its socket, and a subscription's two while it catches up */

struct service {
    struct loop loop;
    struct http http;
    struct router router;
    struct routes routes;
    struct metrics *metrics;
    struct job tick;
    pthread_t thread;
    atomic_bool stop_wanted; /* set by the control thread */
    int64_t stop_by_ms;      /* once it stops */
};

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

static void begin_to_stop(struct service *service, int64_t now_ms)
{
    service->stop_by_ms = now_ms + STOP_LIVE_MS;
    http_stop(&service->http);
}

static void tick(struct job *job)
{
    struct service *service = LIST_OWNER(job, struct service, tick);
    int64_t now_ms = loop_now_ms();
    atomic_store(&service->metrics->alive_at_ms, now_ms);
    if (!service->http.is_stopping && atomic_load(&service->stop_wanted)) {
        begin_to_stop(service, now_ms);
    }
    bool is_done = list_is_empty(&service->http.connections.all) || now_ms >= service->stop_by_ms;
    if (service->http.is_stopping && is_done) {
        loop_end(&service->loop);
    }
}

static void *serve(void *argument)
{
    struct service *service = argument;
    loop_run(&service->loop);
    return NULL;
}

/* ---- beginning and end ------------------------------------------------------------------------------------------ */

/* libwebsockets makes its tables as large as the limit on descriptors: it must have room for all connections, but no
 * more, because some systems allow a million. */
static void set_descriptor_limit(size_t connections_max)
{
    struct rlimit limit;
    rlim_t wanted = connections_max * DESCRIPTORS_A_CONNECTION + DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void prepare_http(struct service *service, const struct service_settings *settings, const struct log *log)
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

static bool open_routes(struct service *service, const struct service_settings *settings, meower *feed,
                        meower_error *error)
{
    errno = 0;
    if (routes_open(&service->routes, &settings->routes, feed, &service->loop, &service->metrics->live, error) &&
        http_listen(&service->http, settings->listener)) {
        return true;
    }
    if (error->message[0] == '\0') {
        snprintf(error->message, sizeof(error->message), "%s", strerror(errno == 0 ? ENOMEM : errno));
    }
    return false;
}

static void release(struct service *service)
{
    loop_close(&service->loop);
    http_free(&service->http);
    routes_close(&service->routes);
    free(service);
}

/* Starts the thread with all signals blocked: they are the control thread's. */
static int start_thread(struct service *service)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&service->thread, NULL, serve, service);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

/* False with error->message. */
static bool start(struct service *service, const struct service_settings *settings, meower *feed, const struct log *log,
                  meower_error *error)
{
    set_descriptor_limit((size_t)settings->http.connections_max);
    bool has_loop = loop_open(&service->loop);
    prepare_http(service, settings, log);
    if (!has_loop) {
        snprintf(error->message, sizeof(error->message),
                 "libwebsockets does not start; is its plug-in libwebsockets-evlib-ev installed?");
        return false;
    }
    if (!open_routes(service, settings, feed, error)) {
        return false;
    }
    service->tick.run = tick;
    loop_run_every_tick(&service->loop, &service->tick);
    int failure = start_thread(service);
    if (failure != 0) {
        snprintf(error->message, sizeof(error->message), "%s", strerror(failure));
    }
    return failure == 0;
}

bool service_open(const struct service_settings *settings, meower *feed, const struct log *log, struct metrics *metrics,
                  struct service **out, char *message, size_t message_size)
{
    meower_error error = {.message = ""};
    struct service *service = calloc(1, sizeof(*service));
    if (service == NULL) {
        snprintf(message, message_size, "out of memory");
        return false;
    }
    service->metrics = metrics;
    atomic_store(&metrics->alive_at_ms, loop_now_ms());
    if (!start(service, settings, feed, log, &error)) {
        snprintf(message, message_size, "cannot start the public listener: %s", error.message);
        release(service);
        return false;
    }
    *out = service;
    return true;
}

bool service_close(struct service *service, int timeout_ms)
{
    struct timespec until;
    atomic_store(&service->stop_wanted, true);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    /* A thread that is stuck still uses everything, so nothing can be released then. */
    if (pthread_timedjoin_np(service->thread, NULL, &until) != 0) {
        return false;
    }
    release(service);
    return true;
}
