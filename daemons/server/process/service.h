/* service.h - the public listener: a thread of its own with a loop, its routes and the connections it serves. */
#ifndef SERVER_PROCESS_SERVICE_H
#define SERVER_PROCESS_SERVICE_H

#include "server/process/log.h"
#include "server/process/metrics.h"
#include "server/routes/routes.h"
#include <meower/meower.h>

struct service;

struct service_settings {
    int listener; /* descriptor of the listening socket; the service closes it */
    bool has_access_log;
    struct http_settings http; /* the reports are the service's own */
    struct routes_settings routes;
};

/* Opens the handles on `feed` and starts the thread; *out is released by service_close(). The settings' texts, `log`
 * and `metrics` outlive it. On failure `message` says why, and the listener is still the caller's. */
bool service_open(const struct service_settings *settings, meower *feed, const struct log *log, struct metrics *metrics,
                  struct service **out, char *message, size_t message_size);

/* Stops: no new connections, what was accepted is answered, live clients are told to go away. Waits for the thread at
 * most `timeout_ms`, then closes what is left and the handles. False when the thread did not end: nothing was closed
 * then. Not from the service thread. */
bool service_close(struct service *service, int timeout_ms);

#endif
