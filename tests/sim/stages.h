/* stages.h - the only file of the simulation that looks inside an instance: its stages one by one, and what it holds in
 * memory. */
#ifndef TESTS_SIM_STAGES_H
#define TESTS_SIM_STAGES_H

#include "base/meow.h"
#include <meower/meower.h>

enum {
    STAGE_WRITER = 0,
    STAGE_TAIL = 1,
    STAGE_RELAY = 2,
    STAGE_PROJECTION = 3,
    STAGE_READER = 4,
    STAGE_COUNT = 5
};
#define STAGES_ALL ((1u << STAGE_COUNT) - 1)

/* Whether the instance has the stage and it would not wait for one that is under way. */
bool stage_can_run(meower_feed *feed, int stage);
bool stage_run(meower_feed *feed, int stage);

/* Whether others may write to the store. */
bool stage_has_tail(meower_feed *feed);

/* The position of the last event the instance knows. */
uint64_t stage_head(meower_feed *feed);

/* The event log: its first position (head + 1 when empty), and what it holds at a position of its window; NULL: left
 * out. */
uint64_t stage_log_first(meower_feed *feed);
const struct meow *stage_log_at(meower_feed *feed, uint64_t position);

/* The timeline: its position, whether the store has no meow that is not here, and the meows, oldest first. */
uint64_t stage_timeline_position(meower_feed *feed);
bool stage_timeline_is_complete(meower_feed *feed);
size_t stage_timeline_count(meower_feed *feed);
const struct meow *stage_timeline_at(meower_feed *feed, size_t index);

/* The position up to which search sees the feed, and up to which this instance has published. */
uint64_t stage_visible(meower_feed *feed);
uint64_t stage_published(meower_feed *feed);

#endif
