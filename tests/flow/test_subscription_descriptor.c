/* test_subscription_descriptor.c - a subscription in an event loop: its descriptor never hides what can be taken, and
 * failures skip nothing. */
#include "flow/support.h"

static void assert_takes(meower_subscription *subscription, uint64_t first, uint64_t last)
{
    for (uint64_t position = first; position <= last; position++) {
        assert_int_equal(take_event(subscription)->position, position);
    }
}

static void assert_takes_nothing(meower_subscription *subscription)
{
    const meower_event *event = NULL;

    assert_int_equal(meower_subscription_next(subscription, &event, NULL), 0);
    assert_null(event);
    assert_false(is_readable(meower_subscription_fd(subscription)));
}

/* ---- the descriptor --------------------------------------------------------------------------------------------- */

static void the_descriptor_is_readable_while_something_can_be_taken(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    const meower_event *event;
    int fd;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscription_open(fixture.feed, NULL);
    fd = meower_subscription_fd(subscription);
    assert_false(is_readable(fd));
    post_many(&fixture, 600);
    for (int i = 0; i < 600; i++) {
        assert_true(is_readable(fd));
        assert_int_equal(meower_subscription_next(subscription, &event, NULL), 1);
    }
    assert_takes_nothing(subscription);
    post(fixture.command, "again");
    assert_true(is_readable(fd));
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void the_descriptor_is_readable_at_once_after_a_cursor(void **state)
{
    static const char *const event_log_max[] = {"16", "1000"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fixture fixture;
        meower_subscription *subscription;
        char cursor[MEOWER_CURSOR_SIZE];
        fixture_begin(&fixture, OPTIONS(STEPPED, "event_log_max", event_log_max[i]));
        write_cursor(post_many(&fixture, 100).cursor, 1, cursor);
        subscription = subscription_open(fixture.feed, cursor);
        assert_true(is_readable(meower_subscription_fd(subscription)));
        meower_subscription_close(subscription);
        fixture_end(&fixture);
    }
}

/* A host's loop: one event each time the descriptor is readable, whatever the window, while others post. */
static void one_event_a_poll_takes_them_all(void **state)
{
    static const char *const event_log_max[] = {"16", "65536"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fixture fixture;
        meower_subscription *subscription;
        uint64_t position = 0;
        fixture_init(&fixture);
        fixture.parts.clock = NULL;
        fixture_open(&fixture, OPTIONS("event_log_max", event_log_max[i]));
        subscription = subscription_open(fixture.feed, NULL);
        for (int round = 0; round < 300; round++) {
            uint64_t goal = position + 40;
            for (int j = 0; j < 40; j++) {
                submit(fixture.command, "burst", NULL);
            }
            while (position < goal) {
                const meower_event *event;
                assert_true(waits_until_readable(meower_subscription_fd(subscription)));
                if (meower_subscription_next(subscription, &event, NULL) == 1) {
                    position++;
                    assert_int_equal(event->position, position);
                }
            }
        }
        meower_subscription_close(subscription);
        fixture_end(&fixture);
    }
}

/* The same far before the window, where every batch comes from the store. */
static void one_event_a_poll_catches_up(void **state)
{
    struct fixture fixture;
    char cursor[MEOWER_CURSOR_SIZE] = "";

    (void)state;
    fixture_init(&fixture);
    fixture.parts.clock = NULL;
    fixture_open(&fixture, OPTIONS("event_log_max", "16"));
    for (int i = 0; i < 300; i++) {
        write_cursor(post(fixture.command, "old").cursor, 0, cursor);
    }
    for (int round = 0; round < 300; round++) {
        meower_subscription *subscription = subscription_open(fixture.feed, cursor);
        uint64_t position = 0;
        while (position < 300) {
            const meower_event *event;
            assert_true(waits_until_readable(meower_subscription_fd(subscription)));
            if (meower_subscription_next(subscription, &event, NULL) == 1) {
                position++;
                assert_int_equal(event->position, position);
            }
        }
        meower_subscription_close(subscription);
    }
    fixture_end(&fixture);
}

/* ---- failures --------------------------------------------------------------------------------------------------- */

static void a_failing_store_is_reported_and_nothing_is_skipped(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    char cursor[MEOWER_CURSOR_SIZE];
    uint64_t position = 0;
    int failures = 0;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "event_log_max", "16"));
    write_cursor(post_many(&fixture, 700).cursor, 0, cursor);
    faults_add(&fixture.faults, (struct fault){"store", "read_events", 1, 3, MEOWER_ERROR_UNAVAILABLE,
                                               MEOWER_ERROR_FLAG_RETRIABLE, false});
    subscription = subscription_open(fixture.feed, cursor);
    while (position < 700) {
        const meower_event *event;
        meower_error error;
        int status = meower_subscription_next(subscription, &event, &error);
        if (status == 1) {
            position++;
            assert_int_equal(event->position, position);
        } else if (status == 0) {
            feed_run(fixture.feed);
        } else {
            failures++;
            assert_int_equal(status, MEOWER_ERROR_UNAVAILABLE);
            assert_int_equal(error.code, MEOWER_ERROR_UNAVAILABLE);
            assert_int_equal(error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
            assert_true(is_readable(meower_subscription_fd(subscription))); /* a loop comes back to it */
        }
    }
    assert_int_equal(failures, 3);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void a_full_queue_is_reported_and_nothing_is_skipped(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    meower_list what = MEOWER_LIST_INIT;
    const meower_event *event = NULL;
    char cursor[MEOWER_CURSOR_SIZE];
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "event_log_max", "16", "queue_max", "1", "timeline_max", "0"));
    for (int i = 0; i < 40; i++) {
        write_cursor(post(fixture.command, "old").cursor, 0, cursor);
    }
    subscription = subscription_open(fixture.feed, cursor);
    assert_int_equal(meower_query_submit_list(fixture.query, &what, NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_subscription_next(subscription, &event, &error), MEOWER_ERROR_BUSY);
    assert_int_equal(error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    assert_true(is_readable(meower_subscription_fd(subscription)));
    feed_run(fixture.feed);
    assert_takes(subscription, 1, 40);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void it_may_be_closed_while_the_store_is_read_for_it(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    const meower_event *event;
    char cursor[MEOWER_CURSOR_SIZE];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "event_log_max", "16"));
    write_cursor(post_many(&fixture, 100).cursor, 0, cursor);
    for (int i = 0; i < 2; i++) {
        subscription = subscription_open(fixture.feed, cursor);
        assert_int_equal(meower_subscription_next(subscription, &event, NULL), 0);
        meower_subscription_close(subscription);
        if (i == 0) {
            feed_run(fixture.feed); /* the second is left for the instance's closing */
        }
    }
    fixture_end(&fixture);
}

static void it_may_be_closed_with_events_not_taken(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscription_open(fixture.feed, NULL);
    post_many(&fixture, 100);
    assert_takes(subscription, 1, 3);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_descriptor_is_readable_while_something_can_be_taken),
        cmocka_unit_test(the_descriptor_is_readable_at_once_after_a_cursor),
        cmocka_unit_test(one_event_a_poll_takes_them_all),
        cmocka_unit_test(one_event_a_poll_catches_up),
        cmocka_unit_test(a_failing_store_is_reported_and_nothing_is_skipped),
        cmocka_unit_test(a_full_queue_is_reported_and_nothing_is_skipped),
        cmocka_unit_test(it_may_be_closed_while_the_store_is_read_for_it),
        cmocka_unit_test(it_may_be_closed_with_events_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
