/* health.c - what an instance says of itself: whether each part serves, and its counters and gauges. */
#include "api/arguments.h"
#include "api/instance.h"
#include "base/clock.h"
#include "base/sized.h"
#include <stdio.h>
#include <string.h>

#define LAG_MAX    1000     /* events that the index may be behind and still be called ready */
#define FAILURE_US 10000000 /* a failed command counts for so long: without new ones, none could ever succeed */

static const struct sized_type health_type = SIZED_TYPE(meower_health, MEOWER_HEALTH_INIT, reason);
static const struct sized_type metric_type = SIZED_TYPE(meower_metric, MEOWER_METRIC_INIT, value);

static void say(meower_health *out, const char *part, bool ready, const char *reason)
{
    out->part = part;
    out->ready = ready;
    snprintf(out->reason, sizeof(out->reason), "%s", ready ? "" : reason);
}

static void store_health(meower_feed *instance, meower_health *out)
{
    struct tail *tail = instance_tail(instance);
    struct writer *writer = instance_writer(instance);
    int64_t failed_us = atomic_load(&writer->failed_us);
    char reason[FAILURE_SIZE] = "";
    bool ready = !failure_is_present(&tail->failure);

    if (!ready) {
        failure_read(&tail->failure, reason);
    }
    if (failed_us != 0 && clock_monotonic_us(instance_clock(instance)) - failed_us < FAILURE_US) {
        ready = false;
        failure_read(&writer->failure, reason);
    }
    say(out, "store", ready, reason);
}

static void bus_health(meower_feed *instance, meower_health *out)
{
    struct failure *publishing = &instance_relay(instance)->failure;
    struct failure *listening = &instance_tail(instance)->bus_failure;
    char reason[FAILURE_SIZE] = "";
    bool takes = !failure_is_present(publishing);
    bool gives = !failure_is_present(listening);

    if (!takes) {
        failure_read(publishing, reason);
    } else if (!gives) {
        failure_read(listening, reason);
    }
    say(out, "bus", takes && gives, reason);
}

static void search_health(meower_feed *instance, meower_health *out)
{
    struct projection *projection = instance_projection(instance);
    uint64_t head = event_log_head(&instance_feed(instance)->log);
    uint64_t visible = projection_visible(projection);
    char reason[FAILURE_SIZE];

    if (failure_is_present(&projection->failure)) {
        failure_read(&projection->failure, reason);
        say(out, "search", false, reason);
        return;
    }
    snprintf(reason, sizeof(reason), "the index is at position %llu of %llu", (unsigned long long)visible,
             (unsigned long long)head);
    say(out, "search", head <= visible || head - visible <= LAG_MAX, reason);
}

/* Returns false past the last part. */
static bool find_health(meower_feed *instance, size_t index, meower_health *out)
{
    switch (index) {
    case 0:
        store_health(instance, out);
        return true;
    case 1:
        bus_health(instance, out);
        return true;
    case 2:
        if (!instance_has_role(instance, "query")) {
            return false;
        }
        search_health(instance, out);
        return true;
    default:
        return false;
    }
}

/* Whether a call of this process may write to `out`. */
static int check_room(const meower_feed *instance, const struct sized_type *type, const void *out, meower_error *error)
{
    int status = out == NULL ? refuse_null("out", error) : instance_check_process(instance, error);

    return status == MEOWER_OK ? sized_check(type, out, error) : status;
}

int meower_health_at(meower_feed *instance, size_t index, meower_health *out, meower_error *error)
{
    meower_health health = MEOWER_HEALTH_INIT;
    int status = check_room(instance, &health_type, out, error);

    if (status != MEOWER_OK || !find_health(instance, index, &health)) {
        return status;
    }
    sized_write(&health_type, out, out->struct_size, &health);
    return 1;
}

static double gauge(meower_feed *instance, const char *name)
{
    if (strcmp(name, "position") == 0) {
        return (double)event_log_head(&instance_feed(instance)->log);
    }
    if (strcmp(name, "index_position") == 0) {
        return (double)projection_visible(instance_projection(instance));
    }
    if (strcmp(name, "rebuild_position") == 0) {
        return (double)atomic_load(&instance_rebuild(instance)->position);
    }
    if (strcmp(name, "relay_position") == 0) {
        return (double)atomic_load(&instance_relay(instance)->published);
    }
    if (strcmp(name, "commands_waiting") == 0) {
        return (double)atomic_load(&instance_writer(instance)->answers.pending);
    }
    if (strcmp(name, "reads_waiting") == 0) {
        return (double)queue_count(&instance_readers(instance)->queue);
    }
    if (strcmp(name, "commands_refused_total") == 0) {
        return (double)queue_dropped(&instance_writer(instance)->queue);
    }
    return (double)instance_handle_count(instance);
}

int meower_metric_at(meower_feed *instance, size_t index, meower_metric *out, meower_error *error)
{
    meower_metric metric = MEOWER_METRIC_INIT;
    int status = check_room(instance, &metric_type, out, error);

    if (status != MEOWER_OK) {
        return status;
    }
    const struct counters *counters = instance_counters(instance);
    const struct {
        const char *name;
        const char *help;
        const atomic_uint_fast64_t *counter; /* NULL: a gauge */
    } metrics[] = {
        {"posts_total", "Meows stored.", &counters->posts},
        {"posts_replayed_total", "Posts answered from their idempotency key.", &counters->replays},
        {"deletions_total", "Meows deleted.", &counters->deletions},
        {"commands_failed_total", "Commands that were refused or failed.", &counters->commands_failed},
        {"commands_refused_total", "Commands refused because the queue was full.", NULL},
        {"batches_total", "Transactions that stored commands.", &counters->batches},
        {"pages_from_timeline_total", "Pages answered from memory.", &counters->pages_from_timeline},
        {"pages_from_store_total", "Pages read from the store.", &counters->pages_from_store},
        {"searches_total", "Searches answered.", &counters->searches},
        {"searches_fallback_total", "Searches answered by a scan, because the engine was away.",
         &counters->searches_fallback},
        {"events_relayed_total", "Events published on the bus.", &counters->events_relayed},
        {"events_indexed_total", "Events brought into the search index.", &counters->events_indexed},
        {"events_caught_up_total", "Events read that other processes wrote.", &counters->events_caught_up},
        {"rebuilds_total", "Search indexes made anew beside the old one and swapped in.", &counters->rebuilds},
        {"messages_undecodable_total", "Messages on the bus that were skipped.", &counters->messages_undecodable},
        {"position", "Position of the last event known.", NULL},
        {"index_position", "Position up to which search sees the feed.", NULL},
        {"rebuild_position", "Position up to which a search index built beside has the feed.", NULL},
        {"relay_position", "Position up to which events are published.", NULL},
        {"commands_waiting", "Commands accepted and not answered.", NULL},
        {"reads_waiting", "Requests that wait for a reader.", NULL},
        {"handles", "Open handles.", NULL},
    };

    if (index >= sizeof(metrics) / sizeof(metrics[0])) {
        return 0;
    }
    metric.name = metrics[index].name;
    metric.help = metrics[index].help;
    metric.value = metrics[index].counter != NULL ? (double)atomic_load(metrics[index].counter)
                                                  : gauge(instance, metrics[index].name);
    sized_write(&metric_type, out, out->struct_size, &metric);
    return 1;
}
