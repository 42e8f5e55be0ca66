/* reader.c - takes what waits, makes sure once for all of it that nothing committed anywhere is missing, and answers.
 */
#include "stage/reader.h"
#include "base/clock.h"
#include "stage/lane.h"
#include <stdlib.h>

#define REQUESTS_MAX 64 /* taken at once: they share one look at the store's head */

int readers_init(struct readers *readers)
{
    readers->items = calloc(readers->count, sizeof(*readers->items));
    if (readers->items == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    queue_init(&readers->queue, readers->queue_max, NULL);
    for (size_t i = 0; i < readers->count; i++) {
        struct reader *reader = &readers->items[i];
        reader->readers = readers;
        reader->lane = LANE_READER + (unsigned)i;
        worker_init(&reader->worker, "meower-read", reader_step, reader);
    }
    return MEOWER_OK;
}

void readers_destroy(struct readers *readers)
{
    for (size_t i = 0; i < readers->count; i++) {
        worker_destroy(&readers->items[i].worker);
    }
    queue_destroy(&readers->queue);
    free(readers->items);
}

int readers_start(struct readers *readers)
{
    int status = MEOWER_OK;

    for (size_t i = 0; i < readers->count && status == MEOWER_OK; i++) {
        status = worker_start(&readers->items[i].worker);
    }
    return status;
}

void readers_stop(struct readers *readers)
{
    for (size_t i = 0; i < readers->count; i++) {
        worker_stop(&readers->items[i].worker);
    }
}

static void wake_all(struct readers *readers)
{
    for (size_t i = 0; i < readers->count; i++) {
        worker_wake(&readers->items[i].worker);
    }
}

void readers_wake_parked(struct readers *readers)
{
    if (atomic_load(&readers->parked) > 0) {
        wake_all(readers);
    }
}

int readers_submit(struct readers *readers, struct read_request *request)
{
    int status;

    /* Counted before it is looked at, so that the position it waits for cannot pass unnoticed. */
    if (request->wait_for != 0) {
        atomic_fetch_add(&readers->parked, 1);
    }
    status = queue_push(&readers->queue, &request->node);
    if (status != MEOWER_OK) {
        if (request->wait_for != 0) {
            atomic_fetch_sub(&readers->parked, 1);
        }
        return status;
    }
    wake_all(readers);
    return MEOWER_OK;
}

static void answer(struct readers *readers, struct read_request *request, int status)
{
    request->status = status;
    if (request->wait_for != 0) {
        atomic_fetch_sub(&readers->parked, 1);
    }
    request->complete(request);
}

static int answer_now(struct reader *reader, struct read_request *request)
{
    struct readers *readers = reader->readers;

    switch (request->kind) {
    case READ_LIST:
    case READ_TOTAL:
    case READ_GET:
        return page_read(&readers->page_read, reader->lane, request);
    case READ_SEARCH:
        return search_read(&readers->search_read, reader->lane, request);
    case READ_HEAD:
        request->after = event_log_head(&readers->feed->log); /* feed_make_fresh() has brought it up */
        return MEOWER_OK;
    default:
        return feed_read(readers->feed, reader->lane, request->after, EVENT_BATCH_MAX, request->batch, &request->error);
    }
}

static bool is_visible(const struct readers *readers, const struct read_request *request)
{
    uint64_t position = request->kind == READ_SEARCH ? projection_visible(readers->search_read.projection)
                                                     : event_log_head(&readers->feed->log);

    return position >= request->wait_for;
}

/* Answers the request, or parks it until its position is visible or its time is over. Returns whether it was answered.
 */
static bool handle(struct reader *reader, struct read_request *request, int64_t now_us)
{
    if (is_visible(reader->readers, request)) {
        answer(reader->readers, request, answer_now(reader, request));
        return true;
    }
    if (now_us >= request->deadline_us) {
        int status = meower_error_set(&request->error, MEOWER_ERROR_TIMEOUT, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                      "the position asked for is not visible yet; try again later");
        answer(reader->readers, request, status);
        return true;
    }
    request->node.next = (struct queue_node *)reader->parked;
    reader->parked = request;
    return false;
}

static void fail_all(struct readers *readers, struct queue_node *node, const meower_error *error)
{
    while (node != NULL) {
        struct read_request *request = (struct read_request *)node;
        node = node->next;
        request->error = *error;
        answer(readers, request, error->code);
    }
}

/* How long until the first parked request gives up. */
static int64_t parked_wait_us(const struct reader *reader, int64_t now_us)
{
    int64_t wait_us = WORKER_WAIT_FOREVER;

    for (const struct read_request *request = reader->parked; request != NULL;
         request = (const struct read_request *)request->node.next) {
        int64_t rest_us = request->deadline_us > now_us ? request->deadline_us - now_us : 0;
        wait_us = rest_us < wait_us ? rest_us : wait_us;
    }
    return wait_us;
}

bool reader_step(void *stage, int64_t *wait_us)
{
    struct reader *reader = stage;
    struct readers *readers = reader->readers;
    struct queue_node *parked = (struct queue_node *)reader->parked;
    size_t taken;
    struct queue_node *node = queue_take_some(&readers->queue, REQUESTS_MAX, &taken);
    int64_t now_us = clock_monotonic_us(readers->clock);
    meower_error error = {0};
    bool answered = false;

    if (node == NULL && parked == NULL) {
        return false;
    }
    reader->parked = NULL;
    error.code = feed_make_fresh(readers->feed, reader->lane, &error);
    if (error.code != MEOWER_OK) {
        tail_note_failure(readers->tail, &error);
        fail_all(readers, node, &error);
        fail_all(readers, parked, &error);
        return true;
    }
    for (struct queue_node *list = parked; list != NULL;) {
        struct read_request *request = (struct read_request *)list;
        list = list->next;
        answered |= handle(reader, request, now_us);
    }
    while (node != NULL) {
        struct read_request *request = (struct read_request *)node;
        node = node->next;
        answered |= handle(reader, request, now_us);
    }
    *wait_us = parked_wait_us(reader, now_us);
    return answered || taken == REQUESTS_MAX;
}

void readers_abandon(struct readers *readers)
{
    meower_error error;
    struct queue_node *node;

    meower_error_set(&error, MEOWER_ERROR_CLOSED, 0, 0, "the instance was closed before the request was answered");
    for (size_t i = 0; i < readers->count; i++) {
        fail_all(readers, (struct queue_node *)readers->items[i].parked, &error);
        readers->items[i].parked = NULL;
    }
    while ((node = queue_take(&readers->queue)) != NULL) {
        fail_all(readers, node, &error);
    }
}
