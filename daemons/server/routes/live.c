/* live.c - GET /pusher (WebSocket) and GET /events (Server-Sent Events). */

#include "server/routes/live.h"

#include "server/http/label_parameters.h"
#include "server/http/parameters.h"
#include "server/http/response.h"
#include "server/live/fanout.h"
#include "server/live/sse.h"
#include "server/routes/role.h"
#include <string.h>

#define CURSOR_SIZE 128  /* bytes of a cursor that may be one, with a NUL */
#define TEXT_SIZE   8192 /* bytes of a standing search, with a NUL: a request line has no room for more */

/* What the filter of a request refers to. */
struct filter_texts {
    struct labels_buffer labels;
    char query[TEXT_SIZE];
};

/* Copies the cursor. The field goes first: a browser that reconnects asks the old address and sends the newer id. */
static enum parameter_result find_cursor(const struct request *request, char out[CURSOR_SIZE])
{
    struct slice field = request->fields[REQUEST_LAST_EVENT_ID];
    size_t len;
    if (field.text != NULL) {
        if (field.len >= CURSOR_SIZE) {
            return PARAMETER_MALFORMED;
        }
        memcpy(out, field.text, field.len);
        out[field.len] = '\0';
        return PARAMETER_FOUND;
    }
    enum parameter_result result = parameter_get(request->query, "cursor", out, CURSOR_SIZE, &len);
    return result == PARAMETER_FOUND && strlen(out) != len ? PARAMETER_MALFORMED : result;
}

/* Reads the labels and the text that the meows of the stream are to have. False when they cannot be read: then that was
 * answered. */
static bool find_filter(struct exchange *exchange, const struct request *request, struct filter_texts *texts,
                        meower_follow *follow)
{
    meower_error error;
    texts->labels.count = 0;
    texts->labels.len = 0;
    if (!label_parameters_add(request->query, &texts->labels, &error)) {
        response_problem(exchange, 400, "Invalid labels", error.message);
        return false;
    }
    enum parameter_result result =
        parameter_get(request->query, "query", texts->query, sizeof(texts->query), &follow->text_len);
    if (result == PARAMETER_MALFORMED) {
        response_problem(exchange, 400, "Invalid query parameter", "query must be a text to search for");
        return false;
    }
    follow->labels = texts->labels.labels;
    follow->label_count = texts->labels.count;
    follow->text = result == PARAMETER_FOUND ? texts->query : NULL;
    follow->text_len = result == PARAMETER_FOUND ? follow->text_len : 0;
    return true;
}

/* Whether the library takes this filter. */
static bool is_right(const meower_follow *follow, meower_error *error)
{
    meower_filter *filter = NULL;
    bool is_right = meower_filter_new(follow, &filter, error) != MEOWER_ERROR_INVALID;
    meower_filter_free(filter);
    return is_right;
}

/* Says which part of what was asked for is wrong. */
static void refuse_follow(struct exchange *exchange, const meower_follow *follow)
{
    meower_follow labels = *follow;
    meower_error error;
    labels.text = NULL;
    labels.text_len = 0;
    if (!is_right(&labels, &error)) {
        response_problem(exchange, 400, "Invalid labels", error.message);
    } else if (!is_right(follow, &error)) {
        response_problem(exchange, 400, "Invalid query parameter", error.message);
    } else {
        response_problem(exchange, 400, "Invalid cursor parameter",
                         "the cursor must be one that this API gave, start, or empty");
    }
}

/* Prepares a client of `stream` that begins where the request says: Last-Event-ID, or the parameter "cursor". NULL when
 * that cannot be: then the request is answered. */
static struct client *open_client(struct exchange *exchange, struct stream *stream, const struct request *request)
{
    struct client *client = NULL;
    meower_error error = {.message = "the server is short of memory"};
    meower_follow follow = MEOWER_FOLLOW_INIT;
    struct filter_texts texts;
    char cursor[CURSOR_SIZE];

    if (!find_filter(exchange, request, &texts, &follow)) {
        return NULL;
    }
    enum parameter_result result = find_cursor(request, cursor);
    follow.cursor = result == PARAMETER_ABSENT ? NULL : result == PARAMETER_FOUND ? cursor : "malformed";
    int status = client_open(exchange, stream, &follow, &client, &error);
    if (status == MEOWER_ERROR_INVALID) {
        refuse_follow(exchange, &follow);
    } else if (status != MEOWER_OK) {
        response_problem(exchange, 503, NULL, error.message);
    }
    return client;
}

/* Whether the client wants to speak WebSocket (RFC 6455, 4.2.1). */
static bool is_websocket(const struct request *request)
{
    struct request_list list = request->lists[REQUEST_UPGRADE];
    struct slice item;
    if (request->method != REQUEST_GET || !request->wants_upgrade) {
        return false;
    }
    while (request_list_next(&list, &item)) {
        if (slice_equals_nocase(item, "websocket")) {
            return true;
        }
    }
    return false;
}

/* ---- WebSocket -------------------------------------------------------------------------------------------------- */

static void refuse_upgrade(struct exchange *exchange, const char *detail)
{
    response_begin(exchange, 426);
    response_field(exchange, "Upgrade", "websocket");
    response_field(exchange, "Sec-WebSocket-Version", "13");
    response_problem_content(exchange, 426, NULL, detail);
}

static void handle_pusher(void *context, struct exchange *exchange, const struct request *request, const char *argument)
{
    struct fanout *fanout = context;
    char accept[WEBSOCKET_ACCEPT_SIZE];
    struct slice key = request->fields[REQUEST_WEBSOCKET_KEY];
    struct slice version = request->fields[REQUEST_WEBSOCKET_VERSION];
    (void)argument;

    if (!is_websocket(request)) {
        refuse_upgrade(exchange, "this route speaks WebSocket: send GET with Upgrade: websocket");
        return;
    }
    if (version.text == NULL || !slice_equals(version, "13")) {
        refuse_upgrade(exchange, "Sec-WebSocket-Version must be 13");
        return;
    }
    if (key.text == NULL || !websocket_accept(key.text, key.len, accept)) {
        response_problem(exchange, 400, NULL, "Sec-WebSocket-Key must be the base64 of 16 bytes");
        return;
    }
    struct client *client = open_client(exchange, &fanout->websocket, request);
    if (client == NULL) {
        return;
    }
    memcpy(client->accept, accept, sizeof(accept));
    client_begin(client);
}

/* ---- Server-Sent Events ----------------------------------------------------------------------------------------- */

static void handle_events(void *context, struct exchange *exchange, const struct request *request, const char *argument)
{
    struct fanout *fanout = context;
    (void)argument;
    if (is_websocket(request)) {
        response_problem(exchange, 400, NULL, "this route does not speak WebSocket: /pusher does");
    } else if (request->method == REQUEST_GET) {
        struct client *client = open_client(exchange, &fanout->sse, request);
        if (client != NULL) {
            client_begin(client);
        }
    } else {
        sse_begin_answer(exchange);
        response_field(exchange, "Content-Type", "text/event-stream");
        response_end(exchange);
        response_send(exchange);
    }
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

const struct route live_rows[] = {
    {.path = "/pusher", .methods = ROUTE_READING, .role = ROLE_PUSHER, .name = "GET /pusher", .handle = handle_pusher},
    {.path = "/events", .methods = ROUTE_READING, .role = ROLE_PUSHER, .name = "GET /events", .handle = handle_events},
    {.path = NULL},
};
