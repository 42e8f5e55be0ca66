/* pipeline.h - the requests of each connection, one after another (RFC 9112, 9.3): parsed, routed, answered in order,
 * each with its time limit. */
#ifndef SERVER_HTTP_PIPELINE_H
#define SERVER_HTTP_PIPELINE_H

#include "server/http/exchange.h"

/* Serves HTTP on the connections of a loop. The texts of the settings, the router and the metrics outlive it. */
void http_init(struct http *http, const struct http_settings *settings, struct loop *loop, const struct router *router,
               struct http_metrics *metrics);

/* Where accepted connections go, and when there are too many. */
struct http_placing {
    void *owner;
    bool (*is_full)(void *owner);
    void (*place)(void *owner, int descriptor); /* takes it over */
};

/* Accepts connections from the listening socket, which it closes at the end; those that are too many are answered 503.
 * False when the system refuses; then it is still the caller's. */
bool http_listen(struct http *http, int listener, const struct http_placing *placing);

/* Serves HTTP on an accepted connection, which belongs to the loop from now on. */
void http_adopt(struct http *http, int descriptor);

/* No new connections and requests: closes connections that wait for a request, lets the others end. */
void http_stop(struct http *http);

/* Frees what is left, when the loop is closed. */
void http_free(struct http *http);

#endif
