/* live.h - GET /pusher (WebSocket) and GET /events (Server-Sent Events). */
#ifndef SERVER_ROUTES_LIVE_H
#define SERVER_ROUTES_LIVE_H

#include "server/http/router.h"

extern const struct route live_rows[]; /* for struct fanout */

#endif
