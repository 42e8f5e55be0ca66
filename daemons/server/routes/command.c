/* command.c - POST /meows and DELETE /meows/{id}. */
#include "server/http/post_body.h"
#include "server/http/response.h"
#include "server/process/server.h"
#include "server/routes/routes.h"
#include <string.h>

/* Posts handed over at once. All that come in one turn of the loop share a wake-up and, mostly, a transaction, which
 * otherwise would begin with the first of them alone; after so many the writer begins while the rest are still read
 * (docs/decisions/018-posts-of-a-turn.md). */
#define POSTS_AT_ONCE 16

/* What a status means in HTTP. An unknown outcome is no 503: whoever repeats that without a key may post twice. */
static int http_status_of(const meower_error *error)
{
    switch (error->code) {
    case MEOWER_ERROR_INVALID:
        return 400;
    case MEOWER_ERROR_NOT_FOUND:
        return 404;
    case MEOWER_ERROR_CONFLICT:
        return 422;
    case MEOWER_ERROR_BUSY:
    case MEOWER_ERROR_CLOSED:
    case MEOWER_ERROR_UNAVAILABLE:
    case MEOWER_ERROR_LOCKED:
    case MEOWER_ERROR_NO_MEMORY:
        return 503;
    default:
        return 500;
    }
}

static void answer_error(struct connection *connection, const meower_error *error)
{
    bool is_post = connection->exchange.route == ROUTE_POST;
    int status = http_status_of(error);
    const char *words = is_post ? "Failed to create meow" : "Failed to delete meow";
    if (status == 400) {
        words = is_post ? "Invalid body" : "Invalid id";
    } else if (status == 404 || status == 422) {
        words = status == 404 ? NULL : "Idempotency-Key was used for another body";
    }
    if (status == 500) {
        LOG_ERROR(connection->server->log, words, LOG_TEXT("status", meower_status_name(error->code)),
                  LOG_TEXT("reason", error->message));
    }
    response_problem(connection, status, words, error->message);
}

/* ---- POST ------------------------------------------------------------------------------------------------------- */

/* Copies the key. False when there is one that is not 1 to 255 visible ASCII characters. */
static bool copy_key(struct slice field, char key[MEOWER_KEY_MAX + 1])
{
    if (field.len < 1 || field.len > MEOWER_KEY_MAX) {
        return false;
    }
    for (size_t i = 0; i < field.len; i++) {
        if (field.text[i] <= ' ' || field.text[i] >= 0x7f) {
            return false;
        }
    }
    memcpy(key, field.text, field.len);
    key[field.len] = '\0';
    return true;
}

void command_post(struct connection *connection, const struct request *request)
{
    char body[REQUEST_CONTENT_MAX + 1], key[MEOWER_KEY_MAX + 1];
    const char *detail = NULL;
    size_t body_len = 0;
    meower_error error = {.code = MEOWER_ERROR_NO_MEMORY, .message = "no memory for the command"};
    struct server *server = connection->server;

    int status = post_body_find(request, body, sizeof(body), &body_len, &detail);
    if (status != 200) {
        response_problem(connection, status, status == 400 ? "Invalid body" : NULL, detail);
        return;
    }
    struct slice field = request->fields[REQUEST_IDEMPOTENCY_KEY];
    if (field.text != NULL && !copy_key(field, key)) {
        response_problem(connection, 400, "Invalid Idempotency-Key",
                         "Idempotency-Key must be 1 to 255 visible ASCII characters");
        return;
    }
    if (!posts_add(&server->posts, body, body_len, field.text == NULL ? NULL : key, connection)) {
        answer_error(connection, &error);
        return;
    }
    connection_await(connection);
    if (server->posts.count == POSTS_AT_ONCE) {
        command_submit(server);
    }
}

static void submit_alone(struct server *server, const meower_post *post)
{
    meower_error error;
    if (meower_command_submit_post(server->command, post->body, post->body_len, post->idempotency_key, post->tag,
                                   &error) == MEOWER_OK) {
        return;
    }
    struct connection *connection = connection_of_tag(post->tag);
    if (connection != NULL) {
        answer_error(connection, &error);
    }
}

void command_submit(struct server *server)
{
    size_t count = server->posts.count;
    if (count == 0) {
        return;
    }
    const meower_post *posts = posts_ready(&server->posts);
    /* All are taken or none is: then each is asked for alone, for one bad body spoils nobody else's. */
    if (count == 1 || meower_command_submit_posts(server->command, posts, count, NULL) != MEOWER_OK) {
        for (size_t i = 0; i < count; i++) {
            submit_alone(server, &posts[i]);
        }
    }
    posts_clear(&server->posts);
}

/* ---- DELETE ----------------------------------------------------------------------------------------------------- */

/* Compares in a time that does not tell how much of it is right. */
static bool is_same_secret(struct slice left, struct slice right)
{
    unsigned difference = left.len != right.len;
    for (size_t i = 0; i < left.len && right.len > 0; i++) {
        difference |= (unsigned)(left.text[i] ^ right.text[i % right.len]);
    }
    return difference == 0;
}

static bool has_right(const char *tokens, struct slice authorization)
{
    struct slice list = slice_of(tokens), token;
    bool is_right = false;
    if (authorization.text == NULL || authorization.len < 7 || strncasecmp(authorization.text, "Bearer ", 7) != 0) {
        return false;
    }
    struct slice given = slice_trim((struct slice){authorization.text + 7, authorization.len - 7});
    while (slice_next(&list, ',', &token)) {
        is_right |= token.len > 0 && is_same_secret(given, token);
    }
    return is_right;
}

static void refuse_token(struct connection *connection)
{
    response_begin(connection, 401);
    response_field(connection, "WWW-Authenticate", "Bearer");
    response_problem_content(connection, 401, NULL, "deleting needs Authorization: Bearer with a token of this server");
}

void command_delete(struct connection *connection, const struct request *request, const char *id)
{
    const char *tokens = connection->server->settings.tokens;
    meower_error error;

    if (*tokens == '\0') {
        response_problem(connection, 403, NULL, "this server has no tokens, so nobody may delete");
    } else if (!has_right(tokens, request->fields[REQUEST_AUTHORIZATION])) {
        refuse_token(connection);
    } else if (meower_id_check(id, strlen(id)) != MEOWER_OK) {
        response_problem(connection, 404, NULL, "there is no such meow");
    } else if (meower_command_submit_delete(connection->server->command, id, connection, &error) == MEOWER_OK) {
        connection_await(connection);
    } else {
        answer_error(connection, &error);
    }
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

/* Without formats: it is written for every post. */
static void answer_post(struct connection *connection, const meower_command_result *result)
{
    static const char before[] = "{\"id\":\"", behind[] = "\"}";
    char location[sizeof("/meows/") + MEOWER_ID_SIZE] = "/meows/";
    memcpy(location + strlen("/meows/"), result->id, sizeof(result->id));
    response_field(connection, "Location", location);
    size_t before_len = sizeof(before) - 1, behind_len = sizeof(behind) - 1;
    char *place = response_reserve(connection, "application/json", before_len + MEOWER_ID_LEN + behind_len);
    if (place == NULL) {
        return;
    }
    memcpy(place, before, before_len);
    memcpy(place + before_len, result->id, MEOWER_ID_LEN);
    memcpy(place + before_len + MEOWER_ID_LEN, behind, behind_len);
}

void command_answer(struct connection *connection, const meower_command_result *result)
{
    if (result->status != MEOWER_OK) {
        answer_error(connection, &result->error);
        return;
    }
    bool is_post = connection->exchange.route == ROUTE_POST;
    response_begin(connection, is_post ? 200 : 204);
    response_field(connection, "Meower-Cursor", result->cursor);
    if (is_post) {
        answer_post(connection, result);
    } else {
        response_end(connection);
    }
    response_send(connection);
}
