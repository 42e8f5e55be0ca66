/* failure.c - see failure.h. */
#include "stage/failure.h"
#include <meower/meower.h>
#include <string.h>

_Static_assert(sizeof(((meower_health *)NULL)->reason) == FAILURE_SIZE, "health shows a reason whole");

void failure_init(struct failure *failure)
{
    *failure = (struct failure){0};
    pthread_mutex_init(&failure->mutex, NULL);
}

void failure_destroy(struct failure *failure)
{
    pthread_mutex_destroy(&failure->mutex);
}

void failure_note(struct failure *failure, const meower_error *error)
{
    pthread_mutex_lock(&failure->mutex);
    memcpy(failure->reason, error->message, FAILURE_SIZE);
    pthread_mutex_unlock(&failure->mutex);
    atomic_store(&failure->is_present, true);
}

void failure_end(struct failure *failure)
{
    atomic_store(&failure->is_present, false);
}

bool failure_is_present(const struct failure *failure)
{
    return atomic_load(&failure->is_present);
}

void failure_read(struct failure *failure, char reason[FAILURE_SIZE])
{
    pthread_mutex_lock(&failure->mutex);
    memcpy(reason, failure->reason, FAILURE_SIZE);
    pthread_mutex_unlock(&failure->mutex);
}
