/* elasticsearch_index.c - an index of ours in a search engine.
 *
 * What it remembers is a document beside the meows: the epoch is a stored field, and the position is its version, so
 * that the engine itself refuses to go back. */
#include "search/elasticsearch_index.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FORMAT    3 /* of the mapping and of what is written; an index of another one is made anew */
#define MAJOR_MIN 6 /* of Elasticsearch */
#define PATH_SIZE 400

#define UNUSED_PAUSE_MS 500 /* an index that was replaced is kept so long, for searches under way */

/* What look() finds under the index's name. */
enum {
    FOUND_NOTHING,
    FOUND_USELESS, /* ours by its fields, but without a life or of another format */
    FOUND_OURS
};

/* ---- looking ---------------------------------------------------------------------------------------------------- */

/* Elasticsearch says "number":"7.10.2"; OpenSearch also says "distribution":"opensearch", and may give the number of an
 * Elasticsearch for the sake of old clients. */
static int look_at_engine(struct elasticsearch_index *index, meower_error *error)
{
    struct elasticsearch_connection *connection = &index->connection;
    int status = elasticsearch_request(connection, "GET", "/", NULL, error);

    if (status != MEOWER_OK) {
        return status;
    }
    const char *number = cJSON_GetStringValue(elasticsearch_member(connection->json, "version", "number"));
    bool is_elsewhere = connection->http_status == 404 || (connection->http_status < 300 && number == NULL);
    status = is_elsewhere ? elasticsearch_foreign_server(connection, error) : elasticsearch_check(connection, error);
    if (status != MEOWER_OK) {
        return status;
    }
    long major = strtol(number, NULL, 10);
    bool is_elasticsearch = elasticsearch_member(connection->json, "version", "distribution") == NULL;
    if (is_elasticsearch && major < MAJOR_MIN) {
        return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                "the search engine at %s is Elasticsearch %.20s; 6.2 or later is needed",
                                index->address->server, number);
    }
    index->has_types = is_elasticsearch && major == MAJOR_MIN;
    return MEOWER_OK;
}

static bool has_our_fields_only(const cJSON *properties)
{
    const cJSON *field;

    cJSON_ArrayForEach(field, properties)
    {
        if (strncmp(field->string, ELASTICSEARCH_FIELDS, strlen(ELASTICSEARCH_FIELDS)) != 0) {
            return false;
        }
    }
    return cJSON_GetArraySize(properties) > 0;
}

/* An index without any mapping holds nothing: such as one that the engine made by itself, because a write of ours came
 * to it just after somebody had removed it. */
static bool is_blank(const cJSON *mappings)
{
    return cJSON_IsObject(mappings) && mappings->child == NULL;
}

/* Judges the index by its mapping; *life is set when it is ours. */
static int judge(const struct elasticsearch_index *index, const cJSON *mapping, char life[ELASTICSEARCH_LIFE_SIZE],
                 int *found, meower_error *error)
{
    const cJSON *ours = elasticsearch_member(mapping, "_meta", "meower");
    const char *its_life = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(ours, "life"));
    const cJSON *format = cJSON_GetObjectItemCaseSensitive(ours, "format");

    if (its_life != NULL && strlen(its_life) == ELASTICSEARCH_LIFE_SIZE - 1 && cJSON_IsNumber(format) &&
        format->valueint == FORMAT) {
        memcpy(life, its_life, ELASTICSEARCH_LIFE_SIZE);
        *found = FOUND_OURS;
        return MEOWER_OK;
    }
    if (ours != NULL || has_our_fields_only(cJSON_GetObjectItemCaseSensitive(mapping, "properties"))) {
        *found = FOUND_USELESS;
        return MEOWER_OK;
    }
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                            "the index \"%s\" at %s holds something else than a feed; name another one in the option "
                            "\"search\", such as elasticsearch:%s/%s-feed",
                            index->address->index, index->address->server, index->address->server,
                            index->address->index);
}

/* The index under our name: itself, or the only one that the name is an alias of, as a rebuild leaves it. */
static int find_real_name(struct elasticsearch_index *index, const cJSON *mappings, meower_error *error)
{
    const char *name = cJSON_GetArraySize(mappings) == 1 ? mappings->child->string : NULL;

    if (name == NULL || strlen(name) >= sizeof(index->real_name)) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "\"%s\" at %s is an alias of several indices; name an index in the option \"search\"",
                                index->address->index, index->address->server);
    }
    snprintf(index->real_name, sizeof(index->real_name), "%s", name);
    return MEOWER_OK;
}

/* Looks at the engine and at the index under our name. */
static int look(struct elasticsearch_index *index, char life[ELASTICSEARCH_LIFE_SIZE], int *found, meower_error *error)
{
    struct elasticsearch_connection *connection = &index->connection;
    char path[PATH_SIZE];
    int status = look_at_engine(index, error);

    *found = FOUND_NOTHING;
    snprintf(index->real_name, sizeof(index->real_name), "%s", index->address->index);
    if (status != MEOWER_OK) {
        return status;
    }
    snprintf(path, sizeof(path), "/%s/_mapping", index->address->index);
    status = elasticsearch_request(connection, "GET", path, NULL, error);
    if (status != MEOWER_OK || connection->http_status == 404) {
        return status;
    }
    status = elasticsearch_check(connection, error);
    if (status != MEOWER_OK) {
        return status;
    }
    status = find_real_name(index, connection->json, error);
    if (status != MEOWER_OK) {
        return status;
    }
    const cJSON *mapping = elasticsearch_member(connection->json, index->real_name, "mappings");
    if (is_blank(mapping)) {
        *found = FOUND_USELESS;
        return MEOWER_OK;
    }
    if (index->has_types) {
        mapping = cJSON_GetObjectItemCaseSensitive(mapping, "_doc");
    }
    return judge(index, mapping, life, found, error);
}

/* ---- making and removing ---------------------------------------------------------------------------------------- */

/* No copy of the texts ("_source"). */
static void write_fields(struct elasticsearch_text *text)
{
    elasticsearch_text_print(text, "\"dynamic\":\"strict\",\"_source\":{\"enabled\":false},\"properties\":{"
                                   "\"" ELASTICSEARCH_WORDS "\":{\"type\":\"text\",\"analyzer\":\"whitespace\","
                                   "\"index_options\":\"positions\",\"norms\":false},"
                                   "\"" ELASTICSEARCH_JOINED "\":{\"type\":\"text\",\"analyzer\":\"whitespace\","
                                   "\"index_options\":\"docs\",\"norms\":false},"
                                   "\"" ELASTICSEARCH_LABELS "\":{\"type\":\"keyword\",\"doc_values\":false},"
                                   "\"" ELASTICSEARCH_POSITION "\":{\"type\":\"long\",\"index\":false},"
                                   "\"" ELASTICSEARCH_EPOCH "\":{\"type\":\"keyword\",\"index\":false,"
                                   "\"doc_values\":false,\"store\":true}}");
}

/* One shard: what is refreshed is visible at once in all of it, and a common word's typos are those of the whole feed.
 * No refresh of the engine's own: the projection decides when. A deletion is remembered for ten minutes, so that an
 * older write that was held up on its way cannot bring a meow back. */
static void write_mapping(struct elasticsearch_text *text, const struct elasticsearch_index *index)
{
    elasticsearch_text_print(text,
                             "{\"settings\":{\"index\":{\"number_of_shards\":1,\"auto_expand_replicas\":\"0-1\","
                             "\"refresh_interval\":\"-1\",\"gc_deletes\":\"10m\",\"max_result_window\":%u}},",
                             ELASTICSEARCH_WINDOW_MAX);
    elasticsearch_text_print(text, "\"mappings\":{%s\"_meta\":{\"meower\":{\"format\":%d,\"life\":\"%s\"}},",
                             index->has_types ? "\"_doc\":{" : "", FORMAT, index->life);
    write_fields(text);
    elasticsearch_text_print(text, "%s}}", index->has_types ? "}" : "");
}

static void draw_life(struct elasticsearch_index *index)
{
    uint64_t number;

    index->clock->random(index->clock->context, &number, sizeof(number));
    snprintf(index->life, sizeof(index->life), "%016llx", (unsigned long long)number);
}

/* Writes what the index remembers. The answer is the connection's, to be judged. */
static int put_info(struct elasticsearch_index *index, const meower_search_info *info, meower_error *error)
{
    struct elasticsearch_text body = {0};
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "/%s/_doc/meower-info-%s?version=%llu&version_type=external_gte",
             index->address->index, index->life, (unsigned long long)info->position);
    elasticsearch_text_print(&body, "{\"" ELASTICSEARCH_EPOCH "\":\"%s\"}", info->epoch);
    int status = elasticsearch_request(&index->connection, "PUT", path, &body, error);
    elasticsearch_text_free(&body);
    return status;
}

/* An index that remembers nothing yet is given that as a document, so that a later write finds it there. */
static int require_info(struct elasticsearch_index *index, meower_error *error)
{
    const meower_search_info nothing = {.epoch = "", .position = 0};
    int status = put_info(index, &nothing, error);

    if (status != MEOWER_OK || index->connection.http_status == 409) {
        return status;
    }
    return elasticsearch_check(&index->connection, error);
}

static int make(struct elasticsearch_index *index, meower_error *error)
{
    struct elasticsearch_text body = {0};
    char path[PATH_SIZE];

    draw_life(index);
    write_mapping(&body, index);
    snprintf(path, sizeof(path), "/%s", index->address->index);
    int status = elasticsearch_request(&index->connection, "PUT", path, &body, error);
    elasticsearch_text_free(&body);
    if (status != MEOWER_OK) {
        return status;
    }
    const char *type = cJSON_GetStringValue(elasticsearch_member(index->connection.json, "error", "type"));
    if (type != NULL && strstr(type, "already_exists") != NULL) {
        return meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                "another process is making the index \"%s\" at %s", index->address->index,
                                index->address->server);
    }
    status = elasticsearch_check(&index->connection, error);
    if (status == MEOWER_OK) {
        status = require_info(index, error);
        index->is_new = status == MEOWER_OK;
    }
    return status;
}

/* An alias goes with its index. */
static int remove_index(struct elasticsearch_index *index, meower_error *error)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "/%s", index->real_name);
    int status = elasticsearch_request(&index->connection, "DELETE", path, NULL, error);
    if (status != MEOWER_OK || index->connection.http_status == 404) {
        return status;
    }
    return elasticsearch_check(&index->connection, error);
}

/* ---- adopting and confirming ------------------------------------------------------------------------------------ */

int elasticsearch_index_lost(const struct elasticsearch_index *index, meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                            "the index \"%s\" at %s was removed or replaced; it must be read from the start again",
                            index->address->index, index->address->server);
}

/* Notes the end of adopting or making an index. After a failure it is unknown what is there, and none is ours. */
static int settle(struct elasticsearch_index *index, int status)
{
    index->is_known = status == MEOWER_OK;
    if (status != MEOWER_OK) {
        index->life[0] = '\0';
    }
    return status;
}

int elasticsearch_index_adopt(struct elasticsearch_index *index, meower_error *error)
{
    char life[ELASTICSEARCH_LIFE_SIZE];
    int found;
    int status = look(index, life, &found, error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (found == FOUND_OURS) {
        index->is_new = index->is_new && strcmp(index->life, life) == 0;
        memcpy(index->life, life, sizeof(life));
        status = require_info(index, error);
    } else {
        status = found == FOUND_USELESS ? remove_index(index, error) : MEOWER_OK;
        if (status == MEOWER_OK) {
            status = make(index, error);
        }
    }
    return settle(index, status);
}

int elasticsearch_index_check(struct elasticsearch_index *index, meower_error *error)
{
    char life[ELASTICSEARCH_LIFE_SIZE];
    int found;
    int status = look(index, life, &found, error);

    if (status == MEOWER_OK && (found != FOUND_OURS || strcmp(life, index->life) != 0)) {
        status = elasticsearch_index_lost(index, error);
    }
    return status;
}

int elasticsearch_index_confirm(struct elasticsearch_index *index, meower_error *error)
{
    if (index->is_known) {
        return MEOWER_OK;
    }
    if (index->life[0] == '\0') {
        return elasticsearch_index_adopt(index, error);
    }
    int status = elasticsearch_index_check(index, error);
    index->is_known = status == MEOWER_OK;
    return status;
}

int elasticsearch_index_reset(struct elasticsearch_index *index, meower_error *error)
{
    char life[ELASTICSEARCH_LIFE_SIZE];
    int found;

    if (index->is_known && index->is_new) {
        return MEOWER_OK;
    }
    int status = look(index, life, &found, error);
    if (status != MEOWER_OK) {
        return status;
    }
    status = found == FOUND_NOTHING ? MEOWER_OK : remove_index(index, error);
    if (status == MEOWER_OK) {
        status = make(index, error);
    }
    return settle(index, status);
}

int elasticsearch_index_look(struct elasticsearch_index *index, meower_error *error)
{
    char life[ELASTICSEARCH_LIFE_SIZE];
    int found;
    int status = look(index, life, &found, error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (found != FOUND_OURS) {
        return meower_error_set(error, MEOWER_ERROR_NOT_FOUND, 0, 0, "there is no index \"%s\" of a feed at %s",
                                index->address->index, index->address->server);
    }
    memcpy(index->life, life, sizeof(life));
    return MEOWER_OK;
}

/* ---- replacing -------------------------------------------------------------------------------------------------- */

int elasticsearch_index_discard(struct elasticsearch_index *index, struct elasticsearch_index *beside,
                                meower_error *error)
{
    char life[ELASTICSEARCH_LIFE_SIZE];
    meower_error lost;
    int found;
    int status = look(index, life, &found, error);

    if (status != MEOWER_OK || (found == FOUND_OURS && strcmp(life, beside->life) == 0)) {
        return settle(beside, status);
    }
    status = elasticsearch_index_check(beside, &lost);
    if (status == MEOWER_ERROR_CORRUPT) {
        return settle(beside, MEOWER_OK);
    }
    if (status == MEOWER_OK) {
        status = remove_index(beside, &lost);
    }
    if (status != MEOWER_OK && error != NULL) {
        *error = lost;
    }
    return settle(beside, status);
}

/* Searches that are under way still need it. Measured with OpenSearch: without a pause some of them fail. */
static int remove_unused(struct elasticsearch_index *index, meower_error *error)
{
    const struct timespec pause = {.tv_nsec = UNUSED_PAUSE_MS * 1000000};

    nanosleep(&pause, NULL);
    return remove_index(index, error);
}

/* The aliases API does all of it in one step. An index that bears the name itself has to go in the same step: that is
 * what "remove_index" is for (Elasticsearch 6.2 reference, "Index Aliases"; OpenSearch likewise). */
static int move_name(struct elasticsearch_index *index, const struct elasticsearch_index *beside, int found,
                     meower_error *error)
{
    const char *name = index->address->index;
    struct elasticsearch_text body = {0};
    int status;

    elasticsearch_text_print(&body, "{\"actions\":[");
    if (found != FOUND_NOTHING && strcmp(index->real_name, name) == 0) {
        elasticsearch_text_print(&body, "{\"remove_index\":{\"index\":\"%s\"}},", name);
    } else if (found != FOUND_NOTHING) {
        elasticsearch_text_print(&body, "{\"remove\":{\"index\":\"%s\",\"alias\":\"%s\"}},", index->real_name, name);
    }
    elasticsearch_text_print(&body, "{\"add\":{\"index\":\"%s\",\"alias\":\"%s\"}}]}", beside->address->index, name);
    status = elasticsearch_call(&index->connection, "POST", "/_aliases", &body, error);
    elasticsearch_text_free(&body);
    return status;
}

int elasticsearch_index_replace(struct elasticsearch_index *index, const struct elasticsearch_index *beside,
                                meower_error *error)
{
    char life[ELASTICSEARCH_LIFE_SIZE];
    int found;
    int status = look(index, life, &found, error);

    if (status == MEOWER_OK) {
        status = move_name(index, beside, found, error);
    }
    if (status != MEOWER_OK) {
        return settle(index, status);
    }
    if (found != FOUND_NOTHING && strcmp(index->real_name, index->address->index) != 0 &&
        strcmp(index->real_name, beside->address->index) != 0) {
        (void)remove_unused(index, NULL); /* what is left is removed by the next rebuild */
    }
    memcpy(index->life, beside->life, sizeof(index->life));
    snprintf(index->real_name, sizeof(index->real_name), "%s", beside->address->index);
    index->is_new = false;
    return settle(index, MEOWER_OK);
}

/* ---- what it remembers ------------------------------------------------------------------------------------------ */

int elasticsearch_index_refresh(struct elasticsearch_index *index, meower_error *error)
{
    static const struct elasticsearch_text nothing = {.data = NULL};
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "/%s/_refresh", index->address->index);
    int status = elasticsearch_request(&index->connection, "POST", path, &nothing, error);
    if (status != MEOWER_OK) {
        return status;
    }
    return index->connection.http_status == 404 ? elasticsearch_index_lost(index, error)
                                                : elasticsearch_check(&index->connection, error);
}

int elasticsearch_index_read_info(struct elasticsearch_index *index, meower_search_info *info, meower_error *error)
{
    struct elasticsearch_connection *connection = &index->connection;
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "/%s/_doc/meower-info-%s?stored_fields=" ELASTICSEARCH_EPOCH, index->address->index,
             index->life);
    int status = elasticsearch_request(connection, "GET", path, NULL, error);
    if (status != MEOWER_OK) {
        return status;
    }
    if (connection->http_status == 404) {
        return elasticsearch_index_lost(index, error);
    }
    status = elasticsearch_check(connection, error);
    if (status != MEOWER_OK) {
        return status;
    }
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(connection->json, "_version");
    const cJSON *epoch = cJSON_GetArrayItem(elasticsearch_member(connection->json, "fields", ELASTICSEARCH_EPOCH), 0);
    if (!cJSON_IsNumber(version) || version->valuedouble < 0 ||
        version->valuedouble > (double)ELASTICSEARCH_POSITION_MAX) {
        return elasticsearch_index_lost(index, error);
    }
    info->position = (uint64_t)version->valuedouble;
    snprintf(info->epoch, sizeof(info->epoch), "%s", cJSON_IsString(epoch) ? epoch->valuestring : "");
    return MEOWER_OK;
}

/* The engine refused to go back: that is well when the later position is one of the same feed. */
static int check_epoch(struct elasticsearch_index *index, const meower_search_info *info, meower_error *error)
{
    meower_search_info remembered;
    int status = elasticsearch_index_read_info(index, &remembered, error);

    if (status == MEOWER_OK && strcmp(remembered.epoch, info->epoch) != 0) {
        status = meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                                  "the index \"%s\" at %s holds the feed of another store; name another index in the "
                                  "option \"search\"",
                                  index->address->index, index->address->server);
    }
    return status;
}

int elasticsearch_index_write_info(struct elasticsearch_index *index, const meower_search_info *info,
                                   meower_error *error)
{
    int status = put_info(index, info, error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (index->connection.http_status == 409) {
        return check_epoch(index, info, error);
    }
    const char *result = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(index->connection.json, "result"));
    if (index->connection.http_status == 404 || (result != NULL && strcmp(result, "created") == 0)) {
        return elasticsearch_index_lost(index, error);
    }
    return elasticsearch_check(&index->connection, error);
}
