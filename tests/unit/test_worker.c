/* test_worker.c - the thread that calls a stage's step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/worker.h"
#include <meower/base.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define PATIENCE_MS 20000
#define QUIET_MS    60 /* long enough to see that nothing happens */

/* A stage that does `pieces` of work and then says it may rest for `rest_us`. */
struct stage {
    atomic_int pieces;
    atomic_int calls;
    atomic_llong rest_us;
    atomic_llong wait_us_given; /* what *wait_us was before the call */
    atomic_bool is_in_step;
    atomic_bool is_held; /* the step does not return while it is set */
    sigset_t blocked;    /* the thread's, after the first call */
    int niceness;        /* the thread's, after the first call */
};

static void pause_ms(long milliseconds)
{
    const struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static void note_thread(struct stage *stage)
{
    pthread_sigmask(SIG_SETMASK, NULL, &stage->blocked);
    stage->niceness = getpriority(PRIO_PROCESS, 0); /* 0: the calling thread */
}

static bool step(void *argument, int64_t *wait_us)
{
    struct stage *stage = argument;
    if (atomic_load(&stage->calls) == 0) {
        note_thread(stage);
    }
    atomic_store(&stage->wait_us_given, *wait_us);
    atomic_store(&stage->is_in_step, true);
    while (atomic_load(&stage->is_held)) {
        pause_ms(1);
    }
    atomic_store(&stage->is_in_step, false);
    bool has_worked = atomic_load(&stage->pieces) > 0;
    if (has_worked) {
        atomic_fetch_sub(&stage->pieces, 1);
    } else {
        *wait_us = atomic_load(&stage->rest_us);
    }
    atomic_fetch_add(&stage->calls, 1);
    return has_worked;
}

static void stage_init(struct stage *stage)
{
    memset(stage, 0, sizeof(*stage));
    atomic_store(&stage->rest_us, WORKER_WAIT_FOREVER);
}

static void start(struct worker *worker, struct stage *stage)
{
    worker_init(worker, "test-worker", step, stage);
    assert_int_equal(worker_start(worker), MEOWER_OK);
}

static void stop_and_destroy(struct worker *worker)
{
    worker_stop(worker);
    worker_destroy(worker);
}

static bool reaches(atomic_int *value, int wanted)
{
    for (int waited_ms = 0; waited_ms < PATIENCE_MS && atomic_load(value) < wanted; waited_ms++) {
        pause_ms(1);
    }
    return atomic_load(value) >= wanted;
}

static bool becomes(atomic_bool *value, bool wanted)
{
    for (int waited_ms = 0; waited_ms < PATIENCE_MS && atomic_load(value) != wanted; waited_ms++) {
        pause_ms(1);
    }
    return atomic_load(value) == wanted;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- when the step is called ------------------------------------------------------------------------------------ */

static void the_first_step_needs_no_waking(void **state)
{
    (void)state;
    struct stage stage;
    struct worker worker;
    stage_init(&stage);
    start(&worker, &stage);
    assert_true(reaches(&stage.calls, 1));
    stop_and_destroy(&worker);
}

static void while_it_works_the_step_is_called_at_once(void **state)
{
    (void)state;
    struct stage stage;
    struct worker worker;
    stage_init(&stage);
    atomic_store(&stage.pieces, 1000);
    start(&worker, &stage);
    assert_true(reaches(&stage.calls, 1001));
    stop_and_destroy(&worker);
    assert_int_equal(atomic_load(&stage.pieces), 0);
}

static void the_step_finds_its_wait_at_forever(void **state)
{
    (void)state;
    struct stage stage;
    struct worker worker;
    stage_init(&stage);
    atomic_store(&stage.rest_us, 1000);
    start(&worker, &stage);
    assert_true(reaches(&stage.calls, 3));
    assert_int_equal(atomic_load(&stage.wait_us_given), WORKER_WAIT_FOREVER);
    stop_and_destroy(&worker);
}

static void at_rest_it_is_left_alone_until_woken(void **state)
{
    (void)state;
    struct stage stage;
    struct worker worker;
    stage_init(&stage);
    start(&worker, &stage);
    assert_true(reaches(&stage.calls, 1));
    pause_ms(QUIET_MS);
    assert_int_equal(atomic_load(&stage.calls), 1);
    worker_wake(&worker);
    assert_true(reaches(&stage.calls, 2));
    stop_and_destroy(&worker);
}

static void it_is_called_when_its_rest_is_over(void **state)
{
    (void)state;
    struct stage stage;
    struct worker worker;
    stage_init(&stage);
    atomic_store(&stage.rest_us, 30000);
    int64_t start_ms = now_ms();
    start(&worker, &stage);
    assert_true(reaches(&stage.calls, 3));
    assert_true(now_ms() - start_ms >= 59);
    stop_and_destroy(&worker);
}

static void a_rest_of_seconds_is_cut_short_by_waking(void **state)
{
    (void)state;
    struct stage stage;
    struct worker worker;
    stage_init(&stage);
    atomic_store(&stage.rest_us, INT64_C(1999999) * 1000000);
    start(&worker, &stage);
    assert_true(reaches(&stage.calls, 1));
    pause_ms(QUIET_MS);
    assert_int_equal(atomic_load(&stage.calls), 1);
    worker_wake(&worker);
    assert_true(reaches(&stage.calls, 2));
    stop_and_destroy(&worker);
}

static void waking_during_a_step_has_it_called_again(void **state)
{
    (void)state;
    struct stage stage;
    struct worker worker;
    stage_init(&stage);
    atomic_store(&stage.is_held, true);
    start(&worker, &stage);
    assert_true(becomes(&stage.is_in_step, true));
    worker_wake(&worker);
    atomic_store(&stage.is_held, false);
    assert_true(reaches(&stage.calls, 2));
    stop_and_destroy(&worker);
}

/* ---- starting and stopping -------------------------------------------------------------------------------------- */

static void without_a_thread_waking_and_stopping_do_nothing(void **state)
{
    (void)state;
    struct stage stage;
    struct worker worker;
    stage_init(&stage);
    worker_init(&worker, "test-worker", step, &stage);
    worker_wake(&worker);
    worker_stop(&worker);
    worker_destroy(&worker);
    assert_int_equal(atomic_load(&stage.calls), 0);
}

static void stopping_ends_a_rest_without_end(void **state)
{
    (void)state;
    struct stage stage;
    struct worker worker;
    stage_init(&stage);
    start(&worker, &stage);
    assert_true(reaches(&stage.calls, 1));
    stop_and_destroy(&worker);
    assert_int_equal(atomic_load(&stage.calls), 1);
}

static void stopping_ends_a_worker_that_always_has_work(void **state)
{
    (void)state;
    struct stage stage;
    struct worker worker;
    stage_init(&stage);
    atomic_store(&stage.pieces, INT32_MAX);
    start(&worker, &stage);
    assert_true(reaches(&stage.calls, 10));
    stop_and_destroy(&worker);
}

static void *release_soon(void *argument)
{
    struct stage *stage = argument;
    pause_ms(QUIET_MS);
    atomic_store(&stage->is_held, false);
    return NULL;
}

static void stopping_lets_the_step_finish(void **state)
{
    (void)state;
    struct stage stage;
    struct worker worker;
    pthread_t releaser;
    stage_init(&stage);
    atomic_store(&stage.is_held, true);
    start(&worker, &stage);
    assert_true(becomes(&stage.is_in_step, true));
    assert_int_equal(pthread_create(&releaser, NULL, release_soon, &stage), 0);
    worker_stop(&worker);
    assert_int_equal(atomic_load(&stage.calls), 1);
    assert_false(atomic_load(&stage.is_held));
    worker_stop(&worker);
    worker_destroy(&worker);
    pthread_join(releaser, NULL);
}

static void no_step_is_called_after_stopping(void **state)
{
    (void)state;
    struct stage stage;
    struct worker worker;
    stage_init(&stage);
    start(&worker, &stage);
    assert_true(reaches(&stage.calls, 1));
    worker_stop(&worker);
    int calls = atomic_load(&stage.calls);
    worker_wake(&worker);
    pause_ms(QUIET_MS);
    assert_int_equal(atomic_load(&stage.calls), calls);
    worker_destroy(&worker);
}

/* ---- the thread ------------------------------------------------------------------------------------------------- */

static void the_thread_has_its_name(void **state)
{
    (void)state;
    struct stage stage;
    struct worker worker;
    char name[16];
    stage_init(&stage);
    start(&worker, &stage);
    assert_int_equal(pthread_getname_np(worker.thread, name, sizeof(name)), 0);
    assert_string_equal(name, "test-worker");
    stop_and_destroy(&worker);
}

static void it_is_as_much_nicer_than_its_starter_as_was_set(void **state)
{
    (void)state;
    struct stage stage;
    struct worker worker;
    int before = getpriority(PRIO_PROCESS, 0);
    int wanted = before + 3 < 19 ? before + 3 : 19; /* no thread is nicer than 19 */
    stage_init(&stage);
    worker_init(&worker, "test-worker", step, &stage);
    worker.niceness = 3;
    assert_int_equal(worker_start(&worker), MEOWER_OK);
    assert_true(reaches(&stage.calls, 1));
    stop_and_destroy(&worker);
    assert_int_equal(stage.niceness, wanted);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), before);
}

static void signals_stay_with_the_hosts_threads(void **state)
{
    (void)state;
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, SIGALRM, SIGPIPE};
    struct stage stage;
    struct worker worker;
    sigset_t before;
    sigset_t after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    stage_init(&stage);
    start(&worker, &stage);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_true(reaches(&stage.calls, 1));
    stop_and_destroy(&worker);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        assert_int_equal(sigismember(&stage.blocked, signals[i]), 1);
        assert_int_equal(sigismember(&after, signals[i]), sigismember(&before, signals[i]));
    }
}

/* ---- many wakers ------------------------------------------------------------------------------------------------ */

#define WAKERS 4
#define PIECES 5000 /* of each waker */

struct inbox {
    struct worker worker;
    atomic_int waiting;
    atomic_int done;
};

static bool empty_inbox(void *argument, int64_t *wait_us)
{
    struct inbox *inbox = argument;
    (void)wait_us; /* it stays at forever: only waking helps */
    int taken = atomic_exchange(&inbox->waiting, 0);
    atomic_fetch_add(&inbox->done, taken);
    return taken > 0;
}

static void *fill_inbox(void *argument)
{
    struct inbox *inbox = argument;
    for (int i = 0; i < PIECES; i++) {
        atomic_fetch_add(&inbox->waiting, 1);
        worker_wake(&inbox->worker);
    }
    return NULL;
}

static void no_waking_is_lost_whoever_wakes(void **state)
{
    (void)state;
    struct inbox inbox = {.waiting = 0};
    pthread_t threads[WAKERS];
    worker_init(&inbox.worker, "test-inbox", empty_inbox, &inbox);
    assert_int_equal(worker_start(&inbox.worker), MEOWER_OK);
    for (int i = 0; i < WAKERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, fill_inbox, &inbox), 0);
    }
    for (int i = 0; i < WAKERS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_true(reaches(&inbox.done, WAKERS * PIECES));
    stop_and_destroy(&inbox.worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_step_needs_no_waking),
        cmocka_unit_test(while_it_works_the_step_is_called_at_once),
        cmocka_unit_test(the_step_finds_its_wait_at_forever),
        cmocka_unit_test(at_rest_it_is_left_alone_until_woken),
        cmocka_unit_test(it_is_called_when_its_rest_is_over),
        cmocka_unit_test(a_rest_of_seconds_is_cut_short_by_waking),
        cmocka_unit_test(waking_during_a_step_has_it_called_again),
        cmocka_unit_test(without_a_thread_waking_and_stopping_do_nothing),
        cmocka_unit_test(stopping_ends_a_rest_without_end),
        cmocka_unit_test(stopping_ends_a_worker_that_always_has_work),
        cmocka_unit_test(stopping_lets_the_step_finish),
        cmocka_unit_test(no_step_is_called_after_stopping),
        cmocka_unit_test(the_thread_has_its_name),
        cmocka_unit_test(it_is_as_much_nicer_than_its_starter_as_was_set),
        cmocka_unit_test(signals_stay_with_the_hosts_threads),
        cmocka_unit_test(no_waking_is_lost_whoever_wakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
