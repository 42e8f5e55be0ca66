/* rwlock.c - see rwlock.h. */
#include "run/rwlock.h"
#include <meower/base.h>

int rwlock_init(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t attributes;
    int failed = pthread_rwlockattr_init(&attributes);
    if (failed != 0) {
        return MEOWER_ERROR_NO_MEMORY;
    }
#ifdef __GLIBC__
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
#endif
    failed = pthread_rwlock_init(lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    return failed == 0 ? MEOWER_OK : MEOWER_ERROR_NO_MEMORY;
}
