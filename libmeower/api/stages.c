/* stages.c - wiring, starting, stepping and stopping the stages. */
#include "api/stages.h"
#include "base/clock.h"
#include "run/deadline.h"
#include "stage/lane.h"
#include <time.h>

#define DRAIN_PAUSE_US 1000 /* between two looks at whether all is drained */

/* An index of our own is made on the processors that answer, and nobody waits for it as for an answer: where these are
 * all busy it gets a tenth of a thread's share (sched(7)). Posts on two cores are stored a tenth faster for it. */
#define INDEX_NICENESS 10

/* ---- what each is given ----------------------------------------------------------------------------------------- */

static size_t reader_count(const meower_options *options)
{
    int64_t threads = options_number(options, "threads");

    return threads > 0 ? (size_t)threads : 1;
}

unsigned stages_lanes(const meower_options *options)
{
    return LANE_READER + (unsigned)reader_count(options);
}

static size_t size_option(const struct stages *stages, const char *name)
{
    return (size_t)options_number(stages->options, name);
}

static int64_t us_option(const struct stages *stages, const char *name_ms)
{
    return options_number(stages->options, name_ms) * 1000;
}

static void wake_readers(void *context)
{
    readers_wake_parked(&((struct stages *)context)->readers);
}

/* The feed has grown. */
static void wake_followers(void *context)
{
    struct stages *stages = context;

    if (stages->has_query) {
        projection_wake(&stages->projection);
    }
    if (stages->has_relay) {
        worker_wake(&stages->relay.worker);
    }
    readers_wake_parked(&stages->readers);
}

static int init_writer(struct stages *stages)
{
    struct writer *writer = &stages->writer;

    writer->feed = stages->feed;
    writer->store = stages->store;
    writer->counters = stages->counters;
    writer->clock = &stages->options->clock;
    writer->queue_max = size_option(stages, "queue_max");
    writer->batch_max = size_option(stages, "batch_max");
    writer->idempotency_ttl_us = options_number(stages->options, "idempotency_ttl_s") * 1000000;
    writer->wait_max_us = us_option(stages, "wait_max_ms");
    return writer_init(writer);
}

static void init_tail(struct stages *stages)
{
    struct tail *tail = &stages->tail;

    tail->feed = stages->feed;
    tail->bus = stages->bus;
    tail->counters = stages->counters;
    tail->clock = &stages->options->clock;
    tail->poll_interval_us = us_option(stages, "poll_interval_ms");
    tail->is_stepped = !stages->has_threads;
    tail_init(tail);
}

static void init_relay(struct stages *stages)
{
    struct relay *relay = &stages->relay;

    relay->feed = stages->feed;
    relay->store = stages->store;
    relay->bus = stages->bus;
    relay->writer = &stages->writer;
    relay->counters = stages->counters;
    relay->clock = &stages->options->clock;
    relay->checkpoint_interval_us = us_option(stages, "checkpoint_interval_ms");
    relay_init(relay);
}

static void init_index(struct stages *stages)
{
    struct projection *projection = &stages->projection;
    struct rebuild *rebuild = &stages->rebuild;

    projection->feed = stages->feed;
    projection->store = stages->store;
    projection->search = stages->search;
    projection->counters = stages->counters;
    projection->clock = &stages->options->clock;
    projection->is_stepped = !stages->has_threads;
    projection->on_visible = wake_readers;
    projection->context = stages;
    projection_init(projection);
    if ((stages->search->vtable.flags & MEOWER_SEARCH_EXCLUSIVE) != 0) {
        projection->worker.niceness = INDEX_NICENESS;
    }
    rebuild->projection = projection;
    rebuild->feed = stages->feed;
    rebuild->search = stages->search;
    rebuild->counters = stages->counters;
    rebuild->clock = &stages->options->clock;
    rebuild->is_stepped = !stages->has_threads;
    rebuild_init(rebuild);
}

static int init_readers(struct stages *stages)
{
    struct readers *readers = &stages->readers;

    readers->count = reader_count(stages->options);
    readers->feed = stages->feed;
    readers->tail = &stages->tail;
    readers->clock = &stages->options->clock;
    readers->queue_max = size_option(stages, "queue_max");
    readers->page_read = (struct page_read){stages->feed, stages->store, stages->counters};
    readers->search_read = (struct search_read){.feed = stages->feed,
                                                .store = stages->store,
                                                .search = stages->search,
                                                .projection = &stages->projection,
                                                .counters = stages->counters};
    return readers_init(readers);
}

int stages_init(struct stages *stages, meower_error *error)
{
    const meower_options *options = stages->options;
    int status;

    stages->has_command = options_list_has(options, "roles", "command");
    stages->has_query = options_list_has(options, "roles", "query");
    stages->has_threads = options_number(options, "threads") > 0;
    stages->has_relay = stages->has_command && !bus_is_process_local(stages->bus);
    status = init_writer(stages);
    if (status != MEOWER_OK) {
        return meower_error_set(error, status, 0, 0, "no memory for the writer; lower the option batch_max");
    }
    status = init_readers(stages);
    if (status != MEOWER_OK) {
        writer_destroy(&stages->writer);
        return meower_error_set(error, status, 0, 0, "no memory for the readers");
    }
    init_tail(stages);
    init_relay(stages);
    init_index(stages);
    stages->listener = (struct event_listener){.notify = wake_followers, .context = stages};
    event_log_listen(&stages->feed->log, &stages->listener);
    return MEOWER_OK;
}

void stages_destroy(struct stages *stages)
{
    event_log_unlisten(&stages->feed->log, &stages->listener);
    readers_destroy(&stages->readers);
    rebuild_destroy(&stages->rebuild);
    projection_destroy(&stages->projection);
    relay_destroy(&stages->relay);
    tail_destroy(&stages->tail);
    writer_destroy(&stages->writer);
}

/* ---- running ---------------------------------------------------------------------------------------------------- */

static void stop_workers(struct stages *stages)
{
    worker_stop(&stages->writer.worker);
    bus_wake(stages->bus);
    worker_stop(&stages->tail.worker);
    worker_stop(&stages->relay.worker);
    worker_stop(&stages->projection.worker);
    readers_stop(&stages->readers);
}

int stages_start(struct stages *stages, meower_error *error)
{
    int status = MEOWER_OK;

    if (stages->has_command) {
        status = worker_start(&stages->writer.worker);
    }
    if (status == MEOWER_OK && stages->feed->is_shared) {
        status = worker_start(&stages->tail.worker);
    }
    if (status == MEOWER_OK && stages->has_relay) {
        status = worker_start(&stages->relay.worker);
    }
    if (status == MEOWER_OK && stages->has_query) {
        status = worker_start(&stages->projection.worker);
    }
    if (status == MEOWER_OK) {
        status = readers_start(&stages->readers);
    }
    if (status != MEOWER_OK) {
        tail_hurry(&stages->tail);
        stop_workers(stages);
        return meower_error_set(error, status, 0, 0, "the system allows no more threads");
    }
    return MEOWER_OK;
}

bool stages_step(struct stages *stages)
{
    int64_t wait_us = WORKER_WAIT_FOREVER;
    bool worked = writer_step(&stages->writer, &wait_us);

    if (stages->feed->is_shared) {
        worked |= tail_step(&stages->tail, &wait_us);
    }
    if (stages->has_relay) {
        worked |= relay_step(&stages->relay, &wait_us);
    }
    if (stages->has_query) {
        worked |= projection_step(&stages->projection, &wait_us);
    }
    worked |= reader_step(&stages->readers.items[0], &wait_us);
    return worked;
}

static bool is_drained(struct stages *stages)
{
    return writer_is_idle(&stages->writer) && (!stages->has_relay || relay_is_idle(&stages->relay)) &&
           (!stages->has_query || projection_is_idle(&stages->projection));
}

void stages_drain(struct stages *stages, int64_t deadline_us)
{
    const struct timespec pause = {.tv_nsec = DRAIN_PAUSE_US * 1000};

    tail_hurry(&stages->tail);
    while (!is_drained(stages) && clock_monotonic_us(&stages->options->clock) < deadline_us) {
        if (stages->has_threads || !stages_step(stages)) {
            nanosleep(&pause, NULL);
        }
    }
}

void stages_stop(struct stages *stages, struct stages_rest *rest)
{
    uint64_t head;

    queue_close(&stages->writer.queue);
    queue_close(&stages->readers.queue);
    stop_workers(stages);
    rebuild_abandon(&stages->rebuild);
    *rest = (struct stages_rest){.commands = writer_abandon(&stages->writer)};
    readers_abandon(&stages->readers);
    head = event_log_head(&stages->feed->log);
    if (stages->has_relay) {
        relay_save_position(&stages->relay);
        rest->unpublished = relay_is_idle(&stages->relay) ? 0 : head - stages->relay.position;
    }
    if (stages->has_query && !projection_is_idle(&stages->projection)) {
        rest->unindexed = head - projection_visible(&stages->projection);
    }
}
