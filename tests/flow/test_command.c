/* test_command.c - posting and deleting: results, checks, idempotency, backpressure and group commit. */
#include "flow/support.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- results ---------------------------------------------------------------------------------------------------- */

static void a_post_is_answered_with_what_was_stored(void **state)
{
    struct fixture fixture;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    result = post(fixture.command, "hello");
    assert_int_equal(result.status, MEOWER_OK);
    assert_int_equal(result.replayed, 0);
    assert_int_equal(result.position, 1);
    assert_int_equal(result.created_at_us, atomic_load(&fixture.clock.wall_us));
    assert_int_equal(meower_id_check(result.id, strlen(result.id), NULL), MEOWER_OK);
    page = list_newest(fixture.query, 10);
    assert_string_equal(meower_page_meow(page, 0)->id, result.id);
    assert_string_equal(meower_page_meow(page, 0)->body, "hello");
    assert_int_equal(meower_page_meow(page, 0)->created_at_us, result.created_at_us);
    assert_string_equal(meower_page_cursor(page), result.cursor);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_submitted_post_carries_its_tag(void **state)
{
    struct fixture fixture;
    int tags[2];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    submit(fixture.command, "one", &tags[0]);
    submit(fixture.command, "two", &tags[1]);
    feed_run(fixture.feed);
    assert_ptr_equal(take_result(fixture.command).tag, &tags[0]);
    assert_ptr_equal(take_result(fixture.command).tag, &tags[1]);
    assert_int_equal(meower_command_next(fixture.command, &(meower_command_result)MEOWER_COMMAND_RESULT_INIT, NULL), 0);
    fixture_end(&fixture);
}

static void the_descriptor_is_readable_exactly_while_results_wait(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    fd = meower_command_fd(fixture.command);
    submit(fixture.command, "one", NULL);
    submit(fixture.command, "two", NULL);
    assert_false(is_readable(fd));
    feed_run(fixture.feed);
    assert_true(is_readable(fd));
    take_result(fixture.command);
    assert_true(is_readable(fd));
    take_result(fixture.command);
    assert_false(is_readable(fd));
    fixture_end(&fixture);
}

static void positions_and_ids_rise_whatever_the_clock_does(void **state)
{
    struct fixture fixture;
    meower_command_result before = MEOWER_COMMAND_RESULT_INIT;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    for (int i = 0; i < 300; i++) {
        meower_command_result result = post(fixture.command, "again");
        assert_int_equal(result.position, before.position + 1);
        assert_true(strcmp(result.id, before.id) > 0);
        before = result;
        if (i % 10 == 0) {
            fake_clock_advance_ms(&fixture.clock, 700);
        }
        if (i % 50 == 0) {
            atomic_fetch_sub(&fixture.clock.wall_us, 10000000);
        }
    }
    fixture_end(&fixture);
}

static void a_deletion_takes_the_next_position_and_the_meow_away(void **state)
{
    struct fixture fixture;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower_command_result erased = MEOWER_COMMAND_RESULT_INIT;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    posted = post(fixture.command, "soon gone");
    erased = erase(fixture.command, posted.id);
    assert_int_equal(erased.position, 2);
    assert_string_equal(erased.id, posted.id);
    assert_feed_has(&fixture, 0);
    fixture_end(&fixture);
}

static void deleting_what_is_not_there_is_not_found(void **state)
{
    struct fixture fixture;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    posted = post(fixture.command, "soon gone");
    erase(fixture.command, posted.id);
    assert_int_equal(meower_command_delete(fixture.command, posted.id, PATIENCE_MS, NULL, &error),
                     MEOWER_ERROR_NOT_FOUND);
    assert_non_null(strstr(error.message, posted.id));
    assert_int_equal(error.flags, 0);
    assert_int_equal(post(fixture.command, "next").position, 3);
    fixture_end(&fixture);
}

static void a_refused_result_has_no_position(void **state)
{
    struct fixture fixture;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    assert_int_equal(meower_command_submit_delete(fixture.command, "000000000000000000000000001", NULL, NULL),
                     MEOWER_OK);
    feed_run(fixture.feed);
    result = take_result(fixture.command);
    assert_int_equal(result.status, MEOWER_ERROR_NOT_FOUND);
    assert_int_equal(result.error->code, MEOWER_ERROR_NOT_FOUND);
    assert_int_equal(result.position, 0);
    assert_string_equal(result.cursor, "");
    fixture_end(&fixture);
}

/* ---- checks ----------------------------------------------------------------------------------------------------- */

/* Submitting must be refused as INVALID, with a reason, and nothing is queued. */
static void assert_body_refused(struct fixture *fixture, const char *body, size_t len, const char *key)
{
    meower_error error = {0};

    assert_int_equal(meower_command_submit_post(fixture->command, body, len, key, NULL, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(error.code, MEOWER_ERROR_INVALID);
    assert_int_equal(error.backend_code, 0);
    assert_int_equal(error.flags, 0);
    assert_true(strlen(error.message) > 10);
    assert_int_equal(meower_step(fixture->feed, NULL), 0);
    assert_int_equal(meower_command_next(fixture->command, &(meower_command_result)MEOWER_COMMAND_RESULT_INIT, NULL),
                     0);
}

static void what_may_not_be_posted_is_refused_with_a_reason(void **state)
{
    struct fixture fixture;
    char text[600];
    char key[MEOWER_KEY_MAX + 2];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    feed_run(fixture.feed);
    assert_body_refused(&fixture, "", 0, NULL);
    assert_body_refused(&fixture, "bell\a", 5, NULL);
    assert_body_refused(&fixture, "\xff", 1, NULL);
    assert_body_refused(&fixture, "half \xf0\x9f\x98", 8, NULL);
    memset(text, 'a', sizeof(text));
    assert_body_refused(&fixture, text, MEOWER_BODY_MAX + 1, NULL);
    assert_body_refused(&fixture, "fine", 4, "");
    memset(key, 'k', sizeof(key));
    key[MEOWER_KEY_MAX + 1] = '\0';
    assert_body_refused(&fixture, "fine", 4, key);
    fixture_end(&fixture);
}

static void a_malformed_id_is_refused_with_a_reason(void **state)
{
    struct fixture fixture;
    meower_error error = {0};

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    assert_int_equal(meower_command_submit_delete(fixture.command, "short", NULL, &error), MEOWER_ERROR_INVALID);
    assert_true(strlen(error.message) > 10);
    assert_int_equal(meower_command_submit_delete(fixture.command, "aWgEPTl1tmebfsQzFP4bxwgy80W", NULL, &error),
                     MEOWER_ERROR_INVALID);
    assert_int_equal(meower_command_submit_delete(fixture.command, "0ujsswThIGTUYm2K8FjOOfXtY1KK", NULL, &error),
                     MEOWER_ERROR_INVALID);
    fixture_end(&fixture);
}

static void a_full_length_of_characters_to_be_escaped_is_taken(void **state)
{
    struct fixture fixture;
    char body[MEOWER_BODY_MAX];
    char stored[MEOWER_BODY_MAX * 5 + 1] = "";
    meower_page *page;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    memset(body, '&', sizeof(body));
    for (int i = 0; i < MEOWER_BODY_MAX; i++) {
        strcat(stored, "&amp;");
    }
    assert_int_equal(meower_command_post(fixture.command, body, sizeof(body), NULL, PATIENCE_MS, NULL, NULL),
                     MEOWER_OK);
    page = list_newest(fixture.query, 1);
    assert_string_equal(meower_page_meow(page, 0)->body, stored);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_key_of_full_length_is_taken(void **state)
{
    struct fixture fixture;
    char key[MEOWER_KEY_MAX + 1];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    memset(key, 'k', MEOWER_KEY_MAX);
    key[MEOWER_KEY_MAX] = '\0';
    assert_int_equal(post_with_key(fixture.command, "one", key).replayed, 0);
    assert_int_equal(post_with_key(fixture.command, "one", key).replayed, 1);
    fixture_end(&fixture);
}

static void html_is_escaped_unless_told_otherwise(void **state)
{
    static const char *const escapes[] = {"true", "false"};
    static const char *const expected[] = {"&lt;b&gt; &amp; &#39;q&#39; &#34;Q&#34;", "<b> & 'q' \"Q\""};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fixture fixture;
        meower_page *page;
        fixture_begin(&fixture, OPTIONS(STEPPED, "escape_html", escapes[i]));
        post(fixture.command, "<b> & 'q' \"Q\"");
        page = list_newest(fixture.query, 1);
        assert_string_equal(meower_page_meow(page, 0)->body, expected[i]);
        assert_int_equal(meower_page_meow(page, 0)->body_len, strlen(expected[i]));
        meower_page_free(page);
        fixture_end(&fixture);
    }
}

/* ---- idempotency ------------------------------------------------------------------------------------------------ */

static void the_same_key_and_body_give_the_same_meow(void **state)
{
    struct fixture fixture;
    meower_command_result first = MEOWER_COMMAND_RESULT_INIT;
    meower_command_result second = MEOWER_COMMAND_RESULT_INIT;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    first = post_with_key(fixture.command, "once", "key");
    post(fixture.command, "between");
    fake_clock_advance_ms(&fixture.clock, 5000);
    second = post_with_key(fixture.command, "once", "key");
    assert_int_equal(first.replayed, 0);
    assert_int_equal(second.replayed, 1);
    assert_string_equal(second.id, first.id);
    assert_int_equal(second.position, first.position);
    assert_int_equal(second.created_at_us, first.created_at_us);
    assert_string_equal(second.cursor, first.cursor);
    assert_feed_has(&fixture, 2);
    assert_int_equal(post(fixture.command, "next").position, 3);
    fixture_end(&fixture);
}

static void the_same_key_with_another_body_is_a_conflict(void **state)
{
    struct fixture fixture;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post_with_key(fixture.command, "once", "key");
    assert_int_equal(meower_command_post(fixture.command, "twice", 5, "key", PATIENCE_MS, NULL, &error),
                     MEOWER_ERROR_CONFLICT);
    assert_int_equal(error.flags, 0);
    assert_feed_has(&fixture, 1);
    fixture_end(&fixture);
}

static void two_of_one_key_in_one_batch_are_one_meow(void **state)
{
    struct fixture fixture;
    meower_command_result results[3] = {MEOWER_COMMAND_RESULT_INIT};

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(meower_command_submit_post(fixture.command, i < 2 ? "once" : "else", 4, "key", NULL, NULL),
                         MEOWER_OK);
    }
    feed_run(fixture.feed);
    for (int i = 0; i < 3; i++) {
        results[i] = take_result(fixture.command);
    }
    assert_int_equal(faults_calls(&fixture.faults, "store", "append"), 1);
    assert_int_equal(results[0].replayed, 0);
    assert_int_equal(results[1].replayed, 1);
    assert_string_equal(results[1].id, results[0].id);
    assert_int_equal(results[1].position, results[0].position);
    assert_int_equal(results[2].status, MEOWER_ERROR_CONFLICT);
    assert_feed_has(&fixture, 1);
    fixture_end(&fixture);
}

static void a_key_is_forgotten_after_its_time(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "idempotency_ttl_s", "60"));
    post_with_key(fixture.command, "once", "key");
    fake_clock_advance_ms(&fixture.clock, 59000);
    assert_int_equal(post_with_key(fixture.command, "once", "key").replayed, 1);
    fake_clock_advance_ms(&fixture.clock, 1000);
    assert_int_equal(post_with_key(fixture.command, "other", "key").replayed, 0);
    fixture_end(&fixture);
}

/* ---- backpressure and waiting ----------------------------------------------------------------------------------- */

static void a_full_queue_is_busy_and_takes_nothing(void **state)
{
    struct fixture fixture;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "queue_max", "3"));
    for (int i = 0; i < 3; i++) {
        submit(fixture.command, "fits", NULL);
    }
    assert_int_equal(meower_command_submit_post(fixture.command, "too many", 8, NULL, NULL, &error), MEOWER_ERROR_BUSY);
    assert_int_equal(error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    assert_int_equal(meower_command_submit_delete(fixture.command, "000000000000000000000000001", NULL, &error),
                     MEOWER_ERROR_BUSY);
    feed_run(fixture.feed);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(take_result(fixture.command).status, MEOWER_OK);
    }
    assert_int_equal(meower_command_next(fixture.command, &(meower_command_result)MEOWER_COMMAND_RESULT_INIT, NULL), 0);
    assert_int_equal(feed_metric(fixture.feed, "commands_refused_total"), 2);
    assert_int_equal(post(fixture.command, "now it fits").position, 4);
    fixture_end(&fixture);
}

static void a_late_result_is_not_taken_for_the_next_calls(void **state)
{
    struct fixture fixture;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    atomic_store(&fixture.clock.tick_us, 1000);
    faults_add(&fixture.faults, (struct fault){"store", "append", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                               MEOWER_ERROR_FLAG_RETRIABLE, false});
    assert_int_equal(meower_command_post(fixture.command, "late", 4, NULL, 100, &result, &error), MEOWER_ERROR_TIMEOUT);
    assert_int_equal(error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    faults_clear(&fixture.faults);
    result = post(fixture.command, "next");
    assert_int_equal(result.position, 2);
    assert_int_equal(meower_command_next(fixture.command, &result, NULL), 0);
    assert_feed_has(&fixture, 2);
    fixture_end(&fixture);
}

static void a_late_result_is_not_given_to_those_who_submit(void **state)
{
    struct fixture fixture;
    int tag;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    assert_int_equal(meower_command_post(fixture.command, "late", 4, NULL, 0, NULL, NULL), MEOWER_ERROR_TIMEOUT);
    submit(fixture.command, "mine", &tag);
    feed_run(fixture.feed);
    assert_ptr_equal(take_result(fixture.command).tag, &tag);
    assert_int_equal(meower_command_next(fixture.command, &(meower_command_result)MEOWER_COMMAND_RESULT_INIT, NULL), 0);
    fixture_end(&fixture);
}

static void waiting_is_busy_while_submitted_results_are_not_taken(void **state)
{
    struct fixture fixture;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    submit(fixture.command, "mine", NULL);
    assert_int_equal(meower_command_post(fixture.command, "no", 2, NULL, PATIENCE_MS, NULL, &error), MEOWER_ERROR_BUSY);
    feed_run(fixture.feed);
    assert_int_equal(meower_command_post(fixture.command, "no", 2, NULL, PATIENCE_MS, NULL, &error), MEOWER_ERROR_BUSY);
    take_result(fixture.command);
    assert_int_equal(post(fixture.command, "yes").position, 2);
    fixture_end(&fixture);
}

static void a_refused_submission_does_not_make_waiting_busy(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "queue_max", "1"));
    submit(fixture.command, "mine", NULL);
    assert_int_equal(meower_command_submit_post(fixture.command, "no", 2, NULL, NULL, NULL), MEOWER_ERROR_BUSY);
    feed_run(fixture.feed);
    take_result(fixture.command);
    assert_int_equal(post(fixture.command, "yes").position, 2);
    fixture_end(&fixture);
}

static void a_closed_handles_commands_are_carried_out(void **state)
{
    struct fixture fixture;
    meower_command *other;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    other = command_open(fixture.feed);
    submit(other, "one", NULL);
    submit(other, "two", NULL);
    meower_step(fixture.feed, NULL);
    submit(other, "three", NULL);
    meower_command_close(other);
    feed_run(fixture.feed);
    assert_feed_has(&fixture, 3);
    fixture_end(&fixture);
}

static void a_handle_may_be_closed_while_the_store_works(void **state)
{
    struct fixture fixture;
    meower_command *other;

    (void)state;
    fixture_begin(&fixture, NO_OPTIONS);
    other = command_open(fixture.feed);
    faults_hold(&fixture.faults, "store", "append");
    submit(other, "one", NULL);
    faults_wait_until_held(&fixture.faults);
    submit(other, "two", NULL);
    meower_command_close(other);
    faults_let_go(&fixture.faults);
    assert_int_equal(post(fixture.command, "three").position, 3);
    assert_feed_has(&fixture, 3);
    fixture_end(&fixture);
}

/* ---- group commit ----------------------------------------------------------------------------------------------- */

static void what_waits_together_is_one_transaction(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    for (int i = 0; i < 10; i++) {
        submit(fixture.command, "together", NULL);
    }
    assert_int_equal(meower_step(fixture.feed, NULL), 1);
    for (uint64_t i = 1; i <= 10; i++) {
        assert_int_equal(take_result(fixture.command).position, i);
    }
    assert_int_equal(feed_metric(fixture.feed, "batches_total"), 1);
    assert_int_equal(faults_calls(&fixture.faults, "store", "append"), 1);
    post(fixture.command, "alone");
    assert_int_equal(feed_metric(fixture.feed, "batches_total"), 2);
    fixture_end(&fixture);
}

static void a_transaction_has_no_more_than_batch_max(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "batch_max", "4"));
    for (int i = 0; i < 10; i++) {
        submit(fixture.command, "together", NULL);
    }
    feed_run(fixture.feed);
    for (uint64_t i = 1; i <= 10; i++) {
        assert_int_equal(take_result(fixture.command).position, i);
    }
    assert_int_equal(feed_metric(fixture.feed, "batches_total"), 3);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_is_answered_with_what_was_stored),
        cmocka_unit_test(a_submitted_post_carries_its_tag),
        cmocka_unit_test(the_descriptor_is_readable_exactly_while_results_wait),
        cmocka_unit_test(positions_and_ids_rise_whatever_the_clock_does),
        cmocka_unit_test(a_deletion_takes_the_next_position_and_the_meow_away),
        cmocka_unit_test(deleting_what_is_not_there_is_not_found),
        cmocka_unit_test(a_refused_result_has_no_position),
        cmocka_unit_test(what_may_not_be_posted_is_refused_with_a_reason),
        cmocka_unit_test(a_malformed_id_is_refused_with_a_reason),
        cmocka_unit_test(a_full_length_of_characters_to_be_escaped_is_taken),
        cmocka_unit_test(a_key_of_full_length_is_taken),
        cmocka_unit_test(html_is_escaped_unless_told_otherwise),
        cmocka_unit_test(the_same_key_and_body_give_the_same_meow),
        cmocka_unit_test(the_same_key_with_another_body_is_a_conflict),
        cmocka_unit_test(two_of_one_key_in_one_batch_are_one_meow),
        cmocka_unit_test(a_key_is_forgotten_after_its_time),
        cmocka_unit_test(a_full_queue_is_busy_and_takes_nothing),
        cmocka_unit_test(a_late_result_is_not_taken_for_the_next_calls),
        cmocka_unit_test(a_late_result_is_not_given_to_those_who_submit),
        cmocka_unit_test(waiting_is_busy_while_submitted_results_are_not_taken),
        cmocka_unit_test(a_refused_submission_does_not_make_waiting_busy),
        cmocka_unit_test(a_closed_handles_commands_are_carried_out),
        cmocka_unit_test(a_handle_may_be_closed_while_the_store_works),
        cmocka_unit_test(what_waits_together_is_one_transaction),
        cmocka_unit_test(a_transaction_has_no_more_than_batch_max),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
