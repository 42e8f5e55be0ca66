/* elasticsearch.c - the search engine "elasticsearch:http://HOST:9200/INDEX" or "opensearch:...", shared or not with
 * other processes of the same store.
 *
 * One connection changes the index, and each lane has one that searches. Opening succeeds while the engine is away: it
 * is looked at when it is first needed, and again after every failure. */
#include "base/clock.h"
#include "port/schemes.h"
#include "search/elasticsearch_batch.h"
#include "search/elasticsearch_query.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMEOUT_MS 10000L

/* An engine that has kept a search waiting in vain is left alone so long, then tried by one search at a time, and that
 * waits less: a lane that waits answers nobody, not even those who only want a list. */
#define PAUSE_US         INT64_C(2000000)
#define TRIAL_TIMEOUT_MS 1000L

/* See ask_through_swap(). */
#define SWAP_PAUSE_US 20000
#define SWAP_PAUSES   25

/* Searches, and what is wanted of the answers. */
#define HITS   "_search?filter_path=_shards.failed,hits.hits._id,hits.hits.sort"
#define COUNTS "_msearch?filter_path=responses.status,responses.error,responses._shards.failed,responses.hits.total"

struct elasticsearch {
    struct elasticsearch_address address;
    const meower_clock *clock;
    pthread_mutex_t writer_mutex;
    struct elasticsearch_index index; /* under writer_mutex, as what follows */
    struct elasticsearch_address
        beside_address; /* the index that is built beside; as the one searched, but for its name */
    char beside_name[ELASTICSEARCH_NAME_SIZE];
    struct elasticsearch_index beside;
    bool only_looks;
    struct lane {
        struct elasticsearch_connection connection;
        struct elasticsearch_text query;
        struct elasticsearch_weights weights; /* of the search under way */
    } *lanes;
    unsigned lane_count;
    atomic_bool is_ours;                  /* the index that was last looked at */
    atomic_int_fast64_t swap_patience_us; /* monotonic: no waiting for a swap before this */
    atomic_int_fast64_t pause_us;         /* monotonic: no search before this; 0: the engine answers */
};

/* ---- opening and closing ---------------------------------------------------------------------------------------- */

static void elasticsearch_close(void *search)
{
    struct elasticsearch *elasticsearch = search;

    for (unsigned i = 0; i < elasticsearch->lane_count; i++) {
        elasticsearch_connection_close(&elasticsearch->lanes[i].connection);
        elasticsearch_text_free(&elasticsearch->lanes[i].query);
    }
    elasticsearch_connection_close(&elasticsearch->index.connection);
    elasticsearch_connection_close(&elasticsearch->beside.connection);
    elasticsearch_address_free(&elasticsearch->address);
    pthread_mutex_destroy(&elasticsearch->writer_mutex);
    free(elasticsearch->lanes);
    free(elasticsearch);
}

static struct elasticsearch *allocate(const meower_backend_config *config)
{
    struct elasticsearch *elasticsearch = calloc(1, sizeof(*elasticsearch));
    struct lane *lanes = calloc(config->lanes + (size_t)1, sizeof(*lanes));

    if (elasticsearch == NULL || lanes == NULL) {
        free(lanes);
        free(elasticsearch);
        return NULL;
    }
    pthread_mutex_init(&elasticsearch->writer_mutex, NULL);
    elasticsearch->clock = config->clock;
    elasticsearch->lanes = lanes;
    elasticsearch->lane_count = config->lanes;
    for (unsigned i = 0; i < config->lanes; i++) {
        elasticsearch_connection_init(&lanes[i].connection, &elasticsearch->address, TIMEOUT_MS);
    }
    elasticsearch->index = (struct elasticsearch_index){.address = &elasticsearch->address, .clock = config->clock};
    elasticsearch_connection_init(&elasticsearch->index.connection, &elasticsearch->address, TIMEOUT_MS);
    elasticsearch->beside =
        (struct elasticsearch_index){.address = &elasticsearch->beside_address, .clock = config->clock};
    elasticsearch_connection_init(&elasticsearch->beside.connection, &elasticsearch->beside_address, TIMEOUT_MS);
    elasticsearch->only_looks = (config->flags & MEOWER_OPEN_TO_LOOK) != 0;
    return elasticsearch;
}

/* Notes what a call of the writer has shown of the index: after a failure it must be looked at again. */
static int note(struct elasticsearch *elasticsearch, int status)
{
    if (status == MEOWER_OK) {
        atomic_store(&elasticsearch->is_ours, true);
        atomic_store(&elasticsearch->pause_us, 0);
    } else {
        elasticsearch->index.is_known = false;
    }
    if (status == MEOWER_ERROR_INVALID) {
        atomic_store(&elasticsearch->is_ours, false);
    }
    return status;
}

/* An engine that is away is no obstacle; a setting that is wrong is one. */
static bool is_wrong_setting(int status)
{
    return status == MEOWER_ERROR_INVALID || status == MEOWER_ERROR_PERMISSION || status == MEOWER_ERROR_UNSUPPORTED;
}

static int elasticsearch_open(const meower_backend_config *config, void **search, meower_error *error)
{
    struct elasticsearch *elasticsearch = allocate(config);

    if (elasticsearch == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a search engine");
    }
    int status = elasticsearch_address_parse(&elasticsearch->address, config->location, error);
    if (status == MEOWER_OK && elasticsearch->only_looks) {
        status = note(elasticsearch, elasticsearch_index_look(&elasticsearch->index, error));
    } else if (status == MEOWER_OK) {
        meower_error obstacle;
        int found = note(elasticsearch, elasticsearch_index_adopt(&elasticsearch->index, &obstacle));
        if (is_wrong_setting(found)) {
            status = meower_error_set_backend(error, found, obstacle.backend_domain, obstacle.backend_code,
                                              obstacle.flags, "%s", obstacle.message);
        }
    }
    if (status != MEOWER_OK) {
        elasticsearch_close(elasticsearch);
        return status;
    }
    *search = elasticsearch;
    return MEOWER_OK;
}

/* ---- changing --------------------------------------------------------------------------------------------------- */

static int read_info(struct elasticsearch *elasticsearch, meower_search_info *info, meower_error *error)
{
    struct elasticsearch_index *index = &elasticsearch->index;
    int status =
        elasticsearch->only_looks ? elasticsearch_index_look(index, error) : elasticsearch_index_adopt(index, error);

    return status == MEOWER_OK ? elasticsearch_index_read_info(index, info, error) : status;
}

static int elasticsearch_info(void *search, meower_search_info *info, meower_error *error)
{
    struct elasticsearch *elasticsearch = search;

    pthread_mutex_lock(&elasticsearch->writer_mutex);
    int status = note(elasticsearch, read_info(elasticsearch, info, error));
    pthread_mutex_unlock(&elasticsearch->writer_mutex);
    return status;
}

static int elasticsearch_reset(void *search, meower_error *error)
{
    struct elasticsearch *elasticsearch = search;

    pthread_mutex_lock(&elasticsearch->writer_mutex);
    int status = note(elasticsearch, elasticsearch_index_reset(&elasticsearch->index, error));
    pthread_mutex_unlock(&elasticsearch->writer_mutex);
    return status;
}

/* What is remembered is a request of its own, after the documents: it is never ahead of them. */
static int apply(struct elasticsearch_index *index, const meower_search_document *documents, size_t count,
                 const meower_search_info *info, meower_error *error)
{
    int status = elasticsearch_index_confirm(index, error);

    if (status != MEOWER_OK) {
        return status;
    }
    index->is_new = false;
    status = elasticsearch_batch_apply(index, documents, count, error);
    return status == MEOWER_OK ? elasticsearch_index_write_info(index, info, error) : status;
}

static int elasticsearch_index(void *search, const meower_search_document *documents, size_t count,
                               const meower_search_info *info, meower_error *error)
{
    struct elasticsearch *elasticsearch = search;

    pthread_mutex_lock(&elasticsearch->writer_mutex);
    int status = note(elasticsearch, apply(&elasticsearch->index, documents, count, info, error));
    pthread_mutex_unlock(&elasticsearch->writer_mutex);
    return status;
}

static int elasticsearch_refresh(void *search, meower_error *error)
{
    struct elasticsearch *elasticsearch = search;

    pthread_mutex_lock(&elasticsearch->writer_mutex);
    int status = elasticsearch_index_confirm(&elasticsearch->index, error);
    if (status == MEOWER_OK) {
        status = elasticsearch_index_refresh(&elasticsearch->index, error);
    }
    note(elasticsearch, status);
    pthread_mutex_unlock(&elasticsearch->writer_mutex);
    return status;
}

/* ---- building beside and swapping ------------------------------------------------------------------------------- */

/* Two names, used in turn: what an earlier rebuild has left has the name that the next one uses. So has what another
 * process is building at the same time: who begins later begins it anew, and the other one finds it lost. */
static void name_beside(struct elasticsearch *elasticsearch)
{
    const char *index = elasticsearch->address.index;
    char *name = elasticsearch->beside_name;

    snprintf(name, sizeof(elasticsearch->beside_name), "%s-1", index);
    if (strcmp(elasticsearch->index.real_name, name) == 0) {
        snprintf(name, sizeof(elasticsearch->beside_name), "%s-2", index);
    }
    elasticsearch->beside_address = elasticsearch->address;
    elasticsearch->beside_address.index = name;
}

static int elasticsearch_rebuild_begin(void *search, meower_error *error)
{
    struct elasticsearch *elasticsearch = search;

    pthread_mutex_lock(&elasticsearch->writer_mutex);
    int status = note(elasticsearch, elasticsearch_index_adopt(&elasticsearch->index, error));
    if (status == MEOWER_OK) {
        name_beside(elasticsearch);
        elasticsearch->beside.is_known = false;
        status = elasticsearch_index_reset(&elasticsearch->beside, error);
    }
    pthread_mutex_unlock(&elasticsearch->writer_mutex);
    return status;
}

static int refuse_unbegun(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "no rebuild of the search index was begun");
}

/* Once something has failed the index beside is unknown, and stays so: it is begun anew, rather than trusted. */
static int elasticsearch_rebuild_index(void *search, const meower_search_document *documents, size_t count,
                                       const meower_search_info *info, meower_error *error)
{
    struct elasticsearch *elasticsearch = search;

    pthread_mutex_lock(&elasticsearch->writer_mutex);
    int status = elasticsearch->beside.is_known ? apply(&elasticsearch->beside, documents, count, info, error)
                                                : refuse_unbegun(error);
    elasticsearch->beside.is_known = status == MEOWER_OK;
    pthread_mutex_unlock(&elasticsearch->writer_mutex);
    return status;
}

static int elasticsearch_rebuild_swap(void *search, meower_error *error)
{
    struct elasticsearch *elasticsearch = search;

    pthread_mutex_lock(&elasticsearch->writer_mutex);
    int status = elasticsearch->beside.is_known ? elasticsearch_index_check(&elasticsearch->beside, error)
                                                : refuse_unbegun(error);
    if (status == MEOWER_OK) {
        status = elasticsearch_index_refresh(&elasticsearch->beside, error);
    }
    if (status == MEOWER_OK) {
        status = note(elasticsearch, elasticsearch_index_replace(&elasticsearch->index, &elasticsearch->beside, error));
    }
    elasticsearch->beside.is_known = false;
    pthread_mutex_unlock(&elasticsearch->writer_mutex);
    return status;
}

static int elasticsearch_rebuild_cancel(void *search, meower_error *error)
{
    struct elasticsearch *elasticsearch = search;
    int status = MEOWER_OK;

    pthread_mutex_lock(&elasticsearch->writer_mutex);
    if (elasticsearch->beside.life[0] != '\0') {
        status = elasticsearch_index_discard(&elasticsearch->index, &elasticsearch->beside, error);
    }
    elasticsearch->beside.is_known = false;
    elasticsearch->beside.life[0] = '\0';
    pthread_mutex_unlock(&elasticsearch->writer_mutex);
    return status;
}

/* ---- searching -------------------------------------------------------------------------------------------------- */

static int refuse(const struct elasticsearch *elasticsearch, const char *reason, meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                            "the search engine at %s %s", elasticsearch->address.server, reason);
}

/* Says when a search would be in vain, and how long it may take. */
static int check_usable(struct elasticsearch *elasticsearch, long *timeout_ms, meower_error *error)
{
    int_fast64_t pause_us = atomic_load(&elasticsearch->pause_us);
    int64_t now_us = clock_monotonic_us(elasticsearch->clock);

    if (!atomic_load(&elasticsearch->is_ours)) {
        return refuse(elasticsearch, "has not been reached yet", error);
    }
    *timeout_ms = pause_us == 0 ? TIMEOUT_MS : TRIAL_TIMEOUT_MS;
    if (pause_us != 0 && (now_us < pause_us ||
                          !atomic_compare_exchange_strong(&elasticsearch->pause_us, &pause_us, now_us + PAUSE_US))) {
        return refuse(elasticsearch, "did not answer a moment ago", error);
    }
    return MEOWER_OK;
}

/* The answer; of several in one, the first that is an error or not of all shards. */
static const cJSON *find_answer(const struct elasticsearch_connection *connection, long *http_status)
{
    const cJSON *item;

    *http_status = connection->http_status;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(connection->json, "responses"))
    {
        const cJSON *failed = elasticsearch_member(item, "_shards", "failed");
        const cJSON *status = cJSON_GetObjectItemCaseSensitive(item, "status");
        if (cJSON_GetObjectItemCaseSensitive(item, "error") != NULL ||
            (cJSON_IsNumber(failed) && failed->valueint > 0)) {
            *http_status = cJSON_IsNumber(status) ? status->valueint : *http_status;
            return item;
        }
    }
    return connection->json;
}

/* What the answer to a search means. */
static int judge(const struct elasticsearch *elasticsearch, const struct elasticsearch_connection *connection,
                 meower_error *error)
{
    long http_status;
    const cJSON *answer = find_answer(connection, &http_status);
    const cJSON *detail = cJSON_GetObjectItemCaseSensitive(answer, "error");
    const cJSON *failed = elasticsearch_member(answer, "_shards", "failed");

    if (http_status == 404 || (cJSON_IsNumber(failed) && failed->valueint > 0)) {
        return meower_error_set_backend(error, MEOWER_ERROR_UNAVAILABLE, MEOWER_DOMAIN_HTTP, (int)http_status,
                                        MEOWER_ERROR_FLAG_RETRIABLE,
                                        "the index \"%s\" at %s is being made or is damaged",
                                        elasticsearch->address.index, elasticsearch->address.server);
    }
    return detail == NULL ? elasticsearch_check(connection, error)
                          : elasticsearch_refused(connection, http_status, detail, error);
}

/* Asks, and notes whether the engine answers. `search` is what stands behind the index in the path. */
static int ask(struct elasticsearch *elasticsearch, struct lane *lane, const char *search, meower_error *error)
{
    struct elasticsearch_connection *connection = &lane->connection;
    char path[400];

    snprintf(path, sizeof(path), "/%s/%s", elasticsearch->address.index, search);
    int status = elasticsearch_request(connection, "POST", path, &lane->query, error);
    if (status == MEOWER_ERROR_UNAVAILABLE) {
        atomic_store(&elasticsearch->pause_us, clock_monotonic_us(elasticsearch->clock) + PAUSE_US);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    atomic_store(&elasticsearch->pause_us, 0);
    return judge(elasticsearch, connection, error);
}

static int push_hits(const struct elasticsearch_connection *connection, meower_hit_sink *sink, meower_error *error)
{
    const cJSON *hit;

    cJSON_ArrayForEach(hit, elasticsearch_member(connection->json, "hits", "hits"))
    {
        const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(hit, "_id"));
        const cJSON *position = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(hit, "sort"), 1);
        if (id == NULL || !cJSON_IsNumber(position) || position->valuedouble < 0 ||
            position->valuedouble > (double)ELASTICSEARCH_POSITION_MAX) {
            return elasticsearch_foreign_server(connection, error);
        }
        int status = sink->hit(sink, id, (uint64_t)position->valuedouble);
        if (status != MEOWER_OK) {
            return status;
        }
    }
    return MEOWER_OK;
}

/* The engine has no shard of the index to ask, or not the index. */
static bool is_without_shards(const struct elasticsearch_connection *connection)
{
    long http_status;
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(find_answer(connection, &http_status), "error");
    const cJSON *failed = cJSON_GetObjectItemCaseSensitive(error, "failed_shards");

    return http_status == 404 || (http_status == 503 && cJSON_GetArraySize(failed) == 0);
}

/* When the first rebuild, of this process or another, makes the index's name an alias, there is nothing to search for
 * up to a tenth of a second. Who waits in vain is not followed by others for a while: the index may really be gone. */
static int ask_through_swap(struct elasticsearch *elasticsearch, struct lane *lane, const char *search,
                            meower_error *error)
{
    const struct timespec pause = {.tv_nsec = SWAP_PAUSE_US * 1000};
    int status = ask(elasticsearch, lane, search, error);

    for (int i = 0; i < SWAP_PAUSES && status != MEOWER_OK && is_without_shards(&lane->connection); i++) {
        if (clock_monotonic_us(elasticsearch->clock) < atomic_load(&elasticsearch->swap_patience_us)) {
            return status;
        }
        nanosleep(&pause, NULL);
        status = ask(elasticsearch, lane, search, error);
    }
    if (status != MEOWER_OK) {
        atomic_store(&elasticsearch->swap_patience_us, clock_monotonic_us(elasticsearch->clock) + PAUSE_US);
    }
    return status;
}

/* Learns what the words of the request weigh. */
static int weigh(struct elasticsearch *elasticsearch, struct lane *lane, const meower_search_request *request,
                 meower_error *error)
{
    elasticsearch_weights_begin(&lane->weights, request);
    for (;;) {
        elasticsearch_text_clear(&lane->query);
        if (!elasticsearch_weights_ask(&lane->weights, &lane->query)) {
            return MEOWER_OK;
        }
        int status = ask_through_swap(elasticsearch, lane, COUNTS, error);
        if (status != MEOWER_OK) {
            return status;
        }
        if (!elasticsearch_weights_take(&lane->weights, lane->connection.json)) {
            return elasticsearch_foreign_server(&lane->connection, error);
        }
    }
}

static int elasticsearch_match(void *search, unsigned lane_number, const meower_search_request *request,
                               meower_hit_sink *sink, meower_error *error)
{
    struct elasticsearch *elasticsearch = search;
    uint32_t take = request->take;

    if (lane_number >= elasticsearch->lane_count) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "the search engine was opened with %u lanes",
                                elasticsearch->lane_count);
    }
    if (take == 0 || request->skip >= ELASTICSEARCH_WINDOW_MAX) {
        return MEOWER_OK;
    }
    struct lane *lane = &elasticsearch->lanes[lane_number];
    int status = check_usable(elasticsearch, &lane->connection.timeout_ms, error);
    if (status == MEOWER_OK) {
        status = weigh(elasticsearch, lane, request, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    if (take > ELASTICSEARCH_WINDOW_MAX - request->skip) {
        take = (uint32_t)(ELASTICSEARCH_WINDOW_MAX - request->skip);
    }
    elasticsearch_text_clear(&lane->query);
    elasticsearch_query_write(&lane->query, &lane->weights, request->skip, take);
    status = ask_through_swap(elasticsearch, lane, HITS, error);
    return status == MEOWER_OK ? push_hits(&lane->connection, sink, error) : status;
}

/* ---- looking ---------------------------------------------------------------------------------------------------- */

/* Only our documents have a position. The one that says how far the index is has none. */
static int ask_for_list(struct elasticsearch *elasticsearch, struct lane *lane, uint64_t after, size_t max,
                        meower_error *error)
{
    elasticsearch_text_clear(&lane->query);
    elasticsearch_text_print(&lane->query,
                             "{\"size\":%zu,\"query\":{\"exists\":{\"field\":\"" ELASTICSEARCH_POSITION "\"}},"
                             "\"sort\":[{\"" ELASTICSEARCH_POSITION "\":\"asc\"}],\"search_after\":[%llu]}",
                             max > ELASTICSEARCH_WINDOW_MAX ? (size_t)ELASTICSEARCH_WINDOW_MAX : max,
                             (unsigned long long)after);
    lane->connection.timeout_ms = TIMEOUT_MS;
    return ask(elasticsearch, lane, HITS, error);
}

static int push_documents(const struct elasticsearch_connection *connection, meower_document_sink *sink,
                          meower_error *error)
{
    const cJSON *hit;

    cJSON_ArrayForEach(hit, elasticsearch_member(connection->json, "hits", "hits"))
    {
        const cJSON *position = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(hit, "sort"), 0);
        meower_search_document document = {.id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(hit, "_id"))};
        if (document.id == NULL || !cJSON_IsNumber(position) || position->valuedouble < 0) {
            return elasticsearch_foreign_server(connection, error);
        }
        document.position = (uint64_t)position->valuedouble;
        int status = sink->document(sink, &document);
        if (status != MEOWER_OK) {
            return status;
        }
    }
    return MEOWER_OK;
}

static int elasticsearch_list(void *search, unsigned lane_number, uint64_t after, size_t max,
                              meower_document_sink *sink, meower_error *error)
{
    struct elasticsearch *elasticsearch = search;
    struct lane *lane = &elasticsearch->lanes[lane_number];
    int status = ask_for_list(elasticsearch, lane, after, max, error);

    return status == MEOWER_OK ? push_documents(&lane->connection, sink, error) : status;
}

const meower_search_vtable elasticsearch_search = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_search_vtable),
    .scheme = "elasticsearch",
    .flags = MEOWER_SEARCH_LOOKS,
    .open = elasticsearch_open,
    .close = elasticsearch_close,
    .info = elasticsearch_info,
    .reset = elasticsearch_reset,
    .index = elasticsearch_index,
    .refresh = elasticsearch_refresh,
    .match = elasticsearch_match,
    .rebuild_begin = elasticsearch_rebuild_begin,
    .rebuild_index = elasticsearch_rebuild_index,
    .rebuild_swap = elasticsearch_rebuild_swap,
    .rebuild_cancel = elasticsearch_rebuild_cancel,
    .list = elasticsearch_list,
};
