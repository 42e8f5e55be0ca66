/* test_deadline.c - what is due, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include "server/live/fanout.h"
#include <sys/syscall.h>
#include <unistd.h>

static int64_t monotonic_ms; /* what the monotonic clock says; 0: the time that it is */

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock == CLOCK_MONOTONIC && monotonic_ms != 0) {
        *now = (struct timespec){.tv_sec = monotonic_ms / 1000, .tv_nsec = monotonic_ms % 1000 * 1000000};
        return 0;
    }
    return (int)syscall(SYS_clock_gettime, clock, now);
}

static struct room room;
static struct timeout request, idle, sending;
static struct deadline *last; /* that expired */

static void remember(struct deadline *deadline)
{
    last = deadline;
}

static int begin(void **state)
{
    (void)state;
    room_begin(&room);
    loop_add_timeout(&room.loop, &request, 100, remember);
    loop_add_timeout(&room.loop, &idle, 200, remember);
    loop_add_timeout(&room.loop, &sending, 60000, remember);
    monotonic_ms = 1000000;
    return 0;
}

static int end(void **state)
{
    (void)state;
    monotonic_ms = 0;
    room_end(&room);
    return 0;
}

/* The deadline that expires with a tick at this time; NULL: none does. */
static struct deadline *expired_at(int64_t now_ms)
{
    last = NULL;
    monotonic_ms = now_ms;
    room_tick(&room);
    return last;
}

static void a_deadline_is_due_at_its_time_and_not_before(void **state)
{
    (void)state;
    struct deadline one = {.due_ms = 0}, two = {.due_ms = 0};
    deadline_set(&one, &idle);
    deadline_set(&two, &request);
    assert_int_equal(one.due_ms, monotonic_ms + 200);
    assert_int_equal(two.due_ms, monotonic_ms + 100);
    assert_null(expired_at(two.due_ms - 1));
    assert_ptr_equal(expired_at(two.due_ms), &two);
    assert_false(list_holds(&two.node));
    assert_null(expired_at(one.due_ms - 1));
    assert_ptr_equal(expired_at(one.due_ms), &one);
    assert_null(expired_at(INT64_MAX / 1000000));
}

static void a_deadline_that_is_set_anew_or_cleared_is_forgotten(void **state)
{
    (void)state;
    struct deadline one = {.due_ms = 0};
    deadline_set(&one, &request);
    deadline_set(&one, &sending);
    assert_ptr_equal(one.timeout, &sending);
    assert_null(expired_at(monotonic_ms + 1000));
    deadline_clear(&one);
    assert_null(expired_at(INT64_MAX / 1000000));
}

static void all_that_are_due_expire_with_one_tick(void **state)
{
    (void)state;
    struct deadline one = {.due_ms = 0}, two = {.due_ms = 0}, three = {.due_ms = 0};
    deadline_set(&one, &request);
    deadline_set(&two, &request);
    monotonic_ms++;
    deadline_set(&three, &request);
    assert_ptr_equal(expired_at(two.due_ms), &two);
    assert_false(list_holds(&one.node));
    assert_true(list_holds(&three.node));
    assert_ptr_equal(expired_at(three.due_ms), &three);
}

static void each_kind_has_its_length(void **state)
{
    (void)state;
    static const struct http_settings settings = {.request_timeout_ms = 100, .idle_timeout_ms = 200};
    struct http http;
    struct fanout fanout;
    http_init(&http, &settings, &room.loop, &room.router, &room.metrics.http);
    assert_true(fanout_open(&fanout, &room.loop, NULL, &room.metrics.live));
    assert_int_equal(http.request_timeout.length_ms, 100);
    assert_int_equal(http.idle_timeout.length_ms, 200);
    assert_int_equal(http.connections.send.length_ms, 60000);
    assert_int_equal(http.connections.linger.length_ms, 2000);
    assert_int_equal(fanout.websocket.quiet.length_ms, 25000);
    assert_int_equal(fanout.websocket.answer.length_ms, 10000);
    assert_int_equal(fanout.sse.quiet.length_ms, 15000);
    watch_close(&fanout.more_watch);
    fanout_close(&fanout);
    http_free(&http);
}

#define DEADLINE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEADLINE_TEST(a_deadline_is_due_at_its_time_and_not_before),
        DEADLINE_TEST(a_deadline_that_is_set_anew_or_cleared_is_forgotten),
        DEADLINE_TEST(all_that_are_due_expire_with_one_tick),
        DEADLINE_TEST(each_kind_has_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
