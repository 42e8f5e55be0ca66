/* pusher.h - the live feed over WebSocket (RFC 6455). */
#ifndef SERVER_LIVE_PUSHER_H
#define SERVER_LIVE_PUSHER_H

#include "server/live/client.h"

struct request;

extern const struct live_format pusher_format;

/* GET /pusher. */
void pusher_handle(struct connection *connection, const struct request *request);

#endif
