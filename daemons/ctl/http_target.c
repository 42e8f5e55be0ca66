/* http_target.c - meowctl and a server: the public routes, by libcurl; answers read by cJSON. */
#include "ctl/answer.h"
#include "ctl/event_stream.h"
#include "ctl/print.h"
#include "ctl/target.h"
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RETRY_SECONDS       2u /* between two tries to follow a server that went away */
#define SILENCE_SECONDS_MAX 45 /* the server sends a comment every 15 s: it is gone */

struct http_target {
    struct target target; /* first: the operations cast back */
    CURL *curl;
    char *url; /* without a slash at its end */
    struct curl_slist *headers;
};

/* The address of `path` on the server. The caller frees it. Returns NULL with a message on stderr when memory is short.
 */
static char *make_url(const struct http_target *http, const char *path)
{
    size_t size = strlen(http->url) + strlen(path) + 1;
    char *url = malloc(size);

    if (url == NULL) {
        fprintf(stderr, "meowctl: no memory\n");
        return NULL;
    }
    snprintf(url, size, "%s%s", http->url, path);
    return url;
}

/* Sends a request for `path` (with its query). Returns 0 with the answer in *answer, which the caller frees in any
 * case. */
static int request(struct http_target *http, const char *method, const char *path, const char *form,
                   struct answer *answer)
{
    char *url = make_url(http, path);
    int failed;

    *answer = (struct answer){0};
    if (url == NULL) {
        return 1;
    }
    curl_easy_reset(http->curl);
    curl_easy_setopt(http->curl, CURLOPT_URL, url);
    curl_easy_setopt(http->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, http->headers);
    if (form != NULL) {
        curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, form);
    }
    failed = answer_perform(http->curl, http->url, answer);
    free(url);
    return failed;
}

struct label_list {
    meower_label labels[MEOWER_LABELS_MAX];
    size_t count;
};

static void add_label(struct label_list *list, const char *key, const cJSON *json)
{
    const char *value = cJSON_GetStringValue(json);

    if (value != NULL && list->count < MEOWER_LABELS_MAX) {
        list->labels[list->count++] = (meower_label){key, strlen(key), value, strlen(value)};
    }
}

/* Reads the labels of a meow: an object whose members are texts or arrays of texts. *list refers to them. */
static void read_labels(const cJSON *json, struct label_list *list)
{
    const cJSON *member, *element;

    list->count = 0;
    if (!cJSON_IsObject(json)) {
        return;
    }
    cJSON_ArrayForEach(member, json)
    {
        add_label(list, member->string, member);
        cJSON_ArrayForEach(element, member)
        {
            add_label(list, member->string, element);
        }
    }
}

static void print_object(const cJSON *meow)
{
    struct label_list list;
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(meow, "id"));
    const char *body = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(meow, "body"));
    const char *created_at = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(meow, "created_at"));

    if (id != NULL && body != NULL && created_at != NULL) {
        read_labels(cJSON_GetObjectItemCaseSensitive(meow, "labels"), &list);
        print_meow(id, created_at, body, list.labels, list.count);
    } else if (id != NULL) {
        print_deletion(id);
    }
}

static int print_array(const struct target *target, const struct answer *answer)
{
    cJSON *array = answer->text == NULL ? NULL : cJSON_Parse(answer->text);
    const cJSON *meow;

    if (!cJSON_IsArray(array)) {
        fprintf(stderr, "meowctl: the server's answer is no list of meows\n");
        cJSON_Delete(array);
        return 1;
    }
    if (target->as_json) {
        print_json(answer->text, answer->len);
    } else {
        cJSON_ArrayForEach(meow, array)
        {
            print_object(meow);
        }
    }
    cJSON_Delete(array);
    return 0;
}

static bool write_escaped(const struct http_target *http, const char *text, size_t len, FILE *out)
{
    char *escaped = curl_easy_escape(http->curl, text, (int)len);
    bool is_written = escaped != NULL && fputs(escaped, out) >= 0;

    curl_free(escaped);
    return is_written;
}

/* Makes `start`, `text` (may be NULL), the labels and the query into parameters: "body=naps&label.room=the%20garden".
 * The caller frees them. Returns NULL with a message on stderr when memory is short. */
static char *make_parameters(const struct http_target *http, const char *start, const char *text)
{
    char *made = NULL;
    size_t len;
    FILE *out = open_memstream(&made, &len);
    bool is_made =
        out != NULL && fputs(start, out) >= 0 && (text == NULL || write_escaped(http, text, strlen(text), out));

    for (size_t i = 0; is_made && i < http->target.label_count; i++) {
        const meower_label *label = &http->target.labels[i];
        is_made = fprintf(out, "&label.%.*s=", (int)label->key_len, label->key) > 0 &&
                  write_escaped(http, label->value, label->value_len, out);
    }
    if (is_made && http->target.query != NULL) {
        is_made =
            fputs("&query=", out) >= 0 && write_escaped(http, http->target.query, strlen(http->target.query), out);
    }
    if ((out != NULL && fclose(out) != 0) || !is_made) {
        fprintf(stderr, "meowctl: no memory\n");
        free(made);
        return NULL;
    }
    return made;
}

static int http_post(struct target *target, const char *body)
{
    struct http_target *http = (struct http_target *)target;
    char *form = make_parameters(http, "body=", body);
    struct answer answer = {0};
    cJSON *json = NULL;
    const char *id;
    int failed = form == NULL || request(http, "POST", "/meows", form, &answer);

    if (!failed) {
        json = cJSON_Parse(answer.text == NULL ? "" : answer.text);
        id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "id"));
        puts(id != NULL ? id : "?");
    }
    cJSON_Delete(json);
    free(form);
    free(answer.text);
    return failed;
}

static int http_remove(struct target *target, const char *id)
{
    struct answer answer;
    char path[80];
    int failed;

    if (strlen(id) != 27 || strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != 27) {
        fprintf(stderr, "meowctl: an id has 27 letters and digits\n");
        return 1;
    }
    snprintf(path, sizeof(path), "/meows/%s", id);
    failed = request((struct http_target *)target, "DELETE", path, NULL, &answer);
    free(answer.text);
    return failed;
}

static int get_meows(struct target *target, const char *path)
{
    struct answer answer = {0};
    int failed = path == NULL || request((struct http_target *)target, "GET", path, NULL, &answer) ||
                 print_array(target, &answer);

    free(answer.text);
    return failed;
}

static int http_list(struct target *target, uint64_t skip, uint32_t take)
{
    char start[80];
    char *path;
    int failed;

    snprintf(start, sizeof(start), "/meows?skip=%llu&take=%u", (unsigned long long)skip, take);
    path = make_parameters((struct http_target *)target, start, NULL);
    failed = get_meows(target, path);
    free(path);
    return failed;
}

static int http_search(struct target *target, const char *text, uint32_t take)
{
    char start[80];
    char *path;
    int failed;

    snprintf(start, sizeof(start), "/search?take=%u&query=", take);
    path = make_parameters((struct http_target *)target, start, text);
    failed = get_meows(target, path);
    free(path);
    return failed;
}

static void show_sync(const cJSON *json)
{
    if (cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(json, "recovered"))) {
        print_not_recovered();
    }
}

/* One event of the stream. */
static void show_event(void *context, const char *name, const char *data, size_t data_len)
{
    const struct http_target *http = context;
    cJSON *json = cJSON_ParseWithLength(data, data_len);
    const char *cursor = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "cursor"));

    if (strcmp(name, "sync") == 0) {
        show_sync(json);
    } else if (http->target.as_json) {
        print_json(data, data_len);
    } else {
        if (http->target.with_cursors && cursor != NULL) {
            print_cursor(cursor);
        }
        print_object(json);
    }
    cJSON_Delete(json);
    print_flush();
}

static size_t feed_stream(char *data, size_t size, size_t count, void *context)
{
    return event_stream_feed(context, data, size * count) == 0 ? size * count : 0;
}

/* What a stream has brought, and when that last became more. */
struct silence {
    curl_off_t received;
    time_t since;
};

/* curl asks about once a second. Its own CURLOPT_LOW_SPEED_LIMIT is a byte a second, and a quiet feed has less: a
 * comment of three bytes every 15 s. */
static int end_after_silence(void *context, curl_off_t total, curl_off_t received, curl_off_t to_send, curl_off_t sent)
{
    struct silence *silence = context;
    struct timespec now;

    (void)total;
    (void)to_send;
    (void)sent;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (silence->since == 0 || received != silence->received) {
        *silence = (struct silence){.received = received, .since = now.tv_sec};
    }
    return now.tv_sec - silence->since > SILENCE_SECONDS_MAX;
}

/* Follows the stream once, until it breaks. Returns the HTTP status, 0 when there was no answer. */
static long follow(struct http_target *http, const char *url, struct event_stream *stream, char *reason)
{
    struct silence silence = {0};
    long http_status = 0;
    CURLcode code;

    curl_easy_reset(http->curl);
    curl_easy_setopt(http->curl, CURLOPT_URL, url);
    curl_easy_setopt(http->curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(http->curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(http->curl, CURLOPT_XFERINFOFUNCTION, end_after_silence);
    curl_easy_setopt(http->curl, CURLOPT_XFERINFODATA, &silence);
    curl_easy_setopt(http->curl, CURLOPT_WRITEFUNCTION, feed_stream);
    curl_easy_setopt(http->curl, CURLOPT_WRITEDATA, stream);
    code = curl_easy_perform(http->curl);
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &http_status);
    snprintf(reason, CURL_ERROR_SIZE, "%s",
             code == CURLE_ABORTED_BY_CALLBACK ? "nothing comes any more" : curl_easy_strerror(code));
    return http_status;
}

/* The address at which the stream goes on. The caller frees it; NULL with a message on stderr. */
static char *make_stream_url(const struct http_target *http, const struct event_stream *stream)
{
    char *path = make_parameters(http, "/events?cursor=", stream->last_id);
    char *url = path == NULL ? NULL : make_url(http, path);

    free(path);
    return url;
}

static int http_tail(struct target *target, const char *cursor)
{
    struct http_target *http = (struct http_target *)target;
    struct event_stream stream;
    char reason[CURL_ERROR_SIZE];
    long http_status;
    char *url;

    event_stream_init(&stream, cursor, show_event, http);
    while ((url = make_stream_url(http, &stream)) != NULL) {
        http_status = follow(http, url, &stream, reason);
        free(url);
        if (http_status >= 400 && http_status < 500) {
            fprintf(stderr, "meowctl: the server refused (%ld); are the cursor and the query right?\n", http_status);
            break;
        }
        fprintf(stderr, "meowctl: %s: %s; trying again\n", http->url, reason);
        event_stream_reconnect(&stream);
        sleep(RETRY_SECONDS);
    }
    event_stream_free(&stream);
    return 1;
}

static void http_close(struct target *target)
{
    struct http_target *http = (struct http_target *)target;

    curl_slist_free_all(http->headers);
    curl_easy_cleanup(http->curl);
    curl_global_cleanup();
    free(http->url);
    free(http);
}

static const struct target_operations operations = {
    .post = http_post,
    .remove = http_remove,
    .list = http_list,
    .search = http_search,
    .tail = http_tail,
    .close = http_close,
};

struct target *http_target_open(const char *url, const char *token)
{
    struct http_target *http = calloc(1, sizeof(*http));
    char header[1024];

    if (http == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        fprintf(stderr, "meowctl: libcurl cannot be started\n");
        free(http);
        return NULL;
    }
    http->target.operations = &operations;
    http->curl = curl_easy_init();
    http->url = strdup(url);
    if (token != NULL) {
        snprintf(header, sizeof(header), "Authorization: Bearer %s", token);
        http->headers = curl_slist_append(NULL, header);
    }
    if (http->curl == NULL || http->url == NULL || (token != NULL && http->headers == NULL)) {
        fprintf(stderr, "meowctl: no memory\n");
        http_close(&http->target);
        return NULL;
    }
    while (http->url[0] != '\0' && http->url[strlen(http->url) - 1] == '/') {
        http->url[strlen(http->url) - 1] = '\0';
    }
    return &http->target;
}
