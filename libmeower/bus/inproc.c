/* inproc.c - the bus of an instance that is alone: what it publishes waits in memory for its own receive(). A bounded
 * backlog: the oldest messages are dropped, which the positions make harmless. */
#include "base/clock.h"
#include "port/schemes.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BACKLOG_MAX 1024 /* messages kept for a receiver that is slow */

struct inproc_message {
    struct inproc_message *next;
    size_t payload_len;
    char payload[];
};

struct inproc {
    pthread_mutex_t mutex;
    pthread_cond_t arrival;
    struct inproc_message *first;
    struct inproc_message **end;
    size_t count;
    bool woken;
};

static int inproc_open(const meower_backend_config *config, void **out, meower_error *error)
{
    struct inproc *bus = calloc(1, sizeof(*bus));
    pthread_condattr_t attributes;

    (void)config;
    if (bus == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the bus");
    }
    pthread_mutex_init(&bus->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&bus->arrival, &attributes);
    pthread_condattr_destroy(&attributes);
    bus->end = &bus->first;
    *out = bus;
    return MEOWER_OK;
}

/* Takes the oldest message out. The mutex is held; there is one. */
static struct inproc_message *take_first(struct inproc *bus)
{
    struct inproc_message *message = bus->first;

    bus->first = message->next;
    bus->count--;
    if (bus->first == NULL) {
        bus->end = &bus->first;
    }
    return message;
}

static void inproc_close(void *backend)
{
    struct inproc *bus = backend;

    while (bus->first != NULL) {
        free(take_first(bus));
    }
    pthread_cond_destroy(&bus->arrival);
    pthread_mutex_destroy(&bus->mutex);
    free(bus);
}

static int inproc_publish(void *backend, const meower_bus_message *messages, size_t count, meower_error *error)
{
    struct inproc *bus = backend;

    for (size_t i = 0; i < count; i++) {
        struct inproc_message *copy = malloc(sizeof(*copy) + messages[i].payload_len);
        if (copy == NULL) {
            return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                    "no memory for a message on the bus");
        }
        copy->next = NULL;
        copy->payload_len = messages[i].payload_len;
        memcpy(copy->payload, messages[i].payload, messages[i].payload_len);
        pthread_mutex_lock(&bus->mutex);
        if (bus->count == BACKLOG_MAX) {
            free(take_first(bus));
        }
        *bus->end = copy;
        bus->end = &copy->next;
        bus->count++;
        pthread_cond_signal(&bus->arrival);
        pthread_mutex_unlock(&bus->mutex);
    }
    return MEOWER_OK;
}

/* Waits until there is a message, a wake, or the time is over. The mutex is held. */
static void wait_for_arrival(struct inproc *bus, int timeout_ms)
{
    struct timespec deadline = clock_deadline((int64_t)timeout_ms * 1000);

    while (bus->first == NULL && !bus->woken) {
        if (pthread_cond_timedwait(&bus->arrival, &bus->mutex, &deadline) != 0) {
            return;
        }
    }
}

static int inproc_receive(void *backend, int timeout_ms, meower_bus_sink *sink, meower_error *error)
{
    struct inproc *bus = backend;
    int status = MEOWER_OK;

    (void)error;
    pthread_mutex_lock(&bus->mutex);
    if (timeout_ms > 0) {
        wait_for_arrival(bus, timeout_ms);
    }
    bus->woken = false;
    while (bus->first != NULL && status == MEOWER_OK) {
        struct inproc_message *message = take_first(bus);
        pthread_mutex_unlock(&bus->mutex);
        status = sink->message(sink, message->payload, message->payload_len);
        free(message);
        pthread_mutex_lock(&bus->mutex);
    }
    pthread_mutex_unlock(&bus->mutex);
    return status;
}

static void inproc_wake(void *backend)
{
    struct inproc *bus = backend;

    pthread_mutex_lock(&bus->mutex);
    bus->woken = true;
    pthread_cond_signal(&bus->arrival);
    pthread_mutex_unlock(&bus->mutex);
}

const meower_bus_vtable inproc_bus = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_bus_vtable),
    .scheme = "inproc",
    .flags = MEOWER_BUS_PROCESS_LOCAL,
    .open = inproc_open,
    .close = inproc_close,
    .publish = inproc_publish,
    .receive = inproc_receive,
    .wake = inproc_wake,
};
