/* subscription.c - the subscription handle: its position, and a batch of events behind it. While it keeps up it copies
 * references out of the event log; when it has fallen out of the log's window, a reader fetches the events from the
 * store. Both ends meet by position, so nothing is left out and nothing comes twice. */
#include "base/clock.h"
#include "base/cursor.h"
#include "base/event.h"
#include "flow/engine.h"
#include <stdlib.h>
#include <string.h>

struct meower_subscription {
    meower *instance;
    struct notifier notifier;
    struct event_listener listener;
    bool is_recovered;
    uint64_t position; /* of the last event taken */
    char cursor[MEOWER_CURSOR_SIZE];
    struct event_batch batch;
    size_t next; /* event of the batch to be taken next */
    meower_event event;
    char *frame; /* the event as JSON */
    size_t frame_size;

    struct read_request read;   /* a fetch from the store */
    struct event_batch fetched; /* what it brings */
    atomic_int fetch;           /* FETCH_... */
    atomic_uint references;     /* the user's, and one for a fetch under way */
};

enum {
    FETCH_NONE = 0,
    FETCH_UNDER_WAY = 1,
    FETCH_DONE = 2
};

static void subscription_release(struct meower_subscription *subscription)
{
    if (atomic_fetch_sub(&subscription->references, 1) != 1) {
        return;
    }
    event_batch_release(&subscription->fetched);
    notifier_close(&subscription->notifier);
    free(subscription->frame);
    free(subscription);
}

static void wake(void *context)
{
    notifier_raise(&((struct meower_subscription *)context)->notifier);
}

/* On the reader's thread. */
static void fetch_complete(struct read_request *read)
{
    struct meower_subscription *subscription =
        (struct meower_subscription *)((char *)read - offsetof(struct meower_subscription, read));

    atomic_store(&subscription->fetch, FETCH_DONE);
    notifier_raise(&subscription->notifier);
    subscription_release(subscription);
}

/* Decides where the subscription starts. */
static int find_start(struct meower_subscription *subscription, const char *cursor, meower_error *error)
{
    meower *instance = subscription->instance;
    uint64_t head = event_log_head(&instance->log);
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t position;

    subscription->position = head;
    subscription->is_recovered = true;
    if (cursor == NULL || cursor[0] == '\0') {
        return MEOWER_OK;
    }
    if (!cursor_parse(cursor, epoch, &position)) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "the cursor is no cursor of a feed");
    }
    if (strcmp(epoch, instance->epoch) != 0 || position > head) {
        subscription->is_recovered = false;
        return MEOWER_OK;
    }
    subscription->position = position;
    return MEOWER_OK;
}

int meower_subscription_open(meower *instance, const char *cursor, meower_subscription **out, meower_error *error)
{
    struct meower_subscription *subscription;
    int status = out == NULL ? engine_refuse_null("out", error) : engine_check(instance, error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (!instance->has_subscription) {
        return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                "this instance has no subscriptions; add \"subscription\" to the option roles");
    }
    subscription = calloc(1, sizeof *subscription);
    if (subscription == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a subscription");
    }
    subscription->instance = instance;
    status = find_start(subscription, cursor, error);
    if (status == MEOWER_OK && notifier_open(&subscription->notifier) != MEOWER_OK) {
        status = meower_error_set(error, MEOWER_ERROR_IO, 0, 0,
                                  "no file descriptor is left for a subscription; raise the limit (ulimit -n)");
    }
    if (status != MEOWER_OK) {
        free(subscription);
        return status;
    }
    cursor_format(instance->epoch, subscription->position, subscription->cursor);
    subscription->read.kind = READ_EVENTS;
    subscription->read.complete = fetch_complete;
    subscription->read.batch = &subscription->fetched;
    atomic_init(&subscription->references, 1);
    subscription->listener = (struct event_listener){.notify = wake, .context = subscription};
    event_log_listen(&instance->log, &subscription->listener);
    if (event_log_head(&instance->log) > subscription->position) {
        notifier_raise(&subscription->notifier);
    }
    atomic_fetch_add(&instance->handles, 1);
    *out = subscription;
    return MEOWER_OK;
}

int meower_subscription_fd(const meower_subscription *subscription)
{
    return subscription == NULL ? MEOWER_ERROR_INVALID : subscription->notifier.fd;
}

int meower_subscription_recovered(const meower_subscription *subscription)
{
    return subscription == NULL ? 0 : subscription->is_recovered;
}

const char *meower_subscription_cursor(const meower_subscription *subscription)
{
    return subscription == NULL ? "" : subscription->cursor;
}

/* Takes over what a fetch has brought. Returns 1, or why it failed. */
static int take_fetched(struct meower_subscription *subscription, meower_error *error)
{
    atomic_store(&subscription->fetch, FETCH_NONE);
    if (subscription->read.status != MEOWER_OK) {
        if (error != NULL) {
            *error = subscription->read.error;
        }
        return subscription->read.status;
    }
    subscription->batch = subscription->fetched;
    subscription->fetched.count = 0;
    return 1;
}

/* Has a reader fetch what the event log no longer holds. Returns 0, or why it cannot. */
static int start_fetch(struct meower_subscription *subscription, meower_error *error)
{
    int status;

    subscription->read.after = subscription->position;
    subscription->read.status = MEOWER_OK;
    atomic_store(&subscription->fetch, FETCH_UNDER_WAY);
    atomic_fetch_add(&subscription->references, 1);
    status = reader_submit(subscription->instance, &subscription->read);
    if (status == MEOWER_OK) {
        return 0;
    }
    atomic_store(&subscription->fetch, FETCH_NONE);
    atomic_fetch_sub(&subscription->references, 1);
    return meower_error_set(error, status, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                            "the events cannot be read from the store now; call again later");
}

/* Looks for a next batch. Returns 1 when there is one (it may be a newer position without events), 0 when not, or an
 * error. */
static int look(struct meower_subscription *subscription, meower_error *error)
{
    int fetch = atomic_load(&subscription->fetch);

    if (fetch == FETCH_UNDER_WAY) {
        return 0;
    }
    if (fetch == FETCH_DONE) {
        return take_fetched(subscription, error);
    }
    if (!event_log_read(&subscription->instance->log, subscription->position, EVENT_BATCH_MAX, &subscription->batch)) {
        return start_fetch(subscription, error);
    }
    return subscription->batch.through > subscription->position ? 1 : 0;
}

/* The next batch, as look(). When there is none the descriptor is no longer readable, until there is; it stays readable
 * while a batch is being taken and behind an error, so that a host's loop comes back. */
static int refill(struct meower_subscription *subscription, meower_error *error)
{
    int status = look(subscription, error);

    if (status == 0) {
        notifier_clear(&subscription->notifier);
        /* What came just before the clearing raised nothing that is left: look again. */
        status = look(subscription, error);
        if (status != 0) {
            notifier_raise(&subscription->notifier);
        }
    }
    return status;
}

/* Makes the public event out of the next one of the batch. */
static int give(struct meower_subscription *subscription, const meower_event **out, meower_error *error)
{
    struct meow *meow = subscription->batch.events[subscription->next];
    size_t size = event_frame_size(meow) + 1;

    if (size > subscription->frame_size) {
        char *frame = realloc(subscription->frame, size);
        if (frame == NULL) {
            return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                    "no memory for the event; call again later");
        }
        subscription->frame = frame;
        subscription->frame_size = size;
    }
    subscription->position = meow->position;
    cursor_format(subscription->instance->epoch, meow->position, subscription->cursor);
    subscription->event.position = meow->position;
    subscription->event.kind = meow->kind;
    subscription->event.meow = meow->view;
    subscription->event.cursor = subscription->cursor;
    subscription->event.json_len = event_write_frame(meow, subscription->instance->epoch, subscription->frame);
    subscription->frame[subscription->event.json_len] = '\0';
    subscription->event.json = subscription->frame;
    subscription->next++;
    *out = &subscription->event;
    return 1;
}

static int check_call(const meower_subscription *subscription, const meower_event **out, meower_error *error)
{
    if (out == NULL) {
        return engine_refuse_null("out", error);
    }
    return engine_check_process(subscription == NULL ? NULL : subscription->instance, error);
}

int meower_subscription_next(meower_subscription *subscription, const meower_event **out, meower_error *error)
{
    struct event_batch *batch;
    int status = check_call(subscription, out, error);

    if (status != MEOWER_OK) {
        return status;
    }
    batch = &subscription->batch;
    while (subscription->next == batch->count) {
        if (batch->through > subscription->position) {
            /* The batch ended with creations whose meows are gone. */
            subscription->position = batch->through;
            cursor_format(subscription->instance->epoch, subscription->position, subscription->cursor);
        }
        event_batch_release(batch);
        subscription->next = 0;
        status = refill(subscription, error);
        if (status != 1) {
            return status;
        }
    }
    return give(subscription, out, error);
}

int meower_subscription_wait(meower_subscription *subscription, int timeout_ms, const meower_event **out,
                             meower_error *error)
{
    int64_t deadline_us;
    int status = check_call(subscription, out, error);

    if (status != MEOWER_OK) {
        return status;
    }
    deadline_us = engine_deadline_us(subscription->instance, timeout_ms);
    while ((status = meower_subscription_next(subscription, out, error)) == 0) {
        if (engine_wait(subscription->instance, &subscription->notifier, deadline_us) != MEOWER_OK) {
            return 0;
        }
    }
    return status;
}

void meower_subscription_close(meower_subscription *subscription)
{
    if (subscription == NULL || engine_check_process(subscription->instance, NULL) != MEOWER_OK) {
        return;
    }
    event_log_unlisten(&subscription->instance->log, &subscription->listener);
    event_batch_release(&subscription->batch);
    atomic_fetch_sub(&subscription->instance->handles, 1);
    subscription_release(subscription);
}
