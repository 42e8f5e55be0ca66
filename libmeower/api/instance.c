/* instance.c - opening, stepping and closing an instance. */
#include "api/instance.h"
#include "api/arguments.h"
#include "api/stages.h"
#include "base/clock.h"
#include "port/schemes.h"
#include "run/deadline.h"
#include "run/fork_guard.h"
#include "stage/lane.h"
#include <stdlib.h>

struct meower_feed {
    struct fork_guard guard;
    meower_options *options; /* a copy of the caller's */
    bool has_query;
    bool has_threads;
    bool escapes_html;
    int64_t wait_max_us;

    struct store store;
    struct bus bus;
    struct search search;
    struct counters counters;
    struct feed feed;
    struct stages stages;

    atomic_size_t handles; /* open handles of users */
    atomic_bool closing;
    struct notifier interruption; /* readable: no call waits any more */
};

/* ---- for the other calls ---------------------------------------------------------------------------------------- */

int instance_check_process(const meower_feed *instance, meower_error *error)
{
    if (instance == NULL) {
        return refuse_null("the handle", error);
    }
    if (fork_guard_is_in_child(&instance->guard)) {
        return meower_error_set(error, MEOWER_ERROR_FORKED, 0, 0,
                                "this handle belongs to the parent process; open an instance after fork()");
    }
    return MEOWER_OK;
}

int instance_check(const meower_feed *instance, meower_error *error)
{
    int status = instance_check_process(instance, error);

    if (status == MEOWER_OK && atomic_load(&instance->closing)) {
        return meower_error_set(error, MEOWER_ERROR_CLOSED, 0, 0, "the instance is closing");
    }
    return status;
}

void instance_handle_opened(meower_feed *instance)
{
    atomic_fetch_add(&instance->handles, 1);
}

void instance_handle_closed(meower_feed *instance)
{
    atomic_fetch_sub(&instance->handles, 1);
}

size_t instance_handle_count(const meower_feed *instance)
{
    return atomic_load(&instance->handles);
}

int instance_wait(meower_feed *instance, const struct notifier *notifier, int64_t deadline_us, meower_error *error)
{
    int timeout_ms = deadline_rest_ms(deadline_us, clock_monotonic_us(instance_clock(instance)));

    if (atomic_load(&instance->interruption.raised)) {
        return meower_error_set(error, MEOWER_ERROR_INTERRUPTED, 0, 0,
                                "meower_interrupt() has ended the wait; the request may still be carried out");
    }
    if (timeout_ms == 0) {
        return MEOWER_ERROR_TIMEOUT;
    }
    if (instance->has_threads) {
        (void)notifier_wait(notifier, &instance->interruption, timeout_ms);
    } else if (meower_step(instance, NULL) == 0) {
        /* Idle: only time can bring anything; the host's own threads may. */
        (void)notifier_wait(notifier, &instance->interruption, 1);
    }
    return MEOWER_OK;
}

bool instance_has_role(const meower_feed *instance, const char *role)
{
    return options_list_has(instance->options, "roles", role);
}

bool instance_escapes_html(const meower_feed *instance)
{
    return instance->escapes_html;
}

int64_t instance_wait_max_us(const meower_feed *instance)
{
    return instance->wait_max_us;
}

const meower_clock *instance_clock(const meower_feed *instance)
{
    return &instance->options->clock;
}

const struct counters *instance_counters(const meower_feed *instance)
{
    return &instance->counters;
}

struct feed *instance_feed(meower_feed *instance)
{
    return &instance->feed;
}

struct writer *instance_writer(meower_feed *instance)
{
    return &instance->stages.writer;
}

struct tail *instance_tail(meower_feed *instance)
{
    return &instance->stages.tail;
}

struct relay *instance_relay(meower_feed *instance)
{
    return &instance->stages.relay;
}

struct projection *instance_projection(meower_feed *instance)
{
    return &instance->stages.projection;
}

struct rebuild *instance_rebuild(meower_feed *instance)
{
    return &instance->stages.rebuild;
}

struct readers *instance_readers(meower_feed *instance)
{
    return &instance->stages.readers;
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

/* Opens store, bus and search; closes again what was opened when one fails. */
static int open_backends(meower_feed *instance, meower_error *error)
{
    unsigned lanes = stages_lanes(instance->options);
    int status = store_open(&instance->store, instance->options, lanes, error);

    if (status != MEOWER_OK) {
        return status;
    }
    status = bus_open(&instance->bus, instance->options, error);
    if (status != MEOWER_OK) {
        store_close(&instance->store);
        return status;
    }
    if (instance->has_query) {
        status = search_open(&instance->search, instance->options, lanes, error);
        if (status != MEOWER_OK) {
            bus_close(&instance->bus);
            store_close(&instance->store);
        }
    }
    return status;
}

static void close_backends(meower_feed *instance)
{
    if (instance->has_query) {
        search_close(&instance->search);
    }
    bus_close(&instance->bus);
    store_close(&instance->store);
}

/* Reads the newest meows of the store into memory. */
static int init_feed(meower_feed *instance, meower_error *error)
{
    struct feed *feed = &instance->feed;

    feed->store = &instance->store;
    feed->counters = &instance->counters;
    feed->events_max = (size_t)options_number(instance->options, "event_log_max");
    feed->meows_max = (size_t)options_number(instance->options, "timeline_max");
    feed->has_timeline = instance->has_query;
    return feed_init(feed, LANE_WRITER, error);
}

static int init_stages(meower_feed *instance, meower_error *error)
{
    struct stages *stages = &instance->stages;

    stages->options = instance->options;
    stages->store = &instance->store;
    stages->bus = &instance->bus;
    stages->search = &instance->search;
    stages->counters = &instance->counters;
    stages->feed = &instance->feed;
    return stages_init(stages, error);
}

/* Opens the backends, and makes the feed and the stages on them. After an error nothing is left of them. */
static int open_parts(meower_feed *instance, meower_error *error)
{
    int status = open_backends(instance, error);

    if (status != MEOWER_OK) {
        return status;
    }
    status = init_feed(instance, error);
    if (status != MEOWER_OK) {
        goto close_backends;
    }
    status = init_stages(instance, error);
    if (status != MEOWER_OK) {
        goto destroy_feed;
    }
    status = instance->has_threads ? stages_start(&instance->stages, error) : MEOWER_OK;
    if (status == MEOWER_OK) {
        return MEOWER_OK;
    }
    stages_destroy(&instance->stages);

destroy_feed:
    feed_destroy(&instance->feed);
close_backends:
    close_backends(instance);
    return status;
}

/* The workers have stopped. */
static void close_parts(meower_feed *instance)
{
    stages_destroy(&instance->stages);
    feed_destroy(&instance->feed);
    close_backends(instance);
}

static void free_instance(meower_feed *instance)
{
    meower_options_free(instance->options);
    fork_guard_destroy(&instance->guard);
    notifier_close(&instance->interruption);
    free(instance);
}

int meower_options_check(const meower_options *options, meower_error *error)
{
    static const enum port ports[] = {STORE_PORT, BUS_PORT, SEARCH_PORT};
    int status = options == NULL ? refuse_null("options", error) : MEOWER_OK;

    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]) && status == MEOWER_OK; i++) {
        meower_backend_config config;
        const void *vtable;
        status = schemes_find(options, ports[i], &config, &vtable, error);
    }
    return status;
}

/* An instance with its options and nothing else; NULL when memory is short. */
static meower_feed *new_instance(const meower_options *options)
{
    meower_feed *instance = calloc(1, sizeof(*instance));

    if (instance == NULL) {
        return NULL;
    }
    if (options != NULL) {
        instance->options = options_copy(options);
    } else if (meower_options_new(&instance->options, NULL) != MEOWER_OK) {
        instance->options = NULL;
    }
    if (instance->options == NULL) {
        free(instance);
        return NULL;
    }
    fork_guard_init(&instance->guard);
    instance->has_query = instance_has_role(instance, "query");
    instance->has_threads = options_number(instance->options, "threads") > 0;
    instance->escapes_html = options_boolean(instance->options, "escape_html");
    instance->wait_max_us = options_number(instance->options, "wait_max_ms") * 1000;
    return instance;
}

static int open_interruption(meower_feed *instance, meower_error *error)
{
    if (notifier_open(&instance->interruption) == MEOWER_OK) {
        return MEOWER_OK;
    }
    return meower_error_set(error, MEOWER_ERROR_IO, 0, 0,
                            "no file descriptor is left for an instance; raise the limit (ulimit -n)");
}

int meower_open(const meower_options *options, meower_feed **out, meower_error *error)
{
    meower_feed *instance;
    meower_error detail = {0};
    int status;

    if (out == NULL) {
        return refuse_null("out", error);
    }
    instance = new_instance(options);
    if (instance == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for an instance");
    }
    status = open_interruption(instance, &detail);
    if (status == MEOWER_OK) {
        status = open_parts(instance, &detail);
    }
    if (status == MEOWER_OK) {
        *out = instance;
        return MEOWER_OK;
    }
    free_instance(instance);
    if (error != NULL) {
        *error = detail;
    }
    return status;
}

/* ---- stepping --------------------------------------------------------------------------------------------------- */

int meower_step(meower_feed *instance, meower_error *error)
{
    int status = instance_check_process(instance, error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (instance->has_threads) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "the instance has threads of its own; only one with threads=0 is stepped");
    }
    return stages_step(&instance->stages) ? 1 : 0;
}

/* ---- interrupting ----------------------------------------------------------------------------------------------- */

int meower_interrupt(meower_feed *instance, meower_error *error)
{
    int status = instance_check_process(instance, error);

    if (status == MEOWER_OK) {
        notifier_raise(&instance->interruption);
    }
    return status;
}

/* ---- closing ---------------------------------------------------------------------------------------------------- */

int meower_close(meower_feed *instance, int timeout_ms, meower_error *error)
{
    struct stages_rest rest;
    int status = instance == NULL ? MEOWER_OK : instance_check_process(instance, error);

    if (instance == NULL || status != MEOWER_OK) {
        return status;
    }
    if (atomic_load(&instance->handles) > 0) {
        return meower_error_set(error, MEOWER_ERROR_BUSY, 0, 0,
                                "%zu handles are open; close them before the instance (nothing was closed)",
                                atomic_load(&instance->handles));
    }
    atomic_store(&instance->closing, true);
    stages_drain(&instance->stages, deadline_after_ms(instance_clock(instance), timeout_ms));
    stages_stop(&instance->stages, &rest);
    close_parts(instance);
    free_instance(instance);
    if (rest.commands > 0 || rest.unpublished > 0 || rest.unindexed > 0) {
        return meower_error_set(error, MEOWER_ERROR_TIMEOUT, 0, 0,
                                "closed with %zu commands not carried out, %llu events not published and %llu not "
                                "indexed; events are published and indexed after the next open",
                                rest.commands, (unsigned long long)rest.unpublished,
                                (unsigned long long)rest.unindexed);
    }
    return MEOWER_OK;
}
