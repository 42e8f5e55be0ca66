/* test_loop.c - jobs that were put off, and descriptors that are watched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct room room;
static char ran[20]; /* the names of what has run, in order */

/* A job with a name, which puts another one off when it runs. */
struct named {
    struct job job;
    char name;
    struct job *next; /* NULL: none */
    void (*put_off)(struct loop *loop, struct job *job);
};

static void run_named(struct job *job)
{
    struct named *named = LIST_OWNER(job, struct named, job);
    strncat(ran, &named->name, 1);
    if (named->next != NULL) {
        named->put_off(&room.loop, named->next);
    }
}

static struct named a, b, c;

static int begin(void **state)
{
    (void)state;
    room_begin(&room);
    ran[0] = '\0';
    a = (struct named){.job = {.run = run_named}, .name = 'a'};
    b = (struct named){.job = {.run = run_named}, .name = 'b'};
    c = (struct named){.job = {.run = run_named}, .name = 'c'};
    return 0;
}

static int end(void **state)
{
    (void)state;
    room_end(&room);
    return 0;
}

/* ---- jobs ------------------------------------------------------------------------------------------------------- */

static void jobs_of_a_turn_run_at_its_end_once_and_in_their_order(void **state)
{
    (void)state;
    loop_run_at_turn_end(&room.loop, &a.job);
    loop_run_at_turn_end(&room.loop, &b.job);
    loop_run_at_turn_end(&room.loop, &a.job);
    assert_string_equal(ran, "");
    room_turn(&room);
    assert_string_equal(ran, "ab");
    room_turn(&room);
    assert_string_equal(ran, "ab");
}

static void what_a_job_puts_off_runs_in_the_same_turn(void **state)
{
    (void)state;
    a.next = &b.job;
    a.put_off = loop_run_soon;
    b.next = &c.job;
    b.put_off = loop_run_at_turn_end;
    loop_run_at_turn_end(&room.loop, &a.job);
    room_turn(&room);
    assert_string_equal(ran, "abc");
}

static void jobs_of_a_tick_run_with_every_one(void **state)
{
    (void)state;
    a.next = &b.job;
    a.put_off = loop_run_soon;
    loop_run_every_tick(&room.loop, &a.job);
    loop_run_every_tick(&room.loop, &c.job);
    room_tick(&room);
    assert_string_equal(ran, "acb");
    room_tick(&room);
    assert_string_equal(ran, "acbacb");
}

/* ---- watches ---------------------------------------------------------------------------------------------------- */

static struct watch watch;
static unsigned calls;
static bool closes_itself;

static void count_call(struct watch *of)
{
    calls++;
    loop_run_soon(of->loop, &a.job);
    if (closes_itself) {
        watch_close(of);
    }
}

static void open_watch(int descriptor)
{
    calls = 0;
    closes_itself = false;
    assert_true(watch_open(&watch, &room.loop, descriptor, count_call));
    assert_non_null(watch.lws);
}

static void a_watch_calls_its_function_and_then_what_that_puts_off(void **state)
{
    (void)state;
    open_watch(STDIN_FILENO);
    watch_is_readable(&watch);
    assert_int_equal(calls, 1);
    assert_string_equal(ran, "a");
    watch_is_readable(&watch);
    assert_int_equal(calls, 2);
    assert_string_equal(ran, "aa");
}

static void a_watch_may_close_itself_and_is_told_nothing_more(void **state)
{
    (void)state;
    open_watch(STDIN_FILENO);
    struct watch other = watch; /* the loop may have news for it once more */
    closes_itself = true;
    watch_is_readable(&watch);
    assert_null(watch.lws);
    assert_string_equal(ran, "a");
    watch_is_readable(&other);
    assert_int_equal(calls, 1);
    watch_close(&watch);
    watch_pause(&watch, true);
    assert_false(watch.is_paused);
}

static void a_watch_is_closed_with_its_loop_and_leaves_the_descriptor_open(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    open_watch(ends[0]);
    loop_close(&room.loop);
    assert_null(watch.lws);
    watch_close(&watch);
    assert_int_not_equal(fcntl(ends[0], F_GETFD), -1);
    close(ends[0]);
    close(ends[1]);
    assert_true(loop_open(&room.loop));
}

static void what_is_no_descriptor_cannot_be_watched(void **state)
{
    (void)state;
    assert_false(watch_open(&watch, &room.loop, -1, count_call));
    assert_null(watch.lws);
}

#define LOOP_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(jobs_of_a_turn_run_at_its_end_once_and_in_their_order),
        LOOP_TEST(what_a_job_puts_off_runs_in_the_same_turn),
        LOOP_TEST(jobs_of_a_tick_run_with_every_one),
        LOOP_TEST(a_watch_calls_its_function_and_then_what_that_puts_off),
        LOOP_TEST(a_watch_may_close_itself_and_is_told_nothing_more),
        LOOP_TEST(a_watch_is_closed_with_its_loop_and_leaves_the_descriptor_open),
        LOOP_TEST(what_is_no_descriptor_cannot_be_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
