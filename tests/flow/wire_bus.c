/* wire_bus.c - a list of messages for every end, under one lock. */
#include "flow/wire_bus.h"
#include "flow/support.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct wire_message {
    struct wire_message *next;
    size_t payload_len;
    char payload[];
};

void wire_init(struct wire *wire)
{
    pthread_condattr_t attributes;

    *wire = (struct wire){.chance = 1};
    pthread_mutex_init(&wire->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&wire->arrival, &attributes);
    pthread_condattr_destroy(&attributes);
}

void wire_destroy(struct wire *wire)
{
    free(wire->published);
    pthread_cond_destroy(&wire->arrival);
    pthread_mutex_destroy(&wire->mutex);
}

/* Marsaglia, "Xorshift RNGs", 2003. */
static unsigned draw(struct wire *wire, unsigned below)
{
    wire->chance ^= wire->chance << 13;
    wire->chance ^= wire->chance >> 7;
    wire->chance ^= wire->chance << 17;
    return (unsigned)(wire->chance % below);
}

static bool happens(struct wire *wire, unsigned percent)
{
    return draw(wire, 100) < percent;
}

/* Puts a copy of the message into what waits at an end: last, or anywhere. */
static void arrive(struct wire *wire, struct wire_end *end, const char *payload, size_t payload_len)
{
    struct wire_message *copy = malloc(sizeof(*copy) + payload_len);
    struct wire_message **link = &end->first;

    if (copy == NULL) {
        return; /* lost */
    }
    copy->payload_len = payload_len;
    memcpy(copy->payload, payload, payload_len);
    while (*link != NULL && !(wire->reorders && happens(wire, 20))) {
        link = &(*link)->next;
    }
    copy->next = *link;
    *link = copy;
}

/* Carries a message to every end. The lock is held. */
static void carry(struct wire *wire, const char *payload, size_t payload_len)
{
    for (size_t i = 0; i < WIRE_ENDS_MAX; i++) {
        if (!wire->ends[i].is_open || happens(wire, wire->lose_percent)) {
            continue;
        }
        arrive(wire, &wire->ends[i], payload, payload_len);
        if (happens(wire, wire->repeat_percent)) {
            arrive(wire, &wire->ends[i], payload, payload_len);
        }
    }
    pthread_cond_broadcast(&wire->arrival);
}

static int wire_open(const meower_backend_config *config, void **out, meower_error *error)
{
    struct wire *wire = config->context;
    int status = MEOWER_ERROR_UNAVAILABLE;

    pthread_mutex_lock(&wire->mutex);
    for (size_t i = 0; i < WIRE_ENDS_MAX && status != MEOWER_OK; i++) {
        if (!wire->ends[i].is_open) {
            wire->ends[i] = (struct wire_end){.wire = wire, .is_open = true};
            *out = &wire->ends[i];
            status = MEOWER_OK;
        }
    }
    pthread_mutex_unlock(&wire->mutex);
    return status == MEOWER_OK ? MEOWER_OK : meower_error_set(error, status, 0, 0, "no end of the wire is left");
}

static struct wire_message *take_first(struct wire_end *end)
{
    struct wire_message *message = end->first;

    if (message != NULL) {
        end->first = message->next;
    }
    return message;
}

static void wire_close(void *backend)
{
    struct wire_end *end = backend;
    struct wire_message *message;

    pthread_mutex_lock(&end->wire->mutex);
    while ((message = take_first(end)) != NULL) {
        free(message);
    }
    end->is_open = false;
    pthread_mutex_unlock(&end->wire->mutex);
}

/* Writes down what is published. The lock is held. */
static int record(struct wire *wire, uint64_t position)
{
    if (wire->published_count == wire->published_capacity) {
        size_t capacity = wire->published_capacity * 2 + 64;
        uint64_t *published = realloc(wire->published, capacity * sizeof(*published));
        if (published == NULL) {
            return MEOWER_ERROR_NO_MEMORY;
        }
        wire->published = published;
        wire->published_capacity = capacity;
    }
    wire->published[wire->published_count++] = position;
    return MEOWER_OK;
}

static int wire_publish(void *backend, const meower_bus_message *messages, size_t count, meower_error *error)
{
    struct wire *wire = ((struct wire_end *)backend)->wire;
    int status = MEOWER_OK;

    pthread_mutex_lock(&wire->mutex);
    if (wire->is_down) {
        status = MEOWER_ERROR_UNAVAILABLE;
    }
    for (size_t i = 0; i < count && status == MEOWER_OK; i++) {
        status = record(wire, messages[i].position);
        carry(wire, messages[i].payload, messages[i].payload_len);
    }
    pthread_mutex_unlock(&wire->mutex);
    if (status != MEOWER_OK) {
        return meower_error_set(error, status, 0, MEOWER_ERROR_FLAG_RETRIABLE, "the wire is down");
    }
    return MEOWER_OK;
}

static int wire_announce(void *backend, const meower_bus_message *last, meower_error *error)
{
    struct wire *wire = ((struct wire_end *)backend)->wire;

    (void)error;
    pthread_mutex_lock(&wire->mutex);
    if (!wire->is_down) {
        carry(wire, last->payload, last->payload_len);
    }
    pthread_mutex_unlock(&wire->mutex);
    return MEOWER_OK;
}

static struct timespec deadline_after_ms(int ms)
{
    struct timespec deadline;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += ms / 1000;
    deadline.tv_nsec += (long)(ms % 1000) * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_nsec -= 1000000000;
        deadline.tv_sec++;
    }
    return deadline;
}

static int wire_receive(void *backend, int timeout_ms, meower_bus_sink *sink, meower_error *error)
{
    struct wire_end *end = backend;
    struct wire *wire = end->wire;
    struct timespec deadline = deadline_after_ms(timeout_ms);
    struct wire_message *message;
    int status = MEOWER_OK;

    pthread_mutex_lock(&wire->mutex);
    while (timeout_ms > 0 && end->first == NULL && !end->is_woken && !wire->is_down) {
        if (pthread_cond_timedwait(&wire->arrival, &wire->mutex, &deadline) != 0) {
            break;
        }
    }
    end->is_woken = false;
    if (wire->is_down) {
        status = MEOWER_ERROR_UNAVAILABLE;
        meower_error_set(error, status, 0, MEOWER_ERROR_FLAG_RETRIABLE, "the wire is down");
    }
    while (status == MEOWER_OK && (message = take_first(end)) != NULL) {
        status = sink->message(sink, message->payload, message->payload_len);
        free(message);
    }
    pthread_mutex_unlock(&wire->mutex);
    return status;
}

static void wire_wake(void *backend)
{
    struct wire_end *end = backend;

    pthread_mutex_lock(&end->wire->mutex);
    end->is_woken = true;
    pthread_cond_broadcast(&end->wire->arrival);
    pthread_mutex_unlock(&end->wire->mutex);
    sleep_ms(end->wire->wake_pause_ms);
}

void wire_add(struct wire *wire, meower_options *options)
{
    static const meower_bus_vtable vtable = {
        .abi = MEOWER_BACKEND_ABI,
        .size = sizeof(meower_bus_vtable),
        .scheme = "wire",
        .open = wire_open,
        .close = wire_close,
        .publish = wire_publish,
        .receive = wire_receive,
        .wake = wire_wake,
        .announce = wire_announce,
    };

    assert_int_equal(meower_options_add_bus(options, &vtable, wire, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(options, "bus", "wire:", NULL), MEOWER_OK);
}

void wire_disturb(struct wire *wire, unsigned lose_percent, unsigned repeat_percent, bool reorders)
{
    pthread_mutex_lock(&wire->mutex);
    wire->lose_percent = lose_percent;
    wire->repeat_percent = repeat_percent;
    wire->reorders = reorders;
    pthread_mutex_unlock(&wire->mutex);
}

void wire_set_down(struct wire *wire, bool is_down)
{
    pthread_mutex_lock(&wire->mutex);
    wire->is_down = is_down;
    pthread_cond_broadcast(&wire->arrival);
    pthread_mutex_unlock(&wire->mutex);
}

void wire_inject(struct wire *wire, const char *payload, size_t payload_len)
{
    pthread_mutex_lock(&wire->mutex);
    carry(wire, payload, payload_len);
    pthread_mutex_unlock(&wire->mutex);
}

size_t wire_published_count(struct wire *wire)
{
    size_t count;

    pthread_mutex_lock(&wire->mutex);
    count = wire->published_count;
    pthread_mutex_unlock(&wire->mutex);
    return count;
}

uint64_t wire_published_at(struct wire *wire, size_t index)
{
    uint64_t position;

    pthread_mutex_lock(&wire->mutex);
    position = wire->published[index];
    pthread_mutex_unlock(&wire->mutex);
    return position;
}
