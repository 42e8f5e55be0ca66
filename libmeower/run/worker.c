/* worker.c - the loop around a stage's step: run while there is work, sleep until woken or due. */
#include "run/worker.h"
#include "base/clock.h"
#include <meower/base.h>
#include <signal.h>
#include <unistd.h>

/* Sleeps until woken, stopped, or `wait_us` have passed. The mutex is held. */
static void sleep_locked(struct worker *worker, int64_t wait_us)
{
    struct timespec deadline;

    if (wait_us == WORKER_WAIT_FOREVER) {
        while (!worker->woken && !worker->stopping) {
            pthread_cond_wait(&worker->wakeup, &worker->mutex);
        }
        return;
    }
    deadline = clock_deadline(wait_us);
    while (!worker->woken && !worker->stopping) {
        if (pthread_cond_timedwait(&worker->wakeup, &worker->mutex, &deadline) != 0) {
            return;
        }
    }
}

static void *worker_run(void *argument)
{
    struct worker *worker = argument;
    int64_t wait_us = 0;
    bool worked = true;

    /* Linux keeps a niceness for each thread (sched(7)). Where it may not be changed the work is done all the same. */
    if (worker->niceness != 0) {
        (void)!nice(worker->niceness);
    }
    pthread_mutex_lock(&worker->mutex);
    while (!worker->stopping) {
        if (!worked) {
            sleep_locked(worker, wait_us);
            if (worker->stopping) {
                break;
            }
        }
        /* Before the step: news that comes while it runs has it called again. */
        worker->woken = false;
        pthread_mutex_unlock(&worker->mutex);
        wait_us = WORKER_WAIT_FOREVER;
        worked = worker->step(worker->stage, &wait_us);
        pthread_mutex_lock(&worker->mutex);
    }
    pthread_mutex_unlock(&worker->mutex);
    return NULL;
}

void worker_init(struct worker *worker, const char *name, worker_step *step, void *stage)
{
    pthread_condattr_t attributes;

    *worker = (struct worker){.step = step, .stage = stage, .name = name};
    pthread_mutex_init(&worker->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&worker->wakeup, &attributes);
    pthread_condattr_destroy(&attributes);
}

int worker_start(struct worker *worker)
{
    sigset_t all;
    sigset_t before;
    int failed;

    /* Signals are the host's: its handlers run on its own threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&worker->thread, NULL, worker_run, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    pthread_setname_np(worker->thread, worker->name);
    worker->started = true;
    return MEOWER_OK;
}

void worker_wake(struct worker *worker)
{
    pthread_mutex_lock(&worker->mutex);
    if (!worker->woken) {
        worker->woken = true;
        pthread_cond_signal(&worker->wakeup);
    }
    pthread_mutex_unlock(&worker->mutex);
}

void worker_stop(struct worker *worker)
{
    if (!worker->started) {
        return;
    }
    pthread_mutex_lock(&worker->mutex);
    worker->stopping = true;
    pthread_cond_signal(&worker->wakeup);
    pthread_mutex_unlock(&worker->mutex);
    pthread_join(worker->thread, NULL);
    worker->started = false;
}

void worker_destroy(struct worker *worker)
{
    pthread_cond_destroy(&worker->wakeup);
    pthread_mutex_destroy(&worker->mutex);
}
