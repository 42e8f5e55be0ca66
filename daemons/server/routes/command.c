/* command.c - POST /meows and DELETE /meows/{id}. */
#include "server/routes/command.h"

#include "server/http/post_body.h"
#include "server/http/post_labels.h"
#include "server/http/response.h"
#include "server/routes/role.h"
#include <meower/backend.h>
#include <string.h>

/* Posts that are submitted together. Those of one turn of the loop share a wake-up and in most cases a transaction,
 * which would otherwise begin with the first of them alone. After this many the writer begins while the loop still
 * reads the rest (docs/decisions/018-posts-of-a-turn.md). */
#define POSTS_AT_ONCE 16

#define RESULTS_AT_ONCE 32

/* What a status means in HTTP. An unknown outcome is no 503: a client that repeats the post without a key may post
 * twice. */
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

/* How the answer names what went wrong. */
struct words {
    const char *failed;
    const char *invalid;
};

static const struct words post_words = {"Failed to create meow", "Invalid body"};
static const struct words delete_words = {"Failed to delete meow", "Invalid id"};

static void answer_error(struct exchange *exchange, const struct words *words, const meower_error *error)
{
    const struct http_reports *reports = &exchange->http->settings.reports;
    int status = http_status_of(error);
    const char *text = words->failed;
    if (status == 400) {
        text = words->invalid;
    } else if (status == 404 || status == 422) {
        text = status == 404 ? NULL : "Idempotency-Key was used for another body";
    }
    if (status == 500) {
        reports->failed(reports->log, text, meower_status_name(error->code), error->message);
    }
    response_problem(exchange, status, text, error->message);
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

/* Without formats: it is written for every post. */
static void answer_post(struct exchange *exchange, const void *answer)
{
    static const char before[] = "{\"id\":\"", after[] = "\"}";
    const meower_command_result *result = answer;
    char location[sizeof("/meows/") + MEOWER_ID_SIZE] = "/meows/";
    size_t before_len = sizeof(before) - 1, after_len = sizeof(after) - 1;
    if (result->status != MEOWER_OK) {
        answer_error(exchange, &post_words, result->error);
        return;
    }
    memcpy(location + strlen("/meows/"), result->id, sizeof(result->id));
    response_begin(exchange, 200);
    response_field(exchange, "Meower-Cursor", result->cursor);
    response_field(exchange, "Location", location);
    char *place = response_reserve(exchange, "application/json", before_len + MEOWER_ID_LEN + after_len);
    if (place != NULL) {
        memcpy(place, before, before_len);
        memcpy(place + before_len, result->id, MEOWER_ID_LEN);
        memcpy(place + before_len + MEOWER_ID_LEN, after, after_len);
    }
    response_send(exchange);
}

static void submit_alone(struct commands *commands, const meower_post *post)
{
    meower_error error;
    if (meower_command_submit_one(commands->handle, post, &error) == MEOWER_OK) {
        return;
    }
    struct exchange *exchange = exchange_of_tag(post->tag);
    if (exchange != NULL) {
        answer_error(exchange, &post_words, &error);
    }
}

static void submit(struct job *job)
{
    struct commands *commands = LIST_OWNER(job, struct commands, submit);
    size_t count = commands->posts.count;
    const meower_post *posts = posts_ready(&commands->posts);
    /* All are taken or none is: one bad body must not spoil the others, so each is then submitted alone. */
    if (count == 1 || meower_command_submit_posts(commands->handle, posts, count, NULL) != MEOWER_OK) {
        for (size_t i = 0; i < count; i++) {
            submit_alone(commands, &posts[i]);
        }
    }
    posts_clear(&commands->posts);
}

/* Hands the posts over at the end of the turn, or now when there are enough. */
static void plan_to_submit(struct commands *commands)
{
    if (commands->posts.count < POSTS_AT_ONCE) {
        loop_run_at_turn_end(commands->loop, &commands->submit);
    } else {
        list_remove(&commands->submit.node);
        submit(&commands->submit);
    }
}

static void handle_post(void *context, struct exchange *exchange, const struct request *request, const char *argument)
{
    struct commands *commands = context;
    char body[REQUEST_CONTENT_MAX + 1], key[MEOWER_KEY_MAX + 1];
    const char *detail = NULL;
    struct labels_buffer labels;
    meower_post post = MEOWER_POST_INIT;
    meower_error error;
    (void)argument;

    int status = post_body_find(request, body, sizeof(body), &post.body_len, &detail);
    if (status != 200) {
        response_problem(exchange, status, status == 400 ? post_words.invalid : NULL, detail);
        return;
    }
    if (!post_labels_find(request, &labels, &error)) {
        response_problem(exchange, 400, "Invalid labels", error.message);
        return;
    }
    struct slice field = request->fields[REQUEST_IDEMPOTENCY_KEY];
    if (field.text != NULL && !copy_key(field, key)) {
        response_problem(exchange, 400, "Invalid Idempotency-Key",
                         "Idempotency-Key must be 1 to 255 visible ASCII characters");
        return;
    }
    post.body = body;
    post.idempotency_key = field.text == NULL ? NULL : key;
    post.tag = exchange;
    post.labels = labels.labels;
    post.label_count = labels.count;
    if (!posts_add(&commands->posts, &post)) {
        meower_error_set(&error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the command");
        answer_error(exchange, &post_words, &error);
        return;
    }
    exchange_await(exchange, answer_post);
    plan_to_submit(commands);
}

/* ---- DELETE ----------------------------------------------------------------------------------------------------- */

/* Compares in a time that does not depend on how many bytes are right. */
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

static void refuse_token(struct exchange *exchange)
{
    response_begin(exchange, 401);
    response_field(exchange, "WWW-Authenticate", "Bearer");
    response_problem_content(exchange, 401, NULL, "deleting needs Authorization: Bearer with a token of this server");
}

static void answer_delete(struct exchange *exchange, const void *answer)
{
    const meower_command_result *result = answer;
    if (result->status != MEOWER_OK) {
        answer_error(exchange, &delete_words, result->error);
        return;
    }
    response_begin(exchange, 204);
    response_field(exchange, "Meower-Cursor", result->cursor);
    response_end(exchange);
    response_send(exchange);
}

static void handle_delete(void *context, struct exchange *exchange, const struct request *request, const char *id)
{
    struct commands *commands = context;
    meower_error error;

    if (*commands->settings->tokens == '\0') {
        response_problem(exchange, 403, NULL, "this server has no tokens, so nobody may delete");
    } else if (!has_right(commands->settings->tokens, request->fields[REQUEST_AUTHORIZATION])) {
        refuse_token(exchange);
    } else if (meower_id_check(id, strlen(id), NULL) != MEOWER_OK) {
        response_problem(exchange, 404, NULL, "there is no such meow");
    } else if (meower_command_submit_delete(commands->handle, id, exchange, &error) == MEOWER_OK) {
        exchange_await(exchange, answer_delete);
    } else {
        answer_error(exchange, &delete_words, &error);
    }
}

/* ---- the table and the handle ----------------------------------------------------------------------------------- */

const struct route command_rows[] = {
    {.path = "/meows",
     .methods = ROUTE_METHOD(REQUEST_POST),
     .role = ROLE_COMMAND,
     .name = "POST /meows",
     .handle = handle_post},
    {.path = "/meows/{id}",
     .methods = ROUTE_METHOD(REQUEST_DELETE),
     .role = ROLE_COMMAND,
     .name = "DELETE /meows/{id}",
     .handle = handle_delete},
    {.path = NULL},
};

static void collect_results(struct watch *watch)
{
    struct commands *commands = LIST_OWNER(watch, struct commands, results);
    meower_command_result results[RESULTS_AT_ONCE] = {MEOWER_COMMAND_RESULT_INIT};
    meower_error errors[RESULTS_AT_ONCE];
    int count;
    for (int i = 0; i < RESULTS_AT_ONCE; i++) {
        results[i].error = &errors[i];
    }
    do {
        count = meower_command_next_many(commands->handle, results, RESULTS_AT_ONCE, NULL);
        for (int i = 0; i < count; i++) {
            struct exchange *exchange = exchange_of_tag(results[i].tag);
            if (exchange != NULL) {
                exchange->answer(exchange, &results[i]);
            }
        }
    } while (count == RESULTS_AT_ONCE);
}

bool commands_open(struct commands *commands, struct loop *loop, meower_feed *feed,
                   const struct commands_settings *settings, meower_error *error)
{
    *commands = (struct commands){.loop = loop, .settings = settings, .submit = {.run = submit}};
    return meower_command_open(feed, &commands->handle, error) == MEOWER_OK &&
           watch_open(&commands->results, loop, meower_command_fd(commands->handle), collect_results);
}

void commands_close(struct commands *commands)
{
    meower_command_close(commands->handle);
    posts_free(&commands->posts);
}
