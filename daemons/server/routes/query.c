/* query.c - GET /meows, GET /meows/{id} and GET /search. */
#include "server/routes/query.h"

#include "base/hash.h"
#include "server/http/label_parameters.h"
#include "server/http/parameters.h"
#include "server/http/response.h"
#include "server/routes/role.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETAG_SIZE 80   /* bytes of an entity tag of ours, with quotes and a NUL */
#define TEXT_SIZE 8192 /* bytes of a search's text, with a NUL: a request line has no room for more */

/* ---- parameters ------------------------------------------------------------------------------------------------- */

static bool refuse(struct exchange *exchange, const char *name, const char *detail)
{
    char error[60];
    snprintf(error, sizeof(error), "Invalid %s parameter", name);
    response_problem(exchange, 400, error, detail);
    return false;
}

/* Reads a number; an absent or empty one leaves *number as it is. False when it is wrong: then that was answered. */
static bool take_number(struct exchange *exchange, const struct request *request, const char *name,
                        unsigned long long max, unsigned long long *number)
{
    char text[32];
    size_t len = 0;
    enum parameter_result result = parameter_get(request->query, name, text, sizeof(text), &len);
    if (result == PARAMETER_ABSENT || (result == PARAMETER_FOUND && len == 0)) {
        return true;
    }
    if (result == PARAMETER_FOUND && number_parse((struct slice){text, len}, max, number)) {
        return true;
    }
    return refuse(exchange, name,
                  max == MEOWER_TAKE_MAX ? "it must be a whole number from 0 to 1000" : "it must be a whole number");
}

static bool take_page(struct exchange *exchange, const struct request *request, uint64_t *skip, uint32_t *take)
{
    unsigned long long skipped = 0, wanted = MEOWER_TAKE_DEFAULT;
    if (!take_number(exchange, request, "skip", UINT64_MAX, &skipped) ||
        !take_number(exchange, request, "take", MEOWER_TAKE_MAX, &wanted)) {
        return false;
    }
    *skip = skipped;
    *take = (uint32_t)wanted;
    exchange->take = *take;
    return true;
}

/* Reads an id into `id` and points *bound to it; an absent or empty one leaves NULL. */
static bool take_bound(struct exchange *exchange, const struct request *request, const char *name,
                       char id[MEOWER_ID_SIZE], const char **bound)
{
    size_t len = 0;
    enum parameter_result result = parameter_get(request->query, name, id, MEOWER_ID_SIZE, &len);
    if (result == PARAMETER_ABSENT || (result == PARAMETER_FOUND && len == 0)) {
        return true;
    }
    if (result != PARAMETER_FOUND || meower_id_check(id, len, NULL) != MEOWER_OK) {
        return refuse(exchange, name, "it must be the id of a meow");
    }
    *bound = id;
    return true;
}

/* Copies the field Meower-Cursor and points *cursor to it. */
static bool take_cursor(struct exchange *exchange, const struct request *request, char text[MEOWER_CURSOR_SIZE],
                        const char **cursor)
{
    struct slice field = request->fields[REQUEST_MEOWER_CURSOR];
    if (field.text == NULL) {
        return true;
    }
    if (field.len == 0 || field.len >= MEOWER_CURSOR_SIZE) {
        response_problem(exchange, 400, "Invalid Meower-Cursor", "it must be a cursor that this API gave");
        return false;
    }
    memcpy(text, field.text, field.len);
    text[field.len] = '\0';
    *cursor = text;
    return true;
}

/* Reads the labels that the meows are to carry. One may come twice, unlike in a post. */
static bool take_labels(struct exchange *exchange, const struct request *request, struct labels_buffer *labels)
{
    meower_error error;
    labels->count = 0;
    labels->len = 0;
    bool are_right = label_parameters_add(request->query, labels, &error);
    for (size_t i = 0; i < labels->count && are_right; i++) {
        are_right = meower_labels_check(&labels->labels[i], 1, &error) == MEOWER_OK;
    }
    if (!are_right) {
        response_problem(exchange, 400, "Invalid labels", error.message);
    }
    return are_right;
}

/* Keeps the labels as the links of a list will have them. */
static bool keep_filter(struct exchange *exchange, const struct labels_buffer *labels)
{
    if (labels->count > 0 &&
        (!label_parameters_write(labels, &exchange->filter) || !buffer_append(&exchange->filter, "", 1))) {
        buffer_clear(&exchange->filter);
        response_problem(exchange, 503, "Could not fetch meows", "no memory for the request");
        return false;
    }
    return true;
}

/* ---- errors ----------------------------------------------------------------------------------------------------- */

static void answer_error(struct exchange *exchange, int code, const meower_error *error)
{
    const struct http_reports *reports = &exchange->http->settings.reports;
    switch (code) {
    case MEOWER_ERROR_NOT_FOUND:
        response_problem(exchange, 404, NULL, "there is no such meow");
        break;
    case MEOWER_ERROR_INVALID:
        response_problem(exchange, 400, NULL, error->message);
        break;
    case MEOWER_ERROR_TIMEOUT:
        response_problem(exchange, 504, "Could not fetch meows", error->message);
        break;
    case MEOWER_ERROR_BUSY:
    case MEOWER_ERROR_CLOSED:
    case MEOWER_ERROR_UNAVAILABLE:
    case MEOWER_ERROR_NO_MEMORY:
        response_problem(exchange, 503, "Could not fetch meows", error->message);
        break;
    default:
        reports->failed(reports->log, "could not fetch meows", meower_status_name(code), error->message);
        response_problem(exchange, 500, "Could not fetch meows", error->message);
        break;
    }
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

/* RFC 8288: the next page is older, the previous one newer. Both are always named, because meows may have come by the
 * time the client asks. */
static void add_links(struct exchange *exchange, const meower_page *page)
{
    size_t count = meower_page_count(page);
    const char *filter = exchange->filter.len == 0 ? "" : buffer_data(&exchange->filter);
    unsigned take = exchange->take;
    char *links = NULL;
    if (count > 0 &&
        asprintf(&links, "</meows?take=%u&max_id=%s%s>; rel=\"next\", </meows?take=%u&min_id=%s%s>; rel=\"prev\"", take,
                 meower_page_meow(page, count - 1)->id, filter, take, meower_page_meow(page, 0)->id, filter) >= 0) {
        response_field(exchange, "Link", links);
        free(links);
    }
}

/* The ids that were found. A deleted meow is missing at once, also before the index knows of its deletion. */
static uint64_t hash_found(const meower_page *page, uint64_t hash)
{
    for (size_t i = 0; i < meower_page_count(page); i++) {
        hash = hash * 31 + hash_bytes(meower_page_meow(page, i)->id, MEOWER_ID_LEN);
    }
    return hash;
}

/* The tag names what the answer is made of, and a hash of what was asked for and found; what a scan finds may differ
 * from what the engine finds at the same position. */
static void write_etag(const char *name, uint64_t hash, const meower_page *page, char out[ETAG_SIZE])
{
    int len = snprintf(out, ETAG_SIZE, "\"%s", name);
    if (hash != 0) {
        len += snprintf(out + len, ETAG_SIZE - (size_t)len, "-%016llx", (unsigned long long)hash);
    }
    snprintf(out + len, ETAG_SIZE - (size_t)len, "%s\"", meower_page_is_fallback(page) == 1 ? "-fallback" : "");
}

/* Returns whether the client has this page already. */
static bool begin_page(struct exchange *exchange, const meower_page *page, const char *etag)
{
    bool is_known = response_matches(exchange, etag);
    response_begin(exchange, is_known ? 304 : 200);
    response_field(exchange, "Cache-Control", "no-cache");
    response_field(exchange, "ETag", etag);
    response_field(exchange, "Meower-Cursor", meower_page_cursor(page));
    if (meower_page_is_fallback(page) == 1) {
        response_field(exchange, "Meower-Search", "fallback");
    }
    return is_known;
}

static void end_page(struct exchange *exchange, const meower_page *page, bool is_known)
{
    char *place = NULL;
    if (is_known) {
        response_end(exchange);
    } else {
        place = response_reserve(exchange, "application/json", meower_page_json_len(page));
    }
    if (place != NULL) {
        meower_page_write_json(page, place);
    }
    response_send(exchange);
}

/* The page is told by the position it reflects and by what was asked. */
static void answer_list(struct exchange *exchange, const void *answer)
{
    const meower_page *page = answer;
    char etag[ETAG_SIZE];
    write_etag(meower_page_cursor(page), exchange->query_hash, page, etag);
    bool is_known = begin_page(exchange, page, etag);
    add_links(exchange, page);
    end_page(exchange, page, is_known);
}

/* A meow never changes. */
static void answer_get(struct exchange *exchange, const void *answer)
{
    const meower_page *page = answer;
    char etag[ETAG_SIZE];
    write_etag(meower_page_meow(page, 0)->id, 0, page, etag);
    end_page(exchange, page, begin_page(exchange, page, etag));
}

static void answer_search(struct exchange *exchange, const void *answer)
{
    const meower_page *page = answer;
    char etag[ETAG_SIZE];
    write_etag(meower_page_cursor(page), hash_found(page, exchange->query_hash), page, etag);
    end_page(exchange, page, begin_page(exchange, page, etag));
}

static void collect_pages(struct watch *watch)
{
    struct queries *queries = LIST_OWNER(watch, struct queries, pages);
    meower_page *page;
    while (meower_query_next(queries->handle, &page, NULL) == 1) {
        struct exchange *exchange = exchange_of_tag(meower_page_tag(page));
        if (exchange != NULL && meower_page_status(page) != MEOWER_OK) {
            answer_error(exchange, meower_page_status(page), meower_page_error(page));
        } else if (exchange != NULL) {
            exchange->answer(exchange, page);
        }
        meower_page_free(page);
    }
}

/* ---- requests --------------------------------------------------------------------------------------------------- */

/* The library has the request when `status` is MEOWER_OK. What the timeline holds is answered already. */
static void await(struct queries *queries, struct exchange *exchange, exchange_answer answer, int status,
                  const meower_error *error)
{
    if (status != MEOWER_OK) {
        answer_error(exchange, status, error);
        return;
    }
    exchange_await(exchange, answer);
    collect_pages(&queries->pages);
}

static void handle_list(void *context, struct exchange *exchange, const struct request *request, const char *argument)
{
    struct queries *queries = context;
    char max_id[MEOWER_ID_SIZE], since_id[MEOWER_ID_SIZE], min_id[MEOWER_ID_SIZE], cursor[MEOWER_CURSOR_SIZE];
    meower_list list = MEOWER_LIST_INIT;
    struct labels_buffer labels;
    meower_error error;
    (void)argument;

    if (!take_page(exchange, request, &list.skip, &list.take) ||
        !take_bound(exchange, request, "max_id", max_id, &list.max_id) ||
        !take_bound(exchange, request, "since_id", since_id, &list.since_id) ||
        !take_bound(exchange, request, "min_id", min_id, &list.min_id) ||
        !take_cursor(exchange, request, cursor, &list.cursor) || !take_labels(exchange, request, &labels) ||
        !keep_filter(exchange, &labels)) {
        return;
    }
    list.labels = labels.labels;
    list.label_count = labels.count;
    int bounds = (list.max_id != NULL) + (list.since_id != NULL) + (list.min_id != NULL);
    if (bounds > 1 || (bounds > 0 && list.skip > 0)) {
        refuse(exchange,
               list.skip > 0         ? "skip"
               : list.min_id != NULL ? "min_id"
                                     : "since_id",
               "only one of skip, max_id, since_id and min_id may be given");
        return;
    }
    exchange->query_hash = request->query.len == 0 ? 0 : hash_bytes(request->query.text, request->query.len);
    await(queries, exchange, answer_list, meower_query_submit_list(queries->handle, &list, exchange, &error), &error);
}

static void handle_get(void *context, struct exchange *exchange, const struct request *request, const char *id)
{
    struct queries *queries = context;
    char cursor_text[MEOWER_CURSOR_SIZE];
    const char *cursor = NULL;
    meower_error error;

    if (!take_cursor(exchange, request, cursor_text, &cursor)) {
        return;
    }
    if (meower_id_check(id, strlen(id), NULL) != MEOWER_OK) {
        response_problem(exchange, 404, NULL, "there is no such meow");
    } else {
        await(queries, exchange, answer_get, meower_query_submit_get(queries->handle, id, cursor, exchange, &error),
              &error);
    }
}

static void handle_search(void *context, struct exchange *exchange, const struct request *request, const char *argument)
{
    struct queries *queries = context;
    char text[TEXT_SIZE], cursor[MEOWER_CURSOR_SIZE];
    meower_search search = MEOWER_SEARCH_INIT;
    struct labels_buffer labels;
    unsigned long long highlight = 0;
    meower_error error;
    (void)argument;

    enum parameter_result result = parameter_get(request->query, "query", text, sizeof(text), &search.text_len);
    if (result != PARAMETER_FOUND || search.text_len == 0) {
        response_problem(exchange, 400, "Missing query parameter", "query must be the text to search for");
        return;
    }
    if (!take_page(exchange, request, &search.skip, &search.take) ||
        !take_number(exchange, request, "highlight", 1, &highlight) ||
        !take_cursor(exchange, request, cursor, &search.cursor) || !take_labels(exchange, request, &labels)) {
        return;
    }
    search.labels = labels.labels;
    search.label_count = labels.count;
    search.text = text;
    search.highlight = (int)highlight;
    exchange->query_hash = request->query.len == 0 ? 0 : hash_bytes(request->query.text, request->query.len);
    await(queries, exchange, answer_search, meower_query_submit_search(queries->handle, &search, exchange, &error),
          &error);
}

/* ---- the table and the handle ----------------------------------------------------------------------------------- */

const struct route query_rows[] = {
    {.path = "/meows", .methods = ROUTE_READING, .role = ROLE_QUERY, .name = "GET /meows", .handle = handle_list},
    {.path = "/meows/{id}",
     .methods = ROUTE_READING,
     .role = ROLE_QUERY,
     .name = "GET /meows/{id}",
     .handle = handle_get},
    {.path = "/search", .methods = ROUTE_READING, .role = ROLE_QUERY, .name = "GET /search", .handle = handle_search},
    {.path = NULL},
};

bool queries_open(struct queries *queries, struct loop *loop, meower_feed *feed, meower_error *error)
{
    *queries = (struct queries){.handle = NULL};
    return meower_query_open(feed, &queries->handle, error) == MEOWER_OK &&
           watch_open(&queries->pages, loop, meower_query_fd(queries->handle), collect_pages);
}

void queries_close(struct queries *queries)
{
    meower_query_close(queries->handle);
}
