/* instance.c - opening, stepping and closing an instance. */
#include "api/instance.h"
#include "base/clock.h"
#include "base/url.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define FORK_GUARD_SIZE 4096 /* a page, or part of one */
#define DRAIN_PAUSE_US  1000 /* between two looks at whether all is drained */

/* An index of our own is made on the processors that answer, and nobody waits for it as for an answer: where these are
 * all busy it gets a tenth of a thread's share (sched(7)). Posts on two cores are stored a tenth faster for it. */
#define INDEX_NICENESS 10

int engine_refuse_null(const char *name, meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "%s is NULL; this call needs it", name);
}

int engine_check_process(const meower *instance, meower_error *error)
{
    if (instance == NULL) {
        return engine_refuse_null("the handle", error);
    }
    if (instance->fork_guard != NULL ? *instance->fork_guard == 0 : getpid() != instance->owner) {
        return meower_error_set(error, MEOWER_ERROR_FORKED, 0, 0,
                                "this handle belongs to the parent process; open an instance after fork()");
    }
    return MEOWER_OK;
}

int engine_check(const meower *instance, meower_error *error)
{
    int status = engine_check_process(instance, error);

    if (status == MEOWER_OK && atomic_load(&instance->closing)) {
        return meower_error_set(error, MEOWER_ERROR_CLOSED, 0, 0, "the instance is closing");
    }
    return status;
}

void engine_wake_readers(meower *instance)
{
    if (atomic_load(&instance->reads_parked) == 0) {
        return;
    }
    for (size_t i = 0; i < instance->reader_count; i++) {
        worker_wake(&instance->readers[i].worker);
    }
}

/* The event log has grown. */
static void wake_followers(void *context)
{
    meower *instance = context;

    if (instance->has_query && !atomic_load(&instance->projection.is_resting)) {
        worker_wake(&instance->projection_worker);
    }
    if (instance->has_relay) {
        worker_wake(&instance->relay_worker);
    }
    engine_wake_readers(instance);
}

int64_t engine_deadline_us(const meower *instance, int timeout_ms)
{
    return timeout_ms < 0 ? INT64_MAX : clock_monotonic_us(instance->clock) + (int64_t)timeout_ms * 1000;
}

int engine_wait(meower *instance, const struct notifier *notifier, int64_t deadline_us)
{
    int64_t rest_us = deadline_us - clock_monotonic_us(instance->clock);
    int timeout_ms = -1;

    if (deadline_us != INT64_MAX) {
        if (rest_us <= 0) {
            return MEOWER_ERROR_TIMEOUT;
        }
        /* Rounded up: a rest below a millisecond must not spin. */
        timeout_ms = rest_us > INT32_MAX ? INT32_MAX : (int)((rest_us + 999) / 1000);
    }
    if (instance->has_threads) {
        (void)notifier_wait(notifier, timeout_ms);
    } else if (meower_step(instance) == 0) {
        /* Idle: only time can bring anything; the host's own threads may. */
        (void)notifier_wait(notifier, 1);
    }
    return MEOWER_OK;
}

/* A page that the kernel wipes in a forked child (madvise(2), MADV_WIPEONFORK): a look at it costs no system call.
 * Where that is not to be had, the process id tells as well. */
static void guard_against_fork(meower *instance)
{
    void *page = mmap(NULL, FORK_GUARD_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    instance->owner = getpid();
    if (page == MAP_FAILED) {
        return;
    }
    if (madvise(page, FORK_GUARD_SIZE, MADV_WIPEONFORK) != 0) {
        munmap(page, FORK_GUARD_SIZE);
        return;
    }
    instance->fork_guard = page;
    *instance->fork_guard = 1;
}

static void drop_fork_guard(meower *instance)
{
    if (instance->fork_guard != NULL) {
        munmap(instance->fork_guard, FORK_GUARD_SIZE);
    }
}

/* What the options say, apart from the backends. */
static void read_options(meower *instance)
{
    const meower_options *options = instance->options;

    instance->clock = &options->clock;
    instance->has_command = options_list_has(options, "roles", "command");
    instance->has_query = options_list_has(options, "roles", "query");
    instance->has_subscription = options_list_has(options, "roles", "subscription");
    instance->has_threads = options_number(options, "threads") > 0;
    instance->escapes_html = options_boolean(options, "escape_html");
    instance->wait_max_us = options_number(options, "wait_max_ms") * 1000;
    instance->reader_count = instance->has_threads ? (size_t)options_number(options, "threads") : 1;
}

/* Opens store, bus and search; closes again what was opened when one fails. */
static int open_backends(meower *instance, meower_error *error)
{
    unsigned lanes = LANE_READER + (unsigned)instance->reader_count;
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

static void close_backends(meower *instance)
{
    if (instance->has_query) {
        search_close(&instance->search);
    }
    bus_close(&instance->bus);
    store_close(&instance->store);
}

/* Makes what is kept in memory. */
static int init_memory(meower *instance, meower_error *error)
{
    int status;

    instance->readers = calloc(instance->reader_count, sizeof(*instance->readers));
    if (instance->readers == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the readers");
    }
    instance->feed.store = &instance->store;
    instance->feed.counters = &instance->counters;
    instance->feed.events_max = (size_t)options_number(instance->options, "event_log_max");
    instance->feed.meows_max = (size_t)options_number(instance->options, "timeline_max");
    instance->feed.has_timeline = instance->has_query;
    status = feed_init(&instance->feed, LANE_WRITER, error);
    if (status != MEOWER_OK) {
        goto free_readers;
    }
    status = writer_init(&instance->writer, instance);
    if (status != MEOWER_OK) {
        meower_error_set(error, status, 0, 0, "no memory for the writer; lower the option batch_max");
        goto destroy_feed;
    }
    return MEOWER_OK;

destroy_feed:
    feed_destroy(&instance->feed);
free_readers:
    free(instance->readers);
    return status;
}

static void init_stages(meower *instance)
{
    bool is_alone = bus_is_process_local(&instance->bus);

    instance->has_relay = instance->has_command && !is_alone;
    queue_init(&instance->reads, (size_t)options_number(instance->options, "queue_max"), NULL);
    tail_init(&instance->tail, instance);
    relay_init(&instance->relay, instance);
    projection_init(&instance->projection, instance);
    rebuild_init(&instance->rebuild, instance);
    worker_init(&instance->writer_worker, "meower-write", writer_step, &instance->writer);
    worker_init(&instance->tail_worker, "meower-tail", tail_step, &instance->tail);
    worker_init(&instance->relay_worker, "meower-relay", relay_step, &instance->relay);
    worker_init(&instance->projection_worker, "meower-index", projection_step, &instance->projection);
    if ((instance->search.vtable.flags & MEOWER_SEARCH_EXCLUSIVE) != 0) {
        instance->projection_worker.niceness = INDEX_NICENESS;
    }
    for (size_t i = 0; i < instance->reader_count; i++) {
        reader_init(&instance->readers[i], instance, LANE_READER + (unsigned)i);
    }
    instance->listener = (struct event_listener){.notify = wake_followers, .context = instance};
    event_log_listen(&instance->feed.log, &instance->listener);
}

static void stop_workers(meower *instance)
{
    atomic_store(&instance->closing, true);
    worker_stop(&instance->writer_worker);
    bus_wake(&instance->bus);
    worker_stop(&instance->tail_worker);
    worker_stop(&instance->relay_worker);
    worker_stop(&instance->projection_worker);
    for (size_t i = 0; i < instance->reader_count; i++) {
        worker_stop(&instance->readers[i].worker);
    }
}

static int start_workers(meower *instance, meower_error *error)
{
    int status = MEOWER_OK;

    if (instance->has_command) {
        status = worker_start(&instance->writer_worker);
    }
    if (status == MEOWER_OK && instance->feed.is_shared) {
        status = worker_start(&instance->tail_worker);
    }
    if (status == MEOWER_OK && instance->has_relay) {
        status = worker_start(&instance->relay_worker);
    }
    if (status == MEOWER_OK && instance->has_query) {
        status = worker_start(&instance->projection_worker);
    }
    for (size_t i = 0; i < instance->reader_count && status == MEOWER_OK; i++) {
        status = worker_start(&instance->readers[i].worker);
    }
    if (status != MEOWER_OK) {
        stop_workers(instance);
        return meower_error_set(error, status, 0, 0, "the system allows no more threads");
    }
    return MEOWER_OK;
}

/* Releases everything; the workers have stopped. */
static void destroy(meower *instance)
{
    event_log_unlisten(&instance->feed.log, &instance->listener);
    for (size_t i = 0; i < instance->reader_count; i++) {
        reader_destroy(&instance->readers[i]);
    }
    worker_destroy(&instance->projection_worker);
    worker_destroy(&instance->relay_worker);
    worker_destroy(&instance->tail_worker);
    worker_destroy(&instance->writer_worker);
    projection_destroy(&instance->projection);
    rebuild_destroy(&instance->rebuild);
    relay_destroy(&instance->relay);
    tail_destroy(&instance->tail);
    queue_destroy(&instance->reads);
    writer_destroy(&instance->writer);
    feed_destroy(&instance->feed);
    free(instance->readers);
    close_backends(instance);
    meower_options_free(instance->options);
    drop_fork_guard(instance);
    free(instance);
}

int meower_options_check(const meower_options *options, meower_error *error)
{
    int status = options == NULL ? engine_refuse_null("options", error) : store_check(options, error);

    if (status == MEOWER_OK) {
        status = bus_check(options, error);
    }
    return status == MEOWER_OK ? search_check(options, error) : status;
}

int meower_open(const meower_options *options, meower **out, meower_error *error)
{
    meower *instance;
    meower_options *defaults = NULL;
    meower_error detail = {0};
    int status = MEOWER_ERROR_NO_MEMORY;

    if (out == NULL) {
        return engine_refuse_null("out", error);
    }
    instance = calloc(1, sizeof(*instance));
    if (instance == NULL || (options == NULL && meower_options_new(&defaults) != MEOWER_OK)) {
        meower_error_set(&detail, status, 0, 0, "no memory for an instance");
        goto free_instance;
    }
    instance->options = options == NULL ? defaults : options_copy(options);
    if (instance->options == NULL) {
        meower_error_set(&detail, status, 0, 0, "no memory for the options");
        goto free_instance;
    }
    guard_against_fork(instance);
    read_options(instance);
    status = open_backends(instance, &detail);
    if (status != MEOWER_OK) {
        goto free_options;
    }
    status = init_memory(instance, &detail);
    if (status != MEOWER_OK) {
        close_backends(instance);
        goto free_options;
    }
    init_stages(instance);
    if (instance->has_threads) {
        status = start_workers(instance, &detail);
        if (status != MEOWER_OK) {
            destroy(instance);
            goto report;
        }
    }
    *out = instance;
    return MEOWER_OK;

free_options:
    meower_options_free(instance->options);
    drop_fork_guard(instance);
free_instance:
    free(instance);
report:
    if (error != NULL) {
        *error = detail;
    }
    return status;
}

/* Runs every stage once. */
static bool step_all(meower *instance)
{
    int64_t wait_us = WORKER_WAIT_FOREVER;
    bool worked = writer_step(&instance->writer, &wait_us);

    if (instance->feed.is_shared) {
        worked |= tail_step(&instance->tail, &wait_us);
    }
    if (instance->has_relay) {
        worked |= relay_step(&instance->relay, &wait_us);
    }
    if (instance->has_query) {
        worked |= projection_step(&instance->projection, &wait_us);
    }
    worked |= reader_step(&instance->readers[0], &wait_us);
    return worked;
}

int meower_step(meower *instance)
{
    int status = engine_check_process(instance, NULL);

    if (status != MEOWER_OK) {
        return status;
    }
    if (instance->has_threads) {
        return MEOWER_ERROR_INVALID;
    }
    return step_all(instance) ? 1 : 0;
}

static bool is_drained(meower *instance)
{
    return writer_is_idle(&instance->writer) && (!instance->has_relay || relay_is_idle(&instance->relay)) &&
           (!instance->has_query || projection_is_idle(&instance->projection));
}

/* Lets the stages finish, at most until the deadline. */
static void drain(meower *instance, int64_t deadline_us)
{
    const struct timespec pause = {.tv_nsec = DRAIN_PAUSE_US * 1000};

    while (!is_drained(instance) && clock_monotonic_us(instance->clock) < deadline_us) {
        if (instance->has_threads || !step_all(instance)) {
            nanosleep(&pause, NULL);
        }
    }
}

int meower_close(meower *instance, int timeout_ms, meower_error *error)
{
    uint64_t unpublished = 0;
    uint64_t unindexed = 0;
    size_t abandoned;
    int status = instance == NULL ? MEOWER_OK : engine_check_process(instance, error);

    if (instance == NULL || status != MEOWER_OK) {
        return status;
    }
    if (atomic_load(&instance->handles) > 0) {
        return meower_error_set(error, MEOWER_ERROR_BUSY, 0, 0,
                                "%zu handles are open; close them before the instance (nothing was closed)",
                                atomic_load(&instance->handles));
    }
    atomic_store(&instance->closing, true);
    drain(instance, engine_deadline_us(instance, timeout_ms));
    queue_close(&instance->writer.queue);
    queue_close(&instance->reads);
    stop_workers(instance);
    rebuild_abandon(&instance->rebuild);
    abandoned = writer_abandon(&instance->writer);
    for (size_t i = 0; i < instance->reader_count; i++) {
        reader_abandon(&instance->readers[i]);
    }
    if (instance->has_relay) {
        relay_save_position(&instance->relay);
        unpublished =
            relay_is_idle(&instance->relay) ? 0 : event_log_head(&instance->feed.log) - instance->relay.position;
    }
    if (instance->has_query && !projection_is_idle(&instance->projection)) {
        unindexed = event_log_head(&instance->feed.log) - projection_visible(&instance->projection);
    }
    destroy(instance);
    if (abandoned > 0 || unpublished > 0 || unindexed > 0) {
        return meower_error_set(error, MEOWER_ERROR_TIMEOUT, 0, 0,
                                "closed with %zu commands not carried out, %llu events not published and %llu not "
                                "indexed; events are published and indexed after the next open",
                                abandoned, (unsigned long long)unpublished, (unsigned long long)unindexed);
    }
    return MEOWER_OK;
}
