/* tail.c - what others wrote: a message on the bus is only a hint, so that losing, repeating or reordering it is
 * harmless; the events themselves always come from the store, in order and without a hole. */
#include "stage/tail.h"
#include "base/clock.h"
#include "base/event.h"
#include "run/deadline.h"
#include "stage/lane.h"
#include <string.h>

void tail_init(struct tail *tail)
{
    failure_init(&tail->bus_failure);
    failure_init(&tail->failure);
    worker_init(&tail->worker, "meower-tail", tail_step, tail);
}

void tail_destroy(struct tail *tail)
{
    worker_destroy(&tail->worker);
    failure_destroy(&tail->failure);
    failure_destroy(&tail->bus_failure);
}

void tail_note_failure(struct tail *tail, const meower_error *error)
{
    failure_note(&tail->failure, error);
}

void tail_hurry(struct tail *tail)
{
    atomic_store(&tail->is_hurried, true);
}

/* Looks at arriving messages for a position beyond the head. */
struct news_sink {
    meower_bus_sink sink;
    const struct tail *tail;
    uint64_t head;
    bool has_news;
};

static int look_at_message(meower_bus_sink *sink, const char *payload, size_t payload_len)
{
    struct news_sink *news = (struct news_sink *)sink;
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t position;

    if (!event_parse_payload(payload, payload_len, epoch, &position)) {
        atomic_fetch_add(&news->tail->counters->messages_undecodable, 1);
        return MEOWER_OK;
    }
    if (strcmp(epoch, news->tail->feed->epoch) == 0 && position > news->head) {
        news->has_news = true;
    }
    return MEOWER_OK;
}

bool tail_step(void *stage, int64_t *wait_us)
{
    struct tail *tail = stage;
    struct news_sink news = {.sink.message = look_at_message, .tail = tail};
    int64_t now_us = clock_monotonic_us(tail->clock);
    bool may_wait = !tail->is_stepped && !atomic_load(&tail->is_hurried);
    meower_error error = {0};
    int status;

    news.head = event_log_head(&tail->feed->log);
    status = bus_receive(tail->bus, may_wait ? deadline_rest_ms(tail->poll_due_us, now_us) : 0, &news.sink, &error);
    now_us = clock_monotonic_us(tail->clock);
    if (status == MEOWER_OK) {
        failure_end(&tail->bus_failure);
    } else {
        failure_note(&tail->bus_failure, &error);
    }
    if (!news.has_news && now_us < tail->poll_due_us) {
        /* A bus that fails returns at once: rest until the store is due, news or not. */
        *wait_us = status == MEOWER_OK && may_wait ? 0 : tail->poll_due_us - now_us;
        return false;
    }
    status = feed_catch_up(tail->feed, LANE_TAIL, &error);
    if (status == MEOWER_OK) {
        failure_end(&tail->failure);
    } else {
        tail_note_failure(tail, &error);
    }
    tail->poll_due_us = now_us + tail->poll_interval_us;
    *wait_us = 0;
    return event_log_head(&tail->feed->log) > news.head;
}
