/* background.c - calls of a client library that block as long as they like, on a thread of their own. */
#include "bus/background.h"
#include "base/clock.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* A call, freed by whoever leaves last: its thread, or the one that waits for it. */
struct background {
    void (*function)(void *argument);
    void *argument;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool has_ended;
    bool is_left; /* nobody waits for it any more */
};

static void background_free(struct background *background)
{
    pthread_cond_destroy(&background->ended);
    pthread_mutex_destroy(&background->mutex);
    free(background);
}

static void *background_thread(void *argument)
{
    struct background *background = argument;
    background->function(background->argument);
    pthread_mutex_lock(&background->mutex);
    background->has_ended = true;
    bool is_left = background->is_left;
    pthread_cond_signal(&background->ended);
    pthread_mutex_unlock(&background->mutex);
    if (is_left) {
        background_free(background);
    }
    return NULL;
}

/* Returns the call with its mutex held, or NULL. */
static struct background *background_begin(void (*function)(void *argument), void *argument)
{
    struct background *background = calloc(1, sizeof(*background));
    if (background == NULL) {
        return NULL;
    }
    background->function = function;
    background->argument = argument;
    pthread_mutex_init(&background->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&background->ended, &attributes);
    pthread_condattr_destroy(&attributes);

    /* Signals are the host's, and the threads that a client library starts inherit this one's mask. */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&background->thread, NULL, background_thread, background);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0) {
        background_free(background);
        return NULL;
    }
    pthread_mutex_lock(&background->mutex);
    return background;
}

/* Leaves the call, whose mutex is held. */
static void background_leave(struct background *background)
{
    bool has_ended = background->has_ended;
    background->is_left = true;
    pthread_t thread = background->thread;
    pthread_mutex_unlock(&background->mutex);
    if (!has_ended) {
        pthread_detach(thread);
        return;
    }
    pthread_join(thread, NULL);
    background_free(background);
}

bool background_start(void (*function)(void *argument), void *argument)
{
    struct background *background = background_begin(function, argument);
    if (background != NULL) {
        background_leave(background);
    }
    return background != NULL;
}

void background_run(void (*function)(void *argument), void *argument, int timeout_ms)
{
    struct timespec deadline = clock_deadline((int64_t)timeout_ms * 1000);
    struct background *background = background_begin(function, argument);
    if (background == NULL) {
        function(argument);
        return;
    }
    while (!background->has_ended && pthread_cond_timedwait(&background->ended, &background->mutex, &deadline) == 0) {
        /* It was woken for nothing. */
    }
    background_leave(background);
}
