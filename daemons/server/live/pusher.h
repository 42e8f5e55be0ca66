/* pusher.h - the live feed over WebSocket (RFC 6455). */
#ifndef SERVER_LIVE_PUSHER_H
#define SERVER_LIVE_PUSHER_H

#include "server/live/client.h"

extern const struct format pusher_format;

#endif
