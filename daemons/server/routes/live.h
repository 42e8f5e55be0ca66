/* live.h - what WebSocket and SSE requests have in common: where the client wants to begin. */
#ifndef SERVER_ROUTES_LIVE_H
#define SERVER_ROUTES_LIVE_H

#include "server/http/request.h"
#include "server/live/fanout.h"
#include "server/net/connection.h"

/* Prepares a client of `stream` that begins where the request says: Last-Event-ID, or the parameter "cursor". NULL when
 * that cannot be: then the request is answered. */
struct live_client *live_open_for(struct connection *connection, struct stream *stream, const struct request *request);

/* Whether the client wants to speak WebSocket (RFC 6455, 4.2.1). */
bool live_is_websocket(const struct request *request);

#endif
