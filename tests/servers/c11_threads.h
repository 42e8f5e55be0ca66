/* c11_threads.h - for tests that use librdkafka. Its threads, mutexes and conditions are those of C11, which the thread
 * sanitizer of gcc 12 does not know: it would crash in them. Here they are, made of POSIX ones, in place of the C
 * library's; what both know of an object is the same (glibc 2.36, nptl). Included once by a program. */
#ifndef SERVERS_C11_THREADS_H
#define SERVERS_C11_THREADS_H

#ifdef __SANITIZE_THREAD__

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

#define IN_PLACE __attribute__((visibility("default")))

/* librdkafka itself is not instrumented, so that its atomic operations are not seen. */
IN_PLACE const char *__tsan_default_options(void);
IN_PLACE const char *__tsan_default_options(void)
{
    return "ignore_noninstrumented_modules=1";
}

/* What a thread runs. */
struct c11_start {
    thrd_start_t function;
    void *argument;
};

static inline void *c11_run(void *argument)
{
    struct c11_start start = *(struct c11_start *)argument;
    free(argument);
    return (void *)(intptr_t)start.function(start.argument);
}

static inline int c11_status(int system_errno)
{
    return system_errno == 0 ? thrd_success : system_errno == ETIMEDOUT ? thrd_timedout : thrd_error;
}

IN_PLACE int thrd_create(thrd_t *thread, thrd_start_t function, void *argument)
{
    struct c11_start *start = malloc(sizeof(*start));
    if (start == NULL) {
        return thrd_nomem;
    }
    *start = (struct c11_start){function, argument};
    return c11_status(pthread_create(thread, NULL, c11_run, start));
}

IN_PLACE int thrd_join(thrd_t thread, int *result)
{
    void *returned = NULL;
    int status = c11_status(pthread_join(thread, &returned));
    if (result != NULL) {
        *result = (int)(intptr_t)returned;
    }
    return status;
}

IN_PLACE int mtx_init(mtx_t *mutex, int type)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    if ((type & mtx_recursive) != 0) {
        pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    }
    int status = c11_status(pthread_mutex_init((pthread_mutex_t *)mutex, &attributes));
    pthread_mutexattr_destroy(&attributes);
    return status;
}

IN_PLACE void mtx_destroy(mtx_t *mutex)
{
    pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

IN_PLACE int mtx_lock(mtx_t *mutex)
{
    return c11_status(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

IN_PLACE int mtx_unlock(mtx_t *mutex)
{
    return c11_status(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

IN_PLACE int cnd_init(cnd_t *condition)
{
    return c11_status(pthread_cond_init((pthread_cond_t *)condition, NULL));
}

IN_PLACE void cnd_destroy(cnd_t *condition)
{
    pthread_cond_destroy((pthread_cond_t *)condition);
}

IN_PLACE int cnd_signal(cnd_t *condition)
{
    return c11_status(pthread_cond_signal((pthread_cond_t *)condition));
}

IN_PLACE int cnd_broadcast(cnd_t *condition)
{
    return c11_status(pthread_cond_broadcast((pthread_cond_t *)condition));
}

IN_PLACE int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
    return c11_status(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

IN_PLACE int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict end)
{
    return c11_status(pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, end));
}

#endif
#endif
