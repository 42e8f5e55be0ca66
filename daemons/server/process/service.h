/* service.h - the public listener: a thread of its own with a libwebsockets context. */
#ifndef SERVER_PROCESS_SERVICE_H
#define SERVER_PROCESS_SERVICE_H

#include "server/process/server.h"

/* Opens the handles on `feed` and starts the thread; *out is released by http_close(). The settings' texts, `log` and
 * `metrics` outlive it. On failure `message` says why, and the listener is still the caller's. */
bool http_open(const struct server_settings *settings, meower *feed, const struct log *log, struct metrics *metrics,
               struct server **out, char *message, size_t message_size);

/* Stops: no new connections, what was accepted is answered, live clients are told to go away. Waits for the thread at
 * most `timeout_ms`, then closes what is left and the handles. False when the thread did not end: nothing was closed
 * then. Not from the service thread. */
bool http_close(struct server *server, int timeout_ms);

#endif
