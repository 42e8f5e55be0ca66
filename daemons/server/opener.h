/* opener.h - opens the feed on a thread of its own: engines that are not up yet may take their time, and signals and
 * readiness are answered meanwhile. */
#ifndef SERVER_OPENER_H
#define SERVER_OPENER_H

#include "server/log.h"
#include <meower/meower.h>
#include <pthread.h>

struct opener {
    const meower_options *options;
    const struct log *log;
    int wake; /* eventfd: readable when it has ended */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t stop_asked;
    bool is_stopping;
    /* Once it has ended: */
    int status;
    meower *feed; /* when status is MEOWER_OK */
    meower_error error;
};

/* Starts. The options and the log outlive it. */
bool opener_start(struct opener *opener, const meower_options *options, const struct log *log);

/* Why it has not opened yet, or "". Any thread. */
void opener_reason(struct opener *opener, char *out, size_t size);

/* Gives up, or takes note that it has ended, and waits for the thread. */
void opener_finish(struct opener *opener);

#endif
