/* sse.h - the live feed as Server-Sent Events (HTML standard, 9.2). */
#ifndef SERVER_LIVE_SSE_H
#define SERVER_LIVE_SSE_H

#include "server/live/client.h"

struct request;

extern const struct live_format sse_format;

/* GET /events. */
void sse_handle(struct connection *connection, const struct request *request);

#endif
