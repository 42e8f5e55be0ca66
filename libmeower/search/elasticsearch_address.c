/* elasticsearch_address.c - takes the location of a search engine apart, with libcurl's URL parser, and checks it. */
#include "search/elasticsearch_address.h"
#include <curl/curl.h>
#include <meower/backend.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT_DEFAULT  "9200"
#define INDEX_DEFAULT "meows"
#define INDEX_LEN_MAX 200 /* bytes; the engines take 255 */

/* No part of the value stands in a message: it may be a misplaced password. */
static int refuse(const char *what, meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                            "option \"search\": %s; right is elasticsearch:http://HOST:9200/INDEX, with "
                            "USER:PASSWORD@ before HOST where the engine asks for it, percent-encoded",
                            what);
}

static int refuse_memory(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                            "no memory for the search engine's address");
}

static bool is_absent(CURLUcode code)
{
    return code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD || code == CURLUE_NO_PORT || code == CURLUE_NO_QUERY ||
           code == CURLUE_NO_FRAGMENT;
}

/* Copies a part of the URL, decoded; *out is NULL when there is none. */
static int copy_part(CURLU *url, CURLUPart part, char **out, meower_error *error)
{
    char *text = NULL;
    CURLUcode code = curl_url_get(url, part, &text, CURLU_URLDECODE);

    *out = NULL;
    if (is_absent(code)) {
        return MEOWER_OK;
    }
    if (code == CURLUE_OUT_OF_MEMORY) {
        return refuse_memory(error);
    }
    if (code != CURLUE_OK) {
        return refuse("the URL is not well encoded", error);
    }
    *out = strdup(text);
    curl_free(text);
    return *out == NULL ? refuse_memory(error) : MEOWER_OK;
}

/* A query or a fragment is most likely a password with a raw ? or # in it. */
static int refuse_parts(CURLU *url, meower_error *error)
{
    static const CURLUPart parts[] = {CURLUPART_QUERY, CURLUPART_FRAGMENT};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char *text;
        int status = copy_part(url, parts[i], &text, error);
        if (status != MEOWER_OK) {
            return status;
        }
        if (text != NULL) {
            free(text);
            return refuse("the URL has a ? or # in it", error);
        }
    }
    return MEOWER_OK;
}

static int set_server(struct elasticsearch_address *address, CURLU *url, meower_error *error)
{
    char *scheme = NULL;
    char *host = NULL;
    char *port = NULL;
    int status = copy_part(url, CURLUPART_SCHEME, &scheme, error);

    if (status == MEOWER_OK && strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) {
        status = refuse("the URL begins neither with http:// nor with https://", error);
    }
    if (status == MEOWER_OK) {
        status = copy_part(url, CURLUPART_HOST, &host, error);
    }
    if (status == MEOWER_OK) {
        status = copy_part(url, CURLUPART_PORT, &port, error);
    }
    if (status == MEOWER_OK &&
        asprintf(&address->server, "%s://%s:%s", scheme, host, port == NULL ? PORT_DEFAULT : port) < 0) {
        address->server = NULL;
        status = refuse_memory(error);
    }
    free(scheme);
    free(host);
    free(port);
    return status;
}

/* Every such name is taken by every engine, and stands in a URL as it is. */
static bool is_index_name(const char *name)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char others[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t len = strlen(name);

    return len > 0 && len <= INDEX_LEN_MAX && strspn(name, first) > 0 && strspn(name, others) == len;
}

static int set_index(struct elasticsearch_address *address, CURLU *url, meower_error *error)
{
    char *path;
    int status = copy_part(url, CURLUPART_PATH, &path, error);

    if (status != MEOWER_OK) {
        return status;
    }
    const char *name = path + strspn(path, "/");
    size_t len = strlen(name);
    len -= len > 0 && name[len - 1] == '/' ? 1 : 0;
    address->index = len == 0 ? strdup(INDEX_DEFAULT) : strndup(name, len);
    free(path);
    if (address->index == NULL) {
        return refuse_memory(error);
    }
    return is_index_name(address->index)
               ? MEOWER_OK
               : refuse("the index must be a name of lower-case letters, digits, \".\", \"_\" and \"-\"", error);
}

static int parse(struct elasticsearch_address *address, CURLU *url, const char *location, meower_error *error)
{
    CURLUcode code = curl_url_set(url, CURLUPART_URL, location, 0);

    if (code == CURLUE_OUT_OF_MEMORY) {
        return refuse_memory(error);
    }
    if (code != CURLUE_OK) {
        return refuse("this is not a URL", error);
    }
    int status = refuse_parts(url, error);
    if (status == MEOWER_OK) {
        status = set_server(address, url, error);
    }
    if (status == MEOWER_OK) {
        status = copy_part(url, CURLUPART_USER, &address->user, error);
    }
    if (status == MEOWER_OK) {
        status = copy_part(url, CURLUPART_PASSWORD, &address->password, error);
    }
    if (status == MEOWER_OK) {
        status = set_index(address, url, error);
    }
    return status;
}

int elasticsearch_address_parse(struct elasticsearch_address *address, const char *location, meower_error *error)
{
    CURLU *url = curl_url();

    *address = (struct elasticsearch_address){0};
    if (url == NULL) {
        return refuse_memory(error);
    }
    int status = parse(address, url, location, error);
    curl_url_cleanup(url);
    return status;
}

void elasticsearch_address_free(struct elasticsearch_address *address)
{
    free(address->server);
    free(address->user);
    free(address->password);
    free(address->index);
}
