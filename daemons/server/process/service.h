/* service.h - the public listener: loops on threads of their own, over which connections are spread. */
#ifndef SERVER_PROCESS_SERVICE_H
#define SERVER_PROCESS_SERVICE_H

#include "server/process/service_loop.h"

#define SERVICE_THREADS_MAX 8

struct service;

struct service_settings {
    int listener;    /* descriptor of the listening socket; the service closes it */
    int64_t threads; /* 1 to SERVICE_THREADS_MAX; 0: half of the processors */
    int64_t connections_max;
    struct service_loop_settings loop;
};

/* The loops that these settings mean. */
size_t service_threads(const struct service_settings *settings);

/* Opens the loops on `feed` and starts their threads; *out is released by service_close(). The settings' texts, `log`
 * and the metrics, one for each loop, outlive it. On failure `message` says why, and the listener is still the
 * caller's. */
bool service_open(const struct service_settings *settings, meower_feed *feed, const struct log *log,
                  struct metrics *metrics, struct service **out, char *message, size_t message_size);

/* Stops: no new connections, what was accepted is answered, live clients are told to go away. Waits for the threads at
 * most `timeout_ms`, then closes what is left and the handles. False when one did not end: nothing was closed then. Not
 * from a service thread. */
bool service_close(struct service *service, int timeout_ms);

#endif
