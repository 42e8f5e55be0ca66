/* worker.h - a thread that calls a stage's step function whenever there may be work. */
#ifndef RUN_WORKER_H
#define RUN_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define WORKER_WAIT_FOREVER INT64_MAX

/* Does a piece of work. Returns true when it did some (it is called again at once); otherwise it has set *wait_us to
 * how long it may be left alone unless woken, from 0 to WORKER_WAIT_FOREVER (its value before the call). */
typedef bool worker_step(void *stage, int64_t *wait_us);

struct worker {
    worker_step *step;
    void *stage;
    const char *name; /* of the thread, at most 15 characters */
    int niceness;     /* how much nicer than the thread that starts it, from 0 (as it was made) to 19; set before */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wakeup;
    bool woken;
    bool stopping;
    bool started;
};

void worker_init(struct worker *worker, const char *name, worker_step *step, void *stage);

/* Starts the thread, which has all signals blocked. Returns 0 or a MEOWER_ERROR_ code. */
int worker_start(struct worker *worker);

/* Has the step called soon. Any thread; cheap when the worker is awake; does nothing when it was not started. */
void worker_wake(struct worker *worker);

/* Lets the current step finish, ends the thread and waits for it; it cannot be started again. Does nothing when it was
 * not started. */
void worker_stop(struct worker *worker);

void worker_destroy(struct worker *worker);

#endif
