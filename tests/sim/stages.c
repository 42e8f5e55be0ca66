/* stages.c - see stages.h. */
#include "sim/stages.h"
#include "api/instance.h"

bool stage_can_run(meower *feed, int stage)
{
    bool takes_feed_mutex = stage == STAGE_WRITER || stage == STAGE_TAIL || stage == STAGE_READER ||
                            (stage == STAGE_PROJECTION && rebuild_is_active(&feed->rebuild));

    if ((stage == STAGE_WRITER && !feed->has_command) || (stage == STAGE_TAIL && !feed->feed.is_shared) ||
        (stage == STAGE_RELAY && !feed->has_relay) || (stage == STAGE_PROJECTION && !feed->has_query)) {
        return false;
    }
    if (takes_feed_mutex) {
        if (pthread_mutex_trylock(&feed->feed.mutex) != 0) {
            return false;
        }
        pthread_mutex_unlock(&feed->feed.mutex);
    }
    return true;
}

bool stage_run(meower *feed, int stage)
{
    int64_t wait_us = WORKER_WAIT_FOREVER;

    switch (stage) {
    case STAGE_WRITER:
        return writer_step(&feed->writer, &wait_us);
    case STAGE_TAIL:
        return tail_step(&feed->tail, &wait_us);
    case STAGE_RELAY:
        return relay_step(&feed->relay, &wait_us);
    case STAGE_PROJECTION:
        return projection_step(&feed->projection, &wait_us);
    default:
        return reader_step(&feed->readers[0], &wait_us);
    }
}

bool stage_has_tail(meower *feed)
{
    return feed->feed.is_shared;
}

uint64_t stage_head(meower *feed)
{
    return event_log_head(&feed->feed.log);
}

uint64_t stage_log_first(meower *feed)
{
    return feed->feed.log.first;
}

const struct meow *stage_log_at(meower *feed, uint64_t position)
{
    return feed->feed.log.slots[position % feed->feed.log.capacity];
}

uint64_t stage_timeline_position(meower *feed)
{
    return timeline_position(&feed->feed.timeline);
}

bool stage_timeline_is_complete(meower *feed)
{
    return feed->feed.timeline.is_complete;
}

size_t stage_timeline_count(meower *feed)
{
    return feed->feed.timeline.count;
}

const struct meow *stage_timeline_at(meower *feed, size_t index)
{
    return feed->feed.timeline.items[feed->feed.timeline.start + index];
}

uint64_t stage_visible(meower *feed)
{
    return projection_visible(&feed->projection);
}

uint64_t stage_published(meower *feed)
{
    return atomic_load(&feed->relay.published);
}
