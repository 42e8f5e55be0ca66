/* test_opener.c - the feed is opened on a thread of its own, and again until its engine is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/process/opener.h"
#include <fcntl.h>
#include <meower/backend.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OPENINGS_MAX 8

static const struct log text_log = {false};
static meower_options *options;
static struct opener opener;
static int stderr_before;

/* What opening the store meets. */
static struct {
    atomic_uint count;           /* times that it was opened */
    int64_t at_ms[OPENINGS_MAX]; /* when, the last times */
    atomic_int status;           /* that it gives */
    int takes_ms;
} opening;

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(int ms)
{
    const struct timespec length = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&length, NULL);
}

static int meet_fault(void *context, const char *port, const char *call, meower_error *error)
{
    (void)context;
    if (strcmp(port, "store") != 0 || strcmp(call, "open") != 0) {
        return MEOWER_OK;
    }
    pause_ms(opening.takes_ms);
    unsigned number = atomic_fetch_add(&opening.count, 1);
    opening.at_ms[number % OPENINGS_MAX] = now_ms();
    if (opening.status != MEOWER_OK) {
        *error = (meower_error){.code = opening.status, .message = "the engine is away"};
    }
    return opening.status;
}

/* The log is not looked at here. */
static int begin(void **state)
{
    static const meower_fault_hook hook = {meet_fault, NULL, NULL};
    (void)state;
    atomic_store(&opening.count, 0);
    opening.status = MEOWER_OK;
    opening.takes_ms = 0;
    assert_int_equal(meower_options_new(&options, NULL), MEOWER_OK);
    meower_options_set_fault_hook(options, &hook);
    int nowhere = open("/dev/null", O_WRONLY);
    stderr_before = dup(STDERR_FILENO);
    dup2(nowhere, STDERR_FILENO);
    close(nowhere);
    return 0;
}

static int end(void **state)
{
    (void)state;
    dup2(stderr_before, STDERR_FILENO);
    close(stderr_before);
    meower_options_free(options);
    return 0;
}

static bool has_ended_within(int ms)
{
    struct pollfd ended = {.fd = opener.wake, .events = POLLIN};
    return poll(&ended, 1, ms) == 1;
}

static void a_feed_that_opens_is_the_result(void **state)
{
    (void)state;
    meower_feed *feed = NULL, *finished;
    meower_error error;
    assert_true(opener_start(&opener, options, &text_log));
    assert_true(has_ended_within(20000));
    assert_int_equal(opener_result(&opener, &feed, &error), MEOWER_OK);
    assert_non_null(feed);
    opener_finish(&opener, &finished);
    assert_ptr_equal(finished, feed);
    assert_int_equal(atomic_load(&opening.count), 1);
    meower_close(feed, 1000, NULL);
}

static void a_feed_that_was_opened_while_the_opener_stops_is_handed_over(void **state)
{
    (void)state;
    meower_feed *feed = NULL;
    opening.takes_ms = 300;
    assert_true(opener_start(&opener, options, &text_log));
    opener_finish(&opener, &feed);
    assert_non_null(feed);
    meower_close(feed, 1000, NULL);
}

static void a_feed_that_can_never_open_is_not_tried_again(void **state)
{
    (void)state;
    meower_feed *feed;
    meower_error error;
    opening.status = MEOWER_ERROR_CORRUPT;
    assert_true(opener_start(&opener, options, &text_log));
    assert_true(has_ended_within(20000));
    assert_int_equal(opener_result(&opener, &feed, &error), MEOWER_ERROR_CORRUPT);
    assert_null(feed);
    assert_non_null(strstr(error.message, "the engine is away"));
    opener_finish(&opener, &feed);
    assert_null(feed);
    assert_int_equal(atomic_load(&opening.count), 1);
}

static void an_engine_that_comes_back_is_opened_after_a_rest(void **state)
{
    (void)state;
    meower_feed *feed;
    meower_error error;
    opening.status = MEOWER_ERROR_UNAVAILABLE;
    assert_true(opener_start(&opener, options, &text_log));
    assert_false(has_ended_within(500));
    assert_int_equal(opener_result(&opener, &feed, &error), MEOWER_ERROR_UNAVAILABLE);
    assert_null(feed);
    assert_non_null(strstr(error.message, "the engine is away"));
    opening.status = MEOWER_OK;
    assert_true(has_ended_within(20000));
    opener_finish(&opener, &feed);
    assert_non_null(feed);
    assert_int_equal(atomic_load(&opening.count), 2);
    assert_true(opening.at_ms[1] - opening.at_ms[0] >= 2000);
    meower_close(feed, 1000, NULL);
}

static void an_opener_that_is_to_stop_does_not_rest_to_the_end(void **state)
{
    (void)state;
    meower_feed *feed;
    opening.status = MEOWER_ERROR_UNAVAILABLE;
    assert_true(opener_start(&opener, options, &text_log));
    assert_false(has_ended_within(100));
    opener_finish(&opener, &feed);
    assert_true(now_ms() - opening.at_ms[0] < 2000);
    assert_null(feed);
    assert_int_equal(atomic_load(&opening.count), 1);
}

#define OPENER_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OPENER_TEST(a_feed_that_opens_is_the_result),
        OPENER_TEST(a_feed_that_was_opened_while_the_opener_stops_is_handed_over),
        OPENER_TEST(a_feed_that_can_never_open_is_not_tried_again),
        OPENER_TEST(an_engine_that_comes_back_is_opened_after_a_rest),
        OPENER_TEST(an_opener_that_is_to_stop_does_not_rest_to_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
