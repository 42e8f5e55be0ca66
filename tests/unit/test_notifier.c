/* test_notifier.c - a descriptor that is readable while there is something to take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/notifier.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

#define PATIENCE_MS 20000 /* what never happens takes that long to fail */

static int setup(void **state)
{
    static struct notifier notifier;
    *state = &notifier;
    return notifier_open(&notifier);
}

static int teardown(void **state)
{
    notifier_close(*state);
    return 0;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* As a host's event loop sees it. */
static bool is_readable(const struct notifier *notifier)
{
    struct pollfd poll_fd = {notifier->fd, POLLIN, 0};
    return poll(&poll_fd, 1, 0) == 1;
}

static void it_is_not_readable_at_first(void **state)
{
    assert_false(is_readable(*state));
}

static void raised_it_is_readable_until_it_is_cleared(void **state)
{
    notifier_raise(*state);
    assert_true(is_readable(*state));
    assert_true(is_readable(*state));
    notifier_clear(*state);
    assert_false(is_readable(*state));
    notifier_raise(*state);
    assert_true(is_readable(*state));
}

static void raised_often_it_is_cleared_once(void **state)
{
    for (int i = 0; i < 1000; i++) {
        notifier_raise(*state);
    }
    notifier_clear(*state);
    assert_false(is_readable(*state));
}

static void clearing_what_is_clear_does_nothing(void **state)
{
    notifier_clear(*state);
    notifier_clear(*state);
    assert_false(is_readable(*state));
    notifier_raise(*state);
    assert_true(is_readable(*state));
}

static void it_neither_blocks_nor_reaches_a_child_program(void **state)
{
    const struct notifier *notifier = *state;
    assert_true(fcntl(notifier->fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(notifier->fd, F_GETFD) & FD_CLOEXEC);
}

static void waiting_ends_at_once_when_it_is_readable(void **state)
{
    notifier_raise(*state);
    assert_int_equal(notifier_wait(*state, NULL, 0), 1);
    assert_int_equal(notifier_wait(*state, NULL, PATIENCE_MS), 1);
    assert_int_equal(notifier_wait(*state, NULL, -1), 1);
    assert_true(is_readable(*state));
}

static void waiting_ends_when_the_time_has_run_out(void **state)
{
    assert_int_equal(notifier_wait(*state, NULL, 0), 0);
    int64_t start_ms = now_ms();
    assert_int_equal(notifier_wait(*state, NULL, 30), 0);
    assert_true(now_ms() - start_ms >= 29);
}

static void pause_ms(long milliseconds)
{
    const struct timespec pause = {0, milliseconds * 1000000};
    nanosleep(&pause, NULL);
}

static void *raise_soon(void *notifier)
{
    pause_ms(20);
    notifier_raise(notifier);
    return NULL;
}

static void waiting_ends_when_another_thread_raises_it(void **state)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, raise_soon, *state), 0);
    assert_int_equal(notifier_wait(*state, NULL, -1), 1);
    pthread_join(thread, NULL);
}

static void ignore_signal(int number)
{
    (void)number;
}

struct interruption {
    pthread_t waiting;
    atomic_bool is_over;
};

/* Again and again: the first signal may come before the wait begins. */
static void *interrupt(void *argument)
{
    struct interruption *interruption = argument;
    while (!atomic_load(&interruption->is_over)) {
        pause_ms(5);
        pthread_kill(interruption->waiting, SIGUSR1);
    }
    return NULL;
}

static void waiting_ends_early_when_a_signal_comes(void **state)
{
    struct interruption interruption = {pthread_self(), false};
    struct sigaction action = {.sa_handler = ignore_signal};
    pthread_t thread;
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, interrupt, &interruption), 0);
    int64_t start_ms = now_ms();
    int readable = notifier_wait(*state, NULL, PATIENCE_MS);
    int64_t waited_ms = now_ms() - start_ms;
    atomic_store(&interruption.is_over, true);
    pthread_join(thread, NULL);
    assert_int_equal(readable, 0);
    assert_true(waited_ms < PATIENCE_MS / 2);
}

/* ---- threads ---------------------------------------------------------------------------------------------------- */

#define PRODUCERS 3
#define PIECES    20000 /* of each producer */

struct traffic {
    struct notifier *notifier;
    atomic_int produced;
};

static void *produce(void *argument)
{
    struct traffic *traffic = argument;
    for (int i = 0; i < PIECES; i++) {
        atomic_fetch_add(&traffic->produced, 1);
        notifier_raise(traffic->notifier);
    }
    return NULL;
}

static void whoever_looks_again_after_clearing_misses_nothing(void **state)
{
    struct traffic traffic = {*state, 0};
    pthread_t threads[PRODUCERS];
    for (int i = 0; i < PRODUCERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &traffic), 0);
    }
    bool was_always_woken = true;
    int seen = 0;
    while (was_always_woken && seen < PRODUCERS * PIECES) {
        was_always_woken = notifier_wait(traffic.notifier, NULL, PATIENCE_MS) == 1;
        notifier_clear(traffic.notifier);
        seen = atomic_load(&traffic.produced);
    }
    for (int i = 0; i < PRODUCERS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_true(was_always_woken);
}

#define CLEARERS 3
#define ROUNDS   20000

struct clearing {
    struct notifier *notifier;
    pthread_barrier_t start;
    pthread_barrier_t end;
};

static void *clear_in_rounds(void *argument)
{
    struct clearing *clearing = argument;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&clearing->start);
        notifier_clear(clearing->notifier);
        pthread_barrier_wait(&clearing->end);
    }
    return NULL;
}

/* A descriptor that stays readable with nothing to take has its host's event loop spin. */
static void after_clears_at_once_it_can_still_be_cleared(void **state)
{
    struct clearing clearing = {.notifier = *state};
    pthread_t threads[CLEARERS];
    int stuck = 0;
    pthread_barrier_init(&clearing.start, NULL, CLEARERS + 1);
    pthread_barrier_init(&clearing.end, NULL, CLEARERS + 1);
    for (int i = 0; i < CLEARERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, clear_in_rounds, &clearing), 0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        notifier_raise(clearing.notifier);
        pthread_barrier_wait(&clearing.start);
        notifier_raise(clearing.notifier);
        pthread_barrier_wait(&clearing.end);
        notifier_clear(clearing.notifier);
        stuck += is_readable(clearing.notifier);
    }
    for (int i = 0; i < CLEARERS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&clearing.start);
    pthread_barrier_destroy(&clearing.end);
    assert_int_equal(stuck, 0);
}

#define with_notifier(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static void either_of_two_ends_the_wait(void **state)
{
    struct notifier other;

    assert_int_equal(notifier_open(&other), 0);
    assert_int_equal(notifier_wait(*state, &other, 0), 0);
    notifier_raise(&other);
    assert_int_equal(notifier_wait(*state, &other, -1), 1);
    assert_int_equal(notifier_wait(&other, *state, -1), 1);
    assert_int_equal(notifier_wait(*state, NULL, 0), 0);
    notifier_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_notifier(it_is_not_readable_at_first),
        with_notifier(raised_it_is_readable_until_it_is_cleared),
        with_notifier(raised_often_it_is_cleared_once),
        with_notifier(clearing_what_is_clear_does_nothing),
        with_notifier(it_neither_blocks_nor_reaches_a_child_program),
        with_notifier(waiting_ends_at_once_when_it_is_readable),
        with_notifier(waiting_ends_when_the_time_has_run_out),
        with_notifier(waiting_ends_when_another_thread_raises_it),
        with_notifier(either_of_two_ends_the_wait),
        with_notifier(waiting_ends_early_when_a_signal_comes),
        with_notifier(whoever_looks_again_after_clearing_misses_nothing),
        with_notifier(after_clears_at_once_it_can_still_be_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
