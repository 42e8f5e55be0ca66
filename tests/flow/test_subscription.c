/* test_subscription.c - the feed from any position on: exactly once, in order, from memory and from the store. */
#include "base/clock.h"
#include "flow/support.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void many_events_come_in_one_call(void **state)
{
    const meower_event *events[300] = {NULL};
    struct fixture fixture;
    meower_subscription *subscription;
    meower_command_result last = MEOWER_COMMAND_RESULT_INIT;
    size_t taken = 0;
    int count;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscription_open(fixture.feed, NULL);
    assert_int_equal(meower_subscription_next_many(subscription, events, 300, NULL), 0);
    last = post_many(&fixture, 300);
    assert_int_equal(meower_subscription_next_many(subscription, events, 0, NULL), 0);
    assert_null(events[0]);
    assert_int_equal(meower_subscription_next_many(subscription, events, 7, NULL), 7);
    assert_null(events[7]);
    for (taken = 0; taken < 7; taken++) {
        assert_int_equal(events[taken]->position, taken + 1);
        assert_string_equal(events[taken]->meow->body, "one of many");
        assert_non_null(strstr(events[taken]->json, events[taken]->cursor));
        assert_non_null(strstr(events[taken]->json, events[taken]->meow->id));
        assert_int_equal(events[taken]->json_len, strlen(events[taken]->json));
    }
    assert_string_equal(meower_subscription_cursor(subscription), events[6]->cursor);
    assert_takes(subscription, 8, 8);
    taken++;
    while ((count = meower_subscription_next_many(subscription, events, 300, NULL)) > 0) {
        for (int i = 0; i < count; i++) {
            assert_int_equal(events[i]->position, ++taken);
        }
    }
    assert_int_equal(count, 0);
    assert_int_equal(taken, 300);
    assert_string_equal(meower_subscription_cursor(subscription), last.cursor);
    assert_takes_nothing(subscription);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

/* ---- live ------------------------------------------------------------------------------------------------------- */

static void it_starts_with_what_follows(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    meower_command_result before = MEOWER_COMMAND_RESULT_INIT;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    before = post(fixture.command, "before");
    subscription = subscription_open(fixture.feed, "");
    assert_int_equal(meower_subscription_recovered(subscription), 1);
    assert_string_equal(meower_subscription_cursor(subscription), before.cursor);
    assert_takes_nothing(subscription);
    post(fixture.command, "after");
    assert_takes(subscription, 2, 2);
    assert_takes_nothing(subscription);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void it_starts_with_the_first_event_where_that_is_asked_for(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    const meower_event *event;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "event_log_max", "256"));
    subscription = subscription_open(fixture.feed, MEOWER_CURSOR_START);
    assert_int_equal(meower_subscription_recovered(subscription), 1);
    assert_takes_nothing(subscription);
    post_many(&fixture, 300);
    assert_takes(subscription, 1, 300);
    meower_subscription_close(subscription);
    subscription = subscription_open(fixture.feed, MEOWER_CURSOR_START);
    assert_int_equal(meower_subscription_recovered(subscription), 1);
    assert_int_equal(meower_subscription_wait(subscription, PATIENCE_MS, &event, NULL), 1);
    assert_int_equal(event->position, 1);
    meower_subscription_close(subscription);
    assert_int_equal(meower_subscription_open(fixture.feed, "starting", &subscription, NULL), MEOWER_ERROR_INVALID);
    fixture_end(&fixture);
}

static void a_creation_is_told_with_its_meow(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    const meower_event *event;
    char created_at[CLOCK_TEXT_SIZE];
    char expected[300];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscription_open(fixture.feed, NULL);
    posted = post(fixture.command, "a < b");
    event = take_event(subscription);
    assert_int_equal(event->kind, MEOWER_EVENT_CREATED);
    assert_string_equal(event->meow->id, posted.id);
    assert_string_equal(event->meow->body, "a &lt; b");
    assert_int_equal(event->meow->created_at_us, posted.created_at_us);
    assert_string_equal(event->cursor, posted.cursor);
    assert_string_equal(meower_subscription_cursor(subscription), posted.cursor);
    clock_format(posted.created_at_us, created_at);
    snprintf(expected, sizeof(expected),
             "{\"kind\":1,\"id\":\"%s\",\"body\":\"a &lt; b\",\"created_at\":\"%s\",\"cursor\":\"%s\"}", posted.id,
             created_at, posted.cursor);
    assert_string_equal(event->json, expected);
    assert_int_equal(event->json_len, strlen(expected));
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void a_deletion_is_told_with_the_id_alone(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    meower_command_result erased = MEOWER_COMMAND_RESULT_INIT;
    const meower_event *event;
    char expected[200];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    erased = post(fixture.command, "soon gone");
    subscription = subscription_open(fixture.feed, NULL);
    erased = erase(fixture.command, erased.id);
    event = take_event(subscription);
    assert_int_equal(event->position, 2);
    assert_int_equal(event->kind, MEOWER_EVENT_DELETED);
    assert_string_equal(event->meow->id, erased.id);
    assert_null(event->meow->body);
    snprintf(expected, sizeof(expected), "{\"kind\":2,\"id\":\"%s\",\"cursor\":\"%s\"}", erased.id, erased.cursor);
    assert_string_equal(event->json, expected);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void waiting_ends_when_the_time_is_over(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    const meower_event *event = NULL;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscription_open(fixture.feed, NULL);
    assert_int_equal(meower_subscription_wait(subscription, 0, &event, NULL), 0);
    atomic_store(&fixture.clock.tick_us, 1000);
    assert_int_equal(meower_subscription_wait(subscription, 50, &event, NULL), 0);
    assert_null(event);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void a_slow_one_delays_nobody(void **state)
{
    struct fixture fixture;
    meower_subscription *slow;
    meower_subscription *quick;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "event_log_max", "16"));
    slow = subscription_open(fixture.feed, NULL);
    quick = subscription_open(fixture.feed, NULL);
    for (uint64_t i = 0; i < 30; i++) {
        post_many(&fixture, 10);
        assert_takes(quick, 10 * i + 1, 10 * i + 10);
    }
    assert_takes(slow, 1, 300);
    meower_subscription_close(slow);
    meower_subscription_close(quick);
    fixture_end(&fixture);
}

/* ---- from a cursor ---------------------------------------------------------------------------------------------- */

static void a_cursor_in_memory_goes_on_after_it(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    char cursor[MEOWER_CURSOR_SIZE];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    write_cursor(post_many(&fixture, 50).cursor, 20, cursor);
    subscription = subscription_open(fixture.feed, cursor);
    assert_int_equal(meower_subscription_recovered(subscription), 1);
    assert_string_equal(meower_subscription_cursor(subscription), cursor);
    assert_takes(subscription, 21, 50);
    post(fixture.command, "live");
    assert_takes(subscription, 51, 51);
    assert_takes_nothing(subscription);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void a_cursor_older_than_memory_goes_on_out_of_the_store(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    char cursor[MEOWER_CURSOR_SIZE];
    unsigned reads;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "event_log_max", "16"));
    write_cursor(post_many(&fixture, 700).cursor, 3, cursor);
    reads = faults_calls(&fixture.faults, "store", "read_events");
    subscription = subscription_open(fixture.feed, cursor);
    assert_int_equal(meower_subscription_recovered(subscription), 1);
    assert_takes(subscription, 4, 700);
    assert_takes_nothing(subscription);
    assert_true(faults_calls(&fixture.faults, "store", "read_events") > reads);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void the_beginning_is_a_cursor_too(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    char cursor[MEOWER_CURSOR_SIZE];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "event_log_max", "16"));
    write_cursor(post_many(&fixture, 40).cursor, 0, cursor);
    subscription = subscription_open(fixture.feed, cursor);
    assert_takes(subscription, 1, 40);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void catching_up_joins_the_live_feed_without_hole_or_repeat(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    char cursor[MEOWER_CURSOR_SIZE];
    uint64_t posted = 600;
    uint64_t taken = 0;

    (void)state;
    srand(11);
    fixture_begin(&fixture, OPTIONS(STEPPED, "event_log_max", "16"));
    write_cursor(post_many(&fixture, 600).cursor, 0, cursor);
    subscription = subscription_open(fixture.feed, cursor);
    while (taken < 5000) {
        const meower_event *event;
        int wanted = rand() % 12;
        if (posted < 5000) {
            int more = rand() % 8;
            post_many(&fixture, more);
            posted += (uint64_t)more;
        } else {
            meower_step(fixture.feed, NULL);
        }
        while (wanted-- > 0 && meower_subscription_next(subscription, &event, NULL) == 1) {
            taken++;
            assert_int_equal(event->position, taken);
        }
    }
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void every_events_cursor_goes_on_after_that_event(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    char cursor[MEOWER_CURSOR_SIZE];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "event_log_max", "16"));
    write_cursor(post_many(&fixture, 60).cursor, 0, cursor);
    for (uint64_t position = 1; position <= 60; position++) {
        subscription = subscription_open(fixture.feed, cursor);
        assert_int_equal(take_event(subscription)->position, position);
        memcpy(cursor, meower_subscription_cursor(subscription), sizeof(cursor));
        meower_subscription_close(subscription);
    }
    fixture_end(&fixture);
}

static void assert_starts_now(struct fixture *fixture, const char *cursor)
{
    meower_subscription *subscription = subscription_open(fixture->feed, cursor);
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;

    assert_int_equal(meower_subscription_recovered(subscription), 0);
    assert_takes_nothing(subscription);
    posted = post(fixture->command, "now");
    assert_takes(subscription, posted.position, posted.position);
    meower_subscription_close(subscription);
}

static void an_unknown_cursor_starts_now_and_says_so(void **state)
{
    struct fixture fixture;
    char cursor[MEOWER_CURSOR_SIZE];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    write_cursor(post_many(&fixture, 5).cursor, 7, cursor);
    assert_starts_now(&fixture, "0123456789abcdef-3");
    assert_starts_now(&fixture, "0123456789abcdef-0");
    write_cursor(cursor, 1000, cursor);
    assert_starts_now(&fixture, cursor);
    fixture_end(&fixture);
}

static void what_is_no_cursor_is_refused(void **state)
{
    static const char *const texts[] = {"x",
                                        "7",
                                        "0123456789abcdef",
                                        "0123456789abcdef-",
                                        "0123456789abcdef--1",
                                        "0123456789abcdef-07",
                                        "0123456789abcdef-99999999999999999999"};
    struct fixture fixture;
    meower_subscription *subscription = NULL;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(meower_subscription_open(fixture.feed, texts[i], &subscription, &error), MEOWER_ERROR_INVALID);
        assert_null(subscription);
    }
    fixture_end(&fixture);
}

/* ---- deletions -------------------------------------------------------------------------------------------------- */

/* Posts five, deletes the second and the last, and replays from the beginning. */
static void check_replay_without_deleted(const char *event_log_max, int posts_between)
{
    struct fixture fixture;
    meower_command_result results[5] = {MEOWER_COMMAND_RESULT_INIT};
    meower_subscription *subscription;
    char cursor[MEOWER_CURSOR_SIZE];
    uint64_t deleted_at = 6 + (uint64_t)posts_between;
    const meower_event *event;

    fixture_begin(&fixture, OPTIONS(STEPPED, "event_log_max", event_log_max));
    for (int i = 0; i < 5; i++) {
        results[i] = post(fixture.command, "one of five");
    }
    post_many(&fixture, posts_between);
    erase(fixture.command, results[1].id);
    erase(fixture.command, results[4].id);
    write_cursor(results[0].cursor, 0, cursor);
    subscription = subscription_open(fixture.feed, cursor);
    assert_takes(subscription, 1, 1);
    assert_takes(subscription, 3, 4);
    assert_takes(subscription, 6, deleted_at - 1);
    event = take_event(subscription);
    assert_int_equal(event->position, deleted_at);
    assert_int_equal(event->kind, MEOWER_EVENT_DELETED);
    assert_string_equal(event->meow->id, results[1].id);
    event = take_event(subscription);
    assert_string_equal(event->meow->id, results[4].id);
    assert_takes_nothing(subscription);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void the_creation_of_a_deleted_meow_is_not_replayed_out_of_memory(void **state)
{
    (void)state;
    check_replay_without_deleted("1000", 0);
}

static void the_creation_of_a_deleted_meow_is_not_replayed_out_of_the_store(void **state)
{
    (void)state;
    check_replay_without_deleted("16", 300);
}

/* Everything after the cursor is deleted; only the deletions are left, and they come much later. */
static void a_long_stretch_of_what_is_gone_is_passed(void **state)
{
    struct fixture fixture;
    static char ids[600][MEOWER_ID_SIZE];
    meower_subscription *subscription;
    char cursor[MEOWER_CURSOR_SIZE];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "event_log_max", "16"));
    for (int i = 0; i < 600; i++) {
        meower_command_result result = post(fixture.command, "gone");
        memcpy(ids[i], result.id, MEOWER_ID_SIZE);
        write_cursor(result.cursor, 0, cursor);
    }
    for (int i = 0; i < 600; i++) {
        erase(fixture.command, ids[i]);
    }
    subscription = subscription_open(fixture.feed, cursor);
    assert_takes(subscription, 601, 1200);
    assert_takes_nothing(subscription);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void the_cursor_passes_what_is_gone_at_the_end(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower_command_result erased = MEOWER_COMMAND_RESULT_INIT;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscription_open(fixture.feed, NULL);
    posted = post(fixture.command, "gone");
    erased = erase(fixture.command, posted.id);
    assert_takes(subscription, 2, 2);
    assert_string_equal(meower_subscription_cursor(subscription), erased.cursor);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_events_come_in_one_call),
        cmocka_unit_test(it_starts_with_what_follows),
        cmocka_unit_test(it_starts_with_the_first_event_where_that_is_asked_for),
        cmocka_unit_test(a_creation_is_told_with_its_meow),
        cmocka_unit_test(a_deletion_is_told_with_the_id_alone),
        cmocka_unit_test(waiting_ends_when_the_time_is_over),
        cmocka_unit_test(a_slow_one_delays_nobody),
        cmocka_unit_test(a_cursor_in_memory_goes_on_after_it),
        cmocka_unit_test(a_cursor_older_than_memory_goes_on_out_of_the_store),
        cmocka_unit_test(the_beginning_is_a_cursor_too),
        cmocka_unit_test(catching_up_joins_the_live_feed_without_hole_or_repeat),
        cmocka_unit_test(every_events_cursor_goes_on_after_that_event),
        cmocka_unit_test(an_unknown_cursor_starts_now_and_says_so),
        cmocka_unit_test(what_is_no_cursor_is_refused),
        cmocka_unit_test(the_creation_of_a_deleted_meow_is_not_replayed_out_of_memory),
        cmocka_unit_test(the_creation_of_a_deleted_meow_is_not_replayed_out_of_the_store),
        cmocka_unit_test(a_long_stretch_of_what_is_gone_is_passed),
        cmocka_unit_test(the_cursor_passes_what_is_gone_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
