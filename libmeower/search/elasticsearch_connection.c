/* elasticsearch_connection.c - requests to a search engine by libcurl, and what their failures mean.
 *
 * HTTP/1.1 with the connection kept between requests; no signals, no redirects, no proxy, and nothing of a URL with a
 * password in it reaches a message. */
#include "search/elasticsearch_connection.h"
#include <curl/curl.h>
#include <meower/backend.h>
#include <stdio.h>
#include <string.h>

#define CONNECT_TIMEOUT_MS 2000L
#define ANSWER_LEN_MAX     (16U << 20) /* bytes; 20,000 hits take about 2 MB */
#define REASON_SIZE        200         /* bytes of an engine's own words in a message */

/* ---- the handle ------------------------------------------------------------------------------------------------- */

static size_t take_answer(char *data, size_t size, size_t count, void *context)
{
    struct elasticsearch_connection *connection = context;
    size_t len = size * count;

    if (len > ANSWER_LEN_MAX - connection->body.len) {
        connection->is_too_long = true;
        return 0;
    }
    elasticsearch_text_append(&connection->body, data, len);
    return connection->body.is_incomplete ? 0 : len;
}

static bool set_user(CURL *curl, const struct elasticsearch_address *address)
{
    if (address->user == NULL) {
        return true;
    }
    return curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_USERNAME, address->user) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PASSWORD, address->password == NULL ? "" : address->password) == CURLE_OK;
}

/* An empty Expect header keeps long bodies from waiting for a word of the engine. */
static struct curl_slist *make_headers(void)
{
    static const char *const lines[] = {"Content-Type: application/json", "Accept: application/json", "Expect:"};
    struct curl_slist *headers = NULL;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct curl_slist *longer = curl_slist_append(headers, lines[i]);
        if (longer == NULL) {
            curl_slist_free_all(headers);
            return NULL;
        }
        headers = longer;
    }
    return headers;
}

static bool set_options(CURL *curl, struct elasticsearch_connection *connection)
{
    return curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_USERAGENT, "meower/" MEOWER_VERSION) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, connection) == CURLE_OK && set_user(curl, connection->address);
}

/* Makes the handle. False when memory is short. */
static bool require_handle(struct elasticsearch_connection *connection)
{
    if (connection->headers == NULL) {
        connection->headers = make_headers();
    }
    if (connection->curl == NULL && connection->headers != NULL) {
        CURL *curl = curl_easy_init();
        if (curl != NULL && (!set_options(curl, connection) ||
                             curl_easy_setopt(curl, CURLOPT_HTTPHEADER, connection->headers) != CURLE_OK)) {
            curl_easy_cleanup(curl);
            curl = NULL;
        }
        connection->curl = curl;
    }
    return connection->curl != NULL;
}

void elasticsearch_connection_init(struct elasticsearch_connection *connection,
                                   const struct elasticsearch_address *address, long timeout_ms)
{
    *connection = (struct elasticsearch_connection){.address = address, .timeout_ms = timeout_ms};
}

void elasticsearch_connection_close(struct elasticsearch_connection *connection)
{
    curl_easy_cleanup(connection->curl);
    curl_slist_free_all(connection->headers);
    elasticsearch_text_free(&connection->body);
    cJSON_Delete(connection->json);
}

/* ---- requests --------------------------------------------------------------------------------------------------- */

static int refuse_memory(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                            "no memory to talk to the search engine");
}

static bool set_request(struct elasticsearch_connection *connection, const char *method, const char *path,
                        const struct elasticsearch_text *body)
{
    CURL *curl = connection->curl;
    struct elasticsearch_text url = {0};

    elasticsearch_text_print(&url, "%s%s", connection->address->server, path);
    bool is_set = !url.is_incomplete && curl_easy_setopt(curl, CURLOPT_URL, url.data) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, connection->timeout_ms) == CURLE_OK &&
                  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;
    elasticsearch_text_free(&url);
    if (is_set && body == NULL) {
        return curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    }
    return is_set && curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data == NULL ? "" : body->data) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len) == CURLE_OK;
}

static const char *remedy_for(CURLcode code)
{
    switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
        return "check the engine's certificate, and whether http or https is right";
    case CURLE_PEER_FAILED_VERIFICATION:
        return "let its certificate be one that this system trusts, or name its host as the certificate does";
    default:
        return "start it, or correct the host and port";
    }
}

/* What a request that brought no whole answer means. */
static int transport_error(const struct elasticsearch_connection *connection, CURLcode code, meower_error *error)
{
    const char *reason = connection->is_too_long ? "the answer is too long" : curl_easy_strerror(code);

    if (code == CURLE_OUT_OF_MEMORY || connection->body.is_incomplete) {
        return refuse_memory(error);
    }
    return meower_error_set_backend(error, MEOWER_ERROR_UNAVAILABLE, MEOWER_DOMAIN_CURL, (int)code,
                                    MEOWER_ERROR_FLAG_RETRIABLE,
                                    "the search engine at %s does not answer (%s); %s in the option \"search\"",
                                    connection->address->server, reason, remedy_for(code));
}

int elasticsearch_request(struct elasticsearch_connection *connection, const char *method, const char *path,
                          const struct elasticsearch_text *body, meower_error *error)
{
    elasticsearch_text_clear(&connection->body);
    cJSON_Delete(connection->json);
    connection->json = NULL;
    connection->http_status = 0;
    connection->is_too_long = false;
    if ((body != NULL && body->is_incomplete) || !require_handle(connection) ||
        !set_request(connection, method, path, body)) {
        return refuse_memory(error);
    }
    CURLcode code = curl_easy_perform(connection->curl);
    if (code != CURLE_OK) {
        return transport_error(connection, code, error);
    }
    curl_easy_getinfo(connection->curl, CURLINFO_RESPONSE_CODE, &connection->http_status);
    connection->json = cJSON_ParseWithLength(connection->body.data, connection->body.len);
    return MEOWER_OK;
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

const cJSON *elasticsearch_member(const cJSON *object, const char *parent, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(object, parent), name);
}

static const char *text_of(const cJSON *item)
{
    const char *text = cJSON_GetStringValue(item);

    return text == NULL ? "" : text;
}

/* The engine's own words, as a part of one line; a proxy in front of it has none. */
static void write_reason(long http_status, const cJSON *detail, char reason[REASON_SIZE])
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(detail, "type");

    snprintf(reason, REASON_SIZE, "HTTP %ld%s%s%s%s", http_status, type == NULL ? "" : ", ", text_of(type),
             type == NULL ? "" : ": ", text_of(cJSON_GetObjectItemCaseSensitive(detail, "reason")));
    for (char *at = reason; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ') {
            *at = ' ';
        }
    }
}

/* A block that the engine puts on an index when its disk fills up; 403 in Elasticsearch 6, 429 later. */
static bool is_full(const cJSON *detail)
{
    return strcmp(text_of(cJSON_GetObjectItemCaseSensitive(detail, "type")), "cluster_block_exception") == 0 &&
           strstr(text_of(cJSON_GetObjectItemCaseSensitive(detail, "reason")), "/12/") != NULL;
}

int elasticsearch_refused(const struct elasticsearch_connection *connection, long http_status, const cJSON *detail,
                          meower_error *error)
{
    const char *server = connection->address->server;
    char reason[REASON_SIZE];

    if (is_full(detail)) {
        return meower_error_set_backend(error, MEOWER_ERROR_FULL, MEOWER_DOMAIN_HTTP, (int)http_status,
                                        MEOWER_ERROR_FLAG_RETRIABLE,
                                        "the search engine at %s takes nothing more: its disk is nearly full", server);
    }
    if (http_status == 401 || http_status == 403) {
        return meower_error_set_backend(error, MEOWER_ERROR_PERMISSION, MEOWER_DOMAIN_HTTP, (int)http_status, 0,
                                        "the search engine at %s refuses the user or the password (HTTP %ld); option "
                                        "\"search\" takes them as elasticsearch:http://USER:PASSWORD@HOST:9200/INDEX",
                                        server, http_status);
    }
    write_reason(http_status, detail, reason);
    if (http_status >= 500 || http_status == 429 || http_status == 408) {
        return meower_error_set_backend(error, MEOWER_ERROR_UNAVAILABLE, MEOWER_DOMAIN_HTTP, (int)http_status,
                                        MEOWER_ERROR_FLAG_RETRIABLE, "the search engine at %s cannot serve now (%s)",
                                        server, reason);
    }
    return meower_error_set_backend(error, MEOWER_ERROR_INTERNAL, MEOWER_DOMAIN_HTTP, (int)http_status, 0,
                                    "the search engine at %s refuses a request (%s)", server, reason);
}

int elasticsearch_foreign_server(const struct elasticsearch_connection *connection, meower_error *error)
{
    return meower_error_set_backend(
        error, MEOWER_ERROR_INVALID, MEOWER_DOMAIN_HTTP, (int)connection->http_status, 0,
        "what answers at %s is neither Elasticsearch nor OpenSearch; correct the option \"search\"",
        connection->address->server);
}

int elasticsearch_check(const struct elasticsearch_connection *connection, meower_error *error)
{
    long http_status = connection->http_status;

    if (connection->json != NULL && http_status >= 200 && http_status <= 299) {
        return MEOWER_OK;
    }
    if (http_status >= 400) {
        return elasticsearch_refused(connection, http_status,
                                     cJSON_GetObjectItemCaseSensitive(connection->json, "error"), error);
    }
    return elasticsearch_foreign_server(connection, error);
}

int elasticsearch_call(struct elasticsearch_connection *connection, const char *method, const char *path,
                       const struct elasticsearch_text *body, meower_error *error)
{
    int status = elasticsearch_request(connection, method, path, body, error);

    return status == MEOWER_OK ? elasticsearch_check(connection, error) : status;
}
