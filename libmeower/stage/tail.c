/* tail.c - what others wrote: a message on the bus is only a hint, so that losing, repeating or reordering it is
 * harmless; the events themselves always come from the store, in order and without a hole. */
#include "stage/tail.h"
#include "api/instance.h"
#include "base/clock.h"
#include "base/event.h"
#include <string.h>

void tail_init(struct tail *tail, meower *instance)
{
    *tail = (struct tail){.instance = instance,
                          .poll_interval_us = options_number(instance->options, "poll_interval_ms") * 1000};
    failure_init(&tail->bus_failure);
    failure_init(&tail->failure);
}

void tail_destroy(struct tail *tail)
{
    failure_destroy(&tail->failure);
    failure_destroy(&tail->bus_failure);
}

void tail_note_failure(struct tail *tail, const meower_error *error)
{
    failure_note(&tail->failure, error);
    atomic_store(&tail->is_failing, true);
}

/* Looks at arriving messages for a position beyond the head. */
struct news_sink {
    meower_bus_sink sink;
    meower *instance;
    uint64_t head;
    bool has_news;
};

static int look_at_message(meower_bus_sink *sink, const char *payload, size_t payload_len)
{
    struct news_sink *news = (struct news_sink *)sink;
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t position;

    if (!event_parse_payload(payload, payload_len, epoch, &position)) {
        atomic_fetch_add(&news->instance->counters.messages_undecodable, 1);
        return MEOWER_OK;
    }
    if (strcmp(epoch, news->instance->feed.epoch) == 0 && position > news->head) {
        news->has_news = true;
    }
    return MEOWER_OK;
}

bool tail_step(void *stage, int64_t *wait_us)
{
    struct tail *tail = stage;
    meower *instance = tail->instance;
    struct news_sink news = {.sink.message = look_at_message, .instance = instance};
    int64_t now_us = clock_monotonic_us(instance->clock);
    int64_t rest_us = tail->poll_due_us > now_us ? tail->poll_due_us - now_us : 0;
    /* Who closes wakes the bus once: after that the worker's own sleep is the one that ends in time. */
    bool may_wait = instance->has_threads && !atomic_load(&instance->closing);
    meower_error error = {0};
    int status;

    news.head = event_log_head(&instance->feed.log);
    /* Rounded up: a rest below a millisecond must not spin. */
    status = bus_receive(&instance->bus, may_wait ? (int)((rest_us + 999) / 1000) : 0, &news.sink, &error);
    now_us = clock_monotonic_us(instance->clock);
    if (status != MEOWER_OK) {
        failure_note(&tail->bus_failure, &error);
    }
    atomic_store(&tail->is_bus_failing, status != MEOWER_OK);
    if (!news.has_news && now_us < tail->poll_due_us) {
        /* A bus that fails returns at once: rest until the store is due, news or not. */
        *wait_us = status == MEOWER_OK && may_wait ? 0 : tail->poll_due_us - now_us;
        return false;
    }
    status = feed_catch_up(&instance->feed, LANE_TAIL, &error);
    if (status == MEOWER_OK) {
        atomic_store(&tail->is_failing, false);
    } else {
        tail_note_failure(tail, &error);
    }
    tail->poll_due_us = now_us + tail->poll_interval_us;
    *wait_us = 0;
    return event_log_head(&instance->feed.log) > news.head;
}
