/* world_parts.c - see world_parts.h. */
#include "fault/world_parts.h"
#include "port/schemes.h"
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define NEWS_MAX     256 /* messages on the bus */
#define NEWS_SIZE    600
#define CLOCK_START  INT64_C(1790000000000000)
#define SHARED_STORE "shared"
#define NEWS_BUS     "news"

/* ---- a clock that stands still, and chance that repeats itself --------------------------------------------------- */

static atomic_int_fast64_t passed_us;
static atomic_uint_fast64_t chance;

static int64_t still_wall_us(void *context)
{
    (void)context;
    return CLOCK_START + atomic_load(&passed_us);
}

static int64_t still_monotonic_us(void *context)
{
    (void)context;
    return 1000000 + atomic_load(&passed_us);
}

/* SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
static void repeatable_random(void *context, void *out, size_t len)
{
    unsigned char *at = out;
    (void)context;
    for (size_t i = 0; i < len; i++) {
        uint64_t mixed = atomic_fetch_add(&chance, UINT64_C(0x9E3779B97F4A7C15));
        mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
        at[i] = (unsigned char)(mixed >> 56);
    }
}

/* ---- a bus that others may listen on ----------------------------------------------------------------------------- */

static struct {
    char payloads[NEWS_MAX][NEWS_SIZE];
    size_t lens[NEWS_MAX];
    size_t count;
} news;

static int news_open(const meower_backend_config *config, void **bus, meower_error *error)
{
    (void)config;
    (void)error;
    news.count = 0;
    *bus = &news;
    return MEOWER_OK;
}

static void news_close(void *bus)
{
    (void)bus;
}

static int news_publish(void *bus, const meower_bus_message *messages, size_t count, meower_error *error)
{
    (void)bus;
    (void)error;
    for (size_t i = 0; i < count && news.count < NEWS_MAX && messages[i].payload_len <= NEWS_SIZE; i++) {
        memcpy(news.payloads[news.count], messages[i].payload, messages[i].payload_len);
        news.lens[news.count++] = messages[i].payload_len;
    }
    return MEOWER_OK;
}

static int news_receive(void *bus, int timeout_ms, meower_bus_sink *sink, meower_error *error)
{
    int status = MEOWER_OK;
    (void)bus;
    (void)timeout_ms;
    (void)error;
    for (size_t i = 0; i < news.count && status == MEOWER_OK; i++) {
        status = sink->message(sink, news.payloads[i], news.lens[i]);
    }
    news.count = 0;
    return status;
}

static void news_wake(void *bus)
{
    (void)bus;
}

static const meower_bus_vtable news_bus = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_bus_vtable),
    .scheme = NEWS_BUS,
    .open = news_open,
    .close = news_close,
    .publish = news_publish,
    .receive = news_receive,
    .wake = news_wake,
};

void world_parts_begin(void)
{
    atomic_store(&chance, 1);
}

void world_parts_pass(int ms)
{
    atomic_fetch_add(&passed_us, ms * 1000);
}

/* ---- calls of backends that fail ----------------------------------------------------------------------------------
 */

static int before_call(void *context, const char *port, const char *call, meower_error *error)
{
    (void)context;
    if (injector_hits(FAULT_PORT_UNAVAILABLE)) {
        return meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                "the engine of the %s cannot be reached (%s)", port, call);
    }
    if (injector_hits(FAULT_PORT_IO)) {
        return meower_error_set(error, MEOWER_ERROR_IO, 0, 0, "the engine of the %s cannot write (%s)", port, call);
    }
    return MEOWER_OK;
}

static int after_call(void *context, const char *port, const char *call, int status, meower_error *error)
{
    (void)context;
    if (status != MEOWER_OK || !injector_hits(FAULT_PORT_AFTERWARDS)) {
        return status;
    }
    int code = strcmp(call, "append") == 0 ? MEOWER_ERROR_OUTCOME_UNKNOWN : MEOWER_ERROR_UNAVAILABLE;
    return meower_error_set(error, code, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                            "the connection to the %s broke during the call %s", port, call);
}

/* ---- the options --------------------------------------------------------------------------------------------------
 */

static int set_options(const struct world *world, meower_options *options, meower_error *error)
{
    static const char *const common[] = {
        "event_log_max", "16",   "timeline_max",           "5",  "wait_max_ms", "1000", "batch_max", "64",
        "queue_max",     "1024", "checkpoint_interval_ms", "100"};
    char store[PATH_SIZE + 32] = "memory:";
    char search[PATH_SIZE + 32] = "index:";
    const char *bus = world->backends == BACKENDS_SHARED ? NEWS_BUS ":" : "inproc:";
    if (world->backends != BACKENDS_MEMORY) {
        snprintf(store, sizeof(store), "%s:%s/feed.db", world->backends == BACKENDS_SHARED ? SHARED_STORE : "sqlite",
                 world->folder);
        snprintf(search, sizeof(search), "index:%s/index", world->folder);
    }
    int status = meower_options_set(options, "store", store, error);
    if (status == MEOWER_OK) {
        status = meower_options_set(options, "bus", bus, error);
    }
    if (status == MEOWER_OK) {
        status = meower_options_set(options, "search", search, error);
    }
    if (status == MEOWER_OK) {
        status = meower_options_set(options, "threads", world->has_threads ? "2" : "0", error);
    }
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]) && status == MEOWER_OK; i += 2) {
        status = meower_options_set(options, common[i], common[i + 1], error);
    }
    return status;
}

int world_parts_options(const struct world *world, meower_options **out, meower_error *error)
{
    static const meower_clock still_clock = {still_wall_us, still_monotonic_us, repeatable_random, NULL};
    static const meower_fault_hook hook = {before_call, after_call, NULL};
    meower_store_vtable shared_store = sqlite_store;
    meower_options *options;
    int status = meower_options_new(&options, NULL);
    if (status != MEOWER_OK) {
        return meower_error_set(error, status, 0, 0, "no memory for options");
    }
    if (!world->has_threads) {
        meower_options_set_clock(options, &still_clock);
    }
    meower_options_set_fault_hook(options, &hook);
    shared_store.scheme = SHARED_STORE;
    shared_store.flags = 0;
    status = meower_options_add_store(options, &shared_store, NULL, error);
    if (status == MEOWER_OK) {
        status = meower_options_add_bus(options, &news_bus, NULL, error);
    }
    if (status == MEOWER_OK) {
        status = set_options(world, options, error);
    }
    if (status != MEOWER_OK) {
        meower_options_free(options);
        return status;
    }
    *out = options;
    return MEOWER_OK;
}
