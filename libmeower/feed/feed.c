/* feed.c - events after a position: out of the event log while it holds them, out of the store when it does not. */
#include "feed/feed.h"
#include "api/instance.h"

/* Collects store rows into a batch. */
struct feed_sink {
    meower_row_sink sink; /* first: the row function casts back */
    struct event_batch *batch;
};

static int collect_row(meower_row_sink *sink, const meower_row *row)
{
    struct event_batch *batch = ((struct feed_sink *)sink)->batch;
    struct meow *event;

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

int feed_read(meower *instance, unsigned lane, uint64_t after, size_t max, struct event_batch *batch,
              meower_error *error)
{
    struct feed_sink sink = {.sink.row = collect_row, .batch = batch};
    uint64_t head;
    int status;

    if (event_log_read(&instance->log, after, max, batch)) {
        return MEOWER_OK;
    }
    head = event_log_head(&instance->log);
    if (head - after < max) {
        max = (size_t)(head - after);
    }
    status = store_read_events(&instance->store, lane, after, max, &sink.sink, error);
    if (status != MEOWER_OK) {
        event_batch_release(batch);
        batch->through = after;
    }
    return status;
}
