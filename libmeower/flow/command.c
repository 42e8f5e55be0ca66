/* command.c - the command handle: checks what is posted, hands it to the writer, and gives out the results. */
#include "base/hash.h"
#include "base/html.h"
#include "flow/engine.h"
#include "flow/inbox.h"
#include <stdlib.h>
#include <string.h>

/* The public handle is its inbox. */
struct meower_command {
    struct inbox inbox;
};

/* A write request of a user, with its texts behind it. */
struct command_request {
    struct write_request write; /* first: the writer hands it back by this */
    struct inbox_item item;
    struct inbox *inbox;
    char text[];
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

/* NULL for NULL, which engine_check() refuses. */
static meower *instance_of(const meower_command *command)
{
    return command == NULL ? NULL : command->inbox.instance;
}

int meower_command_open(meower *instance, meower_command **out, meower_error *error)
{
    struct inbox *inbox;
    int status = out == NULL ? engine_refuse_null("out", error) : engine_check(instance, error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (!instance->has_command) {
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

static int check_key(const char *key, meower_error *error)
{
    size_t len = key == NULL ? 1 : strnlen(key, MEOWER_KEY_MAX + 1);

    if (len < 1 || len > MEOWER_KEY_MAX) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "an idempotency key must have 1 to %d bytes",
                                MEOWER_KEY_MAX);
    }
    return MEOWER_OK;
}

/* Checks a post and makes its request. */
static int make_post(const meower_command *command, const char *body, size_t body_len, const char *key,
                     struct command_request **out, meower_error *error)
{
    struct command_request *request;
    size_t key_size;
    size_t stored_len;
    int status = engine_check(instance_of(command), error);

    if (status != MEOWER_OK || (status = meower_body_check(body, body_len, error)) != MEOWER_OK ||
        (status = check_key(key, error)) != MEOWER_OK) {
        return status;
    }
    key_size = key == NULL ? 0 : strlen(key) + 1;
    stored_len = command->inbox.instance->escapes_html ? html_escaped_len(body, body_len) : body_len;
    request = calloc(1, sizeof *request + stored_len + 1 + key_size);
    if (request == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the command");
    }
    if (command->inbox.instance->escapes_html) {
        html_escape(body, body_len, request->text);
    } else {
        memcpy(request->text, body, body_len);
    }
    request->write.kind = MEOWER_STORE_POST;
    request->write.body = request->text;
    request->write.body_len = stored_len;
    if (key != NULL) {
        request->write.idempotency_key = memcpy(request->text + stored_len + 1, key, key_size);
        request->write.fingerprint = hash_bytes(request->text, stored_len);
    }
    *out = request;
    return MEOWER_OK;
}

/* Checks a deletion and makes its request. */
static int make_delete(const meower_command *command, const char *id, struct command_request **out, meower_error *error)
{
    struct command_request *request;
    int status = engine_check(instance_of(command), error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (id == NULL || meower_id_check(id, strnlen(id, MEOWER_ID_SIZE)) != MEOWER_OK) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "an id must be 27 base62 characters");
    }
    request = calloc(1, sizeof *request);
    if (request == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the command");
    }
    request->write.kind = MEOWER_STORE_DELETE;
    memcpy(request->write.result.id, id, MEOWER_ID_SIZE);
    *out = request;
    return MEOWER_OK;
}

/* Hands the request to the writer. It is released when refused. */
static int submit(meower_command *command, struct command_request *request, uint64_t serial, void *tag,
                  meower_error *error)
{
    int status;

    request->inbox = &command->inbox;
    request->item.serial = serial;
    request->write.complete = deliver_requests;
    request->write.requester = &command->inbox;
    request->write.result.tag = tag;
    inbox_expect(&command->inbox, &request->item);
    status = writer_submit(&command->inbox.instance->writer, &request->write);
    if (status == MEOWER_OK) {
        return MEOWER_OK;
    }
    inbox_expect_nothing(&command->inbox, &request->item);
    free(request);
    if (status == MEOWER_ERROR_BUSY) {
        return meower_error_set(error, status, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                "too many commands wait (option queue_max); try again later");
    }
    return meower_error_set(error, status, 0, 0, "the instance is closing; no command is accepted");
}

int meower_command_submit_post(meower_command *command, const char *body, size_t body_len, const char *idempotency_key,
                               void *tag, meower_error *error)
{
    struct command_request *request;
    int status = make_post(command, body, body_len, idempotency_key, &request, error);

    return status == MEOWER_OK ? submit(command, request, 0, tag, error) : status;
}

int meower_command_submit_delete(meower_command *command, const char *id, void *tag, meower_error *error)
{
    struct command_request *request;
    int status = make_delete(command, id, &request, error);

    return status == MEOWER_OK ? submit(command, request, 0, tag, error) : status;
}

int meower_command_next(meower_command *command, meower_command_result *out)
{
    struct inbox_item *item;
    int status = out == NULL ? MEOWER_ERROR_INVALID : engine_check_process(instance_of(command), NULL);

    if (status != MEOWER_OK) {
        return status;
    }
    item = inbox_take(&command->inbox, 0);
    if (item == NULL) {
        return 0;
    }
    *out = request_of(item)->write.result;
    free(request_of(item));
    return 1;
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
    status = submit(command, request, serial, NULL, error);
    if (status == MEOWER_OK) {
        status = inbox_await(&command->inbox, serial, timeout_ms, &item, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    request = request_of(item);
    status = request->write.result.status;
    if (status != MEOWER_OK && error != NULL) {
        *error = request->write.result.error;
    }
    if (status == MEOWER_OK && out != NULL) {
        *out = request->write.result;
    }
    free(request);
    return status;
}

int meower_command_post(meower_command *command, const char *body, size_t body_len, const char *idempotency_key,
                        int timeout_ms, meower_command_result *out, meower_error *error)
{
    struct command_request *request;
    int status = make_post(command, body, body_len, idempotency_key, &request, error);

    return status == MEOWER_OK ? call(command, request, timeout_ms, out, error) : status;
}

int meower_command_delete(meower_command *command, const char *id, int timeout_ms, meower_command_result *out,
                          meower_error *error)
{
    struct command_request *request;
    int status = make_delete(command, id, &request, error);

    return status == MEOWER_OK ? call(command, request, timeout_ms, out, error) : status;
}

void meower_command_close(meower_command *command)
{
    if (command != NULL && engine_check_process(command->inbox.instance, NULL) == MEOWER_OK) {
        inbox_close(&command->inbox);
    }
}
