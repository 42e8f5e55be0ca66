/* opener.c - opens the feed on a thread of its own. */
#include "server/process/opener.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define RETRY_FIRST_MS 2000 /* as in the original system */
#define RETRY_MAX_MS   30000

/* Waits `ms` and up to half of that more, so that many daemons do not try again at the same moment. False when the
 * opener is to stop. */
static bool rest(struct opener *opener, unsigned ms, unsigned *seed)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    ms += (unsigned)rand_r(seed) % (ms / 2);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&opener->mutex);
    int status = 0;
    while (!opener->is_stopping && status == 0) {
        status = pthread_cond_timedwait(&opener->stop_asked, &opener->mutex, &until);
    }
    bool goes_on = !opener->is_stopping;
    pthread_mutex_unlock(&opener->mutex);
    return goes_on;
}

static void *open_feed(void *argument)
{
    struct opener *opener = argument;
    unsigned delay_ms = RETRY_FIRST_MS, seed = (unsigned)getpid();
    uint64_t one = 1;
    for (;;) {
        meower_feed *feed = NULL;
        meower_error error = {.flags = 0};
        int status = meower_open(opener->options, &feed, &error);
        pthread_mutex_lock(&opener->mutex);
        opener->status = status;
        opener->feed = feed;
        opener->error = error;
        pthread_mutex_unlock(&opener->mutex);
        if (status != MEOWER_ERROR_UNAVAILABLE) {
            break;
        }
        LOG_WARNING(opener->log, "waiting for an engine", LOG_TEXT("reason", error.message),
                    LOG_NUMBER("again_in_ms", delay_ms));
        if (!rest(opener, delay_ms, &seed)) {
            break;
        }
        delay_ms = delay_ms * 2 < RETRY_MAX_MS ? delay_ms * 2 : RETRY_MAX_MS;
    }
    if (write(opener->wake, &one, sizeof(one)) < 0) {
        abort(); /* cannot happen: there is room for a 1 in an eventfd */
    }
    return NULL;
}

bool opener_start(struct opener *opener, const meower_options *options, const struct log *log)
{
    sigset_t all, before;
    *opener = (struct opener){.options = options, .log = log, .status = MEOWER_ERROR_UNAVAILABLE};
    opener->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (opener->wake < 0) {
        return false;
    }
    pthread_mutex_init(&opener->mutex, NULL);
    pthread_cond_init(&opener->stop_asked, NULL);
    snprintf(opener->error.message, sizeof(opener->error.message), "the feed is being opened");
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&opener->thread, NULL, open_feed, opener);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0) {
        close(opener->wake);
    }
    return failure == 0;
}

int opener_result(struct opener *opener, meower_feed **feed, meower_error *error)
{
    pthread_mutex_lock(&opener->mutex);
    int status = opener->status;
    *feed = opener->feed;
    *error = opener->error;
    pthread_mutex_unlock(&opener->mutex);
    return status;
}

void opener_finish(struct opener *opener, meower_feed **feed)
{
    pthread_mutex_lock(&opener->mutex);
    opener->is_stopping = true;
    pthread_cond_signal(&opener->stop_asked);
    pthread_mutex_unlock(&opener->mutex);
    pthread_join(opener->thread, NULL);
    *feed = opener->feed;
    pthread_cond_destroy(&opener->stop_asked);
    pthread_mutex_destroy(&opener->mutex);
    close(opener->wake);
}
