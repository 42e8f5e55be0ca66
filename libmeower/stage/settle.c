/* settle.c - a transaction whose connection broke while it was committed is looked for by the ids of its events, which
 * nobody else can have drawn. */
#include "stage/settle.h"
#include "stage/lane.h"
#include "stage/write_request.h"
#include <string.h>

struct settle_sink {
    meower_row_sink sink; /* first: the row function casts back */
    meower_store_operation *operations;
    size_t count;
    bool found;
    bool found_post; /* a deletion proves less: another process may have deleted the same meow */
    uint64_t through;
};

static int settle_row(meower_row_sink *sink, const meower_row *row)
{
    struct settle_sink *settle = (struct settle_sink *)sink;

    settle->through = row->position;
    for (size_t i = 0; i < settle->count; i++) {
        meower_store_operation *operation = &settle->operations[i];
        int kind = operation->kind == MEOWER_STORE_POST ? MEOWER_EVENT_CREATED : MEOWER_EVENT_DELETED;
        if (write_is_command(operation->kind) && operation->position == 0 && row->kind == kind &&
            strcmp(row->id, operation->id) == 0) {
            operation->position = row->position;
            settle->found = true;
            settle->found_post |= kind == MEOWER_EVENT_CREATED;
            break;
        }
    }
    return MEOWER_OK;
}

static void forget_positions(meower_store_operation *operations, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (write_is_command(operations[i].kind)) {
            operations[i].position = 0;
        }
    }
}

int settle(struct outcome *outcome, struct feed *feed, meower_store_operation *operations, size_t count,
           meower_error *error)
{
    struct settle_sink settle = {
        .sink.row = settle_row, .operations = operations, .count = count, .through = outcome->tried_after};
    uint64_t after;
    int status;

    forget_positions(operations, count);
    do {
        after = settle.through;
        status = store_read_events(feed->store, LANE_WRITER, after, EVENT_BATCH_MAX, &settle.sink, error);
    } while (status == MEOWER_OK && settle.through > after);
    if (status == MEOWER_OK && settle.found) {
        /* Nothing is answered before it can be read here. */
        status = feed_catch_up(feed, LANE_WRITER, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    outcome->is_found = settle.found;
    outcome->is_unknown = false;
    if (settle.found) {
        outcome->tried_after = settle.through;
        /* The posts of a batch are stored together: when one is found, what is missing was refused. */
        outcome->was_unknown = outcome->was_unknown && !settle.found_post;
    }
    return MEOWER_OK;
}
