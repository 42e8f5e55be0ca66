/* page_read.c - pages of the newest meows are copies out of the timeline; what reaches beyond it comes from the store,
 * and so does what a filter lets through: a store finds it by its labels, where the timeline would look at every meow.
 */
#include "stage/page_read.h"
#include "base/cursor.h"
#include <stdio.h>
#include <string.h>

bool page_read_from_timeline(const struct page_read *read, struct read_request *request)
{
    struct answer *answer = request->answer;
    struct timeline_window window = {.items = answer->meows};

    if (request->wait_for != 0 && request->wait_for > timeline_position(&read->feed->timeline)) {
        return false;
    }
    if (request->kind == READ_GET) {
        window.position = timeline_position(&read->feed->timeline);
        answer->meows[0] = timeline_get(&read->feed->timeline, request->text);
        if (answer->meows[0] == NULL) {
            return false;
        }
        window.count = 1;
    } else if (request->kind == READ_TOTAL || request->range.term_count > 0 ||
               !timeline_read(&read->feed->timeline, &request->range, &window)) {
        return false;
    }
    answer->count = window.count;
    answer->has_older = window.has_older;
    answer->has_newer = window.has_newer;
    cursor_format(read->feed->epoch, window.position, answer->cursor);
    atomic_fetch_add(&read->counters->pages_from_timeline, 1);
    return true;
}

/* Collects store rows into an answer. */
struct page_sink {
    meower_row_sink sink; /* first: the row function casts back */
    struct answer *answer;
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
    if (collector->answer->count == collector->take) {
        collector->has_more = true;
        return MEOWER_OK;
    }
    meow = meow_new(row);
    if (meow == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    collector->answer->meows[collector->answer->count++] = meow;
    return MEOWER_OK;
}

static void reverse(struct answer *answer)
{
    for (size_t i = 0; i < answer->count / 2; i++) {
        struct meow *meow = answer->meows[i];
        answer->meows[i] = answer->meows[answer->count - 1 - i];
        answer->meows[answer->count - 1 - i] = meow;
    }
}

/* Whether there is a meow of `list` that is newer (or older) than `id`; with "" any at all. Without a filter memory
 * knows it in most cases. */
static int look_beyond(const struct page_read *read, unsigned lane, const meower_range *list, const char *id,
                       bool newer, bool *out, meower_error *error)
{
    struct answer none = {.count = 0};
    struct page_sink sink = {.sink.row = collect_row, .answer = &none, .take = 0};
    meower_range range = {.take = 1, .ascending = newer, .terms = list->terms, .term_count = list->term_count};
    struct meow *newest;
    int status;

    if (list->term_count == 0 && timeline_newest(&read->feed->timeline, &newest, 1) == 1) {
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
    status = store_list(read->store, lane, &range, &sink.sink, error);
    *out = sink.has_more;
    return status;
}

/* What precedes and follows the answer that the rows of `range` have become. */
static int look_around(const struct page_read *read, unsigned lane, const meower_range *range,
                       const struct page_sink *sink, struct answer *answer, meower_error *error)
{
    if (range->ascending) {
        answer->has_newer = sink->has_more;
        return look_beyond(read, lane, range, sink->first_id, false, &answer->has_older, error);
    }
    answer->has_older = sink->has_more;
    if (range->above != NULL && !sink->has_more) {
        return look_beyond(read, lane, range, sink->last_id, false, &answer->has_older, error);
    }
    if (range->below != NULL) {
        return look_beyond(read, lane, range, sink->first_id, true, &answer->has_newer, error);
    }
    if (range->skip > 0) {
        return look_beyond(read, lane, range, "", true, &answer->has_newer, error);
    }
    return MEOWER_OK;
}

static int list_from_store(const struct page_read *read, unsigned lane, struct read_request *request)
{
    struct answer *answer = request->answer;
    struct page_sink sink = {.sink.row = collect_row, .answer = answer, .take = request->range.take};
    meower_range range = request->range;
    int status;

    range.take++; /* one more tells whether there are more */
    cursor_format(read->feed->epoch, event_log_head(&read->feed->log), answer->cursor);
    status = store_list(read->store, lane, &range, &sink.sink, &request->error);
    if (status != MEOWER_OK) {
        return status;
    }
    atomic_fetch_add(&read->counters->pages_from_store, 1);
    if (range.ascending) {
        reverse(answer);
    }
    return look_around(read, lane, &range, &sink, answer, &request->error);
}

static int get_from_store(const struct page_read *read, unsigned lane, struct read_request *request)
{
    struct page_sink sink = {.sink.row = collect_row, .answer = request->answer, .take = 1};
    int status;

    cursor_format(read->feed->epoch, event_log_head(&read->feed->log), request->answer->cursor);
    status = store_get(read->store, lane, &request->text, 1, &sink.sink, &request->error);
    if (status == MEOWER_OK) {
        atomic_fetch_add(&read->counters->pages_from_store, 1);
    }
    if (status == MEOWER_OK && request->answer->count == 0) {
        status = meower_error_set(&request->error, MEOWER_ERROR_NOT_FOUND, 0, 0, "there is no meow %s", request->text);
    }
    return status;
}

static int count_in_store(const struct page_read *read, unsigned lane, struct read_request *request)
{
    cursor_format(read->feed->epoch, event_log_head(&read->feed->log), request->answer->cursor);
    return store_count(read->store, lane, &request->range, &request->answer->total, &request->error);
}

int page_read(const struct page_read *read, unsigned lane, struct read_request *request)
{
    if (request->kind == READ_TOTAL) {
        return count_in_store(read, lane, request);
    }
    if (page_read_from_timeline(read, request)) {
        return MEOWER_OK;
    }
    return request->kind == READ_GET ? get_from_store(read, lane, request) : list_from_store(read, lane, request);
}
