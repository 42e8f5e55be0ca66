/* elasticsearch_batch.c - documents brought into an index by one _bulk request.
 *
 * The position of an event is the version of its document ("external": the engine takes a version only when it is
 * greater), deletions included. So a batch that comes again, whole or in part, changes nothing: the engine reports
 * conflicts, which are no errors here. */
#include "search/elasticsearch_batch.h"
#include "base/match.h"
#include "search/elasticsearch_clause.h"
#include <stdio.h>
#include <string.h>

#define CONFLICT 409

static void write_action(struct elasticsearch_text *text, const char *action, const meower_search_document *document)
{
    elasticsearch_text_print(text, "{\"%s\":{\"_id\":", action);
    elasticsearch_text_append_string(text, document->id, strlen(document->id));
    elasticsearch_text_print(text, ",\"version\":%llu,\"version_type\":\"external\"}}\n",
                             (unsigned long long)document->position);
}

/* Adds what `count` words are when they are joined, unless that is longer than a word that is searched can be. */
static bool add_joined(struct elasticsearch_text *joined, const struct word *words, size_t count)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        len += words[i].len;
    }
    if (len > WORDS_LEN_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        elasticsearch_text_append(joined, words[i].text, words[i].len);
    }
    elasticsearch_text_append(joined, " ", 1);
    return true;
}

/* Adds what two to four neighbours of the text are when they are joined. The engines' own filter for it ("shingle")
 * would join signs and the characters of runs too, which nobody can search as one word. */
static bool join_neighbours(struct elasticsearch_text *joined, const meower_search_document *document)
{
    struct words words;

    if (words_split(document->words, document->words_len, &words) != MEOWER_OK) {
        return false;
    }
    for (size_t at = 0; at < words.count; at++) {
        for (size_t count = 1; count <= MATCH_JOINED_MAX && at + count <= words.count; count++) {
            if (words.items[at + count - 1].kind != WORD_LETTERS ||
                (count > 1 && !add_joined(joined, &words.items[at], count))) {
                break;
            }
        }
    }
    words_free(&words);
    return !joined->is_incomplete;
}

static void write_labels(struct elasticsearch_text *text, const meower_search_document *document)
{
    if (document->label_count == 0) {
        return;
    }
    elasticsearch_text_print(text, ",\"" ELASTICSEARCH_LABELS "\":[");
    for (size_t i = 0; i < document->label_count; i++) {
        elasticsearch_text_append(text, ",", i == 0 ? 0 : 1);
        elasticsearch_clause_write_label(text, &document->labels[i]);
    }
    elasticsearch_text_print(text, "]");
}

/* False when memory is short. */
static bool write_document(struct elasticsearch_text *text, const meower_search_document *document,
                           struct elasticsearch_text *joined)
{
    if (document->words == NULL) {
        write_action(text, "delete", document);
        return true;
    }
    elasticsearch_text_clear(joined);
    if (!join_neighbours(joined, document)) {
        return false;
    }
    write_action(text, "index", document);
    elasticsearch_text_print(text, "{\"" ELASTICSEARCH_WORDS "\":");
    elasticsearch_text_append_string(text, document->words, document->words_len);
    if (joined->len > 0) {
        elasticsearch_text_print(text, ",\"" ELASTICSEARCH_JOINED "\":");
        elasticsearch_text_append_string(text, joined->data, joined->len - 1);
    }
    write_labels(text, document);
    elasticsearch_text_print(text, ",\"" ELASTICSEARCH_POSITION "\":%llu}\n", (unsigned long long)document->position);
    return true;
}

static int check_position(const meower_search_document *document, meower_error *error)
{
    if (document->position <= ELASTICSEARCH_POSITION_MAX) {
        return MEOWER_OK;
    }
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                            "position %llu is too large for the search index; it takes up to 2^53",
                            (unsigned long long)document->position);
}

static int write_documents(struct elasticsearch_text *text, const meower_search_document *documents, size_t count,
                           meower_error *error)
{
    struct elasticsearch_text joined = {0};
    int status = MEOWER_OK;

    for (size_t i = 0; i < count && status == MEOWER_OK; i++) {
        status = check_position(&documents[i], error);
        if (status == MEOWER_OK && !write_document(text, &documents[i], &joined)) {
            status = meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                      "no memory for the search index");
        }
    }
    elasticsearch_text_free(&joined);
    return status;
}

/* Judges one item of the answer, {"index":{"status":201}}. Deleting what is not there has the status 404, and no error.
 */
static int check_item(const struct elasticsearch_index *index, const cJSON *item, meower_error *error)
{
    const cJSON *result = item->child;
    const cJSON *detail = cJSON_GetObjectItemCaseSensitive(result, "error");
    const cJSON *http_status = cJSON_GetObjectItemCaseSensitive(result, "status");

    if (!cJSON_IsNumber(http_status)) {
        return elasticsearch_foreign_server(&index->connection, error);
    }
    if (detail == NULL || http_status->valueint == CONFLICT) {
        return MEOWER_OK;
    }
    if (http_status->valueint == 404) {
        return elasticsearch_index_lost(index, error);
    }
    return elasticsearch_refused(&index->connection, http_status->valueint, detail, error);
}

static int check_items(const struct elasticsearch_index *index, size_t count, meower_error *error)
{
    const cJSON *items = cJSON_GetObjectItemCaseSensitive(index->connection.json, "items");
    const cJSON *item;
    size_t checked = 0;

    cJSON_ArrayForEach(item, items)
    {
        int status = check_item(index, item, error);
        if (status != MEOWER_OK) {
            return status;
        }
        checked++;
    }
    return checked == count ? MEOWER_OK : elasticsearch_foreign_server(&index->connection, error);
}

int elasticsearch_batch_apply(struct elasticsearch_index *index, const meower_search_document *documents, size_t count,
                              meower_error *error)
{
    struct elasticsearch_text body = {0};
    char path[400];
    int status;

    if (count == 0) {
        return MEOWER_OK;
    }
    snprintf(path, sizeof(path), "/%s/%s_bulk?filter_path=items.*.status,items.*.error.type,items.*.error.reason",
             index->address->index, index->has_types ? "_doc/" : "");
    status = write_documents(&body, documents, count, error);
    if (status == MEOWER_OK) {
        status = elasticsearch_request(&index->connection, "POST", path, &body, error);
    }
    elasticsearch_text_free(&body);
    if (status != MEOWER_OK) {
        return status;
    }
    if (index->connection.http_status == 404) {
        return elasticsearch_index_lost(index, error);
    }
    status = elasticsearch_check(&index->connection, error);
    return status == MEOWER_OK ? check_items(index, count, error) : status;
}
