/* sse.h - the live feed as Server-Sent Events (HTML standard, 9.2). */
#ifndef SERVER_LIVE_SSE_H
#define SERVER_LIVE_SSE_H

#include "server/live/client.h"

extern const struct format sse_format;

/* Begins the answer, with the fields that HEAD gets too. */
void sse_begin_answer(struct exchange *exchange);

#endif
