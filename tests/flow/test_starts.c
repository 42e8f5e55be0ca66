/* test_starts.c - where a subscription starts when other processes write: by the feed as it is, not by what this
 * process has heard of it; and that what any process writes is announced by all. */
#include "flow/pair.h"
#include <limits.h>
#include <stdio.h>

/* ---- the start -------------------------------------------------------------------------------------------------- */

static void what_was_answered_elsewhere_comes_before_a_subscription_from_now(void **state)
{
    struct pair pair;
    meower_subscription *subscription;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    const meower_event *event;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    posted = post(pair.one.command, "before");
    subscription = subscription_open(pair.two.feed, NULL);
    assert_string_equal(meower_subscription_cursor(subscription), posted.cursor);
    assert_int_equal(meower_subscription_next(subscription, &event, NULL), 0);
    meower_subscription_close(subscription);
    pair_end(&pair);
}

static void a_cursor_of_another_process_is_recovered_before_its_news_has_come(void **state)
{
    struct pair pair;
    meower_subscription *subscription;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    uint64_t position = 1;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    posted = post(pair.one.command, "first");
    subscription = subscription_open(pair.two.feed, posted.cursor);
    assert_int_equal(meower_subscription_recovered(subscription), 1);
    post(pair.one.command, "second");
    run_both_for(&pair, 1100);
    take_all(subscription, &position);
    assert_int_equal(position, 2);
    meower_subscription_close(subscription);
    pair_end(&pair);
}

static void a_cursor_that_nobody_has_reached_is_not_recovered(void **state)
{
    struct pair pair;
    meower_subscription *subscription;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    char cursor[MEOWER_CURSOR_SIZE];

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    posted = post(pair.one.command, "first");
    snprintf(cursor, sizeof(cursor), "%.*s-2", MEOWER_EPOCH_SIZE - 1, posted.cursor);
    subscription = subscription_open(pair.two.feed, cursor);
    assert_int_equal(meower_subscription_recovered(subscription), 0);
    assert_string_equal(meower_subscription_cursor(subscription), posted.cursor);
    meower_subscription_close(subscription);
    pair_end(&pair);
}

/* ---- looking ---------------------------------------------------------------------------------------------------- */

static void begin_does_not_wait_for_the_store(void **state)
{
    struct pair pair;
    meower_subscription *subscription;
    const meower_event *event;
    unsigned looks;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    run_both(&pair);
    looks = faults_calls(&pair.two.faults, "store", "head");
    assert_int_equal(meower_subscription_begin(pair.two.feed, NULL, &subscription, NULL), MEOWER_OK);
    assert_int_equal(meower_subscription_started(subscription, NULL), 0);
    assert_int_equal(meower_subscription_next(subscription, &event, NULL), 0);
    assert_false(is_readable(meower_subscription_fd(subscription)));
    assert_int_equal(faults_calls(&pair.two.faults, "store", "head"), looks);
    run_both(&pair);
    assert_true(is_readable(meower_subscription_fd(subscription)));
    assert_int_equal(meower_subscription_started(subscription, NULL), 1);
    assert_int_equal(faults_calls(&pair.two.faults, "store", "head"), looks + 1);
    meower_subscription_close(subscription);
    pair_end(&pair);
}

static void a_store_that_cannot_be_looked_at_is_told_and_looked_at_again(void **state)
{
    struct pair pair;
    meower_subscription *subscription = NULL;
    meower_error error;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    faults_add(&pair.two.faults, (struct fault){"store", "head", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                                MEOWER_ERROR_FLAG_RETRIABLE, false});
    assert_int_equal(meower_subscription_open(pair.two.feed, NULL, &subscription, &error), MEOWER_ERROR_UNAVAILABLE);
    assert_string_equal(error.message, "a fault on command");
    assert_null(subscription);
    assert_int_equal(meower_subscription_begin(pair.two.feed, NULL, &subscription, NULL), MEOWER_OK);
    run_both(&pair);
    assert_int_equal(meower_subscription_started(subscription, &error), MEOWER_ERROR_UNAVAILABLE);
    faults_clear(&pair.two.faults);
    assert_int_equal(meower_subscription_started(subscription, NULL), 0);
    run_both(&pair);
    assert_int_equal(meower_subscription_started(subscription, NULL), 1);
    meower_subscription_close(subscription);
    pair_end(&pair);
}

static void a_replay_knows_of_deletions_whose_news_has_not_come(void **state)
{
    struct pair pair;
    meower_subscription *subscription;
    meower_command_result first = MEOWER_COMMAND_RESULT_INIT;
    meower_command_result secret = MEOWER_COMMAND_RESULT_INIT;
    const meower_event *event;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    first = post(pair.one.command, "first");
    secret = post(pair.one.command, "secret");
    run_both_for(&pair, 1100);
    erase(pair.one.command, secret.id);
    subscription = subscription_open(pair.two.feed, first.cursor);
    assert_int_equal(meower_subscription_recovered(subscription), 1);
    event = take_event(subscription);
    assert_int_equal(event->kind, MEOWER_EVENT_DELETED);
    assert_string_equal(event->meow->id, secret.id);
    assert_int_equal(meower_subscription_next(subscription, &event, NULL), 0);
    meower_subscription_close(subscription);
    pair_end(&pair);
}

static void a_known_cursor_is_good_while_the_store_is_away(void **state)
{
    struct pair pair;
    meower_subscription *subscription;
    meower_command_result first = MEOWER_COMMAND_RESULT_INIT;
    meower_command_result second = MEOWER_COMMAND_RESULT_INIT;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    first = post(pair.one.command, "first");
    second = post(pair.one.command, "second");
    run_both_for(&pair, 1100);
    faults_add(&pair.two.faults, (struct fault){"store", "head", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                                MEOWER_ERROR_FLAG_RETRIABLE, false});
    subscription = subscription_open(pair.two.feed, first.cursor);
    assert_int_equal(meower_subscription_recovered(subscription), 1);
    assert_string_equal(take_event(subscription)->cursor, second.cursor);
    meower_subscription_close(subscription);
    pair_end(&pair);
}

/* The first subscription's look fills the queue, in which nobody works: the clock stands still. */
static void a_known_cursor_is_good_while_no_look_is_taken(void **state)
{
    struct pair pair;
    meower_subscription *waiting;
    meower_subscription *known;
    meower_subscription *unknown;
    meower_follow follow = MEOWER_FOLLOW_INIT;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED, "queue_max", "1"));
    posted = post(pair.one.command, "first");
    run_both_for(&pair, 1100);
    assert_int_equal(meower_subscription_begin(pair.two.feed, NULL, &waiting, NULL), MEOWER_OK);
    follow.cursor = posted.cursor;
    assert_int_equal(meower_subscription_begin(pair.two.feed, &follow, &known, NULL), MEOWER_OK);
    assert_true(is_readable(meower_subscription_fd(known)));
    assert_int_equal(meower_subscription_started(known, NULL), 1);
    assert_int_equal(meower_subscription_recovered(known), 1);
    assert_int_equal(meower_subscription_begin(pair.two.feed, NULL, &unknown, NULL), MEOWER_OK);
    assert_int_equal(meower_subscription_started(unknown, NULL), MEOWER_ERROR_BUSY);
    run_both(&pair);
    assert_int_equal(meower_subscription_started(waiting, NULL), 1);
    meower_subscription_close(waiting);
    meower_subscription_close(known);
    meower_subscription_close(unknown);
    pair_end(&pair);
}

/* ---- announcing ------------------------------------------------------------------------------------------------- */

/* The clock stands still: nobody looks at the store by itself. */
static void what_the_writer_without_the_lease_wrote_is_published_at_once(void **state)
{
    struct pair pair;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    run_both_for(&pair, 3500); /* one of them has the lease */
    post(pair.one.command, "by one");
    post(pair.two.command, "by the other");
    run_both(&pair);
    assert_int_equal(
        feed_metric(pair.one.feed, "events_relayed_total") + feed_metric(pair.two.feed, "events_relayed_total"), 2);
    assert_int_equal(feed_metric(pair.one.feed, "position"), 2);
    assert_int_equal(feed_metric(pair.two.feed, "position"), 2);
    pair_end(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_answered_elsewhere_comes_before_a_subscription_from_now),
        cmocka_unit_test(a_cursor_of_another_process_is_recovered_before_its_news_has_come),
        cmocka_unit_test(a_cursor_that_nobody_has_reached_is_not_recovered),
        cmocka_unit_test(begin_does_not_wait_for_the_store),
        cmocka_unit_test(a_store_that_cannot_be_looked_at_is_told_and_looked_at_again),
        cmocka_unit_test(a_replay_knows_of_deletions_whose_news_has_not_come),
        cmocka_unit_test(a_known_cursor_is_good_while_the_store_is_away),
        cmocka_unit_test(a_known_cursor_is_good_while_no_look_is_taken),
        cmocka_unit_test(what_the_writer_without_the_lease_wrote_is_published_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
