/* elasticsearch_connection.h - a kept connection to a search engine: requests in JSON over HTTP/1.1, and what their
 * failures mean. One thread at a time. */
#ifndef SEARCH_ELASTICSEARCH_CONNECTION_H
#define SEARCH_ELASTICSEARCH_CONNECTION_H

#include "search/elasticsearch_address.h"
#include "search/elasticsearch_text.h"
#include <cjson/cJSON.h>

struct elasticsearch_connection {
    const struct elasticsearch_address *address; /* borrowed */
    long timeout_ms;                             /* of a whole request; may be changed between requests */
    void *curl;                                  /* CURL *, made by the first request */
    void *headers;                               /* struct curl_slist * */
    struct elasticsearch_text body;              /* of the last answer */
    bool is_too_long;                            /* the answer was */
    cJSON *json;                                 /* the last answer; NULL when it was no JSON */
    long http_status;                            /* of the last answer */
};

/* Prepares it; connects to nothing. */
void elasticsearch_connection_init(struct elasticsearch_connection *connection,
                                   const struct elasticsearch_address *address, long timeout_ms);
void elasticsearch_connection_close(struct elasticsearch_connection *connection);

/* Sends a request and takes the answer, whatever its HTTP status. `path` is behind the server, such as "/_bulk";
 * `body` may be NULL. Errors: UNAVAILABLE (retriable), NO_MEMORY. The answer lives until the next request. */
int elasticsearch_request(struct elasticsearch_connection *connection, const char *method, const char *path,
                          const struct elasticsearch_text *body, meower_error *error);

/* What the HTTP status of the last answer means: OK for 200 to 299 with JSON, otherwise an error that says why. */
int elasticsearch_check(const struct elasticsearch_connection *connection, meower_error *error);

/* The two in one. */
int elasticsearch_call(struct elasticsearch_connection *connection, const char *method, const char *path,
                       const struct elasticsearch_text *body, meower_error *error);

/* The error that an engine's refusal means: of a whole request, or of a part of one. `detail` is the engine's error
 * object, or NULL. Returns its code. */
int elasticsearch_refused(const struct elasticsearch_connection *connection, long http_status, const cJSON *detail,
                          meower_error *error);

/* The error that something else answers at the address. Returns INVALID. */
int elasticsearch_foreign_server(const struct elasticsearch_connection *connection, meower_error *error);

/* Member `name` of member `parent` of an object; NULL when there is none. Both objects may be NULL. */
const cJSON *elasticsearch_member(const cJSON *object, const char *parent, const char *name);

#endif
