/* opener.h - opens the feed on a thread of its own: engines that are not up yet may take their time, and signals and
 * readiness are answered meanwhile. */
#ifndef SERVER_PROCESS_OPENER_H
#define SERVER_PROCESS_OPENER_H

#include "server/process/log.h"
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
    int status; /* this and the next two: under the mutex */
    meower_feed *feed;
    meower_error error;
};

/* Starts. The options and the log outlive it. */
bool opener_start(struct opener *opener, const meower_options *options, const struct log *log);

/* The result so far: MEOWER_OK with *feed, or another status with its error (UNAVAILABLE: it still tries). Any thread.
 */
int opener_result(struct opener *opener, meower_feed **feed, meower_error *error);

/* Stops trying and waits for the thread. *feed is the feed if it was opened, or NULL. */
void opener_finish(struct opener *opener, meower_feed **feed);

#endif
