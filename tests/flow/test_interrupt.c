/* test_interrupt.c - meower_interrupt(): whoever waits comes back, nobody waits after it, and closing works. */
#include "flow/support.h"
#include <pthread.h>
#include <string.h>

/* A thread that waits for ever. */
struct waiter {
    pthread_t thread;
    meower_feed *feed;
    meower_subscription *subscription;
    int status;
    meower_error error;
};

static void *wait_for_an_event(void *context)
{
    struct waiter *waiter = context;
    const meower_event *event;

    waiter->status = meower_subscription_wait(waiter->subscription, -1, &event, &waiter->error);
    meower_subscription_close(waiter->subscription);
    return NULL;
}

static void threads_that_wait_for_ever_come_back_and_closing_works(void **state)
{
    struct fixture fixture;
    struct waiter waiters[3];
    meower_error error = {0};

    (void)state;
    fixture_begin(&fixture, OPTIONS("threads", "2"));
    for (size_t i = 0; i < 3; i++) {
        waiters[i].subscription = subscription_open(fixture.feed, NULL);
        assert_int_equal(pthread_create(&waiters[i].thread, NULL, wait_for_an_event, &waiters[i]), 0);
    }
    sleep_ms(20);
    assert_int_equal(meower_interrupt(fixture.feed, &error), MEOWER_OK);
    assert_int_equal(error.code, 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(waiters[i].thread, NULL), 0);
        assert_int_equal(waiters[i].status, MEOWER_ERROR_INTERRUPTED);
        assert_int_equal(waiters[i].error.code, MEOWER_ERROR_INTERRUPTED);
        assert_non_null(strstr(waiters[i].error.message, "meower_interrupt()"));
    }
    fixture_end(&fixture);
}

static void nobody_waits_after_it_but_what_is_there_is_given(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    const meower_event *event;
    meower_page *page;
    meower_search any = MEOWER_SEARCH_INIT;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscription_open(fixture.feed, NULL);
    post(fixture.command, "before");
    assert_int_equal(meower_interrupt(fixture.feed, NULL), MEOWER_OK);
    assert_int_equal(meower_command_post(fixture.command, "after", 5, NULL, -1, NULL, &error),
                     MEOWER_ERROR_INTERRUPTED);
    assert_int_equal(error.code, MEOWER_ERROR_INTERRUPTED);
    any.text = "before";
    any.text_len = 6;
    assert_int_equal(meower_query_search(fixture.query, &any, -1, &page, &error), MEOWER_ERROR_INTERRUPTED);
    assert_feed_has(&fixture, 1); /* from memory */
    assert_int_equal(meower_subscription_wait(subscription, -1, &event, NULL), 1);
    assert_string_equal(event->meow->body, "before");
    assert_int_equal(meower_subscription_wait(subscription, -1, &event, NULL), MEOWER_ERROR_INTERRUPTED);
    submit(fixture.command, "submitted", NULL);
    feed_run(fixture.feed);
    assert_int_equal(take_result(fixture.command).status, MEOWER_OK);
    assert_feed_has(&fixture, 3); /* what was given up was carried out, too */
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_wait_for_ever_come_back_and_closing_works),
        cmocka_unit_test(nobody_waits_after_it_but_what_is_there_is_given),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
