/* stages.c - see stages.h. */
#include "sim/stages.h"
#include "api/instance.h"

static bool has_stage(meower_feed *feed, int stage)
{
    switch (stage) {
    case STAGE_WRITER:
        return instance_has_role(feed, "command");
    case STAGE_TAIL:
        return stage_has_tail(feed);
    case STAGE_RELAY:
        return instance_has_role(feed, "command") && !bus_is_process_local(instance_relay(feed)->bus);
    case STAGE_PROJECTION:
        return instance_has_role(feed, "query");
    default:
        return true;
    }
}

bool stage_can_run(meower_feed *feed, int stage)
{
    pthread_mutex_t *mutex = &instance_feed(feed)->mutex;
    bool takes_mutex = stage == STAGE_WRITER || stage == STAGE_TAIL || stage == STAGE_READER ||
                       (stage == STAGE_PROJECTION && rebuild_is_active(instance_rebuild(feed)));

    if (!has_stage(feed, stage)) {
        return false;
    }
    if (takes_mutex) {
        if (pthread_mutex_trylock(mutex) != 0) {
            return false;
        }
        pthread_mutex_unlock(mutex);
    }
    return true;
}

bool stage_run(meower_feed *feed, int stage)
{
    int64_t wait_us = WORKER_WAIT_FOREVER;

    switch (stage) {
    case STAGE_WRITER:
        return writer_step(instance_writer(feed), &wait_us);
    case STAGE_TAIL:
        return tail_step(instance_tail(feed), &wait_us);
    case STAGE_RELAY:
        return relay_step(instance_relay(feed), &wait_us);
    case STAGE_PROJECTION:
        return projection_step(instance_projection(feed), &wait_us);
    default:
        return reader_step(&instance_readers(feed)->items[0], &wait_us);
    }
}

bool stage_has_tail(meower_feed *feed)
{
    return instance_feed(feed)->is_shared;
}

uint64_t stage_head(meower_feed *feed)
{
    return event_log_head(&instance_feed(feed)->log);
}

uint64_t stage_log_first(meower_feed *feed)
{
    return instance_feed(feed)->log.first;
}

const struct meow *stage_log_at(meower_feed *feed, uint64_t position)
{
    const struct event_log *log = &instance_feed(feed)->log;

    return log->slots[position % log->capacity];
}

uint64_t stage_timeline_position(meower_feed *feed)
{
    return timeline_position(&instance_feed(feed)->timeline);
}

bool stage_timeline_is_complete(meower_feed *feed)
{
    return instance_feed(feed)->timeline.is_complete;
}

size_t stage_timeline_count(meower_feed *feed)
{
    return instance_feed(feed)->timeline.count;
}

const struct meow *stage_timeline_at(meower_feed *feed, size_t index)
{
    const struct timeline *timeline = &instance_feed(feed)->timeline;

    return timeline->items[timeline->start + index];
}

uint64_t stage_visible(meower_feed *feed)
{
    return projection_visible(instance_projection(feed));
}

uint64_t stage_published(meower_feed *feed)
{
    return atomic_load(&instance_relay(feed)->published);
}
