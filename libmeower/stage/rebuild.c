/* rebuild.c - the second index: begun, filled, swapped in. The live one goes on meanwhile; both are written by one
 * thread, so that at the moment of the swap nothing is in the old one that the new one lacks. Where several processes
 * share an index, what another one brought into the old one is looked at before: it may be ahead of us. */
#include "stage/rebuild.h"
#include "base/clock.h"
#include "stage/lane.h"
#include <string.h>

/* The live index gets its turn again after so long. */
#define TURN_US 50000

bool rebuild_is_active(const struct rebuild *rebuild)
{
    return atomic_load(&rebuild->state) == MEOWER_REBUILD_RUNNING;
}

void rebuild_abandon(struct rebuild *rebuild)
{
    meower_error error;

    if (atomic_load(&rebuild->is_begun)) {
        /* When it fails, the next rebuild removes what is left. */
        (void)search_rebuild_cancel(rebuild->search, &error);
        atomic_store(&rebuild->is_begun, false);
    }
}

static void fail(struct rebuild *rebuild, const meower_error *error)
{
    failure_note(&rebuild->failure, error);
    rebuild_abandon(rebuild);
    projection_doubt(rebuild->projection); /* a swap that failed half-way may have cost the live index */
    atomic_store(&rebuild->state, MEOWER_REBUILD_FAILED);
}

static struct documents_target index_beside(const struct rebuild *rebuild)
{
    return (struct documents_target){rebuild->search, search_rebuild_index, rebuild->feed->epoch};
}

static int begin(struct rebuild *rebuild, meower_error *error)
{
    const struct documents_target target = index_beside(rebuild);
    int status = search_rebuild_begin(rebuild->search, error);

    if (status == MEOWER_OK) {
        atomic_store(&rebuild->position, 0);
        atomic_store(&rebuild->is_begun, true);
        status = documents_claim(&target, error);
    }
    return status;
}

/* Brings the next events into the index beside. */
static int index_next(struct rebuild *rebuild, meower_error *error)
{
    const struct documents_target target = index_beside(rebuild);
    struct event_batch batch;
    uint64_t position = atomic_load(&rebuild->position);
    int status = feed_read(rebuild->feed, LANE_PROJECTION, position, EVENT_BATCH_MAX, &batch, error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (batch.through > position) {
        status = documents_index(&rebuild->projection->documents, &batch, 1, &target, error);
        if (status == MEOWER_OK) {
            atomic_store(&rebuild->position, batch.through);
        }
    }
    event_batch_release(&batch);
    return status;
}

/* Makes sure that all up to `position`, which is in the live index, can be read here: another process may have brought
 * it in. Returns a status. */
static int catch_up_with(struct feed *feed, uint64_t position, meower_error *error)
{
    int status = MEOWER_OK;

    if (position > event_log_head(&feed->log)) {
        status = feed_catch_up(feed, LANE_PROJECTION, error);
    }
    if (status == MEOWER_OK && position > event_log_head(&feed->log)) {
        status = meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                                  "the search index says that it is at position %llu, but the store ends at %llu",
                                  (unsigned long long)position, (unsigned long long)event_log_head(&feed->log));
    }
    return status;
}

/* Whether all that the live index has is in the new one. */
static int look_whether_complete(struct rebuild *rebuild, bool *is_complete, meower_error *error)
{
    uint64_t position = atomic_load(&rebuild->position);
    uint64_t wanted = rebuild->projection->position;
    meower_search_info live;

    if (position >= wanted) {
        int status = projection_ask(rebuild->projection, &live, error);
        if (status != MEOWER_OK) {
            return status;
        }
        wanted = strcmp(live.epoch, rebuild->feed->epoch) == 0 ? live.position : 0;
    }
    *is_complete = position >= wanted;
    return catch_up_with(rebuild->feed, wanted, error);
}

static int swap(struct rebuild *rebuild, meower_error *error)
{
    int status = search_rebuild_swap(rebuild->search, error);

    if (status != MEOWER_OK) {
        return status;
    }
    atomic_store(&rebuild->is_begun, false);
    projection_moved(rebuild->projection, atomic_load(&rebuild->position));
    atomic_fetch_add(&rebuild->counters->rebuilds, 1);
    atomic_store(&rebuild->state, MEOWER_REBUILD_DONE);
    return MEOWER_OK;
}

/* Does a part of it, when the projection has brought the live index up to date. Returns whether there was anything to
 * do. */
static bool step(void *context)
{
    struct rebuild *rebuild = context;
    int64_t end_us;
    meower_error error = {0};
    bool is_complete = false;
    int status = MEOWER_OK;

    if (!rebuild_is_active(rebuild)) {
        return false;
    }
    end_us = clock_monotonic_us(rebuild->clock) + TURN_US;
    if (!atomic_load(&rebuild->is_begun)) {
        status = begin(rebuild, &error);
    }
    while (status == MEOWER_OK && !is_complete && clock_monotonic_us(rebuild->clock) < end_us) {
        uint64_t position = atomic_load(&rebuild->position);
        status = index_next(rebuild, &error);
        if (status == MEOWER_OK) {
            status = look_whether_complete(rebuild, &is_complete, &error);
        }
        if (rebuild->is_stepped || (!is_complete && atomic_load(&rebuild->position) == position)) {
            break; /* a host that steps sets the pace; or what the live index has more was just read */
        }
    }
    if (status == MEOWER_OK && is_complete) {
        status = swap(rebuild, &error);
    }
    if (status != MEOWER_OK) {
        fail(rebuild, &error);
    }
    return true;
}

static bool is_active(void *context)
{
    return rebuild_is_active(context);
}

void rebuild_init(struct rebuild *rebuild)
{
    failure_init(&rebuild->failure);
    rebuild->projection->guest = (struct projection_guest){.is_active = is_active, .step = step, .context = rebuild};
}

void rebuild_destroy(struct rebuild *rebuild)
{
    failure_destroy(&rebuild->failure);
}

int rebuild_start(struct rebuild *rebuild, meower_error *error)
{
    int state = atomic_load(&rebuild->state);

    if (!search_can_rebuild(rebuild->search)) {
        return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                "this search engine cannot build a second index beside the one that is searched");
    }
    if (state == MEOWER_REBUILD_RUNNING ||
        !atomic_compare_exchange_strong(&rebuild->state, &state, MEOWER_REBUILD_RUNNING)) {
        return meower_error_set(error, MEOWER_ERROR_BUSY, 0, 0, "the search index is being rebuilt already");
    }
    atomic_store(&rebuild->position, 0);
    worker_wake(&rebuild->projection->worker);
    return MEOWER_OK;
}

void rebuild_read(struct rebuild *rebuild, meower_rebuild *out)
{
    out->state = atomic_load(&rebuild->state);
    out->position = atomic_load(&rebuild->position);
    out->head = event_log_head(&rebuild->feed->log);
    out->reason[0] = '\0';
    if (out->state == MEOWER_REBUILD_FAILED) {
        failure_read(&rebuild->failure, out->reason);
    }
}
