/* live.c - what WebSocket and SSE requests have in common: where the client wants to begin. */
#include "server/routes/live.h"

#include "server/http/parameters.h"
#include "server/http/response.h"
#include "server/process/server.h"
#include <string.h>

#define CURSOR_SIZE 128 /* bytes of a cursor that may be one, with a NUL */

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

struct live_client *live_open_for(struct connection *connection, struct stream *stream, const struct request *request)
{
    struct live_client *client = NULL;
    meower_error error = {.message = "the server is short of memory"};
    char cursor[CURSOR_SIZE];
    int status = MEOWER_ERROR_INVALID;

    enum parameter_result result = find_cursor(request, cursor);
    if (result != PARAMETER_MALFORMED) {
        status = live_client_open(connection, stream, result == PARAMETER_FOUND ? cursor : NULL, &client, &error);
    }
    if (status == MEOWER_OK) {
        return client;
    }
    if (status == MEOWER_ERROR_INVALID) {
        response_problem(connection, 400, "Invalid cursor parameter",
                         "the cursor must be one that this API gave, or empty");
    } else {
        response_problem(connection, 503, NULL, error.message);
    }
    return NULL;
}

bool live_is_websocket(const struct request *request)
{
    struct slice list = request->fields[REQUEST_UPGRADE], item;
    if (request->method != REQUEST_GET || !request->wants_upgrade) {
        return false;
    }
    while (slice_next(&list, ',', &item)) {
        if (slice_equals_nocase(item, "websocket")) {
            return true;
        }
    }
    return false;
}
