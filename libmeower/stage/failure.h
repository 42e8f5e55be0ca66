/* failure.h - the reason of a stage's last failure, for meower_health_at() on another thread. */
#ifndef STAGE_FAILURE_H
#define STAGE_FAILURE_H

#include <meower/backend.h>
#include <pthread.h>

#define FAILURE_SIZE sizeof(((meower_error *)NULL)->message) /* the reason is kept whole */

struct failure {
    pthread_mutex_t mutex;
    char reason[FAILURE_SIZE];
};

void failure_init(struct failure *failure);
void failure_destroy(struct failure *failure);

/* Keeps the error's message. Any thread. */
void failure_note(struct failure *failure, const meower_error *error);

/* Copies the reason noted last; "" when there was none. Any thread. */
void failure_read(struct failure *failure, char reason[FAILURE_SIZE]);

#endif
