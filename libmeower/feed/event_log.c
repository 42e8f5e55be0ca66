/* event_log.c - a ring of references indexed by position, under one mutex. Nothing in it allocates after init, so what
 * was committed can always be appended. */
#include "feed/event_log.h"
#include <stdlib.h>
#include <string.h>

void event_batch_release(struct event_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        meow_release(batch->events[i]);
    }
    batch->count = 0;
}

int event_log_init(struct event_log *log, size_t capacity, uint64_t head)
{
    *log = (struct event_log){.capacity = capacity, .first = head + 1, .head = head};
    log->slots = calloc(capacity, sizeof(*log->slots));
    if (log->slots == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    pthread_mutex_init(&log->mutex, NULL);
    return MEOWER_OK;
}

void event_log_destroy(struct event_log *log)
{
    for (uint64_t i = 0; i < log->capacity; i++) {
        meow_release(log->slots[i]);
    }
    free(log->slots);
    pthread_mutex_destroy(&log->mutex);
}

static struct meow **slot_of(struct event_log *log, uint64_t position)
{
    return &log->slots[position % log->capacity];
}

/* A deleted meow's text must not be replayed: its creation leaves the window. Deletions are rare enough for a scan,
 * from the newest on, because most of them regret what was just said. */
static void forget_creation(struct event_log *log, const char *id)
{
    for (uint64_t position = log->head; position >= log->first; position--) {
        struct meow **slot = slot_of(log, position);
        if (*slot != NULL && (*slot)->kind == MEOWER_EVENT_CREATED && strcmp((*slot)->view.id, id) == 0) {
            meow_release(*slot);
            *slot = NULL;
            return;
        }
    }
}

void event_log_append(struct event_log *log, struct meow *const *events, size_t count)
{
    pthread_mutex_lock(&log->mutex);
    for (size_t i = 0; i < count; i++) {
        struct meow **slot = slot_of(log, log->head + 1);
        if (log->head + 1 - log->first == log->capacity) {
            meow_release(*slot);
            log->first++;
        }
        *slot = events[i];
        log->head++;
        if (events[i] != NULL && events[i]->kind == MEOWER_EVENT_DELETED) {
            forget_creation(log, events[i]->view.id);
        }
    }
    for (struct event_listener *listener = log->listeners; listener != NULL; listener = listener->next) {
        listener->notify(listener->context);
    }
    pthread_mutex_unlock(&log->mutex);
}

uint64_t event_log_head(struct event_log *log)
{
    uint64_t head;

    pthread_mutex_lock(&log->mutex);
    head = log->head;
    pthread_mutex_unlock(&log->mutex);
    return head;
}

bool event_log_read(struct event_log *log, uint64_t after, size_t max, struct event_batch *batch)
{
    bool covered;

    batch->count = 0;
    batch->through = after;
    pthread_mutex_lock(&log->mutex);
    covered = after + 1 >= log->first;
    while (covered && batch->through < log->head && batch->count < max) {
        struct meow *event = *slot_of(log, batch->through + 1);
        if (event != NULL) {
            batch->events[batch->count++] = meow_hold(event);
        }
        batch->through++;
    }
    pthread_mutex_unlock(&log->mutex);
    return covered;
}

void event_log_listen(struct event_log *log, struct event_listener *listener)
{
    pthread_mutex_lock(&log->mutex);
    listener->next = log->listeners;
    log->listeners = listener;
    pthread_mutex_unlock(&log->mutex);
}

void event_log_unlisten(struct event_log *log, struct event_listener *listener)
{
    pthread_mutex_lock(&log->mutex);
    for (struct event_listener **link = &log->listeners; *link != NULL; link = &(*link)->next) {
        if (*link == listener) {
            *link = listener->next;
            break;
        }
    }
    pthread_mutex_unlock(&log->mutex);
}
