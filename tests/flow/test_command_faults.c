/* test_command_faults.c - commands on a store that fails: what is tried again, what is answered, and that nothing is
 * stored twice when the outcome was unknown. */
#include "flow/support.h"
#include <limits.h>
#include <string.h>

/* ---- failures --------------------------------------------------------------------------------------------------- */

static void fail_append(struct fixture *fixture, unsigned count, int status, uint32_t flags)
{
    faults_add(&fixture->faults, (struct fault){"store", "append", 0, count, status, flags, false});
}

static void a_passing_failure_is_retried_and_not_seen(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    fail_append(&fixture, 3, MEOWER_ERROR_UNAVAILABLE, MEOWER_ERROR_FLAG_RETRIABLE);
    submit(fixture.command, "patient", NULL);
    assert_int_equal(run_until_answered(&fixture).position, 1);
    assert_int_equal(faults_calls(&fixture.faults, "store", "append"), 4);
    assert_feed_has(&fixture, 1);
    fixture_end(&fixture);
}

static void retries_end_after_wait_max_ms(void **state)
{
    struct fixture fixture;
    int64_t before_us;
    int64_t passed_us;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "wait_max_ms", "3000"));
    fail_append(&fixture, UINT_MAX, MEOWER_ERROR_UNAVAILABLE, MEOWER_ERROR_FLAG_RETRIABLE);
    before_us = atomic_load(&fixture.clock.monotonic_us);
    submit(fixture.command, "in vain", NULL);
    result = run_until_answered(&fixture);
    passed_us = atomic_load(&fixture.clock.monotonic_us) - before_us;
    assert_int_equal(result.status, MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(result.error->flags, MEOWER_ERROR_FLAG_RETRIABLE);
    assert_string_equal(result.error->message, "a fault on command");
    assert_true(passed_us >= 3000000 && passed_us < 5500000);
    assert_true(faults_calls(&fixture.faults, "store", "append") >= 4);
    faults_clear(&fixture.faults);
    assert_int_equal(post(fixture.command, "next").position, 1);
    assert_feed_has(&fixture, 1);
    fixture_end(&fixture);
}

static void a_lasting_failure_fails_the_batch_and_not_the_next(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    fail_append(&fixture, 1, MEOWER_ERROR_FULL, 0);
    submit(fixture.command, "one", NULL);
    submit(fixture.command, "two", NULL);
    feed_run(fixture.feed);
    assert_int_equal(take_result(fixture.command).status, MEOWER_ERROR_FULL);
    assert_int_equal(take_result(fixture.command).status, MEOWER_ERROR_FULL);
    assert_int_equal(faults_calls(&fixture.faults, "store", "append"), 1);
    assert_int_equal(post(fixture.command, "three").position, 1);
    assert_feed_has(&fixture, 1);
    fixture_end(&fixture);
}

static void a_call_writes_the_error_when_it_fails_and_only_then(void **state)
{
    struct fixture fixture;
    meower_command_result result = {.struct_size = sizeof(result), .position = 17};
    meower_error error = {.code = 17, .message = "untouched"};

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    assert_int_equal(meower_command_post(fixture.command, "one", 3, NULL, PATIENCE_MS, NULL, &error), MEOWER_OK);
    assert_int_equal(error.code, 17);
    assert_string_equal(error.message, "untouched");
    fail_append(&fixture, 1, MEOWER_ERROR_IO, 0);
    assert_int_equal(meower_command_post(fixture.command, "two", 3, NULL, PATIENCE_MS, &result, &error),
                     MEOWER_ERROR_IO);
    assert_int_equal(error.code, MEOWER_ERROR_IO);
    assert_string_equal(error.message, "a fault on command");
    assert_int_equal(result.position, 17);
    fixture_end(&fixture);
}

/* ---- an outcome that is unknown --------------------------------------------------------------------------------- */

/* From now on `count` appends are carried out and said to be unknown. */
static void lose_outcome(struct fixture *fixture, unsigned count)
{
    faults_add(&fixture->faults, (struct fault){"store", "append", 0, count, MEOWER_ERROR_OUTCOME_UNKNOWN,
                                                MEOWER_ERROR_FLAG_RETRIABLE, true});
}

/* Takes the next event, which must be this one. */
static void assert_next_event(meower_subscription *subscription, uint64_t position, int kind, const char *id)
{
    const meower_event *event = take_event(subscription);

    assert_int_equal(event->position, position);
    assert_int_equal(event->kind, kind);
    assert_string_equal(event->meow->id, id);
}

/* The batch was looked for and is not there. Its outcome stays unknown to the client, because it may still come. */
static void a_failure_for_good_after_an_unknown_outcome_is_tried_no_more(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    faults_add(&fixture.faults, (struct fault){"store", "append", 0, 1, MEOWER_ERROR_OUTCOME_UNKNOWN, 0, false});
    fail_append(&fixture, UINT_MAX, MEOWER_ERROR_FULL, 0);
    submit(fixture.command, "in vain", NULL);
    assert_int_equal(run_until_answered(&fixture).status, MEOWER_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(faults_calls(&fixture.faults, "store", "append"), 2);
    faults_clear(&fixture.faults);
    assert_int_equal(post(fixture.command, "next").position, 1);
    fixture_end(&fixture);
}

static void an_unknown_outcome_stores_each_post_once(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscription_open(fixture.feed, NULL);
    post(fixture.command, "before");
    lose_outcome(&fixture, 1);
    for (int i = 0; i < 5; i++) {
        submit(fixture.command, "unknown", NULL);
    }
    take_event(subscription);
    for (uint64_t position = 2; position <= 6; position++) {
        meower_command_result result = run_until_answered(&fixture);
        assert_int_equal(result.status, MEOWER_OK);
        assert_int_equal(result.position, position);
        assert_next_event(subscription, position, MEOWER_EVENT_CREATED, result.id);
    }
    assert_feed_has(&fixture, 6);
    assert_int_equal(post(fixture.command, "after").position, 7);
    assert_int_equal(take_event(subscription)->position, 7);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void an_unknown_outcome_of_nothing_is_tried_again(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    fail_append(&fixture, 2, MEOWER_ERROR_OUTCOME_UNKNOWN, MEOWER_ERROR_FLAG_RETRIABLE);
    submit(fixture.command, "unknown", NULL);
    assert_int_equal(run_until_answered(&fixture).position, 1);
    assert_feed_has(&fixture, 1);
    fixture_end(&fixture);
}

static void an_unknown_outcome_is_looked_into_even_when_not_called_retriable(void **state)
{
    struct fixture fixture;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    faults_add(&fixture.faults, (struct fault){"store", "append", 0, 1, MEOWER_ERROR_OUTCOME_UNKNOWN, 0, true});
    submit(fixture.command, "unknown", NULL);
    result = run_until_answered(&fixture);
    assert_int_equal(result.status, MEOWER_OK);
    assert_int_equal(result.position, 1);
    assert_feed_has(&fixture, 1);
    fixture_end(&fixture);
}

/* A batch of everything: a deletion, one of nothing, a new key, the same again, an old key, a conflict, a post. */
static void every_kind_of_command_survives_an_unknown_outcome(void **state)
{
    struct fixture fixture;
    meower_command_result kept = MEOWER_COMMAND_RESULT_INIT;
    meower_command_result doomed = MEOWER_COMMAND_RESULT_INIT;
    meower_command_result results[7] = {MEOWER_COMMAND_RESULT_INIT};
    meower_page *page;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    kept = post_with_key(fixture.command, "kept", "old");
    doomed = post(fixture.command, "doomed");
    lose_outcome(&fixture, 2);
    assert_int_equal(meower_command_submit_delete(fixture.command, doomed.id, NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_command_submit_delete(fixture.command, doomed.id, NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_command_submit_post(fixture.command, "new", 3, "new", NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_command_submit_post(fixture.command, "new", 3, "new", NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_command_submit_post(fixture.command, "kept", 4, "old", NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_command_submit_post(fixture.command, "else", 4, "old", NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_command_submit_post(fixture.command, "plain", 5, NULL, NULL, NULL), MEOWER_OK);
    for (int i = 0; i < 7; i++) {
        meower_command_result result = run_until_answered(&fixture);
        int slot = result.status == MEOWER_ERROR_NOT_FOUND  ? 1
                   : result.status == MEOWER_ERROR_CONFLICT ? 5
                   : strcmp(result.id, doomed.id) == 0      ? 0
                   : strcmp(result.id, kept.id) == 0        ? 4
                   : result.replayed                        ? 3
                   : result.position == 4                   ? 2
                                                            : 6;
        results[slot] = result;
    }
    assert_int_equal(results[0].position, 3);
    assert_int_equal(results[1].status, MEOWER_ERROR_NOT_FOUND);
    assert_int_equal(results[2].position, 4);
    assert_string_equal(results[3].id, results[2].id);
    assert_int_equal(results[3].position, 4);
    assert_int_equal(results[4].position, kept.position);
    assert_int_equal(results[5].status, MEOWER_ERROR_CONFLICT);
    assert_int_equal(results[6].position, 5);
    page = list_newest(fixture.query, 10);
    assert_int_equal(meower_page_count(page), 3);
    assert_string_equal(meower_page_meow(page, 0)->id, results[6].id);
    assert_string_equal(meower_page_meow(page, 1)->id, results[2].id);
    assert_string_equal(meower_page_meow(page, 2)->id, kept.id);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_post_is_answered_only_when_it_can_be_read(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    /* Each read on the way from the unknown outcome to the answer fails once. */
    for (unsigned failing = 0; failing < 6; failing++) {
        meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
        meower_page *page;
        lose_outcome(&fixture, 1);
        faults_add(&fixture.faults, (struct fault){"store", "read_events", failing, 1, MEOWER_ERROR_UNAVAILABLE,
                                                   MEOWER_ERROR_FLAG_RETRIABLE, false});
        submit(fixture.command, "unknown", NULL);
        result = run_until_answered(&fixture);
        assert_int_equal(result.status, MEOWER_OK);
        page = list_newest(fixture.query, 1);
        assert_int_equal(meower_page_count(page), 1);
        assert_string_equal(meower_page_meow(page, 0)->id, result.id);
        meower_page_free(page);
        faults_clear(&fixture.faults);
    }
    assert_feed_has(&fixture, 6);
    fixture_end(&fixture);
}

/* The store answers nothing any more, so nobody learns what became of the batch. */
static void an_outcome_that_stays_unknown_is_called_so(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    lose_outcome(&fixture, 1);
    faults_add(&fixture.faults, (struct fault){"store", "read_events", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                               MEOWER_ERROR_FLAG_RETRIABLE, false});
    submit(fixture.command, "unknown", NULL);
    assert_int_equal(run_until_answered(&fixture).status, MEOWER_ERROR_OUTCOME_UNKNOWN);
    fixture_end(&fixture);
}

/* What was not found when it was looked for may still become committed by the engine. */
static void an_outcome_that_was_unknown_stays_so_until_a_batch_comes_through(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    fail_append(&fixture, 1, MEOWER_ERROR_OUTCOME_UNKNOWN, MEOWER_ERROR_FLAG_RETRIABLE);
    fail_append(&fixture, UINT_MAX, MEOWER_ERROR_UNAVAILABLE, MEOWER_ERROR_FLAG_RETRIABLE);
    submit(fixture.command, "perhaps", NULL);
    assert_int_equal(run_until_answered(&fixture).status, MEOWER_ERROR_OUTCOME_UNKNOWN);
    submit(fixture.command, "not at all", NULL);
    assert_int_equal(run_until_answered(&fixture).status, MEOWER_ERROR_UNAVAILABLE);
    faults_clear(&fixture.faults);
    fixture_end(&fixture);
}

static void what_turns_out_to_be_stored_appears_without_a_further_command(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    lose_outcome(&fixture, 1);
    faults_add(&fixture.faults, (struct fault){"store", "read_events", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                               MEOWER_ERROR_FLAG_RETRIABLE, false});
    submit(fixture.command, "unknown", NULL);
    run_until_answered(&fixture);
    faults_clear(&fixture.faults);
    for (int i = 0; i < 100; i++) {
        feed_run(fixture.feed);
        fake_clock_advance_ms(&fixture.clock, 50);
    }
    assert_feed_has(&fixture, 1);
    fixture_end(&fixture);
}

static void assert_store_health(struct fixture *fixture, int ready, const char *reason)
{
    meower_health health = MEOWER_HEALTH_INIT;

    assert_int_equal(meower_health_at(fixture->feed, 0, &health, NULL), 1);
    assert_string_equal(health.part, "store");
    assert_int_equal(health.ready, ready);
    assert_string_equal(health.reason, reason);
}

static void a_store_that_refuses_is_not_healthy_until_it_takes_again(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    assert_store_health(&fixture, 1, "");
    fail_append(&fixture, 2, MEOWER_ERROR_UNAVAILABLE, MEOWER_ERROR_FLAG_RETRIABLE);
    submit(fixture.command, "patient", NULL);
    feed_run(fixture.feed);
    assert_store_health(&fixture, 0, "a fault on command");
    run_until_answered(&fixture);
    assert_store_health(&fixture, 1, "");
    fixture_end(&fixture);
}

/* Otherwise a balancer that asks for health would never send the command that could succeed. */
static void a_failed_command_is_not_held_against_the_store_for_ever(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    fail_append(&fixture, 1, MEOWER_ERROR_FULL, 0);
    submit(fixture.command, "refused", NULL);
    run_until_answered(&fixture);
    assert_store_health(&fixture, 0, "a fault on command");
    fake_clock_advance_ms(&fixture.clock, 10000);
    assert_store_health(&fixture, 1, "");
    fixture_end(&fixture);
}

static void the_counters_say_what_happened(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    erase(fixture.command, post_with_key(fixture.command, "once", "key").id);
    post_with_key(fixture.command, "once", "key");
    fail_append(&fixture, 1, MEOWER_ERROR_FULL, 0);
    assert_int_equal(meower_command_post(fixture.command, "no", 2, NULL, PATIENCE_MS, NULL, NULL), MEOWER_ERROR_FULL);
    assert_int_equal(feed_metric(fixture.feed, "posts_total"), 1);
    assert_int_equal(feed_metric(fixture.feed, "posts_replayed_total"), 1);
    assert_int_equal(feed_metric(fixture.feed, "deletions_total"), 1);
    assert_int_equal(feed_metric(fixture.feed, "commands_failed_total"), 1);
    assert_int_equal(feed_metric(fixture.feed, "commands_waiting"), 0);
    assert_int_equal(feed_metric(fixture.feed, "position"), 2);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_passing_failure_is_retried_and_not_seen),
        cmocka_unit_test(retries_end_after_wait_max_ms),
        cmocka_unit_test(a_lasting_failure_fails_the_batch_and_not_the_next),
        cmocka_unit_test(a_call_writes_the_error_when_it_fails_and_only_then),
        cmocka_unit_test(a_failure_for_good_after_an_unknown_outcome_is_tried_no_more),
        cmocka_unit_test(an_unknown_outcome_stores_each_post_once),
        cmocka_unit_test(an_unknown_outcome_of_nothing_is_tried_again),
        cmocka_unit_test(an_unknown_outcome_is_looked_into_even_when_not_called_retriable),
        cmocka_unit_test(every_kind_of_command_survives_an_unknown_outcome),
        cmocka_unit_test(a_post_is_answered_only_when_it_can_be_read),
        cmocka_unit_test(an_outcome_that_stays_unknown_is_called_so),
        cmocka_unit_test(an_outcome_that_was_unknown_stays_so_until_a_batch_comes_through),
        cmocka_unit_test(what_turns_out_to_be_stored_appears_without_a_further_command),
        cmocka_unit_test(a_store_that_refuses_is_not_healthy_until_it_takes_again),
        cmocka_unit_test(a_failed_command_is_not_held_against_the_store_for_ever),
        cmocka_unit_test(the_counters_say_what_happened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
