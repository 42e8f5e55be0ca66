/* rwlock.h - a lock for many readers and one writer, which a waiting writer takes before further readers: readers that
 * come all the time must not keep it waiting. Where the C library has no such kind (musl), it is an ordinary one. */
#ifndef RUN_RWLOCK_H
#define RUN_RWLOCK_H

#include <pthread.h>

/* Returns 0 or MEOWER_ERROR_NO_MEMORY. Released by pthread_rwlock_destroy(). A thread must not take it twice. */
int rwlock_init(pthread_rwlock_t *lock);

#endif
