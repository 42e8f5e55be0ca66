/* reader.c - takes what waits, makes sure once for all of it that nothing committed anywhere is missing, and answers.
 */
#include "stage/reader.h"
#include "api/instance.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "feed/feed.h"
#include "stage/search_read.h"
#include <stdio.h>
#include <string.h>

#define REQUESTS_MAX 64 /* taken at once: they share one look at the store's head */

void reader_init(struct reader *reader, meower *instance, unsigned lane)
{
    *reader = (struct reader){.instance = instance, .lane = lane};
    worker_init(&reader->worker, "meower-read", reader_step, reader);
}

void reader_destroy(struct reader *reader)
{
    worker_destroy(&reader->worker);
}

int reader_submit(meower *instance, struct read_request *request)
{
    int status;

    /* Counted before it is looked at, so that the position it waits for cannot pass unnoticed. */
    if (request->wait_for != 0) {
        atomic_fetch_add(&instance->reads_parked, 1);
    }
    status = queue_push(&instance->reads, &request->node);
    if (status != MEOWER_OK) {
        if (request->wait_for != 0) {
            atomic_fetch_sub(&instance->reads_parked, 1);
        }
        return status;
    }
    for (size_t i = 0; i < instance->reader_count; i++) {
        worker_wake(&instance->readers[i].worker);
    }
    return MEOWER_OK;
}

static void answer(meower *instance, struct read_request *request, int status)
{
    request->status = status;
    if (request->wait_for != 0) {
        atomic_fetch_sub(&instance->reads_parked, 1);
    }
    request->complete(request);
}

bool reader_answer_from_timeline(meower *instance, struct read_request *request)
{
    struct meower_page *page = request->page;
    struct timeline_window window = {.items = page->meows};

    if (request->wait_for != 0 && request->wait_for > timeline_position(&instance->feed.timeline)) {
        return false;
    }
    if (request->kind == READ_GET) {
        window.position = timeline_position(&instance->feed.timeline);
        page->meows[0] = timeline_get(&instance->feed.timeline, request->text);
        if (page->meows[0] == NULL) {
            return false;
        }
        window.count = 1;
    } else if (!timeline_read(&instance->feed.timeline, &request->range, &window)) {
        return false;
    }
    page->count = window.count;
    page->has_older = window.has_older;
    page->has_newer = window.has_newer;
    cursor_format(instance->feed.epoch, window.position, page->cursor);
    atomic_fetch_add(&instance->counters.pages_from_timeline, 1);
    return true;
}

/* Collects store rows into a page. */
struct page_sink {
    meower_row_sink sink; /* first: the row function casts back */
    struct meower_page *page;
    size_t take;
    bool has_more;
    char first_id[MEOWER_ID_SIZE]; /* of all rows, in the store's order; "" when there were none */
    char last_id[MEOWER_ID_SIZE];
};

static int collect_row(meower_row_sink *sink, const meower_row *row)
{
    struct page_sink *collector = (struct page_sink *)sink;
    struct meow *meow;

    snprintf(collector->last_id, sizeof(collector->last_id), "%s", row->id);
    if (collector->first_id[0] == '\0') {
        memcpy(collector->first_id, collector->last_id, sizeof(collector->first_id));
    }
    if (collector->page->count == collector->take) {
        collector->has_more = true;
        return MEOWER_OK;
    }
    meow = meow_new(row);
    if (meow == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    collector->page->meows[collector->page->count++] = meow;
    return MEOWER_OK;
}

static void reverse(struct meower_page *page)
{
    for (size_t i = 0; i < page->count / 2; i++) {
        struct meow *meow = page->meows[i];
        page->meows[i] = page->meows[page->count - 1 - i];
        page->meows[page->count - 1 - i] = meow;
    }
}

/* Whether there is a meow that is newer (or older) than `id`; with "" any at all. Memory knows it in most cases. */
static int look_beyond(struct reader *reader, const char *id, bool newer, bool *out, meower_error *error)
{
    struct meower_page none = {.count = 0};
    struct page_sink sink = {.sink.row = collect_row, .page = &none, .take = 0};
    meower_range range = {.take = 1, .ascending = newer};
    struct meow *newest;
    int status;

    if (timeline_newest(&reader->instance->feed.timeline, &newest, 1) == 1) {
        *out = id[0] == '\0' || (newer && strcmp(newest->view.id, id) > 0);
        meow_release(newest);
        if (*out) {
            return MEOWER_OK;
        }
    }
    if (id[0] != '\0') {
        range.above = newer ? id : NULL;
        range.below = newer ? NULL : id;
    }
    status = store_list(&reader->instance->store, reader->lane, &range, &sink.sink, error);
    *out = sink.has_more;
    return status;
}

/* What precedes and follows the page that the rows of `range` have become. */
static int look_around(struct reader *reader, const meower_range *range, const struct page_sink *sink,
                       struct meower_page *page, meower_error *error)
{
    if (range->ascending) {
        page->has_newer = sink->has_more;
        return look_beyond(reader, sink->first_id, false, &page->has_older, error);
    }
    page->has_older = sink->has_more;
    if (range->above != NULL && !sink->has_more) {
        return look_beyond(reader, sink->last_id, false, &page->has_older, error);
    }
    if (range->below != NULL) {
        return look_beyond(reader, sink->first_id, true, &page->has_newer, error);
    }
    if (range->skip > 0) {
        return look_beyond(reader, "", true, &page->has_newer, error);
    }
    return MEOWER_OK;
}

static int list_from_store(struct reader *reader, struct read_request *request)
{
    meower *instance = reader->instance;
    struct meower_page *page = request->page;
    struct page_sink sink = {.sink.row = collect_row, .page = page, .take = request->range.take};
    meower_range range = request->range;
    int status;

    range.take++; /* one more tells whether there are more */
    cursor_format(instance->feed.epoch, event_log_head(&instance->feed.log), page->cursor);
    status = store_list(&instance->store, reader->lane, &range, &sink.sink, &request->error);
    if (status != MEOWER_OK) {
        return status;
    }
    atomic_fetch_add(&instance->counters.pages_from_store, 1);
    if (range.ascending) {
        reverse(page);
    }
    return look_around(reader, &range, &sink, page, &request->error);
}

static int get_from_store(struct reader *reader, struct read_request *request)
{
    meower *instance = reader->instance;
    struct page_sink sink = {.sink.row = collect_row, .page = request->page, .take = 1};
    int status;

    cursor_format(instance->feed.epoch, event_log_head(&instance->feed.log), request->page->cursor);
    status = store_get(&instance->store, reader->lane, &request->text, 1, &sink.sink, &request->error);
    if (status == MEOWER_OK) {
        atomic_fetch_add(&instance->counters.pages_from_store, 1);
    }
    if (status == MEOWER_OK && request->page->count == 0) {
        status = meower_error_set(&request->error, MEOWER_ERROR_NOT_FOUND, 0, 0, "there is no meow %s", request->text);
    }
    return status;
}

static int answer_now(struct reader *reader, struct read_request *request)
{
    switch (request->kind) {
    case READ_LIST:
        return reader_answer_from_timeline(reader->instance, request) ? MEOWER_OK : list_from_store(reader, request);
    case READ_GET:
        return reader_answer_from_timeline(reader->instance, request) ? MEOWER_OK : get_from_store(reader, request);
    case READ_SEARCH:
        return search_read(reader, request);
    case READ_HEAD:
        request->after = event_log_head(&reader->instance->feed.log); /* feed_make_fresh() has brought it up */
        return MEOWER_OK;
    default:
        return feed_read(&reader->instance->feed, reader->lane, request->after, EVENT_BATCH_MAX, request->batch,
                         &request->error);
    }
}

static bool is_visible(meower *instance, const struct read_request *request)
{
    uint64_t position =
        request->kind == READ_SEARCH ? projection_visible(&instance->projection) : event_log_head(&instance->feed.log);

    return position >= request->wait_for;
}

/* Answers the request, or parks it until its position is visible or its time is over. Returns whether it was answered.
 */
static bool handle(struct reader *reader, struct read_request *request, int64_t now_us)
{
    if (is_visible(reader->instance, request)) {
        answer(reader->instance, request, answer_now(reader, request));
        return true;
    }
    if (now_us >= request->deadline_us) {
        int status = meower_error_set(&request->error, MEOWER_ERROR_TIMEOUT, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                      "the position asked for is not visible yet; try again later");
        answer(reader->instance, request, status);
        return true;
    }
    request->node.next = (struct queue_node *)reader->parked;
    reader->parked = request;
    return false;
}

static void fail_all(struct reader *reader, struct queue_node *node, const meower_error *error)
{
    while (node != NULL) {
        struct read_request *request = (struct read_request *)node;
        node = node->next;
        request->error = *error;
        answer(reader->instance, request, error->code);
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
    meower *instance = reader->instance;
    struct queue_node *parked = (struct queue_node *)reader->parked;
    size_t taken;
    struct queue_node *node = queue_take_some(&instance->reads, REQUESTS_MAX, &taken);
    int64_t now_us = clock_monotonic_us(instance->clock);
    meower_error error = {0};
    bool answered = false;

    if (node == NULL && parked == NULL) {
        return false;
    }
    reader->parked = NULL;
    error.code = feed_make_fresh(&instance->feed, reader->lane, &error);
    if (error.code != MEOWER_OK) {
        tail_note_failure(&instance->tail, &error);
        fail_all(reader, node, &error);
        fail_all(reader, parked, &error);
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

void reader_abandon(struct reader *reader)
{
    meower_error error;
    struct queue_node *node;

    meower_error_set(&error, MEOWER_ERROR_CLOSED, 0, 0, "the instance was closed before the request was answered");
    fail_all(reader, (struct queue_node *)reader->parked, &error);
    reader->parked = NULL;
    while ((node = queue_take(&reader->instance->reads)) != NULL) {
        fail_all(reader, node, &error);
    }
}
