/* subscription.c - the subscription handle: its position, and a batch of events after it. While it keeps up it copies
 * references out of the event log; when it has fallen out of the log's window, a reader fetches the events from the
 * store. Both ends meet by position, so nothing is left out and nothing comes twice.
 *
 * Where it starts is judged by the feed as it is when it is opened, not by what this process has heard of it: where
 * others write to the store, a reader looks there first. */
#include "api/arguments.h"
#include "api/follow.h"
#include "api/instance.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/event.h"
#include "run/deadline.h"
#include <stdlib.h>
#include <string.h>

/* Batches without a match that one call looks through: reading a long past takes many calls, and holds up no loop. */
#define BATCHES_A_CALL 4

/* An event as the user sees it. */
struct given {
    meower_event event;
    char cursor[MEOWER_CURSOR_SIZE];
};

struct meower_subscription {
    meower_feed *instance;
    struct feed *feed;
    struct notifier notifier;
    struct event_listener listener;
    struct meower_filter *filter; /* NULL: everything is given */
    bool has_cursor;              /* the user gave one: the next two are what it says */
    char wanted_epoch[MEOWER_EPOCH_SIZE];
    uint64_t wanted;
    bool is_started; /* it is known where it starts */
    bool is_recovered;
    uint64_t position; /* of the last event taken, or looked at in vain */
    char cursor[MEOWER_CURSOR_SIZE];
    struct event_batch batch;
    bool is_sifted;      /* it has only what matches */
    size_t next;         /* event of the batch to be taken next */
    struct given *given; /* the events taken last */
    size_t given_max;
    char *frames; /* each of them as JSON */
    size_t frames_size;

    struct read_request read;   /* a fetch from the store, or at first the look at its head */
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
    meower_filter_free(subscription->filter);
    free(subscription->given);
    free(subscription->frames);
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

/* Reads what the user asks for. */
static int parse_wanted(struct meower_subscription *subscription, const char *cursor, meower_error *error)
{
    subscription->has_cursor = cursor != NULL && cursor[0] != '\0';
    if (subscription->has_cursor && strcmp(cursor, MEOWER_CURSOR_START) == 0) {
        memcpy(subscription->wanted_epoch, subscription->feed->epoch, MEOWER_EPOCH_SIZE);
        return MEOWER_OK;
    }
    if (subscription->has_cursor && !cursor_parse(cursor, subscription->wanted_epoch, &subscription->wanted)) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "the cursor is no cursor of a feed");
    }
    return MEOWER_OK;
}

/* Whether the position asked for is one of this feed, which has come as far as `head`. */
static bool is_reached(const struct meower_subscription *subscription, uint64_t head)
{
    return subscription->has_cursor && strcmp(subscription->wanted_epoch, subscription->feed->epoch) == 0 &&
           subscription->wanted <= head;
}

/* Decides where the subscription starts; the feed's head is `head`. */
static void start(struct meower_subscription *subscription, uint64_t head)
{
    bool is_known = is_reached(subscription, head);

    subscription->position = is_known ? subscription->wanted : head;
    subscription->is_recovered = is_known || !subscription->has_cursor;
    subscription->is_started = true;
    cursor_format(subscription->feed->epoch, subscription->position, subscription->cursor);
    if (event_log_head(&subscription->feed->log) > subscription->position) {
        notifier_raise(&subscription->notifier);
    }
}

static int submit_read(struct meower_subscription *subscription, int kind, meower_error *error);

/* The store cannot be looked at, for that reason. A cursor that this process knows is good all the same: the live feed
 * goes on without the store, which nobody can delete from while it is away. Returns 1 when it has started, or the
 * reason. */
static int start_without_look(struct meower_subscription *subscription, int reason)
{
    uint64_t head = event_log_head(&subscription->feed->log);

    if (!is_reached(subscription, head)) {
        return reason;
    }
    start(subscription, head);
    return 1;
}

/* Starts at once where nobody else writes, or else has the store looked at, also for a cursor that this process knows:
 * it may not have heard yet that a meow after it was deleted. */
static void start_or_look(struct meower_subscription *subscription)
{
    if (!subscription->feed->is_shared) {
        start(subscription, event_log_head(&subscription->feed->log));
    } else if (submit_read(subscription, READ_HEAD, NULL) != 0) {
        notifier_raise(&subscription->notifier); /* the user comes, and the store is asked again */
    }
}

static int allocate(meower_feed *instance, const meower_follow *follow, struct meower_subscription **out,
                    meower_error *error)
{
    struct meower_subscription *subscription = calloc(1, sizeof(*subscription));
    int status;

    if (subscription == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a subscription");
    }
    subscription->instance = instance;
    subscription->feed = instance_feed(instance);
    status = parse_wanted(subscription, follow->cursor, error);
    if (status == MEOWER_OK) {
        status = follow_compile(follow, &subscription->filter, error);
    }
    if (status == MEOWER_OK && notifier_open(&subscription->notifier) != MEOWER_OK) {
        status = meower_error_set(error, MEOWER_ERROR_IO, 0, 0,
                                  "no file descriptor is left for a subscription; raise the limit (ulimit -n)");
    }
    if (status != MEOWER_OK) {
        meower_filter_free(subscription->filter);
        free(subscription);
        return status;
    }
    subscription->read.complete = fetch_complete;
    subscription->read.batch = &subscription->fetched;
    atomic_init(&subscription->references, 1);
    subscription->listener = (struct event_listener){.notify = wake, .context = subscription};
    *out = subscription;
    return MEOWER_OK;
}

int meower_subscription_begin(meower_feed *instance, const meower_follow *given, meower_subscription **out,
                              meower_error *error)
{
    struct meower_subscription *subscription = NULL;
    meower_follow follow;
    int status = out == NULL ? refuse_null("out", error) : instance_check(instance, error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (!instance_has_role(instance, "subscription")) {
        return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                "this instance has no subscriptions; add \"subscription\" to the option roles");
    }
    status = follow_read(given, &follow, error);
    if (status != MEOWER_OK || (status = allocate(instance, &follow, &subscription, error)) != MEOWER_OK) {
        return status;
    }
    event_log_listen(&subscription->feed->log, &subscription->listener);
    start_or_look(subscription);
    instance_handle_opened(instance);
    *out = subscription;
    return MEOWER_OK;
}

int meower_subscription_started(meower_subscription *subscription, meower_error *error)
{
    int status = instance_check_process(subscription == NULL ? NULL : subscription->instance, error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (subscription->is_started) {
        return 1;
    }
    switch (atomic_load(&subscription->fetch)) {
    case FETCH_UNDER_WAY:
        return 0;
    case FETCH_NONE:
        status = submit_read(subscription, READ_HEAD, error);
        return status == 0 ? 0 : start_without_look(subscription, status);
    default:
        atomic_store(&subscription->fetch, FETCH_NONE);
    }
    if (subscription->read.status != MEOWER_OK) {
        if (error != NULL) {
            *error = subscription->read.error;
        }
        return start_without_look(subscription, subscription->read.status);
    }
    start(subscription, subscription->read.after);
    return 1;
}

/* Waits until the store may have been looked at. Returns 0, TIMEOUT or INTERRUPTED. */
static int wait_for_look(struct meower_subscription *subscription, int64_t deadline_us, meower_error *error)
{
    int status = instance_wait(subscription->instance, &subscription->notifier, deadline_us, error);

    if (status != MEOWER_ERROR_TIMEOUT) {
        return status;
    }
    return meower_error_set(error, status, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                            "the store did not say in time how far the feed is; try again later");
}

int meower_subscription_open(meower_feed *instance, const char *cursor, meower_subscription **out, meower_error *error)
{
    meower_follow follow = MEOWER_FOLLOW_INIT;

    follow.cursor = cursor;
    return meower_subscription_follow(instance, &follow, out, error);
}

int meower_subscription_follow(meower_feed *instance, const meower_follow *follow, meower_subscription **out,
                               meower_error *error)
{
    struct meower_subscription *subscription = NULL;
    int64_t deadline_us;
    int status =
        out == NULL ? refuse_null("out", error) : meower_subscription_begin(instance, follow, &subscription, error);

    if (status != MEOWER_OK) {
        return status;
    }
    deadline_us = clock_monotonic_us(instance_clock(instance)) + instance_wait_max_us(instance);
    while ((status = meower_subscription_started(subscription, error)) == 0) {
        notifier_clear(&subscription->notifier);
        if (atomic_load(&subscription->fetch) == FETCH_UNDER_WAY &&
            (status = wait_for_look(subscription, deadline_us, error)) != MEOWER_OK) {
            break;
        }
    }
    if (status != 1) {
        meower_subscription_close(subscription);
        return status;
    }
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

uint64_t meower_subscription_position(const meower_subscription *subscription)
{
    return subscription == NULL ? 0 : subscription->position;
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

/* Has a reader ask the store: for events that the event log no longer holds, or for its head. Returns 0, or why it
 * cannot. */
static int submit_read(struct meower_subscription *subscription, int kind, meower_error *error)
{
    int status;

    subscription->read.kind = kind;
    subscription->read.after = subscription->position;
    subscription->read.status = MEOWER_OK;
    atomic_store(&subscription->fetch, FETCH_UNDER_WAY);
    atomic_fetch_add(&subscription->references, 1);
    status = readers_submit(instance_readers(subscription->instance), &subscription->read);
    if (status == MEOWER_OK) {
        return 0;
    }
    atomic_store(&subscription->fetch, FETCH_NONE);
    atomic_fetch_sub(&subscription->references, 1);
    return meower_error_set(error, status, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                            "the store cannot be asked now; call again later");
}

/* Looks for a next batch. Returns 1 when there is one (it may be a newer position without events), 0 when not, or an
 * error. */
static int look(struct meower_subscription *subscription, meower_error *error)
{
    int status = meower_subscription_started(subscription, error);
    int fetch;

    if (status != 1) {
        return status;
    }
    fetch = atomic_load(&subscription->fetch);
    if (fetch == FETCH_UNDER_WAY) {
        return 0;
    }
    if (fetch == FETCH_DONE) {
        return take_fetched(subscription, error);
    }
    if (!event_log_read(&subscription->feed->log, subscription->position, EVENT_BATCH_MAX, &subscription->batch)) {
        return submit_read(subscription, READ_EVENTS, error);
    }
    return subscription->batch.through > subscription->position ? 1 : 0;
}

/* The next batch, as look(). When there is none the descriptor is no longer readable, until there is; it stays readable
 * while a batch is being taken and after an error, so that a host's loop comes back. */
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

/* Makes room for the next `count` events of the batch. Returns 0 or MEOWER_ERROR_NO_MEMORY. */
static int make_room(struct meower_subscription *subscription, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        size += event_frame_size(subscription->batch.events[subscription->next + i]) + 1;
    }
    if (size > subscription->frames_size) {
        char *frames = realloc(subscription->frames, size);
        if (frames == NULL) {
            return MEOWER_ERROR_NO_MEMORY;
        }
        subscription->frames = frames;
        subscription->frames_size = size;
    }
    if (count > subscription->given_max) {
        struct given *given = reallocarray(subscription->given, count, sizeof(*given));
        if (given == NULL) {
            return MEOWER_ERROR_NO_MEMORY;
        }
        subscription->given = given;
        subscription->given_max = count;
    }
    return MEOWER_OK;
}

/* Makes a public event, with its JSON at `frame`. Returns the place after that. */
static char *give(const struct meower_subscription *subscription, const struct meow *meow, struct given *given,
                  char *frame)
{
    size_t len = event_write_frame(meow, subscription->feed->epoch, frame);

    frame[len] = '\0';
    cursor_format(subscription->feed->epoch, meow->position, given->cursor);
    given->event = (meower_event){
        .position = meow->position,
        .kind = meow->kind,
        .meow = &meow->view,
        .cursor = given->cursor,
        .json = frame,
        .json_len = len,
    };
    return frame + len + 1;
}

/* Gives the next events of the batch, at most `max`. Returns how many. */
static int give_some(struct meower_subscription *subscription, const meower_event **events, size_t max,
                     meower_error *error)
{
    size_t left = subscription->batch.count - subscription->next;
    size_t count = max < left ? max : left;
    char *frame;

    if (make_room(subscription, count) != MEOWER_OK) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                "no memory for the event; call again later");
    }
    frame = subscription->frames;
    for (size_t i = 0; i < count; i++) {
        const struct meow *meow = subscription->batch.events[subscription->next++];
        frame = give(subscription, meow, &subscription->given[i], frame);
        subscription->position = meow->position;
        events[i] = &subscription->given[i].event;
    }
    cursor_format(subscription->feed->epoch, subscription->position, subscription->cursor);
    return (int)count;
}

static int check_call(const meower_subscription *subscription, const char *name, const meower_event **out,
                      meower_error *error)
{
    if (out == NULL) {
        return refuse_null(name, error);
    }
    return instance_check_process(subscription == NULL ? NULL : subscription->instance, error);
}

/* Drops what does not match from a batch that is new. */
static int sift(struct meower_subscription *subscription, meower_error *error)
{
    int status = MEOWER_OK;

    if (subscription->filter != NULL && !subscription->is_sifted) {
        status = follow_sift(subscription->filter, &subscription->batch, error);
        subscription->is_sifted = status == MEOWER_OK;
    }
    return status;
}

/* All of the batch was taken. It may have ended with what does not match, or with creations whose meows are gone. */
static void end_batch(struct meower_subscription *subscription)
{
    if (subscription->batch.through > subscription->position) {
        subscription->position = subscription->batch.through;
        cursor_format(subscription->feed->epoch, subscription->position, subscription->cursor);
    }
    event_batch_release(&subscription->batch);
    subscription->next = 0;
    subscription->is_sifted = false;
}

/* Takes the next events, at most `max`, for a call that was checked. */
static int take_events(struct meower_subscription *subscription, const meower_event **events, size_t max,
                       meower_error *error)
{
    int status = sift(subscription, error);

    for (unsigned batches = 1; status == MEOWER_OK && subscription->next == subscription->batch.count; batches++) {
        end_batch(subscription);
        if (subscription->filter != NULL && batches > BATCHES_A_CALL) {
            notifier_raise(&subscription->notifier);
            return 0;
        }
        status = refill(subscription, error);
        if (status != 1) {
            return status;
        }
        status = sift(subscription, error);
    }
    return status == MEOWER_OK ? give_some(subscription, events, max, error) : status;
}

int meower_subscription_next(meower_subscription *subscription, const meower_event **out, meower_error *error)
{
    int status = check_call(subscription, "out", out, error);

    return status == MEOWER_OK ? take_events(subscription, out, 1, error) : status;
}

int meower_subscription_next_many(meower_subscription *subscription, const meower_event **events, size_t max,
                                  meower_error *error)
{
    int status = check_call(subscription, "events", events, error);

    return status == MEOWER_OK && max > 0 ? take_events(subscription, events, max, error) : status;
}

int meower_subscription_wait(meower_subscription *subscription, int timeout_ms, const meower_event **out,
                             meower_error *error)
{
    int64_t deadline_us;
    int status = check_call(subscription, "out", out, error);

    if (status != MEOWER_OK) {
        return status;
    }
    deadline_us = deadline_after_ms(instance_clock(subscription->instance), timeout_ms);
    while ((status = take_events(subscription, out, 1, error)) == 0) {
        status = instance_wait(subscription->instance, &subscription->notifier, deadline_us, error);
        if (status != MEOWER_OK) {
            return status == MEOWER_ERROR_TIMEOUT ? 0 : status;
        }
    }
    return status;
}

void meower_subscription_close(meower_subscription *subscription)
{
    if (subscription == NULL || instance_check_process(subscription->instance, NULL) != MEOWER_OK) {
        return;
    }
    event_log_unlisten(&subscription->feed->log, &subscription->listener);
    event_batch_release(&subscription->batch);
    instance_handle_closed(subscription->instance);
    subscription_release(subscription);
}
