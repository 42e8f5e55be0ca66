/* relay.c - the outbox relay: what is in the store is announced, whatever happened between the commit and the bus. The
 * checkpoint follows the publishing, never leads it, so an event may be announced twice but not left out. Where several
 * processes write to one store, a lease in the store lets one relay work at a time; the others tell it, and everybody,
 * when their process has written something. */
#include "stage/relay.h"
#include "base/clock.h"
#include "base/event.h"
#include "run/backoff.h"
#include "stage/lane.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEASE_US           10000000 /* how long another relay waits after this one has died */
#define LEASE_RENEW_US     3000000
#define PUBLISH_EVENTS_MAX 256

static void checkpoint_saved(struct write_request *request)
{
    struct relay *relay = (struct relay *)((char *)request - offsetof(struct relay, checkpoint));

    pthread_mutex_lock(&relay->mutex);
    relay->is_saving = false;
    if (request->result.status == MEOWER_OK) {
        relay->saved = request->position;
    }
    pthread_mutex_unlock(&relay->mutex);
}

/* A lease that could not be renewed ends for us before it ends for the others, also when we slept. The mutex is held.
 */
static bool is_lease_fresh(const struct relay *relay, int64_t now_us)
{
    return relay->holds_lease && now_us - relay->granted_us < LEASE_US / 2;
}

static void lease_answered(struct write_request *request)
{
    struct relay *relay = (struct relay *)((char *)request - offsetof(struct relay, lease));
    bool held = request->result.status == MEOWER_OK;

    pthread_mutex_lock(&relay->mutex);
    relay->is_leasing = false;
    if (held && !is_lease_fresh(relay, relay->lease_us)) {
        relay->is_positioned = false; /* another relay may have gone on meanwhile */
    }
    if (held) {
        relay->granted_us = relay->lease_us;
    }
    relay->holds_lease = held;
    pthread_mutex_unlock(&relay->mutex);
    worker_wake(&relay->worker);
}

void relay_init(struct relay *relay)
{
    unsigned char chance[8];

    relay->lease_us = INT64_MIN / 2;
    relay->checkpoint =
        (struct write_request){.kind = MEOWER_STORE_CHECKPOINT, .name = RELAY_NAME, .complete = checkpoint_saved};
    relay->lease = (struct write_request){
        .kind = MEOWER_STORE_LEASE, .name = RELAY_NAME, .owner = relay->owner, .complete = lease_answered};
    pthread_mutex_init(&relay->mutex, NULL);
    failure_init(&relay->failure);
    relay->clock->random(relay->clock->context, chance, sizeof(chance));
    for (size_t i = 0; i < sizeof(chance); i++) {
        snprintf(relay->owner + 2 * i, 3, "%02x", chance[i]);
    }
    worker_init(&relay->worker, "meower-relay", relay_step, relay);
}

void relay_destroy(struct relay *relay)
{
    worker_destroy(&relay->worker);
    failure_destroy(&relay->failure);
    pthread_mutex_destroy(&relay->mutex);
}

/* Asks for the lease when it is time. Returns whether this relay may publish now. */
static bool keep_lease(struct relay *relay, int64_t now_us, int64_t *wait_us)
{
    bool may_publish;

    if (store_is_exclusive(relay->store)) {
        return true;
    }
    pthread_mutex_lock(&relay->mutex);
    if (!relay->is_leasing && now_us - relay->lease_us >= LEASE_RENEW_US) {
        relay->is_leasing = true;
        relay->lease.lease_us = LEASE_US;
        relay->lease.result = (meower_command_result)MEOWER_COMMAND_RESULT_INIT;
        if (writer_submit(relay->writer, &relay->lease) == MEOWER_OK) {
            relay->lease_us = now_us;
        } else {
            relay->is_leasing = false;
        }
    }
    may_publish = is_lease_fresh(relay, now_us);
    pthread_mutex_unlock(&relay->mutex);
    *wait_us = LEASE_RENEW_US;
    return may_publish;
}

static void save_checkpoint_when_due(struct relay *relay, int64_t now_us, int64_t *wait_us)
{
    pthread_mutex_lock(&relay->mutex);
    if (relay->position > relay->saved) {
        int64_t rest_us = relay->saved_us + relay->checkpoint_interval_us - now_us;
        if (rest_us <= 0 && !relay->is_saving) {
            relay->saved_us = now_us;
            relay->is_saving = true;
            relay->checkpoint.position = relay->position;
            relay->checkpoint.result = (meower_command_result)MEOWER_COMMAND_RESULT_INIT;
            if (writer_submit(relay->writer, &relay->checkpoint) != MEOWER_OK) {
                relay->is_saving = false;
            }
        }
        rest_us = rest_us <= 0 ? relay->checkpoint_interval_us : rest_us;
        *wait_us = rest_us < *wait_us ? rest_us : *wait_us;
    }
    pthread_mutex_unlock(&relay->mutex);
}

static int read_checkpoint(struct relay *relay, meower_error *error)
{
    uint64_t position;
    int status = store_checkpoint(relay->store, LANE_RELAY, RELAY_NAME, &position, error);

    if (status != MEOWER_OK) {
        return status;
    }
    pthread_mutex_lock(&relay->mutex);
    relay->position = position;
    relay->saved = position;
    relay->is_positioned = true;
    pthread_mutex_unlock(&relay->mutex);
    return MEOWER_OK;
}

static int publish_batch(struct relay *relay, const struct event_batch *batch, meower_error *error)
{
    meower_bus_message messages[PUBLISH_EVENTS_MAX];
    const char *epoch = relay->feed->epoch;
    size_t size = 1;
    char *buffer;
    char *end;
    int status;

    for (size_t i = 0; i < batch->count; i++) {
        size += event_payload_size(batch->events[i]);
    }
    buffer = malloc(size);
    if (buffer == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE, "no memory to publish");
    }
    end = buffer;
    for (size_t i = 0; i < batch->count; i++) {
        const struct meow *event = batch->events[i];
        size_t len = event_write_payload(event, epoch, end);
        messages[i] = (meower_bus_message){.position = event->position,
                                           .kind = event->kind,
                                           .epoch = epoch,
                                           .id = event->view.id,
                                           .at_us = event->view.created_at_us,
                                           .payload = end,
                                           .payload_len = len};
        end += len;
    }
    status = batch->count == 0 ? MEOWER_OK : bus_publish(relay->bus, messages, batch->count, error);
    free(buffer);
    return status;
}

/* Publishes what follows the position. Returns a status; *advanced says whether there was anything. */
static int publish_next(struct relay *relay, bool *advanced, meower_error *error)
{
    struct event_batch batch;
    int status = MEOWER_OK;

    if (!relay->is_positioned) {
        status = read_checkpoint(relay, error);
    }
    if (status == MEOWER_OK) {
        status = feed_read(relay->feed, LANE_RELAY, relay->position, PUBLISH_EVENTS_MAX, &batch, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    *advanced = batch.through > relay->position;
    status = publish_batch(relay, &batch, error);
    if (status == MEOWER_OK) {
        atomic_fetch_add(&relay->counters->events_relayed, batch.count);
        relay->position = batch.through;
        atomic_store(&relay->published, batch.through);
    }
    event_batch_release(&batch);
    return status;
}

/* What this process has written is published by the relay that has the lease: it need not wait for its next look at the
 * store, and nobody for it. */
static void announce_own(struct relay *relay)
{
    uint64_t committed = atomic_load(&relay->writer->committed);
    char payload[80 + MEOWER_EPOCH_SIZE];
    meower_bus_message last = {.position = committed, .epoch = relay->feed->epoch, .payload = payload};
    meower_error error;

    if (committed <= relay->announced) {
        return;
    }
    last.payload_len = (size_t)snprintf(payload, sizeof(payload), "{\"position\":\"%llu\",\"epoch\":\"%s\"}",
                                        (unsigned long long)committed, last.epoch);
    relay->announced = committed;
    (void)bus_announce(relay->bus, &last, &error); /* the next look at the store makes up for it */
}

bool relay_step(void *stage, int64_t *wait_us)
{
    struct relay *relay = stage;
    const meower_clock *clock = relay->clock;
    int64_t now_us = clock_monotonic_us(clock);
    meower_error error = {0};
    bool advanced = false;
    int status;

    if (!keep_lease(relay, now_us, wait_us)) {
        failure_end(&relay->failure); /* another relay publishes, or the store fails: not the bus */
        announce_own(relay);
        return false;
    }
    if (relay->failures > 0 && now_us < relay->retry_us) {
        *wait_us = relay->retry_us - now_us;
        return false;
    }
    status = publish_next(relay, &advanced, &error);
    if (status != MEOWER_OK) {
        failure_note(&relay->failure, &error);
        relay->retry_us = now_us + backoff_pause_us(clock, ++relay->failures);
        *wait_us = relay->retry_us - now_us;
        return false;
    }
    relay->failures = 0;
    failure_end(&relay->failure);
    save_checkpoint_when_due(relay, now_us, wait_us);
    return advanced;
}

bool relay_is_idle(struct relay *relay)
{
    bool is_mine;

    pthread_mutex_lock(&relay->mutex);
    is_mine = relay->holds_lease || store_is_exclusive(relay->store);
    pthread_mutex_unlock(&relay->mutex);
    return !is_mine || atomic_load(&relay->published) >= event_log_head(&relay->feed->log);
}

void relay_save_position(struct relay *relay)
{
    meower_store_operation operation = {
        .kind = MEOWER_STORE_CHECKPOINT, .name = RELAY_NAME, .position = relay->position};
    int64_t now_us = clock_monotonic_us(relay->clock);
    bool is_mine = store_is_exclusive(relay->store) || is_lease_fresh(relay, now_us);
    meower_error error;

    if (is_mine && relay->is_positioned && relay->position > relay->saved) {
        /* When it fails, some events are announced again at the next start. */
        (void)store_append(relay->store, &operation, 1, &error);
    }
}
