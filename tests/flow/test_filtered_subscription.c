/* test_filtered_subscription.c - a subscription with a filter: labels, a standing search, and how its cursor moves on
 * over what does not match. */
#include "flow/support.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const meower_label garden = MEOWER_LABEL("room", "garden");
static const meower_label kitchen = MEOWER_LABEL("room", "kitchen");

static meower_follow follow_label(const char *cursor, const meower_label *label)
{
    meower_follow follow = MEOWER_FOLLOW_INIT;

    follow.cursor = cursor;
    follow.labels = label;
    follow.label_count = 1;
    return follow;
}

static meower_follow follow_text(const char *cursor, const char *text)
{
    meower_follow follow = MEOWER_FOLLOW_INIT;

    follow.cursor = cursor;
    follow.text = text;
    follow.text_len = strlen(text);
    return follow;
}

static meower_subscription *subscribe(struct fixture *fixture, meower_follow follow)
{
    meower_subscription *subscription = NULL;
    meower_error error = {0};

    if (meower_subscription_follow(fixture->feed, &follow, &subscription, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
    return subscription;
}

static void assert_gives(meower_subscription *subscription, const char *body)
{
    const meower_event *event = NULL;

    assert_int_equal(meower_subscription_next(subscription, &event, NULL), 1);
    assert_string_equal(event->meow->body, body);
    assert_string_equal(event->cursor, meower_subscription_cursor(subscription));
    assert_int_equal(event->position, meower_subscription_position(subscription));
}

/* Nothing is left to take, nothing calls for attention, and the cursor is at `position`. */
static void assert_rests_at(meower_subscription *subscription, uint64_t position)
{
    const meower_event *event = NULL;
    char expected[MEOWER_CURSOR_SIZE];

    assert_int_equal(meower_subscription_next(subscription, &event, NULL), 0);
    assert_false(is_readable(meower_subscription_fd(subscription)));
    assert_int_equal(meower_subscription_position(subscription), position);
    write_cursor(meower_subscription_cursor(subscription), position, expected);
    assert_string_equal(meower_subscription_cursor(subscription), expected);
}

/* ---- what is given ---------------------------------------------------------------------------------------------- */

static void only_what_carries_the_labels_is_given(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscribe(&fixture, follow_label(NULL, &garden));
    post_with_label(&fixture, "one", &kitchen);
    post_with_label(&fixture, "two", &garden);
    post_with_label(&fixture, "three", NULL);
    post_with_label(&fixture, "four", &garden);
    post_with_label(&fixture, "five", &kitchen);
    assert_gives(subscription, "two");
    assert_gives(subscription, "four");
    assert_rests_at(subscription, 5);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void only_what_has_all_the_words_is_given(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscribe(&fixture, follow_text(NULL, "Tom & cats"));
    post_with_label(&fixture, "Tom naps", NULL);
    post_with_label(&fixture, "tom & the catsuit", NULL); /* escaped in the store, and found as it was written */
    post_with_label(&fixture, "cats, tom & co", &garden);
    assert_gives(subscription, "tom &amp; the catsuit");
    assert_gives(subscription, "cats, tom &amp; co");
    assert_rests_at(subscription, 3);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void labels_and_words_must_both_hold(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    meower_follow follow = follow_text(NULL, "cats");

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    follow.labels = &garden;
    follow.label_count = 1;
    subscription = subscribe(&fixture, follow);
    post_with_label(&fixture, "cats", &kitchen);
    post_with_label(&fixture, "dogs", &garden);
    post_with_label(&fixture, "cats", &garden);
    assert_gives(subscription, "cats");
    assert_rests_at(subscription, 3);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void a_deletion_passes_every_filter(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    meower_command_result posted;
    const meower_event *event;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    posted = post_with_label(&fixture, "one", &kitchen);
    subscription = subscribe(&fixture, follow_label(NULL, &garden));
    erase(fixture.command, posted.id);
    event = take_event(subscription);
    assert_int_equal(event->kind, MEOWER_EVENT_DELETED);
    assert_string_equal(event->meow->id, posted.id);
    assert_rests_at(subscription, 2);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void many_are_taken_at_once_without_what_is_between(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    const meower_event *events[8];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscribe(&fixture, follow_label(NULL, &garden));
    for (int i = 0; i < 9; i++) {
        post_with_label(&fixture, "again", i % 3 == 0 ? &garden : &kitchen);
    }
    assert_int_equal(meower_subscription_next_many(subscription, events, 2, NULL), 2);
    assert_int_equal(events[0]->position, 1);
    assert_int_equal(events[1]->position, 4);
    assert_int_equal(meower_subscription_position(subscription), 4);
    assert_int_equal(meower_subscription_next_many(subscription, events, 8, NULL), 1);
    assert_int_equal(events[0]->position, 7);
    assert_rests_at(subscription, 9);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

/* ---- the past --------------------------------------------------------------------------------------------------- */

/* Takes all that there is, while the instance runs; returns how many it was. */
static int drain(struct fixture *fixture, meower_subscription *subscription)
{
    const meower_event *event;
    int count = 0;

    do {
        feed_run(fixture->feed);
        while (meower_subscription_next(subscription, &event, NULL) == 1) {
            assert_string_equal(event->meow->labels[0].value, "garden");
            count++;
        }
        feed_run(fixture->feed);
    } while (is_readable(meower_subscription_fd(subscription)));
    return count;
}

static void the_past_is_filtered_in_memory_and_in_the_store(void **state)
{
    static const char *const event_log_max[] = {"16", "65536"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fixture fixture;
        meower_subscription *subscription;
        fixture_begin(&fixture, OPTIONS(STEPPED, "event_log_max", event_log_max[i]));
        post_with_label(&fixture, "first", &garden);
        post_many(&fixture, 1500);
        post_with_label(&fixture, "last", &garden);
        post_many(&fixture, 1500);
        subscription = subscribe(&fixture, follow_label(MEOWER_CURSOR_START, &garden));
        assert_int_equal(drain(&fixture, subscription), 2);
        assert_rests_at(subscription, 3002);
        meower_subscription_close(subscription);
        fixture_end(&fixture);
    }
}

static void one_call_looks_at_a_thousand_events_at_most(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    const meower_event *event;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post_many(&fixture, 1500);
    subscription = subscribe(&fixture, follow_label(MEOWER_CURSOR_START, &garden));
    assert_int_equal(meower_subscription_next(subscription, &event, NULL), 0);
    assert_int_equal(meower_subscription_position(subscription), 1024);
    assert_true(is_readable(meower_subscription_fd(subscription)));
    assert_rests_at(subscription, 1500);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void waiting_goes_on_over_what_does_not_match(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    const meower_event *event;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post_many(&fixture, 3000);
    post_with_label(&fixture, "last", &garden);
    subscription = subscribe(&fixture, follow_label(MEOWER_CURSOR_START, &garden));
    assert_int_equal(meower_subscription_wait(subscription, PATIENCE_MS, &event, NULL), 1);
    assert_string_equal(event->meow->body, "last");
    assert_int_equal(meower_subscription_wait(subscription, 0, &event, NULL), 0);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

/* After any number of events that were taken, the cursor leads to exactly the rest of them. */
static void the_cursor_is_never_beyond_a_match_that_was_not_given(void **state)
{
    struct fixture fixture;
    const meower_event *event;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    for (int i = 0; i < 700; i++) {
        post_with_label(&fixture, "again", i % 100 == 50 ? &garden : &kitchen);
    }
    for (int taken = 0; taken <= 7; taken++) {
        meower_subscription *subscription = subscribe(&fixture, follow_label(MEOWER_CURSOR_START, &garden));
        meower_subscription *resumed;
        for (int i = 0; i < taken; i++) {
            assert_int_equal(meower_subscription_next(subscription, &event, NULL), 1);
        }
        resumed = subscribe(&fixture, follow_label(meower_subscription_cursor(subscription), &garden));
        assert_int_equal(drain(&fixture, resumed), 7 - taken);
        meower_subscription_close(subscription);
        meower_subscription_close(resumed);
    }
    fixture_end(&fixture);
}

static void a_cursor_is_good_for_any_filter(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    meower_subscription *other;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscribe(&fixture, follow_label(NULL, &garden));
    post_with_label(&fixture, "one", &kitchen);
    assert_rests_at(subscription, 1);
    post_with_label(&fixture, "two", &kitchen);
    other = subscribe(&fixture, follow_label(meower_subscription_cursor(subscription), &kitchen));
    assert_int_equal(meower_subscription_recovered(other), 1);
    assert_gives(other, "two");
    meower_subscription_close(subscription);
    meower_subscription_close(other);
    fixture_end(&fixture);
}

/* ---- what is refused -------------------------------------------------------------------------------------------- */

static void assert_refused(struct fixture *fixture, const meower_follow *follow, int status, const char *reason)
{
    meower_subscription *subscription = NULL;
    meower_filter *filter = NULL;
    meower_error error = {0};

    assert_int_equal(meower_subscription_begin(fixture->feed, follow, &subscription, &error), status);
    assert_non_null(strstr(error.message, reason));
    assert_int_equal(meower_subscription_follow(fixture->feed, follow, &subscription, NULL), status);
    assert_null(subscription);
    memset(&error, 0, sizeof(error));
    assert_int_equal(meower_filter_new(follow, &filter, &error), status);
    assert_non_null(strstr(error.message, reason));
    assert_null(filter);
}

static void a_filter_that_is_not_right_is_refused(void **state)
{
    static const meower_label wrong = MEOWER_LABEL("Room", "garden");
    struct fixture fixture;
    meower_follow follow = follow_label(NULL, &wrong);
    char *text = calloc(1, 9000);

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    assert_refused(&fixture, &follow, MEOWER_ERROR_INVALID, "Room");
    follow = follow_text(NULL, "");
    assert_refused(&fixture, &follow, MEOWER_ERROR_INVALID, "no word");
    follow = follow_text(NULL, " .,; ");
    assert_refused(&fixture, &follow, MEOWER_ERROR_INVALID, "no word");
    follow = follow_text(NULL, "\xff");
    assert_refused(&fixture, &follow, MEOWER_ERROR_INVALID, "UTF-8");
    follow = (meower_follow)MEOWER_FOLLOW_INIT;
    follow.text_len = 1;
    assert_refused(&fixture, &follow, MEOWER_ERROR_INVALID, "UTF-8");
    memset(text, 'a', 8193);
    follow = follow_text(NULL, text);
    assert_refused(&fixture, &follow, MEOWER_ERROR_INVALID, "8192");
    follow.struct_size = 0;
    assert_refused(&fixture, &follow, MEOWER_ERROR_INVALID, "MEOWER_FOLLOW_INIT");
    free(text);
    fixture_end(&fixture);
}

/* ---- filters by themselves -------------------------------------------------------------------------------------- */

static meower_filter *filter_of(const meower_follow *follow)
{
    meower_filter *filter = NULL;

    assert_int_equal(meower_filter_new(follow, &filter, NULL), MEOWER_OK);
    return filter;
}

static void filters_judge_an_event(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    const meower_follow follows[] = {follow_label(NULL, &garden), follow_label(NULL, &kitchen),
                                     follow_text(NULL, "naps tom"), follow_text(NULL, "dogs"), MEOWER_FOLLOW_INIT};
    const int expected[] = {1, 0, 1, 0, 1};
    meower_filter *filters[5];
    const meower_event *event;
    int matches[5] = {-1, -1, -1, -1, -1};

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscription_open(fixture.feed, NULL);
    post_with_label(&fixture, "Tom naps", &garden);
    event = take_event(subscription);
    for (int i = 0; i < 5; i++) {
        filters[i] = filter_of(&follows[i]);
        assert_int_equal(meower_filter_matches(filters[i], event, NULL), expected[i]);
    }
    assert_int_equal(meower_filter_matches_many((const meower_filter *const *)filters, 5, event, matches, NULL), 3);
    assert_memory_equal(matches, expected, sizeof(expected));
    erase(fixture.command, event->meow->id);
    event = take_event(subscription);
    assert_int_equal(meower_filter_matches_many((const meower_filter *const *)filters, 5, event, matches, NULL), 5);
    for (int i = 0; i < 5; i++) {
        meower_filter_free(filters[i]);
    }
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void a_filter_tells_its_labels(void **state)
{
    const meower_label given[] = {MEOWER_LABEL("room", "garden"), MEOWER_LABEL("author", "tom"),
                                  MEOWER_LABEL("room", "garden")};
    meower_follow follow = follow_label("no cursor", given);
    const meower_label *labels;
    meower_filter *filter;
    size_t count = 9;

    (void)state;
    follow.label_count = 3;
    filter = filter_of(&follow);
    labels = meower_filter_labels(filter, &count);
    assert_int_equal(count, 2);
    assert_string_equal(labels[0].key, "author");
    assert_string_equal(labels[1].value, "garden");
    meower_filter_free(filter);
    follow = follow_text(NULL, "cats");
    filter = filter_of(&follow);
    assert_null(meower_filter_labels(filter, &count));
    assert_int_equal(count, 0);
    meower_filter_free(filter);
    meower_filter_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_carries_the_labels_is_given),
        cmocka_unit_test(only_what_has_all_the_words_is_given),
        cmocka_unit_test(labels_and_words_must_both_hold),
        cmocka_unit_test(a_deletion_passes_every_filter),
        cmocka_unit_test(many_are_taken_at_once_without_what_is_between),
        cmocka_unit_test(the_past_is_filtered_in_memory_and_in_the_store),
        cmocka_unit_test(one_call_looks_at_a_thousand_events_at_most),
        cmocka_unit_test(waiting_goes_on_over_what_does_not_match),
        cmocka_unit_test(the_cursor_is_never_beyond_a_match_that_was_not_given),
        cmocka_unit_test(a_cursor_is_good_for_any_filter),
        cmocka_unit_test(a_filter_that_is_not_right_is_refused),
        cmocka_unit_test(filters_judge_an_event),
        cmocka_unit_test(a_filter_tells_its_labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
