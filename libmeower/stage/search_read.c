/* search_read.c - the engine only ranks ids; the meows come from the timeline or the store, so that what was deleted a
 * moment ago cannot be found any more. When the engine fails, the newest meows are scanned with the same contract. */
#include "stage/search_read.h"
#include "base/cursor.h"
#include "base/ranking.h"
#include <stdlib.h>
#include <string.h>

/* Collects ids. */
struct hit_collector {
    meower_hit_sink sink; /* first: the hit function casts back */
    char (*ids)[MEOWER_ID_SIZE];
    size_t count;
    size_t max;
};

static int collect_hit(meower_hit_sink *sink, const char *id, uint64_t position)
{
    struct hit_collector *hits = (struct hit_collector *)sink;

    (void)position;
    if (hits->count < hits->max && strlen(id) == MEOWER_ID_LEN) {
        memcpy(hits->ids[hits->count++], id, MEOWER_ID_SIZE);
    }
    return MEOWER_OK;
}

/* Puts meows that come in any order where their ids stand. */
struct meow_collector {
    meower_row_sink sink; /* first: the row function casts back */
    const struct hit_collector *hits;
    struct meow **meows; /* one a hit; NULL: not found */
};

static int collect_row(meower_row_sink *sink, const meower_row *row)
{
    struct meow_collector *collector = (struct meow_collector *)sink;

    for (size_t i = 0; i < collector->hits->count; i++) {
        if (collector->meows[i] == NULL && strcmp(collector->hits->ids[i], row->id) == 0) {
            collector->meows[i] = meow_new(row);
            return collector->meows[i] == NULL ? MEOWER_ERROR_NO_MEMORY : MEOWER_OK;
        }
    }
    return MEOWER_OK;
}

/* Fetches the meows of the hits: from the timeline, and the others in one read of the store. */
static int fetch_meows(const struct search_read *read, unsigned lane, const struct hit_collector *hits,
                       struct meow **meows, meower_error *error)
{
    struct meow_collector collector = {.sink.row = collect_row, .hits = hits, .meows = meows};
    const char **ids = calloc(hits->count + 1, sizeof(*ids));
    size_t missing = 0;
    int status = MEOWER_OK;

    if (ids == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the search");
    }
    for (size_t i = 0; i < hits->count; i++) {
        meows[i] = timeline_get(&read->feed->timeline, hits->ids[i]);
        if (meows[i] == NULL) {
            ids[missing++] = hits->ids[i];
        }
    }
    if (missing > 0) {
        status = store_get(read->store, lane, ids, missing, &collector.sink, error);
    }
    free(ids);
    return status;
}

/* What an engine is asked. */
static meower_search_request search_request(const struct read_request *request, const struct match_query *query)
{
    meower_search_request search = match_request(query, request->range.skip, request->range.take);

    search.terms = request->range.terms;
    search.term_count = request->range.term_count;
    return search;
}

/* Asks the engine and fetches what it found. */
static int search_engine(const struct search_read *read, unsigned lane, struct read_request *request,
                         const struct match_query *query)
{
    struct answer *answer = request->answer;
    meower_search_request search = search_request(request, query);
    struct hit_collector hits = {.sink.hit = collect_hit, .max = search.take};
    int status;

    search.take++; /* one more tells whether there are more */
    hits.max++;
    hits.ids = calloc(hits.max, sizeof(*hits.ids));
    if (hits.ids == NULL) {
        return meower_error_set(&request->error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the search");
    }
    status = search_match(read->search, lane, &search, &hits.sink, &request->error);
    if (status == MEOWER_OK) {
        answer->has_older = hits.count > request->range.take;
        answer->has_newer = request->range.skip > 0;
        hits.count = answer->has_older ? request->range.take : hits.count;
        status = fetch_meows(read, lane, &hits, answer->meows, &request->error);
        for (size_t i = 0; i < hits.count && status == MEOWER_OK; i++) {
            struct meow *meow = answer->meows[i];
            if (meow != NULL) {
                answer->meows[i] = NULL;
                answer->meows[answer->count++] = meow;
            }
        }
    }
    free(hits.ids);
    return status;
}

/* The newest meows that are in memory. NULL when memory is short. */
static struct meow **newest_meows(struct timeline *timeline, size_t *count)
{
    size_t max = timeline->max;
    struct meow **meows = calloc(max + 1, sizeof(struct meow *));

    if (meows != NULL) {
        *count = timeline_newest(timeline, meows, max);
    }
    return meows;
}

/* Leaves the numbers of those meows that carry what the terms say. Returns how many. */
static size_t filter_order(struct meow *const *meows, const meower_search_request *search, uint32_t *order,
                           size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        const meower_meow *meow = &meows[order[i]]->view;
        if (meower_labels_match(search->terms, search->term_count, meow->labels, meow->label_count)) {
            order[kept++] = order[i];
        }
    }
    return kept;
}

/* Ranks these meows, the newest first: all of them, for those that the terms leave out count in the weights, too.
 * Returns how many are found, or SIZE_MAX when memory is short. */
static size_t rank_meows(struct meow *const *meows, size_t count, const meower_search_request *search, uint32_t *order)
{
    struct ranking *ranking = ranking_new(search);
    size_t found = SIZE_MAX;
    bool has_memory = ranking != NULL;

    for (size_t i = 0; i < count && has_memory; i++) {
        struct words words;
        has_memory = words_split(meows[i]->view.body, meows[i]->view.body_len, &words) == MEOWER_OK &&
                     ranking_add(ranking, &words);
        words_free(&words);
    }
    if (has_memory) {
        found = filter_order(meows, search, order, ranking_order(ranking, order));
    }
    ranking_free(ranking);
    return found;
}

/* Scans the newest meows. */
static int scan_newest(struct timeline *timeline, struct read_request *request, const struct match_query *query)
{
    const meower_search_request search = search_request(request, query);
    struct answer *answer = request->answer;
    size_t count = 0;
    struct meow **meows = newest_meows(timeline, &count);
    uint32_t *order = calloc(count + 1, sizeof(*order));
    size_t found = meows == NULL || order == NULL ? SIZE_MAX : rank_meows(meows, count, &search, order);
    int status = MEOWER_OK;

    if (found == SIZE_MAX) {
        status = meower_error_set(&request->error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the search");
    } else {
        for (uint64_t i = search.skip; i < found && answer->count < search.take; i++) {
            answer->meows[answer->count++] = meow_hold(meows[order[i]]);
        }
        answer->has_older = search.skip + answer->count < found;
        answer->has_newer = search.skip > 0;
    }
    for (size_t i = 0; i < count; i++) {
        meow_release(meows[i]);
    }
    free(meows);
    free(order);
    return status;
}

static void forget_meows(struct answer *answer, size_t room)
{
    for (size_t i = 0; i < room; i++) {
        meow_release(answer->meows[i]);
        answer->meows[i] = NULL;
    }
    answer->count = 0;
    answer->has_older = false;
}

/* Asks the engine, unless it is just being looked which index it has: then, and when that happens meanwhile, nobody
 * knows what was searched. */
static int search_known_index(const struct search_read *read, unsigned lane, struct read_request *request,
                              const struct match_query *query)
{
    struct projection *projection = read->projection;
    unsigned looks = projection_looks(projection);
    uint64_t visible = projection_visible(projection);
    int status = MEOWER_ERROR_UNAVAILABLE;

    cursor_format(read->feed->epoch, visible, request->answer->cursor);
    if (looks % 2 == 0 && visible >= request->wait_for) {
        status = search_engine(read, lane, request, query);
        if (status != MEOWER_OK) {
            projection_doubt(projection);
        } else if (projection_looks(projection) != looks) {
            status = MEOWER_ERROR_UNAVAILABLE;
        }
    }
    return status;
}

int search_read(const struct search_read *read, unsigned lane, struct read_request *request)
{
    struct match_query query;
    int status = match_query_init(&query, request->text, request->text_len);

    if (status != MEOWER_OK) {
        return meower_error_set(&request->error, status, 0, 0, "no memory for the search");
    }
    atomic_fetch_add(&read->counters->searches, 1);
    if (query.count == 0) {
        cursor_format(read->feed->epoch, projection_visible(read->projection), request->answer->cursor);
    } else {
        status = search_known_index(read, lane, request, &query);
        if (status != MEOWER_OK) {
            forget_meows(request->answer, request->range.take);
        }
        if (status != MEOWER_OK && status != MEOWER_ERROR_NO_MEMORY) {
            atomic_fetch_add(&read->counters->searches_fallback, 1);
            request->answer->is_fallback = true;
            cursor_format(read->feed->epoch, timeline_position(&read->feed->timeline), request->answer->cursor);
            status = scan_newest(&read->feed->timeline, request, &query);
        }
        if (status == MEOWER_OK && request->highlight) {
            status = answer_highlight(request->answer, &query);
        }
    }
    match_query_free(&query);
    if (status == MEOWER_ERROR_NO_MEMORY && request->error.code != status) {
        meower_error_set(&request->error, status, 0, 0, "no memory for the search");
    }
    return status;
}
