/* failure.h - whether something that a stage does fails at present, and why, for meower_health_at() on another thread.
 */
#ifndef STAGE_FAILURE_H
#define STAGE_FAILURE_H

#include <meower/backend.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define FAILURE_SIZE sizeof(((meower_error *)NULL)->message) /* the reason is kept whole */

struct failure {
    atomic_bool is_present; /* the last try failed */
    pthread_mutex_t mutex;
    char reason[FAILURE_SIZE];
};

void failure_init(struct failure *failure);
void failure_destroy(struct failure *failure);

/* A try has failed: it is present from now on, and the error's message is kept. Any thread. */
void failure_note(struct failure *failure, const meower_error *error);

/* A try has succeeded. Any thread. */
void failure_end(struct failure *failure);

/* Whether the last try failed. Any thread. */
bool failure_is_present(const struct failure *failure);

/* Copies the reason noted last; "" when there was none. Any thread. */
void failure_read(struct failure *failure, char reason[FAILURE_SIZE]);

#endif
