/* query.c - the query handle: checks what is asked, answers out of the timeline where that is fresh by proof, and hands
 * the rest to the readers. */
#include "api/arguments.h"
#include "api/instance.h"
#include "api/page.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/filter.h"
#include "base/sized.h"
#include <stdlib.h>
#include <string.h>

/* Matches to leave out: what search engines allow by default (index.max_result_window). */
#define SEARCH_SKIP_MAX 10000

/* The public handle is its inbox. */
struct meower_query {
    struct inbox inbox;
};

/* A read request of a user, followed by its texts. */
struct query_request {
    struct read_request read; /* first: the reader hands it back by this */
    struct inbox *inbox;
    struct meower_page *page;
    struct filter *filter; /* of a list or a search, which the range refers to; NULL: none */
    char text[];
};

static void discard_page(struct inbox_item *item)
{
    meower_page_free((struct meower_page *)item);
}

/* On the reader's thread, or on the user's when the timeline had the answer. */
static void deliver_page(struct read_request *read)
{
    struct query_request *request = (struct query_request *)read;
    struct meower_page *page = request->page;

    page->status = read->status;
    if (read->status != MEOWER_OK) {
        page->error = read->error;
    }
    inbox_deliver(request->inbox, &page->item);
    filter_free(request->filter);
    free(request);
}

/* NULL for NULL, which instance_check() refuses. */
static meower_feed *instance_of(const meower_query *query)
{
    return query == NULL ? NULL : query->inbox.instance;
}

int meower_query_open(meower_feed *instance, meower_query **out, meower_error *error)
{
    struct inbox *inbox;
    int status = out == NULL ? refuse_null("out", error) : instance_check(instance, error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (!instance_has_role(instance, "query")) {
        return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                "this instance answers no queries; add \"query\" to the option roles");
    }
    status = inbox_open(instance, discard_page, &inbox, error);
    if (status == MEOWER_OK) {
        *out = (meower_query *)inbox;
    }
    return status;
}

int meower_query_fd(const meower_query *query)
{
    return query == NULL ? MEOWER_ERROR_INVALID : query->inbox.notifier.fd;
}

/* Makes a request with room for `text_size` bytes of text and a page of `take` meows. */
static int make_request(const meower_query *query, int kind, size_t take, size_t text_size, struct query_request **out,
                        meower_error *error)
{
    struct query_request *request = calloc(1, sizeof(*request) + text_size);
    struct meower_page *page = page_new(take);
    meower_feed *instance = query->inbox.instance;

    if (request == NULL || page == NULL) {
        free(request);
        free(page);
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the request");
    }
    request->read.kind = kind;
    request->read.complete = deliver_page;
    request->page = page;
    request->read.answer = &page->answer;
    request->read.range.take = (uint32_t)take;
    request->read.deadline_us = clock_monotonic_us(instance_clock(instance)) + instance_wait_max_us(instance);
    page->is_single = kind == READ_GET;
    *out = request;
    return MEOWER_OK;
}

/* A cursor of another epoch names a position of a store that is gone: there is nothing to wait for. */
static int parse_wait(const meower_query *query, const char *cursor, uint64_t *wait_for, meower_error *error)
{
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t position;

    *wait_for = 0;
    if (cursor == NULL) {
        return MEOWER_OK;
    }
    if (!cursor_parse(cursor, epoch, &position)) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "the cursor is no cursor of a feed");
    }
    if (strcmp(epoch, instance_feed(query->inbox.instance)->epoch) == 0) {
        *wait_for = position;
    }
    return MEOWER_OK;
}

static int check_bound(const char *name, const char *id, meower_error *error)
{
    if (id != NULL && meower_id_check(id, strnlen(id, MEOWER_ID_SIZE), NULL) != MEOWER_OK) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "%s must be an id of 27 base62 characters", name);
    }
    return MEOWER_OK;
}

static int check_take(uint32_t take, meower_error *error)
{
    if (take > MEOWER_TAKE_MAX) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "take must be at most %d", MEOWER_TAKE_MAX);
    }
    return MEOWER_OK;
}

static int check_list(const meower_list *list, meower_error *error)
{
    int bounds = (list->max_id != NULL) + (list->since_id != NULL) + (list->min_id != NULL);
    int status;

    if (bounds > 1 || (bounds == 1 && list->skip > 0)) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "give only one of skip, max_id, since_id and min_id");
    }
    if ((status = check_take(list->take, error)) != MEOWER_OK ||
        (status = check_bound("max_id", list->max_id, error)) != MEOWER_OK ||
        (status = check_bound("since_id", list->since_id, error)) != MEOWER_OK) {
        return status;
    }
    return check_bound("min_id", list->min_id, error);
}

static const struct sized_type list_type = SIZED_TYPE(meower_list, MEOWER_LIST_INIT, cursor);
static const struct sized_type search_type = SIZED_TYPE(meower_search, MEOWER_SEARCH_INIT, cursor);

/* Takes over what a program asks for, whichever release it was built with. */
static int take_list(const meower_list *given, meower_list *list, meower_error *error)
{
    int status;

    if (given == NULL) {
        return refuse_null("list", error);
    }
    if ((status = sized_check(&list_type, given, error)) == MEOWER_OK) {
        sized_read(&list_type, list, given, given->struct_size);
    }
    return status;
}

/* Takes the filter over. */
static void set_filter(struct query_request *request, struct filter *filter)
{
    if (filter != NULL) {
        request->read.range.terms = filter->terms;
        request->read.range.term_count = filter->count;
    }
    request->filter = filter;
}

/* Sets the range of a list's request, whose text has room for an id. */
static void set_range(struct query_request *request, const meower_list *list)
{
    meower_range *range = &request->read.range;
    const char *above = list->min_id != NULL ? list->min_id : list->since_id;
    const char *bound = above != NULL ? above : list->max_id;

    if (bound != NULL) {
        memcpy(request->text, bound, MEOWER_ID_SIZE);
        range->above = above != NULL ? request->text : NULL;
        range->below = above != NULL ? NULL : request->text;
        range->ascending = list->min_id != NULL;
    }
    range->skip = list->skip;
}

/* A list, or (READ_TOTAL) how many meows it has. */
static int make_list(const meower_query *query, int kind, const meower_list *given, struct query_request **out,
                     meower_error *error)
{
    meower_list list = MEOWER_LIST_INIT;
    struct filter *filter;
    struct query_request *request;
    uint64_t wait_for;
    int status = instance_check(instance_of(query), error);

    if (status != MEOWER_OK || (status = take_list(given, &list, error)) != MEOWER_OK ||
        (status = check_list(&list, error)) != MEOWER_OK ||
        (status = parse_wait(query, list.cursor, &wait_for, error)) != MEOWER_OK ||
        (status = filter_new(list.labels, list.label_count, &filter, error)) != MEOWER_OK) {
        return status;
    }
    status = make_request(query, kind, kind == READ_LIST ? list.take : 0, MEOWER_ID_SIZE, &request, error);
    if (status != MEOWER_OK) {
        filter_free(filter);
        return status;
    }
    set_range(request, &list);
    set_filter(request, filter);
    request->read.wait_for = wait_for;
    *out = request;
    return MEOWER_OK;
}

static int check_search(const meower_search *search, meower_error *error)
{
    if (search->skip > SEARCH_SKIP_MAX) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "a search may skip at most %d matches",
                                SEARCH_SKIP_MAX);
    }

    int status = check_search_text(search->text, search->text_len, error);

    return status == MEOWER_OK ? check_take(search->take, error) : status;
}

/* As take_list(). */
static int take_search(const meower_search *given, meower_search *search, meower_error *error)
{
    int status;

    if (given == NULL) {
        return refuse_null("search", error);
    }
    if ((status = sized_check(&search_type, given, error)) == MEOWER_OK) {
        sized_read(&search_type, search, given, given->struct_size);
    }
    return status;
}

static int make_search(const meower_query *query, const meower_search *given, struct query_request **out,
                       meower_error *error)
{
    meower_search search = MEOWER_SEARCH_INIT;
    struct filter *filter;
    struct query_request *request;
    uint64_t wait_for;
    int status = instance_check(instance_of(query), error);

    if (status != MEOWER_OK || (status = take_search(given, &search, error)) != MEOWER_OK ||
        (status = check_search(&search, error)) != MEOWER_OK ||
        (status = parse_wait(query, search.cursor, &wait_for, error)) != MEOWER_OK ||
        (status = filter_new(search.labels, search.label_count, &filter, error)) != MEOWER_OK) {
        return status;
    }
    status = make_request(query, READ_SEARCH, search.take, search.text_len + 1, &request, error);
    if (status != MEOWER_OK) {
        filter_free(filter);
        return status;
    }
    set_filter(request, filter);
    if (search.text_len > 0) {
        memcpy(request->text, search.text, search.text_len);
    }
    request->read.text = request->text;
    request->read.text_len = search.text_len;
    request->read.range.skip = search.skip;
    request->read.highlight = search.highlight != 0;
    request->read.wait_for = wait_for;
    *out = request;
    return MEOWER_OK;
}

static int make_get(const meower_query *query, const char *id, const char *cursor, struct query_request **out,
                    meower_error *error)
{
    struct query_request *request;
    uint64_t wait_for;
    int status = id == NULL ? refuse_null("id", error) : instance_check(instance_of(query), error);

    if (status != MEOWER_OK || (status = check_bound("id", id, error)) != MEOWER_OK ||
        (status = parse_wait(query, cursor, &wait_for, error)) != MEOWER_OK ||
        (status = make_request(query, READ_GET, 1, MEOWER_ID_SIZE, &request, error)) != MEOWER_OK) {
        return status;
    }
    memcpy(request->text, id, MEOWER_ID_SIZE);
    request->read.text = request->text;
    request->read.text_len = MEOWER_ID_LEN;
    request->read.wait_for = wait_for;
    *out = request;
    return MEOWER_OK;
}

static void free_request(struct query_request *request)
{
    meower_page_free(request->page);
    filter_free(request->filter);
    free(request);
}

/* Answers the request at once or hands it to the readers. It is released when refused. */
static int submit(meower_query *query, struct query_request *request, uint64_t serial, void *tag, meower_error *error)
{
    meower_feed *instance = query->inbox.instance;
    struct readers *readers = instance_readers(instance);
    int status;

    request->inbox = &query->inbox;
    request->page->tag = tag;
    request->page->item.serial = serial;
    inbox_expect(&query->inbox, serial, 1);
    /* Where nobody else writes, the timeline has all that was ever answered. */
    if (!instance_feed(instance)->is_shared && request->read.kind != READ_SEARCH &&
        page_read_from_timeline(&readers->page_read, &request->read)) {
        deliver_page(&request->read);
        return MEOWER_OK;
    }
    status = readers_submit(readers, &request->read);
    if (status == MEOWER_OK) {
        return MEOWER_OK;
    }
    inbox_expect_nothing(&query->inbox, serial, 1);
    free_request(request);
    if (status == MEOWER_ERROR_BUSY) {
        return meower_error_set(error, status, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                "too many requests wait (option queue_max); try again later");
    }
    return meower_error_set(error, status, 0, 0, "the instance is closing; no request is accepted");
}

int meower_query_submit_list(meower_query *query, const meower_list *list, void *tag, meower_error *error)
{
    struct query_request *request;
    int status = make_list(query, READ_LIST, list, &request, error);

    return status == MEOWER_OK ? submit(query, request, 0, tag, error) : status;
}

int meower_query_submit_count(meower_query *query, const meower_list *list, void *tag, meower_error *error)
{
    struct query_request *request;
    int status = make_list(query, READ_TOTAL, list, &request, error);

    return status == MEOWER_OK ? submit(query, request, 0, tag, error) : status;
}

int meower_query_submit_search(meower_query *query, const meower_search *search, void *tag, meower_error *error)
{
    struct query_request *request;
    int status = make_search(query, search, &request, error);

    return status == MEOWER_OK ? submit(query, request, 0, tag, error) : status;
}

int meower_query_submit_get(meower_query *query, const char *id, const char *cursor, void *tag, meower_error *error)
{
    struct query_request *request;
    int status = make_get(query, id, cursor, &request, error);

    return status == MEOWER_OK ? submit(query, request, 0, tag, error) : status;
}

int meower_query_next(meower_query *query, meower_page **out, meower_error *error)
{
    struct inbox_item *item;
    int status = out == NULL ? refuse_null("out", error) : instance_check_process(instance_of(query), error);

    if (status != MEOWER_OK) {
        return status;
    }
    item = inbox_take(&query->inbox, 0);
    if (item == NULL) {
        return 0;
    }
    *out = (struct meower_page *)item;
    return 1;
}

/* Submits the request of a synchronous call and waits for its page. */
static int call(meower_query *query, struct query_request *request, int timeout_ms, meower_page **out,
                meower_error *error)
{
    struct inbox_item *item;
    struct meower_page *page;
    uint64_t serial;
    int status = inbox_begin_call(&query->inbox, &serial, error);

    if (status != MEOWER_OK) {
        free_request(request);
        return status;
    }
    status = submit(query, request, serial, NULL, error);
    if (status == MEOWER_OK) {
        status = inbox_await(&query->inbox, serial, timeout_ms, &item, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    page = (struct meower_page *)item;
    status = page->status;
    if (status == MEOWER_OK) {
        *out = page;
        return MEOWER_OK;
    }
    if (error != NULL) {
        *error = page->error;
    }
    meower_page_free(page);
    return status;
}

int meower_query_list(meower_query *query, const meower_list *list, int timeout_ms, meower_page **out,
                      meower_error *error)
{
    struct query_request *request;
    int status = out == NULL ? refuse_null("out", error) : make_list(query, READ_LIST, list, &request, error);

    return status == MEOWER_OK ? call(query, request, timeout_ms, out, error) : status;
}

int meower_query_count(meower_query *query, const meower_list *list, int timeout_ms, uint64_t *total,
                       meower_error *error)
{
    struct query_request *request;
    meower_page *page;
    int status = total == NULL ? refuse_null("total", error) : make_list(query, READ_TOTAL, list, &request, error);

    if (status != MEOWER_OK || (status = call(query, request, timeout_ms, &page, error)) != MEOWER_OK) {
        return status;
    }
    *total = page->answer.total;
    meower_page_free(page);
    return MEOWER_OK;
}

int meower_query_head(meower_query *query, int timeout_ms, uint64_t *position, char *cursor, meower_error *error)
{
    meower_list nothing = MEOWER_LIST_INIT;
    meower_page *page;
    int status;

    nothing.take = 0;
    status = meower_query_list(query, &nothing, timeout_ms, &page, error);
    if (status != MEOWER_OK) {
        return status;
    }
    if (position != NULL) {
        *position = meower_page_position(page);
    }
    if (cursor != NULL) {
        memcpy(cursor, page->answer.cursor, MEOWER_CURSOR_SIZE);
    }
    meower_page_free(page);
    return MEOWER_OK;
}

int meower_query_search(meower_query *query, const meower_search *search, int timeout_ms, meower_page **out,
                        meower_error *error)
{
    struct query_request *request;
    int status = out == NULL ? refuse_null("out", error) : make_search(query, search, &request, error);

    return status == MEOWER_OK ? call(query, request, timeout_ms, out, error) : status;
}

int meower_query_get(meower_query *query, const char *id, const char *cursor, int timeout_ms, meower_page **out,
                     meower_error *error)
{
    struct query_request *request;
    int status = out == NULL ? refuse_null("out", error) : make_get(query, id, cursor, &request, error);

    return status == MEOWER_OK ? call(query, request, timeout_ms, out, error) : status;
}

void meower_query_close(meower_query *query)
{
    if (query != NULL && instance_check_process(query->inbox.instance, NULL) == MEOWER_OK) {
        inbox_close(&query->inbox);
    }
}
