/* writer.c - group commit: takes whatever waited while the last transaction ran, puts it into one transaction, appends
 * what was committed to the feed, and answers. The ids are drawn here, so that they rise in the order of the positions.
 */
#include "stage/writer.h"
#include "base/clock.h"
#include "run/backoff.h"
#include "stage/lane.h"
#include <stdlib.h>
#include <string.h>

int writer_init(struct writer *writer)
{
    writer->operations = calloc(writer->batch_max, sizeof(*writer->operations));
    writer->requests = calloc(writer->batch_max, sizeof(*writer->requests));
    writer->events = calloc(writer->batch_max, sizeof(struct meow *));
    if (writer->operations == NULL || writer->requests == NULL || writer->events == NULL) {
        free(writer->operations);
        free(writer->requests);
        free(writer->events);
        return MEOWER_ERROR_NO_MEMORY;
    }
    writer->answers.counters = writer->counters;
    ksuid_source_init(&writer->ids, writer->clock, writer->store->info.newest_id);
    queue_init(&writer->queue, writer->queue_max, NULL);
    failure_init(&writer->failure);
    worker_init(&writer->worker, "meower-write", writer_step, writer);
    return MEOWER_OK;
}

void writer_destroy(struct writer *writer)
{
    worker_destroy(&writer->worker);
    failure_destroy(&writer->failure);
    queue_destroy(&writer->queue);
    free(writer->operations);
    free(writer->requests);
    free(writer->events);
}

int writer_submit(struct writer *writer, struct write_request *request)
{
    return writer_submit_list(writer, request, request, 1);
}

int writer_submit_list(struct writer *writer, struct write_request *first, struct write_request *last, size_t count)
{
    int status;

    atomic_fetch_add(&writer->answers.pending, count);
    status = queue_push_list(&writer->queue, &first->node, &last->node, count);
    if (status != MEOWER_OK) {
        atomic_fetch_sub(&writer->answers.pending, count);
        return status;
    }
    worker_wake(&writer->worker);
    return MEOWER_OK;
}

/* Makes the event that the request will become. Its position is known only after the commit. */
static int make_event(struct writer *writer, struct write_request *request, int64_t now_us)
{
    meower_row row = {.kind = MEOWER_EVENT_DELETED, .id = request->result.id, .created_at_us = now_us};

    if (!write_is_command(request->kind)) {
        return MEOWER_OK;
    }
    if (request->kind == MEOWER_STORE_POST) {
        ksuid_source_next(&writer->ids, now_us, request->result.id);
        request->result.created_at_us = now_us;
        row.kind = MEOWER_EVENT_CREATED;
        row.body = request->body;
        row.body_len = request->body_len;
        row.labels = request->labels;
        row.label_count = request->label_count;
    }
    request->event = meow_new(&row);
    return request->event == NULL ? MEOWER_ERROR_NO_MEMORY : MEOWER_OK;
}

static void fill_operation(const struct writer *writer, const struct write_request *request, int64_t now_us,
                           meower_store_operation *operation)
{
    *operation = (meower_store_operation){
        .kind = request->kind,
        .id = request->result.id,
        .body = request->body,
        .body_len = request->body_len,
        .labels = request->labels,
        .label_count = request->label_count,
        .at_us = now_us,
        .idempotency_key = request->idempotency_key,
        .fingerprint = request->fingerprint,
        .expires_us = now_us + (request->kind == MEOWER_STORE_LEASE ? request->lease_us : writer->idempotency_ttl_us),
        .name = request->name,
        .owner = request->owner,
        .position = request->position,
    };
}

/* Takes a batch out of the queue. Returns false when nothing waits. */
static bool take_batch(struct writer *writer)
{
    int64_t now_us = clock_wall_us(writer->clock);
    size_t taken;
    struct queue_node *node = queue_take_some(&writer->queue, writer->batch_max, &taken);

    if (node == NULL) {
        return false;
    }
    while (node != NULL) {
        struct write_request *request = (struct write_request *)node;
        node = node->next;
        if (make_event(writer, request, now_us) != MEOWER_OK) {
            meower_error_set(&request->error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                             "no memory for the meow; nothing was stored");
            write_answers_add(&writer->answers, request, MEOWER_ERROR_NO_MEMORY);
            continue;
        }
        fill_operation(writer, request, now_us, &writer->operations[writer->count]);
        writer->requests[writer->count++] = request;
    }
    write_answers_give_back(&writer->answers);
    writer->outcome = (struct outcome){.tried_after = event_log_head(&writer->feed->log)};
    writer->attempts = 0;
    writer->refusals = 0;
    writer->retry_us = 0;
    writer->give_up_us = clock_monotonic_us(writer->clock) + writer->wait_max_us;
    return true;
}

/* Appends what was committed to the feed. Where another process wrote in between, the store is read up to there; when
 * that fails it is done later, and until then readers look at the store's head themselves. */
static void append_to_feed(struct writer *writer)
{
    uint64_t first = 0;
    size_t count = 0;
    meower_error error;

    for (size_t i = 0; i < writer->count; i++) {
        struct write_request *request = writer->requests[i];
        if (request->event == NULL) {
            continue;
        }
        if (writer->operations[i].status != MEOWER_OK || writer->operations[i].replayed) {
            meow_release(request->event);
        } else {
            request->event->position = writer->operations[i].position;
            first = count == 0 ? request->event->position : first;
            writer->events[count++] = request->event;
        }
        request->event = NULL;
    }
    if (count == 0) {
        return;
    }
    atomic_store(&writer->committed, first + count - 1);
    if (feed_append(writer->feed, LANE_WRITER, first, writer->events, count, &error) != MEOWER_OK) {
        writer->is_behind = true;
    }
}

static void finish_committed(struct writer *writer)
{
    append_to_feed(writer);
    for (size_t i = 0; i < writer->count; i++) {
        write_request_take_result(writer->requests[i], &writer->operations[i], writer->feed->epoch);
        write_answers_add(&writer->answers, writer->requests[i], writer->operations[i].status);
    }
    write_answers_give_back(&writer->answers);
    writer->count = 0;
    atomic_store(&writer->failed_us, 0);
}

static void finish_failed(struct writer *writer, const meower_error *error)
{
    int status = writer->outcome.was_unknown ? MEOWER_ERROR_OUTCOME_UNKNOWN : error->code;

    writer->is_behind |= writer->outcome.was_unknown;
    writer->outcome.is_unknown = false;
    for (size_t i = 0; i < writer->count; i++) {
        struct write_request *request = writer->requests[i];
        meow_release(request->event);
        request->event = NULL;
        request->error = *error;
        request->error.code = status;
        write_answers_add(&writer->answers, request, status);
    }
    write_answers_give_back(&writer->answers);
    writer->count = 0;
}

/* Answers the commands of the batch that turn out to be stored, and keeps the others. */
static void answer_stored(struct writer *writer)
{
    size_t kept = 0;

    atomic_fetch_add(&writer->counters->batches, 1);
    for (size_t i = 0; i < writer->count; i++) {
        meower_store_operation *operation = &writer->operations[i];
        struct write_request *request = writer->requests[i];
        if (write_is_command(operation->kind) && operation->position != 0) {
            meow_release(request->event);
            request->event = NULL;
            operation->status = MEOWER_OK;
            write_request_take_result(request, operation, writer->feed->epoch);
            write_answers_add(&writer->answers, request, MEOWER_OK);
        } else {
            writer->operations[kept] = *operation;
            writer->requests[kept++] = request;
        }
    }
    write_answers_give_back(&writer->answers);
    writer->count = kept;
}

/* Looks what became of the batch. What is left of it may be tried again. Returns a status. */
static int settle_batch(struct writer *writer, meower_error *error)
{
    int status = settle(&writer->outcome, writer->feed, writer->operations, writer->count, error);

    if (status == MEOWER_OK && writer->outcome.is_found) {
        answer_stored(writer);
    }
    return status;
}

/* Brings the feed up to the store after an outcome that stayed unknown. Returns a status. */
static int catch_up(struct writer *writer, meower_error *error)
{
    int status = writer->is_behind ? feed_catch_up(writer->feed, LANE_WRITER, error) : MEOWER_OK;

    if (status == MEOWER_OK) {
        writer->is_behind = false;
    }
    return status;
}

/* A batch whose ids were refused so often in a row fails: by then they are a quarter of a minute ahead of those of any
 * other writer, so that the store must be at fault. */
#define REFUSALS_MAX 18

/* How much later than the newest id of the store the next ids are to be. Nothing at first, for others may just have
 * been quicker; then, lest one of them be so for ever, 1 ms and twice as much each time. */
static int64_t lead_us(unsigned refusals)
{
    return refusals < 3 ? 0 : INT64_C(1000) << (refusals - 3);
}

/* Draws ids above `newest_id` for the posts of the batch. Returns a status. */
static int draw_ids(struct writer *writer, const char *newest_id, meower_error *error)
{
    int64_t now_us = clock_wall_us(writer->clock);

    if (writer->refusals == REFUSALS_MAX) {
        return meower_error_set(error, MEOWER_ERROR_INTERNAL, 0, 0,
                                "the store refused the ids of a batch %d times, and says that its newest is \"%s\"",
                                REFUSALS_MAX, newest_id);
    }
    if (!ksuid_source_raise(&writer->ids, newest_id, now_us, lead_us(++writer->refusals))) {
        return meower_error_set(error, MEOWER_ERROR_FULL, 0, 0,
                                "the newest id of the store is \"%s\": there is none above it", newest_id);
    }
    for (size_t i = 0; i < writer->count; i++) {
        if (writer->requests[i]->kind == MEOWER_STORE_POST) {
            ksuid_source_next(&writer->ids, now_us, writer->requests[i]->result.id);
            meow_set_id(writer->requests[i]->event, writer->requests[i]->result.id);
        }
    }
    return MEOWER_OK;
}

/* Another writer has stored higher ids meanwhile. Returns a status. */
static int raise_ids(struct writer *writer, meower_error *error)
{
    char newest_id[MEOWER_ID_SIZE];
    int status = MEOWER_OK;

    memcpy(newest_id, writer->operations[0].stored_id, sizeof(newest_id));
    if (writer->outcome.was_unknown) {
        /* The ids of this batch are too low now to become stored later: what is not found is not stored. */
        writer->outcome.is_unknown = true;
        status = settle_batch(writer, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    writer->outcome.was_unknown = false;
    return draw_ids(writer, newest_id, error);
}

/* Tries the batch once, and again at once where only its ids were in the way. Returns a status. */
static int try_batch(struct writer *writer, meower_error *error)
{
    int status = catch_up(writer, error);

    if (status == MEOWER_OK && writer->outcome.is_unknown) {
        status = settle_batch(writer, error);
    }
    while (status == MEOWER_OK && writer->count > 0) {
        status = store_append(writer->store, writer->operations, writer->count, error);
        if (status != MEOWER_ERROR_CONFLICT) {
            break;
        }
        status = raise_ids(writer, error);
    }
    if (status == MEOWER_OK && writer->count > 0) {
        atomic_fetch_add(&writer->counters->batches, 1);
    }
    writer->outcome.is_unknown |= status == MEOWER_ERROR_OUTCOME_UNKNOWN;
    writer->outcome.was_unknown |= writer->outcome.is_unknown;
    return status;
}

/* Whether the batch may be tried again after this error. What is unknown has to be looked into in any case. */
static bool may_try_again(const struct writer *writer, const meower_error *error, int64_t now_us)
{
    return ((error->flags & MEOWER_ERROR_FLAG_RETRIABLE) != 0 || writer->outcome.is_unknown) &&
           now_us < writer->give_up_us;
}

/* One attempt at what is to be done: the batch, or catching up when there is none. */
static bool attempt(struct writer *writer, int64_t *wait_us)
{
    const meower_clock *clock = writer->clock;
    meower_error error = {0};
    int64_t now_us;
    int status = try_batch(writer, &error);

    if (status == MEOWER_OK) {
        finish_committed(writer);
        return true;
    }
    error.code = status;
    now_us = clock_monotonic_us(clock);
    failure_note(&writer->failure, &error);
    atomic_store(&writer->failed_us, now_us);
    if (writer->count > 0 && !may_try_again(writer, &error, now_us)) {
        finish_failed(writer, &error);
        return true;
    }
    writer->retry_us = now_us + backoff_pause_us(clock, ++writer->attempts);
    *wait_us = writer->retry_us - now_us;
    return false;
}

bool writer_step(void *stage, int64_t *wait_us)
{
    struct writer *writer = stage;
    bool has_taken = writer->count == 0 && take_batch(writer);
    int64_t now_us;

    if (writer->count == 0 && !writer->is_behind) {
        return has_taken; /* what was taken could not be tried, or there was nothing */
    }
    now_us = clock_monotonic_us(writer->clock);
    if (now_us < writer->retry_us) {
        *wait_us = writer->retry_us - now_us;
        return false;
    }
    return attempt(writer, wait_us);
}

bool writer_is_idle(struct writer *writer)
{
    return atomic_load(&writer->answers.pending) == 0;
}

size_t writer_abandon(struct writer *writer)
{
    size_t abandoned = 0;
    meower_error error;
    struct queue_node *node;

    meower_error_set(&error, MEOWER_ERROR_CLOSED, 0, 0, "the instance was closed before the command was carried out");
    for (size_t i = 0; i < writer->count; i++) {
        abandoned += write_is_command(writer->requests[i]->kind) ? 1 : 0;
    }
    finish_failed(writer, &error);
    while ((node = queue_take(&writer->queue)) != NULL) {
        struct write_request *request = (struct write_request *)node;
        abandoned += write_is_command(request->kind) ? 1 : 0;
        request->error = error;
        write_answers_add(&writer->answers, request, MEOWER_ERROR_CLOSED);
    }
    write_answers_give_back(&writer->answers);
    return abandoned;
}
