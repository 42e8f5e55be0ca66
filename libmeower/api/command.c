/* command.c - the command handle: checks what is posted, hands it to the writer, and gives out the results. */
#include "api/arguments.h"
#include "api/inbox.h"
#include "api/instance.h"
#include "base/hash.h"
#include "base/html.h"
#include "base/labels.h"
#include "base/sized.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The public handle is its inbox. */
struct meower_command {
    struct inbox inbox;
};

/* A write request of a user, followed by its labels and texts. */
struct command_request {
    struct write_request write; /* first: the writer hands it back by this */
    struct inbox_item item;
    struct inbox *inbox;
    meower_label labels[];
};

static struct command_request *request_of(struct inbox_item *item)
{
    return (struct command_request *)((char *)item - offsetof(struct command_request, item));
}

static void discard_request(struct inbox_item *item)
{
    free(request_of(item));
}

/* On the writer's thread; the requests are all of one inbox. */
static void deliver_requests(struct write_request *first)
{
    struct command_request *request = (struct command_request *)first;
    struct inbox *inbox = request->inbox;
    struct inbox_item *first_item = &request->item;
    struct inbox_item *last_item = first_item;
    size_t count = 1;

    while (request->write.node.next != NULL) {
        request = (struct command_request *)request->write.node.next;
        last_item->node.next = &request->item.node;
        last_item = &request->item;
        count++;
    }
    inbox_deliver_list(inbox, first_item, last_item, count);
}

static const struct sized_type post_type = SIZED_TYPE(meower_post, MEOWER_POST_INIT, tag);
static const struct sized_type result_type = SIZED_TYPE(meower_command_result, MEOWER_COMMAND_RESULT_INIT, flags);

/* NULL for NULL, which instance_check() refuses. */
static meower_feed *instance_of(const meower_command *command)
{
    return command == NULL ? NULL : command->inbox.instance;
}

int meower_command_open(meower_feed *instance, meower_command **out, meower_error *error)
{
    struct inbox *inbox;
    int status = out == NULL ? refuse_null("out", error) : instance_check(instance, error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (!instance_has_role(instance, "command")) {
        return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                "this instance does not take commands; add \"command\" to the option roles");
    }
    status = inbox_open(instance, discard_request, &inbox, error);
    if (status == MEOWER_OK) {
        *out = (meower_command *)inbox;
    }
    return status;
}

int meower_command_fd(const meower_command *command)
{
    return command == NULL ? MEOWER_ERROR_INVALID : command->inbox.notifier.fd;
}

/* A request with room for so many bytes of labels and texts; NULL when there is no memory. */
static struct command_request *new_request(meower_command *command, int kind, size_t size, void *tag,
                                           meower_error *error)
{
    struct command_request *request = calloc(1, sizeof(*request) + size);

    if (request == NULL) {
        meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the command");
        return NULL;
    }
    request->inbox = &command->inbox;
    request->write.kind = kind;
    request->write.complete = deliver_requests;
    request->write.requester = &command->inbox;
    request->write.result.tag = tag;
    return request;
}

static int check_key(const char *key, meower_error *error)
{
    size_t len = key == NULL ? 1 : strnlen(key, MEOWER_KEY_MAX + 1);

    if (len < 1 || len > MEOWER_KEY_MAX) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "an idempotency key must have 1 to %d bytes",
                                MEOWER_KEY_MAX);
    }
    return MEOWER_OK;
}

static int check_post(const meower_command *command, const meower_post *post, meower_error *error)
{
    int status = instance_check(instance_of(command), error);

    if (status == MEOWER_OK) {
        status = meower_body_check(post->body, post->body_len, error);
    }
    if (status == MEOWER_OK) {
        status = check_key(post->idempotency_key, error);
    }
    return status == MEOWER_OK ? meower_labels_check(post->labels, post->label_count, error) : status;
}

/* Copies a post whose body has `stored_len` bytes as it is stored into the room behind its request: the labels, then
 * the body, a NUL, the texts of the labels, and the key. Body and labels stand side by side, so that one hash tells
 * apart what a key may not be used for twice; without labels it is the body's alone, as it was before there were any.
 */
static void fill_post(struct command_request *request, const meower_post *post, bool escapes_html, size_t stored_len)
{
    struct write_request *write = &request->write;
    char *body = (char *)(request->labels + post->label_count);
    char *labels_text = body + stored_len + 1;
    size_t labels_len = labels_text_len(post->labels, post->label_count);

    if (escapes_html) {
        html_escape(post->body, post->body_len, body);
    } else {
        memcpy(body, post->body, post->body_len);
    }
    labels_copy(post->labels, post->label_count, request->labels, labels_text);
    write->body = body;
    write->body_len = stored_len;
    write->labels = request->labels;
    write->label_count = post->label_count;
    if (post->idempotency_key != NULL) {
        write->idempotency_key =
            memcpy(labels_text + labels_len, post->idempotency_key, strlen(post->idempotency_key) + 1);
        write->fingerprint = hash_bytes(body, labels_len == 0 ? stored_len : stored_len + 1 + labels_len);
    }
}

/* Checks a post and makes its request. */
static int make_post(meower_command *command, const meower_post *post, struct command_request **out,
                     meower_error *error)
{
    const char *key = post->idempotency_key;
    struct command_request *request;
    bool escapes_html;
    size_t stored_len;
    size_t size;
    int status = check_post(command, post, error);

    if (status != MEOWER_OK) {
        return status;
    }
    escapes_html = instance_escapes_html(command->inbox.instance);
    stored_len = escapes_html ? html_escaped_len(post->body, post->body_len) : post->body_len;
    size = post->label_count * sizeof(meower_label) + stored_len + 1 +
           labels_text_len(post->labels, post->label_count) + (key == NULL ? 0 : strlen(key) + 1);
    request = new_request(command, MEOWER_STORE_POST, size, post->tag, error);
    if (request == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    fill_post(request, post, escapes_html, stored_len);
    *out = request;
    return MEOWER_OK;
}

/* Checks a deletion and makes its request. */
static int make_delete(meower_command *command, const char *id, void *tag, struct command_request **out,
                       meower_error *error)
{
    struct command_request *request;
    int status = instance_check(instance_of(command), error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (id == NULL || meower_id_check(id, strnlen(id, MEOWER_ID_SIZE), NULL) != MEOWER_OK) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "an id must be 27 base62 characters");
    }
    request = new_request(command, MEOWER_STORE_DELETE, 0, tag, error);
    if (request == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    memcpy(request->write.result.id, id, MEOWER_ID_SIZE);
    *out = request;
    return MEOWER_OK;
}

/* Requests on their way to the writer, linked by write.node.next. */
struct request_list {
    struct command_request *first;
    struct command_request *last;
    size_t count;
};

static void request_list_append(struct request_list *list, struct command_request *request)
{
    if (list->first == NULL) {
        list->first = request;
    } else {
        list->last->write.node.next = &request->write.node;
    }
    list->last = request;
    list->count++;
}

static void request_list_free(struct request_list *list)
{
    struct command_request *request = list->first;

    while (request != NULL) {
        struct command_request *next = (struct command_request *)request->write.node.next;
        free(request);
        request = next;
    }
}

/* Hands the requests, which are all of one serial, to the writer. They are released when refused. */
static int submit_list(meower_command *command, struct request_list *list, meower_error *error)
{
    uint64_t serial = list->first->item.serial;
    int status;

    inbox_expect(&command->inbox, serial, list->count);
    status = writer_submit_list(instance_writer(command->inbox.instance), &list->first->write, &list->last->write,
                                list->count);
    if (status == MEOWER_OK) {
        return MEOWER_OK;
    }
    inbox_expect_nothing(&command->inbox, serial, list->count);
    request_list_free(list);
    if (status == MEOWER_ERROR_BUSY) {
        return meower_error_set(error, status, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                "too many commands wait (option queue_max); try again later");
    }
    return meower_error_set(error, status, 0, 0, "the instance is closing; no command is accepted");
}

static int submit(meower_command *command, struct command_request *request, meower_error *error)
{
    struct request_list list = {request, request, 1};

    return submit_list(command, &list, error);
}

/* Takes over a post that a program gave, whichever release it was built with, and makes its request. */
static int make_given(meower_command *command, const meower_post *given, struct command_request **out,
                      meower_error *error)
{
    meower_post post = MEOWER_POST_INIT;
    int status = given == NULL ? refuse_null("post", error) : sized_check(&post_type, given, error);

    if (status != MEOWER_OK) {
        return status;
    }
    sized_read(&post_type, &post, given, given->struct_size);
    return make_post(command, &post, out, error);
}

int meower_command_submit_one(meower_command *command, const meower_post *post, meower_error *error)
{
    struct command_request *request;
    int status = make_given(command, post, &request, error);

    return status == MEOWER_OK ? submit(command, request, error) : status;
}

int meower_command_submit_post(meower_command *command, const char *body, size_t body_len, const char *idempotency_key,
                               void *tag, meower_error *error)
{
    const meower_post post = {sizeof(post), body, body_len, idempotency_key, tag, NULL, 0};
    struct command_request *request;
    int status = make_post(command, &post, &request, error);

    return status == MEOWER_OK ? submit(command, request, error) : status;
}

/* What can be said against so many posts at once, before any of them is looked at. */
static int check_posts(const meower_command *command, const meower_post *posts, size_t count, meower_error *error)
{
    int status = instance_check(instance_of(command), error);
    size_t count_max;

    if (status != MEOWER_OK || count == 0) {
        return status;
    }
    if (posts == NULL) {
        return refuse_null("posts", error);
    }
    count_max = instance_writer(command->inbox.instance)->queue_max;
    if (count > count_max) {
        return meower_error_set(
            error, MEOWER_ERROR_INVALID, 0, 0,
            "%zu posts never fit the queue, which holds %zu (option queue_max); submit fewer at once", count,
            count_max);
    }
    return sized_check_array(&post_type, posts, count, error);
}

int meower_command_submit_posts(meower_command *command, const meower_post *posts, size_t count, meower_error *error)
{
    struct request_list list = {NULL, NULL, 0};
    struct command_request *request;
    int status = check_posts(command, posts, count, error);

    for (size_t i = 0; status == MEOWER_OK && i < count; i++) {
        meower_post post = MEOWER_POST_INIT;
        sized_read(&post_type, &post, (const char *)posts + i * posts->struct_size, posts->struct_size);
        status = make_post(command, &post, &request, error);
        if (status == MEOWER_OK) {
            request_list_append(&list, request);
        } else if (status == MEOWER_ERROR_INVALID && error != NULL) {
            meower_error_set(error, status, 0, error->flags, "posts[%zu]: %s", i, error->message);
        }
    }
    if (status == MEOWER_OK && count > 0) {
        return submit_list(command, &list, error);
    }
    request_list_free(&list);
    return status;
}

int meower_command_submit_delete(meower_command *command, const char *id, void *tag, meower_error *error)
{
    struct command_request *request;
    int status = make_delete(command, id, tag, &request, error);

    return status == MEOWER_OK ? submit(command, request, error) : status;
}

/* Writes a result where the program gave room for it, and its error where the program gave room for that. */
static void give_result(const struct write_request *write, void *room, size_t stride)
{
    meower_command_result given = MEOWER_COMMAND_RESULT_INIT;
    meower_command_result result = write->result;

    sized_read(&result_type, &given, room, stride);
    result.error = given.error;
    if (result.status != MEOWER_OK) {
        result.flags = write->error.flags;
        if (given.error != NULL) {
            *given.error = write->error;
        }
    }
    sized_write(&result_type, room, stride, &result);
}

int meower_command_next(meower_command *command, meower_command_result *out, meower_error *error)
{
    return meower_command_next_many(command, out, 1, error);
}

int meower_command_next_many(meower_command *command, meower_command_result *results, size_t max, meower_error *error)
{
    struct inbox_item *item;
    size_t stride;
    size_t taken;
    int status = results == NULL ? refuse_null("results", error) : instance_check_process(instance_of(command), error);

    if (status != MEOWER_OK || max == 0 ||
        (status = sized_check_array(&result_type, results, max, error)) != MEOWER_OK) {
        return status;
    }
    stride = results->struct_size;
    item = inbox_take_some(&command->inbox, max < INT_MAX ? max : INT_MAX, &taken);
    for (size_t i = 0; i < taken; i++) {
        struct command_request *request = request_of(item);
        item = (struct inbox_item *)item->node.next;
        give_result(&request->write, (char *)results + i * stride, stride);
        free(request);
    }
    return (int)taken;
}

/* Whether there is room for the result of a synchronous call. NULL: it is not wanted. */
static int check_room(const meower_command_result *out, meower_error *error)
{
    return out == NULL ? MEOWER_OK : sized_check(&result_type, out, error);
}

/* Submits the request of a synchronous call and waits for its result. */
static int call(meower_command *command, struct command_request *request, int timeout_ms, meower_command_result *out,
                meower_error *error)
{
    struct inbox_item *item;
    uint64_t serial;
    int status = inbox_begin_call(&command->inbox, &serial, error);

    if (status != MEOWER_OK) {
        free(request);
        return status;
    }
    request->item.serial = serial;
    status = submit(command, request, error);
    if (status == MEOWER_OK) {
        status = inbox_await(&command->inbox, serial, timeout_ms, &item, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    request = request_of(item);
    status = request->write.result.status;
    if (status != MEOWER_OK && error != NULL) {
        *error = request->write.error;
    }
    if (status == MEOWER_OK && out != NULL) {
        give_result(&request->write, out, out->struct_size);
    }
    free(request);
    return status;
}

int meower_command_post(meower_command *command, const char *body, size_t body_len, const char *idempotency_key,
                        int timeout_ms, meower_command_result *out, meower_error *error)
{
    const meower_post post = {sizeof(post), body, body_len, idempotency_key, NULL, NULL, 0};

    return meower_command_post_one(command, &post, timeout_ms, out, error);
}

int meower_command_post_one(meower_command *command, const meower_post *post, int timeout_ms,
                            meower_command_result *out, meower_error *error)
{
    struct command_request *request;
    int status = check_room(out, error);

    if (status == MEOWER_OK) {
        status = make_given(command, post, &request, error);
    }
    return status == MEOWER_OK ? call(command, request, timeout_ms, out, error) : status;
}

int meower_command_delete(meower_command *command, const char *id, int timeout_ms, meower_command_result *out,
                          meower_error *error)
{
    struct command_request *request;
    int status = check_room(out, error);

    if (status == MEOWER_OK) {
        status = make_delete(command, id, NULL, &request, error);
    }
    return status == MEOWER_OK ? call(command, request, timeout_ms, out, error) : status;
}

void meower_command_close(meower_command *command)
{
    if (command != NULL && instance_check_process(command->inbox.instance, NULL) == MEOWER_OK) {
        inbox_close(&command->inbox);
    }
}
