/* query.c - GET /meows, GET /meows/{id} and GET /search. */
#include "server/http/parameters.h"
#include "server/http/response.h"
#include "server/process/server.h"
#include "server/routes/routes.h"
#include <stdio.h>
#include <string.h>

#define ETAG_SIZE 80   /* bytes of an entity tag of ours, with quotes and a NUL */
#define TEXT_SIZE 8192 /* bytes of a search's text, with a NUL: a request line has no room for more */

/* ---- parameters ------------------------------------------------------------------------------------------------- */

static bool refuse(struct connection *connection, const char *name, const char *detail)
{
    char error[60];
    snprintf(error, sizeof(error), "Invalid %s parameter", name);
    response_problem(connection, 400, error, detail);
    return false;
}

/* Reads a number; an absent or empty one leaves *number as it is. False when it is wrong: then that was answered. */
static bool take_number(struct connection *connection, const struct request *request, const char *name,
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
    return refuse(connection, name,
                  max == MEOWER_TAKE_MAX ? "it must be a whole number from 0 to 1000" : "it must be a whole number");
}

static bool take_page(struct connection *connection, const struct request *request, uint64_t *skip, uint32_t *take)
{
    unsigned long long skip_number = 0, take_number_ = MEOWER_TAKE_DEFAULT;
    if (!take_number(connection, request, "skip", UINT64_MAX, &skip_number) ||
        !take_number(connection, request, "take", MEOWER_TAKE_MAX, &take_number_)) {
        return false;
    }
    *skip = skip_number;
    *take = (uint32_t)take_number_;
    connection->exchange.take = *take;
    return true;
}

/* Reads an id into `id` and points *bound to it; an absent or empty one leaves NULL. */
static bool take_bound(struct connection *connection, const struct request *request, const char *name,
                       char id[MEOWER_ID_SIZE], const char **bound)
{
    size_t len = 0;
    enum parameter_result result = parameter_get(request->query, name, id, MEOWER_ID_SIZE, &len);
    if (result == PARAMETER_ABSENT || (result == PARAMETER_FOUND && len == 0)) {
        return true;
    }
    if (result != PARAMETER_FOUND || meower_id_check(id, len) != MEOWER_OK) {
        return refuse(connection, name, "it must be the id of a meow");
    }
    *bound = id;
    return true;
}

/* Copies the field Meower-Cursor and points *cursor to it. */
static bool take_cursor(struct connection *connection, const struct request *request, char text[MEOWER_CURSOR_SIZE],
                        const char **cursor)
{
    struct slice field = request->fields[REQUEST_MEOWER_CURSOR];
    if (field.text == NULL) {
        return true;
    }
    if (field.len == 0 || field.len >= MEOWER_CURSOR_SIZE) {
        response_problem(connection, 400, "Invalid Meower-Cursor", "it must be a cursor that this API gave");
        return false;
    }
    memcpy(text, field.text, field.len);
    text[field.len] = '\0';
    *cursor = text;
    return true;
}

/* ---- errors ----------------------------------------------------------------------------------------------------- */

static void answer_error(struct connection *connection, int code, const meower_error *error)
{
    switch (code) {
    case MEOWER_ERROR_NOT_FOUND:
        response_problem(connection, 404, NULL, "there is no such meow");
        break;
    case MEOWER_ERROR_INVALID:
        response_problem(connection, 400, NULL, error->message);
        break;
    case MEOWER_ERROR_TIMEOUT:
        response_problem(connection, 504, "Could not fetch meows", error->message);
        break;
    case MEOWER_ERROR_BUSY:
    case MEOWER_ERROR_CLOSED:
    case MEOWER_ERROR_UNAVAILABLE:
    case MEOWER_ERROR_NO_MEMORY:
        response_problem(connection, 503, "Could not fetch meows", error->message);
        break;
    default:
        LOG_ERROR(connection->server->log, "could not fetch meows", LOG_TEXT("status", meower_status_name(code)),
                  LOG_TEXT("reason", error->message));
        response_problem(connection, 500, "Could not fetch meows", error->message);
        break;
    }
}

static void await(struct connection *connection, int status, const meower_error *error)
{
    if (status == MEOWER_OK) {
        connection_await(connection);
    } else {
        answer_error(connection, status, error);
    }
}

/* FNV-1a, 64 bits (RFC 9923). */
static uint64_t hash_of(struct slice text)
{
    uint64_t hash = 14695981039346656037U;
    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ (unsigned char)text.text[i]) * 1099511628211U;
    }
    return text.len == 0 ? 0 : hash;
}

/* ---- requests --------------------------------------------------------------------------------------------------- */

void query_list(struct connection *connection, const struct request *request)
{
    char max_id[MEOWER_ID_SIZE], since_id[MEOWER_ID_SIZE], min_id[MEOWER_ID_SIZE], cursor[MEOWER_CURSOR_SIZE];
    meower_list list = MEOWER_LIST_INIT;
    meower_error error;

    if (!take_page(connection, request, &list.skip, &list.take) ||
        !take_bound(connection, request, "max_id", max_id, &list.max_id) ||
        !take_bound(connection, request, "since_id", since_id, &list.since_id) ||
        !take_bound(connection, request, "min_id", min_id, &list.min_id) ||
        !take_cursor(connection, request, cursor, &list.cursor)) {
        return;
    }
    int bounds = (list.max_id != NULL) + (list.since_id != NULL) + (list.min_id != NULL);
    if (bounds > 1 || (bounds > 0 && list.skip > 0)) {
        refuse(connection,
               list.skip > 0         ? "skip"
               : list.min_id != NULL ? "min_id"
                                     : "since_id",
               "only one of skip, max_id, since_id and min_id may be given");
        return;
    }
    connection->exchange.is_list = true;
    connection->exchange.query_hash = hash_of(request->query);
    await(connection, meower_query_submit_list(connection->server->query, &list, connection, &error), &error);
}

void query_get(struct connection *connection, const struct request *request, const char *id)
{
    char cursor_text[MEOWER_CURSOR_SIZE];
    const char *cursor = NULL;
    meower_error error;

    if (!take_cursor(connection, request, cursor_text, &cursor)) {
        return;
    }
    if (meower_id_check(id, strlen(id)) != MEOWER_OK) {
        response_problem(connection, 404, NULL, "there is no such meow");
    } else {
        await(connection, meower_query_submit_get(connection->server->query, id, cursor, connection, &error), &error);
    }
}

void query_search(struct connection *connection, const struct request *request)
{
    char text[TEXT_SIZE], cursor[MEOWER_CURSOR_SIZE];
    meower_search search = MEOWER_SEARCH_INIT;
    unsigned long long highlight = 0;
    meower_error error;

    enum parameter_result result = parameter_get(request->query, "query", text, sizeof(text), &search.text_len);
    if (result != PARAMETER_FOUND || search.text_len == 0) {
        response_problem(connection, 400, "Missing query parameter", "query must be the text to search for");
        return;
    }
    if (!take_page(connection, request, &search.skip, &search.take) ||
        !take_number(connection, request, "highlight", 1, &highlight) ||
        !take_cursor(connection, request, cursor, &search.cursor)) {
        return;
    }
    search.text = text;
    search.highlight = (int)highlight;
    connection->exchange.query_hash = hash_of(request->query);
    await(connection, meower_query_submit_search(connection->server->query, &search, connection, &error), &error);
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

/* RFC 8288: the next page is older, the one before it newer. There is always one of each to ask for: what it holds may
 * be there by then. */
static void add_links(struct connection *connection, const meower_page *page)
{
    size_t count = meower_page_count(page);
    unsigned take = connection->exchange.take;
    if (count == 0) {
        return;
    }
    response_field_format(connection, "Link",
                          "</meows?take=%u&max_id=%s>; rel=\"next\", </meows?take=%u&min_id=%s>; rel=\"prev\"", take,
                          meower_page_meow(page, count - 1)->id, take, meower_page_meow(page, 0)->id);
}

/* What was found: a meow that is deleted is missing at once, also where the index is not yet behind its deletion. */
static uint64_t hash_found(const meower_page *page, uint64_t hash)
{
    for (size_t i = 0; i < meower_page_count(page); i++) {
        hash = hash * 31 + hash_of(slice_of(meower_page_meow(page, i)->id));
    }
    return hash;
}

/* A meow never changes. A page is told by the position it reflects and by what was asked, and a search also by what it
 * found; what a scan finds may differ from what the engine finds at the same position. */
static void write_etag(const struct connection *connection, const meower_page *page, char out[ETAG_SIZE])
{
    uint64_t hash = connection->exchange.query_hash;
    if (connection->exchange.route == ROUTE_SEARCH) {
        hash = hash_found(page, hash);
    }
    int len =
        snprintf(out, ETAG_SIZE, "\"%s",
                 connection->exchange.route == ROUTE_GET ? meower_page_meow(page, 0)->id : meower_page_cursor(page));
    if (hash != 0) {
        len += snprintf(out + len, ETAG_SIZE - (size_t)len, "-%016llx", (unsigned long long)hash);
    }
    snprintf(out + len, ETAG_SIZE - (size_t)len, "%s\"", meower_page_is_fallback(page) == 1 ? "-fallback" : "");
}

void query_answer(struct connection *connection, const meower_page *page)
{
    char etag[ETAG_SIZE];
    if (meower_page_status(page) != MEOWER_OK) {
        answer_error(connection, meower_page_status(page), meower_page_error(page));
        return;
    }
    write_etag(connection, page, etag);
    bool is_known = response_matches(connection, etag);
    response_begin(connection, is_known ? 304 : 200);
    response_field(connection, "Cache-Control", "no-cache");
    response_field(connection, "ETag", etag);
    response_field(connection, "Meower-Cursor", meower_page_cursor(page));
    if (meower_page_is_fallback(page) == 1) {
        response_field(connection, "Meower-Search", "fallback");
    }
    if (connection->exchange.is_list) {
        add_links(connection, page);
    }
    if (is_known) {
        response_end(connection);
    } else {
        char *place = response_reserve(connection, "application/json", meower_page_json_len(page));
        if (place != NULL) {
            meower_page_write_json(page, place);
        }
    }
    response_send(connection);
}
