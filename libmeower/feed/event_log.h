/* event_log.h - the newest events in memory, by position, and the head of the feed as this process knows it.
 *
 * Everything that follows the feed (relay, projection, subscriptions) reads from here and keeps "the last position I
 * have"; whoever has fallen out of the window reads the store. An append wakes all listeners. */
#ifndef FEED_EVENT_LOG_H
#define FEED_EVENT_LOG_H

#include "base/meow.h"
#include <pthread.h>

#define EVENT_BATCH_MAX 256

/* Events in position order, each held by reference. A creation whose meow is gone is left out, so `through` may be
 * ahead of the last one. */
struct event_batch {
    struct meow *events[EVENT_BATCH_MAX];
    size_t count;
    uint64_t through; /* every event up to this position is dealt with */
};

void event_batch_release(struct event_batch *batch);

/* Called after every append, under the log's lock: it may wake something, and nothing else. */
struct event_listener {
    void (*notify)(void *context);
    void *context;
    struct event_listener *next;
};

struct event_log {
    pthread_mutex_t mutex;
    struct meow **slots; /* position modulo capacity; NULL: left out */
    uint64_t capacity;
    uint64_t first; /* oldest position in the window; head + 1 when it is empty */
    uint64_t head;  /* last position appended */
    struct event_listener *listeners;
};

/* Starts empty after position `head`. Returns 0 or MEOWER_ERROR_NO_MEMORY. */
int event_log_init(struct event_log *log, size_t capacity, uint64_t head);
void event_log_destroy(struct event_log *log);

/* Appends events head + 1, head + 2, ... and takes over the references; an entry may be NULL (left out). A deletion
 * takes the text of its meow out of the window. Cannot fail. */
void event_log_append(struct event_log *log, struct meow *const *events, size_t count);

uint64_t event_log_head(struct event_log *log);

/* Reads up to `max` (at most EVENT_BATCH_MAX) events after position `after`. Returns false when the window no longer
 * holds them; otherwise fills *batch, with through == after when there is nothing new. */
bool event_log_read(struct event_log *log, uint64_t after, size_t max, struct event_batch *batch);

/* The listener is the caller's and stays linked until removed. */
void event_log_listen(struct event_log *log, struct event_listener *listener);
void event_log_unlisten(struct event_log *log, struct event_listener *listener);

#endif
