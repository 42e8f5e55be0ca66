/* live_routes.h - what WebSocket and SSE requests have in common: where the client wants to begin. */
#ifndef SERVER_LIVE_ROUTES_H
#define SERVER_LIVE_ROUTES_H

#include "server/connection.h"
#include "server/fanout.h"
#include "server/request.h"

/* Prepares a client of `stream` that begins where the request says: Last-Event-ID, or the parameter "cursor". NULL when
 * that cannot be: then the request is answered. */
struct live_client *live_open_for(struct connection *connection, struct stream *stream, const struct request *request);

/* Whether the client wants to speak WebSocket (RFC 6455, 4.2.1). */
bool live_is_websocket(const struct request *request);

#endif
