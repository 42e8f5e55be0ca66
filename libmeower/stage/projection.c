/* projection.c - the feed, event by event, into the search index. The index keeps its own position with its contents,
 * so that restart, rebuild and catching up are one operation: go on after that position. */
#include "stage/projection.h"
#include "base/clock.h"
#include "run/backoff.h"
#include "stage/lane.h"
#include <string.h>

#define REST_US          20000  /* well below what a reader of search results can notice */
#define SHOW_INTERVAL_US 500000 /* a refresh costs the engine; while much is to be indexed, two a second */

void projection_init(struct projection *projection)
{
    failure_init(&projection->failure);
    worker_init(&projection->worker, "meower-index", projection_step, projection);
}

void projection_destroy(struct projection *projection)
{
    worker_destroy(&projection->worker);
    failure_destroy(&projection->failure);
}

/* Whether the index was made from this life of the store. Another instance may have brought it beyond our log, so what
 * counts is the store's head, read after the index's position. Returns a status. */
static int check_index(struct projection *projection, const meower_search_info *info, bool *is_ours,
                       meower_error *error)
{
    uint64_t head;
    int status = MEOWER_OK;

    if (info->epoch[0] == '\0') {
        /* Empty as it is: emptying it again could take it away from another instance that just made it. */
        *is_ours = true;
        return MEOWER_OK;
    }
    *is_ours = strcmp(info->epoch, projection->feed->epoch) == 0;
    if (*is_ours && info->position > event_log_head(&projection->feed->log)) {
        status = store_head(projection->store, LANE_PROJECTION, &head, error);
        *is_ours = status == MEOWER_OK && info->position <= head;
    }
    return status;
}

static struct documents_target live_index(const struct projection *projection)
{
    return (struct documents_target){projection->search, search_index, projection->feed->epoch};
}

static bool is_own(const struct projection *projection)
{
    return (projection->search->vtable.flags & MEOWER_SEARCH_EXCLUSIVE) != 0;
}

/* A damaged index of our own is emptied. One that others use too may have been replaced, or be another feed's. */
static void note_damage(struct projection *projection, int status)
{
    projection->has_found_damage = status == MEOWER_ERROR_CORRUPT && is_own(projection);
}

/* Where the index stands. One made from another life of the store, from a later state of it, or damaged, is emptied. */
static int look_for_position(struct projection *projection, meower_error *error)
{
    const struct documents_target target = live_index(projection);
    meower_search_info info;
    bool is_ours;
    int status = search_info(projection->search, &info, error);

    if (status == MEOWER_OK) {
        /* It may be another index than before, and what is in it was perhaps never refreshed. */
        atomic_store(&projection->visible, 0);
        status = check_index(projection, &info, &is_ours, error);
    }
    if (status == MEOWER_OK && (!is_ours || projection->has_found_damage)) {
        info = (meower_search_info){.position = 0};
        status = search_reset(projection->search, error);
    }
    if (status == MEOWER_OK && info.epoch[0] == '\0') {
        status = documents_claim(&target, error);
        note_damage(projection, status);
    }
    if (status == MEOWER_OK) {
        projection->position = info.position;
        projection->is_positioned = true;
        projection->has_found_damage = false;
        if (projection->search->vtable.refresh == NULL) {
            atomic_store(&projection->visible, info.position);
        }
        projection->on_visible(projection->context);
    }
    return status;
}

static int find_position(struct projection *projection, meower_error *error)
{
    int status;

    atomic_fetch_add(&projection->looks, 1);
    status = look_for_position(projection, error);
    atomic_fetch_add(&projection->looks, 1);
    return status;
}

int projection_ask(struct projection *projection, meower_search_info *live, meower_error *error)
{
    unsigned looks = is_own(projection) ? 0 : 1; /* nobody else makes one of our own anew */
    bool is_known;
    int status;

    atomic_fetch_add(&projection->looks, looks);
    status = search_info(projection->search, live, error);
    is_known = status == MEOWER_OK && strcmp(live->epoch, projection->feed->epoch) == 0 &&
               live->position >= projection->position;
    if (is_known && projection->search->vtable.refresh != NULL) {
        /* Another process may have made it anew, up to here and further, without having shown what is in it. */
        status = search_refresh(projection->search, error);
        is_known = status == MEOWER_OK;
    }
    if (!is_known) {
        atomic_store(&projection->visible, 0);
        projection->is_positioned = false;
    }
    atomic_fetch_add(&projection->looks, looks);
    return status;
}

/* Reads what follows the position, as far as one transaction takes it: one of many events costs half as much for each
 * as one of few. Returns a status; what was read before an error is in the batches nevertheless. */
static int read_batches(struct projection *projection, size_t *batch_count, meower_error *error)
{
    uint64_t after = projection->position;
    int status = MEOWER_OK;
    bool is_full = true;

    for (*batch_count = 0; is_full && *batch_count < DOCUMENTS_BATCHES_MAX; (*batch_count)++) {
        struct event_batch *batch = &projection->batches[*batch_count];
        status = feed_read(projection->feed, LANE_PROJECTION, after, EVENT_BATCH_MAX, batch, error);
        if (status != MEOWER_OK || batch->through == after) {
            break;
        }
        after = batch->through;
        is_full = batch->count == EVENT_BATCH_MAX;
    }
    return status;
}

/* Having indexed all there was, lets events gather for a moment: under load one transaction then takes many, and a
 * single event is indexed at once. A host that steps the instance sets the pace itself. */
static bool needs_rest(const struct projection *projection, const struct event_batch *last)
{
    const struct projection_guest *guest = &projection->guest;

    return !projection->is_stepped && last->count < EVENT_BATCH_MAX && !guest->is_active(guest->context);
}

static int index_batches(struct projection *projection, size_t batch_count, meower_error *error)
{
    const struct event_batch *last = &projection->batches[batch_count - 1];
    const struct documents_target target = live_index(projection);
    int status = documents_index(&projection->documents, projection->batches, batch_count, &target, error);

    if (status == MEOWER_OK) {
        projection->rests_next = needs_rest(projection, last);
        projection->position = last->through;
        for (size_t i = 0; i < batch_count; i++) {
            atomic_fetch_add(&projection->counters->events_indexed, projection->batches[i].count);
        }
    }
    note_damage(projection, status);
    return status;
}

/* Indexes what follows the position. Returns a status; *advanced says whether there was anything. */
static int index_next(struct projection *projection, bool *advanced, meower_error *error)
{
    size_t batch_count = 0;
    int status = MEOWER_OK;

    if (!projection->is_positioned) {
        status = find_position(projection, error);
    }
    if (status == MEOWER_OK) {
        status = read_batches(projection, &batch_count, error);
    }
    if (batch_count > 0) {
        status = index_batches(projection, batch_count, error);
        *advanced = status == MEOWER_OK;
    }
    for (size_t i = 0; i < batch_count; i++) {
        event_batch_release(&projection->batches[i]);
    }
    return status;
}

/* Makes what was indexed visible, once nothing more is to be indexed or half a second has passed. */
static int show(struct projection *projection, bool advanced, int64_t now_us, meower_error *error)
{
    bool has_refresh = projection->search->vtable.refresh != NULL;
    int status;

    if (atomic_load(&projection->visible) == projection->position ||
        (has_refresh && advanced && projection->position < event_log_head(&projection->feed->log) &&
         now_us - projection->shown_us < SHOW_INTERVAL_US)) {
        return MEOWER_OK;
    }
    status = search_refresh(projection->search, error);
    if (status == MEOWER_OK) {
        projection->shown_us = now_us;
        atomic_store(&projection->visible, projection->position);
        projection->on_visible(projection->context);
    }
    return status;
}

/* Nothing is to be indexed: the engine may do what can wait. What fails is tried again with the next event. */
static void tend(struct projection *projection, int64_t *wait_us)
{
    meower_error error = {0};
    int64_t engine_wait_us = 0;

    if (search_tend(projection->search, &engine_wait_us, &error) != MEOWER_OK) {
        failure_note(&projection->failure, &error);
    } else if (engine_wait_us > 0) {
        *wait_us = engine_wait_us;
    }
}

bool projection_step(void *stage, int64_t *wait_us)
{
    struct projection *projection = stage;
    const meower_clock *clock = projection->clock;
    int64_t now_us = clock_monotonic_us(clock);
    meower_error error = {0};
    bool advanced = false;
    int status;

    if (projection->failures > 0 && now_us < projection->retry_us) {
        *wait_us = projection->retry_us - now_us;
        return false;
    }
    atomic_store(&projection->is_resting, projection->rests_next);
    if (projection->rests_next) {
        projection->rests_next = false;
        *wait_us = REST_US;
        return false;
    }
    if (atomic_exchange(&projection->is_doubted, false)) {
        projection->is_positioned = false;
    }
    status = index_next(projection, &advanced, &error);
    if (status == MEOWER_OK) {
        status = show(projection, advanced, now_us, &error);
    }
    if (status != MEOWER_OK) {
        failure_note(&projection->failure, &error);
        /* Whatever happened to the index: go on from what it says of itself. */
        projection->is_positioned = false;
        projection->retry_us = now_us + backoff_pause_us(clock, ++projection->failures);
        *wait_us = projection->retry_us - now_us;
        return false;
    }
    projection->failures = 0;
    failure_end(&projection->failure);
    if (projection->guest.step(projection->guest.context) || advanced) {
        return true;
    }
    tend(projection, wait_us);
    return false;
}

void projection_wake(struct projection *projection)
{
    if (!atomic_load(&projection->is_resting)) {
        worker_wake(&projection->worker);
    }
}

void projection_moved(struct projection *projection, uint64_t position)
{
    projection->position = position;
    projection->is_positioned = true;
    atomic_store(&projection->visible, position);
    projection->on_visible(projection->context);
}

void projection_doubt(struct projection *projection)
{
    atomic_store(&projection->is_doubted, true);
    worker_wake(&projection->worker);
}

unsigned projection_looks(struct projection *projection)
{
    return atomic_load(&projection->looks);
}

bool projection_is_idle(struct projection *projection)
{
    return projection_visible(projection) >= event_log_head(&projection->feed->log);
}

uint64_t projection_visible(struct projection *projection)
{
    return atomic_load(&projection->visible);
}
