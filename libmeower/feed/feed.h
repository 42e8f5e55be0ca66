/* feed.h - the feed as an instance knows it: its epoch, its head, the newest events and the newest meows. Every event
 * comes in here once, in position order, from this instance's own transactions or out of the store.
 *
 * Lock order, outermost first: the feed's mutex, the timeline's lock, the event log's mutex, a notifier or a worker. */
#ifndef FEED_FEED_H
#define FEED_FEED_H

#include "base/counters.h"
#include "feed/event_log.h"
#include "feed/timeline.h"
#include "store/store.h"

struct feed {
    /* Given before feed_init(). */
    struct store *store;
    struct counters *counters;
    size_t events_max; /* in the event log */
    size_t meows_max;  /* in the timeline */
    bool has_timeline; /* false: nobody reads the timeline, and it stays empty */

    /* Its own. */
    char epoch[MEOWER_EPOCH_SIZE];
    bool is_shared;        /* other processes may write to the store */
    pthread_mutex_t mutex; /* serializes appending to the timeline and the event log */
    struct event_log log;
    struct timeline timeline;
};

/* Starts at the head that the store had when it was opened, with its newest meows, which are read on `lane`. Returns a
 * status. */
int feed_init(struct feed *feed, unsigned lane, meower_error *error);
void feed_destroy(struct feed *feed);

/* Appends events that this instance has stored at the positions from `first` on, and takes over the references. Where
 * another process has written before them, the store is read up to its end instead. Returns a status; after an error
 * the events come with the next feed_catch_up(). Any thread that owns a lane. */
int feed_append(struct feed *feed, unsigned lane, uint64_t first, struct meow *const *events, size_t count,
                meower_error *error);

/* Reads every event after the head from the store, on the caller's lane, and appends it. Returns a status. Any thread
 * that owns a lane. */
int feed_catch_up(struct feed *feed, unsigned lane, meower_error *error);

/* Makes sure that every event is here that any process had committed before the call. Returns a status. Any thread that
 * owns a lane. */
int feed_make_fresh(struct feed *feed, unsigned lane, meower_error *error);

/* Reads up to `max` events after `after`, never beyond the head, from memory where possible and else from the store, on
 * the caller's lane. Fills *batch (through == after: nothing new). Returns a status; *batch is empty after an error. */
int feed_read(struct feed *feed, unsigned lane, uint64_t after, size_t max, struct event_batch *batch,
              meower_error *error);

#endif
