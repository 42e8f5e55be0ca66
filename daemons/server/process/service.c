/* service.c - the public listener: loops on threads of their own, over which connections are spread. */
#include "server/process/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define STOP_STARTED_MS          2000 /* for threads that have begun when another one does not */
#define DESCRIPTORS              1024 /* beside those of connections: files, handles */
#define DESCRIPTORS_A_CONNECTION 3    /* its socket, and a subscription's two while it catches up */

struct service {
    struct service_loop loops[SERVICE_THREADS_MAX]; /* the first accepts for all */
    size_t count;
    unsigned long long connections_max;
    struct http_placing placing;
    unsigned long long placed[SERVICE_THREADS_MAX]; /* connections that the first has handed to each */
};

size_t service_threads(const struct service_settings *settings)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    long threads = settings->threads > 0 ? (long)settings->threads : processors / 2;
    if (threads < 1) {
        return 1;
    }
    return threads > SERVICE_THREADS_MAX ? SERVICE_THREADS_MAX : (size_t)threads;
}

/* ---- connections ------------------------------------------------------------------------------------------------ */

/* Connections of a loop: those that are open, and those on their way to it. */
static unsigned long long load_of(const struct service *service, size_t index)
{
    const struct service_loop *loop = &service->loops[index];
    /* In this order: what arrives in between is counted twice, not left out. */
    unsigned long long adopted = atomic_load(&loop->adopted);
    return service->placed[index] - adopted + atomic_load(&loop->metrics->http.connections.connections);
}

static bool is_full(void *owner)
{
    const struct service *service = owner;
    unsigned long long sum = 0;
    for (size_t i = 0; i < service->count; i++) {
        sum += load_of(service, i);
    }
    return sum >= service->connections_max;
}

static size_t least_loaded(const struct service *service)
{
    size_t least = 0;
    for (size_t i = 1; i < service->count; i++) {
        if (load_of(service, i) < load_of(service, least)) {
            least = i;
        }
    }
    return least;
}

/* While the service stops, what is still accepted stays here: the other loops may have ended. */
static void place(void *owner, int descriptor)
{
    struct service *service = owner;
    struct service_loop *own = &service->loops[0];
    size_t to = atomic_load(&own->stop_wanted) ? 0 : least_loaded(service);
    if (to != 0 && inbox_put(&service->loops[to].inbox, descriptor)) {
        service->placed[to]++;
        return;
    }
    http_adopt(&own->http, descriptor);
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

static bool join_all(struct service *service, const struct timespec *until)
{
    bool has_ended = true;
    for (size_t i = 0; i < service->count; i++) {
        has_ended = service_loop_join(&service->loops[i], until) && has_ended;
    }
    return has_ended;
}

static void stop_all(struct service *service)
{
    for (size_t i = 0; i < service->count; i++) {
        service_loop_stop(&service->loops[i]);
    }
}

static void release(struct service *service)
{
    for (size_t i = 0; i < service->count; i++) {
        service_loop_release(&service->loops[i]);
    }
    free(service);
}

/* The first loop, which accepts, comes last: when this fails it has not begun, and the listener is the caller's. */
static bool start_threads(struct service *service, meower_error *error)
{
    int failure = 0;
    for (size_t i = service->count; i > 0 && failure == 0; i--) {
        failure = service_loop_start(&service->loops[i - 1]);
    }
    if (failure != 0) {
        snprintf(error->message, sizeof(error->message), "%s", strerror(failure));
    }
    return failure == 0;
}

/* False with error->message. */
static bool start(struct service *service, const struct service_settings *settings, meower_feed *feed,
                  const struct log *log, struct metrics *metrics, meower_error *error)
{
    size_t threads = service_threads(settings);
    set_descriptor_limit((size_t)settings->connections_max);
    for (size_t i = 0; i < threads; i++) {
        service->count++;
        if (!service_loop_open(&service->loops[i], &settings->loop, feed, log, &metrics[i], error)) {
            return false;
        }
    }
    if (!http_listen(&service->loops[0].http, settings->listener, &service->placing)) {
        snprintf(error->message, sizeof(error->message), "the system does not let it listen");
        return false;
    }
    return start_threads(service, error);
}

bool service_open(const struct service_settings *settings, meower_feed *feed, const struct log *log,
                  struct metrics *metrics, struct service **out, char *message, size_t message_size)
{
    meower_error error = {.message = ""};
    struct service *service = calloc(1, sizeof(*service));
    if (service == NULL) {
        snprintf(message, message_size, "out of memory");
        return false;
    }
    service->connections_max = (unsigned long long)settings->connections_max;
    service->placing = (struct http_placing){service, is_full, place};
    if (!start(service, settings, feed, log, metrics, &error)) {
        snprintf(message, message_size, "cannot start the public listener: %s", error.message);
        (void)service_close(service, STOP_STARTED_MS);
        return false;
    }
    *out = service;
    return true;
}

bool service_close(struct service *service, int timeout_ms)
{
    struct timespec until;
    stop_all(service);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    /* A thread that is stuck still uses everything, so nothing can be released then. */
    if (!join_all(service, &until)) {
        return false;
    }
    release(service);
    return true;
}
