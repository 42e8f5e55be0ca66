/* feed.c - the way of the events into memory and out again. The store is the truth: where memory lacks something, the
 * store is read. */
#include "feed/feed.h"
#include <string.h>

#define CATCH_UP_MAX 256 /* events of one read */

/* ---- opening ---------------------------------------------------------------------------------------------------- */

/* Loads the newest meows. */
struct load_sink {
    meower_row_sink sink; /* first: the row function casts back */
    struct timeline *timeline;
    size_t count;
};

static int load_row(meower_row_sink *sink, const meower_row *row)
{
    struct load_sink *load = (struct load_sink *)sink;
    struct meow *meow = meow_new(row);

    if (meow == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    timeline_load(load->timeline, meow);
    load->count++;
    return MEOWER_OK;
}

static int init_timeline(struct feed *feed, unsigned lane, meower_error *error)
{
    size_t max = feed->has_timeline ? feed->meows_max : 0;
    struct load_sink sink = {.sink.row = load_row, .timeline = &feed->timeline};
    meower_range range = {.take = (uint32_t)max + 1}; /* one more tells whether there are more */
    int status = timeline_init(&feed->timeline, max);

    if (status != MEOWER_OK) {
        return meower_error_set(error, status, 0, 0, "no memory for the timeline; lower the option timeline_max");
    }
    status = store_list(feed->store, lane, &range, &sink.sink, error);
    if (status != MEOWER_OK) {
        timeline_destroy(&feed->timeline);
        return status;
    }
    timeline_loaded(&feed->timeline, sink.count <= max, feed->store->info.head);
    return MEOWER_OK;
}

int feed_init(struct feed *feed, unsigned lane, meower_error *error)
{
    int status = event_log_init(&feed->log, feed->events_max, feed->store->info.head);

    if (status != MEOWER_OK) {
        return meower_error_set(error, status, 0, 0, "no memory for the event log; lower the option event_log_max");
    }
    status = init_timeline(feed, lane, error);
    if (status != MEOWER_OK) {
        event_log_destroy(&feed->log);
        return status;
    }
    memcpy(feed->epoch, feed->store->info.epoch, sizeof(feed->epoch));
    feed->is_shared = !store_is_exclusive(feed->store);
    pthread_mutex_init(&feed->mutex, NULL);
    return MEOWER_OK;
}

void feed_destroy(struct feed *feed)
{
    pthread_mutex_destroy(&feed->mutex);
    timeline_destroy(&feed->timeline);
    event_log_destroy(&feed->log);
}

/* ---- events come in --------------------------------------------------------------------------------------------- */

/* Appends events that follow the head, and takes over the references (an entry may be NULL). The timeline comes first:
 * whoever has heard of a position finds it there. The mutex is held. */
static void append_locked(struct feed *feed, struct meow *const *events, size_t count)
{
    if (count == 0) {
        return; /* nobody is woken for nothing */
    }
    if (feed->has_timeline) {
        timeline_apply(&feed->timeline, events, count, event_log_head(&feed->log) + count);
    }
    event_log_append(&feed->log, events, count);
}

/* Collects the events after the head. A creation whose meow is gone leaves a NULL: the log wants every position. */
struct gap_sink {
    meower_row_sink sink; /* first: the row function casts back */
    struct meow *events[CATCH_UP_MAX];
    size_t count;
    uint64_t next; /* position expected */
    bool has_hole; /* another one came */
};

static int collect_next(meower_row_sink *sink, const meower_row *row)
{
    struct gap_sink *gap = (struct gap_sink *)sink;
    struct meow *event = NULL;

    if (row->position != gap->next) {
        gap->has_hole = true;
        return MEOWER_ERROR_CORRUPT;
    }
    if (row->kind == MEOWER_EVENT_DELETED || row->body != NULL) {
        event = meow_new(row);
        if (event == NULL) {
            return MEOWER_ERROR_NO_MEMORY;
        }
    }
    gap->events[gap->count++] = event;
    gap->next++;
    return MEOWER_OK;
}

/* The store gave another position than the one that follows. */
static void say_hole(uint64_t position, meower_error *error)
{
    meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0, "the store has no event at position %llu, but later ones",
                     (unsigned long long)position);
}

/* The mutex is held. */
static int catch_up_locked(struct feed *feed, unsigned lane, meower_error *error)
{
    struct gap_sink gap = {.sink.row = collect_next};
    int status;

    do {
        uint64_t head = event_log_head(&feed->log);
        gap.count = 0;
        gap.next = head + 1;
        status = store_read_events(feed->store, lane, head, CATCH_UP_MAX, &gap.sink, error);
        if (gap.has_hole) {
            say_hole(gap.next, error);
        }
        /* What arrived before a failure is sound and in order. */
        append_locked(feed, gap.events, gap.count);
        atomic_fetch_add(&feed->counters->events_caught_up, gap.count);
    } while (status == MEOWER_OK && gap.count == CATCH_UP_MAX);
    return status;
}

int feed_catch_up(struct feed *feed, unsigned lane, meower_error *error)
{
    int status;

    pthread_mutex_lock(&feed->mutex);
    status = catch_up_locked(feed, lane, error);
    pthread_mutex_unlock(&feed->mutex);
    return status;
}

int feed_append(struct feed *feed, unsigned lane, uint64_t first, struct meow *const *events, size_t count,
                meower_error *error)
{
    int status = MEOWER_OK;
    bool is_next;

    pthread_mutex_lock(&feed->mutex);
    is_next = event_log_head(&feed->log) + 1 == first;
    if (is_next) {
        append_locked(feed, events, count);
    } else {
        status = catch_up_locked(feed, lane, error);
    }
    pthread_mutex_unlock(&feed->mutex);
    for (size_t i = 0; i < count && !is_next; i++) {
        meow_release(events[i]);
    }
    return status;
}

int feed_make_fresh(struct feed *feed, unsigned lane, meower_error *error)
{
    uint64_t head;
    int status;

    if (!feed->is_shared) {
        return MEOWER_OK;
    }
    status = store_head(feed->store, lane, &head, error);
    if (status == MEOWER_OK && head > event_log_head(&feed->log)) {
        status = feed_catch_up(feed, lane, error);
    }
    return status;
}

/* ---- events go out ---------------------------------------------------------------------------------------------- */

/* Collects store rows into a batch. */
struct batch_sink {
    meower_row_sink sink; /* first: the row function casts back */
    struct event_batch *batch;
    bool has_hole; /* another position came than the one that follows */
};

static int collect_event(meower_row_sink *sink, const meower_row *row)
{
    struct batch_sink *collector = (struct batch_sink *)sink;
    struct event_batch *batch = collector->batch;
    struct meow *event;

    if (row->position != batch->through + 1) {
        collector->has_hole = true;
        return MEOWER_ERROR_CORRUPT;
    }
    if (row->kind == MEOWER_EVENT_DELETED || row->body != NULL) {
        event = meow_new(row);
        if (event == NULL) {
            return MEOWER_ERROR_NO_MEMORY;
        }
        batch->events[batch->count++] = event;
    }
    batch->through = row->position;
    return MEOWER_OK;
}

int feed_read(struct feed *feed, unsigned lane, uint64_t after, size_t max, struct event_batch *batch,
              meower_error *error)
{
    struct batch_sink sink = {.sink.row = collect_event, .batch = batch};
    uint64_t head;
    int status;

    if (event_log_read(&feed->log, after, max, batch)) {
        return MEOWER_OK;
    }
    head = event_log_head(&feed->log);
    if (head - after < max) {
        max = (size_t)(head - after);
    }
    status = store_read_events(feed->store, lane, after, max, &sink.sink, error);
    if (sink.has_hole) {
        say_hole(batch->through + 1, error);
    }
    if (status != MEOWER_OK) {
        event_batch_release(batch);
        batch->through = after;
    }
    return status;
}
