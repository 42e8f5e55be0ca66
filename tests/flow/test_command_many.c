/* test_command_many.c - many posts in one call, and many results: all or nothing, in order, one wake for all. */
#include "flow/support.h"
#include <stdlib.h>
#include <string.h>

#define MANY 6

static void make_posts(meower_post *posts, size_t count)
{
    static const char *const bodies[] = {"zero", "one", "two", "three", "four", "five"};

    for (size_t i = 0; i < count; i++) {
        posts[i] =
            (meower_post){sizeof(meower_post), bodies[i % MANY], strlen(bodies[i % MANY]), NULL, &posts[i], NULL, 0};
    }
}

static void submit_many(meower_command *command, const meower_post *posts, size_t count)
{
    meower_error error = {0};

    if (meower_command_submit_posts(command, posts, count, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
}

/* Neither a command nor a result is there. */
static void assert_nothing_waits(struct fixture *fixture)
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;

    assert_int_equal(meower_step(fixture->feed, NULL), 0);
    assert_int_equal(meower_command_next(fixture->command, &result, NULL), 0);
}

/* ---- submitting ------------------------------------------------------------------------------------------------- */

static void many_posts_are_stored_in_their_order_and_each_is_answered_with_its_tag(void **state)
{
    struct fixture fixture;
    meower_post posts[MANY];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    make_posts(posts, MANY);
    submit_many(fixture.command, posts, MANY);
    feed_run(fixture.feed);
    for (size_t i = 0; i < MANY; i++) {
        meower_command_result result = take_result(fixture.command);
        meower_page *page;
        assert_int_equal(result.status, MEOWER_OK);
        assert_int_equal(result.position, i + 1);
        assert_ptr_equal(result.tag, &posts[i]);
        assert_int_equal(meower_query_get(fixture.query, result.id, NULL, PATIENCE_MS, &page, NULL), MEOWER_OK);
        assert_string_equal(meower_page_meow(page, 0)->body, posts[i].body);
        meower_page_free(page);
    }
    assert_nothing_waits(&fixture);
    fixture_end(&fixture);
}

static void what_is_submitted_together_is_one_transaction(void **state)
{
    struct fixture fixture;
    meower_post posts[MANY];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    make_posts(posts, MANY);
    submit_many(fixture.command, posts, MANY);
    feed_run(fixture.feed);
    assert_int_equal(faults_calls(&fixture.faults, "store", "append"), 1);
    assert_int_equal(feed_metric(fixture.feed, "posts_total"), MANY);
    for (size_t i = 0; i < MANY; i++) {
        take_result(fixture.command);
    }
    fixture_end(&fixture);
}

static void the_callers_texts_are_copied(void **state)
{
    struct fixture fixture;
    char body[] = "mine";
    char key[] = "key";
    meower_post post = {sizeof(post), body, 4, key, NULL, NULL, 0};
    meower_page *page;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    submit_many(fixture.command, &post, 1);
    memset(body, 'x', 4);
    memset(key, 'x', 3);
    memset(&post, 'x', sizeof(post));
    feed_run(fixture.feed);
    assert_int_equal(take_result(fixture.command).status, MEOWER_OK);
    page = list_newest(fixture.query, 1);
    assert_string_equal(meower_page_meow(page, 0)->body, "mine");
    meower_page_free(page);
    assert_int_equal(post_with_key(fixture.command, "mine", "key").replayed, 1);
    fixture_end(&fixture);
}

static void one_that_the_store_refuses_does_not_hold_back_the_others(void **state)
{
    struct fixture fixture;
    meower_post posts[3];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    make_posts(posts, 3);
    posts[0].idempotency_key = "key";
    posts[1].idempotency_key = "key";
    submit_many(fixture.command, posts, 3);
    feed_run(fixture.feed);
    assert_int_equal(take_result(fixture.command).status, MEOWER_OK);
    assert_int_equal(take_result(fixture.command).status, MEOWER_ERROR_CONFLICT);
    assert_int_equal(take_result(fixture.command).position, 2);
    assert_feed_has(&fixture, 2);
    fixture_end(&fixture);
}

static void none_is_queued_when_one_may_not_be_posted_and_the_error_names_it(void **state)
{
    static const meower_post wrong[] = {{sizeof(meower_post), "", 0, NULL, NULL, NULL, 0},
                                        {sizeof(meower_post), "bell\a", 5, NULL, NULL, NULL, 0},
                                        {sizeof(meower_post), "fine", 4, "", NULL, NULL, 0}};
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    feed_run(fixture.feed);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        meower_post posts[MANY];
        meower_error error = {0};
        meower_error alone = {0};
        make_posts(posts, MANY);
        posts[4] = wrong[i];
        assert_int_equal(meower_command_submit_posts(fixture.command, posts, MANY, &error), MEOWER_ERROR_INVALID);
        assert_int_equal(error.code, MEOWER_ERROR_INVALID);
        meower_command_submit_post(fixture.command, wrong[i].body, wrong[i].body_len, wrong[i].idempotency_key, NULL,
                                   &alone);
        assert_memory_equal(error.message, "posts[4]: ", 10);
        assert_string_equal(error.message + 10, alone.message);
        assert_int_equal(meower_command_submit_posts(fixture.command, posts, MANY, NULL), MEOWER_ERROR_INVALID);
        assert_nothing_waits(&fixture);
    }
    assert_int_equal(post(fixture.command, "still usable").position, 1);
    fixture_end(&fixture);
}

static void none_is_queued_when_not_all_fit(void **state)
{
    struct fixture fixture;
    meower_post posts[MANY];
    meower_error error = {0};

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "queue_max", "6"));
    make_posts(posts, MANY);
    submit_many(fixture.command, posts, 3);
    assert_int_equal(meower_command_submit_posts(fixture.command, posts, 4, &error), MEOWER_ERROR_BUSY);
    assert_int_equal(error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    assert_int_equal(feed_metric(fixture.feed, "commands_refused_total"), 4);
    submit_many(fixture.command, posts, 3);
    feed_run(fixture.feed);
    for (uint64_t i = 1; i <= 6; i++) {
        assert_int_equal(take_result(fixture.command).position, i);
    }
    assert_nothing_waits(&fixture);
    submit_many(fixture.command, posts, 6);
    feed_run(fixture.feed);
    for (uint64_t i = 7; i <= 12; i++) {
        assert_int_equal(take_result(fixture.command).position, i);
    }
    fixture_end(&fixture);
}

static void more_than_the_queue_can_ever_hold_are_invalid(void **state)
{
    struct fixture fixture;
    meower_post posts[MANY];
    meower_error error = {0};

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "queue_max", "5"));
    feed_run(fixture.feed);
    make_posts(posts, MANY);
    assert_int_equal(meower_command_submit_posts(fixture.command, posts, MANY, &error), MEOWER_ERROR_INVALID);
    assert_non_null(strstr(error.message, "queue_max"));
    assert_nothing_waits(&fixture);
    fixture_end(&fixture);
}

static void none_at_all_is_fine(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    feed_run(fixture.feed);
    submit_many(fixture.command, NULL, 0);
    assert_nothing_waits(&fixture);
    assert_int_equal(post(fixture.command, "and nothing is awaited").position, 1);
    fixture_end(&fixture);
}

static void waiting_is_busy_until_the_last_of_many_is_taken(void **state)
{
    struct fixture fixture;
    meower_post posts[2];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "queue_max", "2"));
    make_posts(posts, 2);
    submit_many(fixture.command, posts, 2);
    assert_int_equal(meower_command_submit_posts(fixture.command, posts, 2, NULL), MEOWER_ERROR_BUSY);
    feed_run(fixture.feed);
    take_result(fixture.command);
    assert_int_equal(meower_command_post(fixture.command, "no", 2, NULL, PATIENCE_MS, NULL, NULL), MEOWER_ERROR_BUSY);
    take_result(fixture.command);
    assert_int_equal(post(fixture.command, "yes").position, 3);
    fixture_end(&fixture);
}

static void a_close_without_time_says_how_many_were_not_carried_out(void **state)
{
    struct fixture fixture;
    meower_post posts[MANY];
    meower_error error = {0};

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    make_posts(posts, MANY);
    submit_many(fixture.command, posts, MANY);
    meower_query_close(fixture.query);
    meower_command_close(fixture.command);
    assert_int_equal(meower_close(fixture.feed, 0, &error), MEOWER_ERROR_TIMEOUT);
    assert_non_null(strstr(error.message, "with 6 commands not carried out"));
    fixture_destroy(&fixture);
}

static void a_closed_handles_many_are_carried_out(void **state)
{
    struct fixture fixture;
    meower_post posts[MANY];
    meower_command *other;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "batch_max", "4"));
    make_posts(posts, MANY);
    other = command_open(fixture.feed);
    submit_many(other, posts, MANY);
    meower_step(fixture.feed, NULL);
    meower_command_close(other);
    feed_run(fixture.feed);
    assert_feed_has(&fixture, MANY);
    fixture_end(&fixture);
}

/* ---- taking ----------------------------------------------------------------------------------------------------- */

static void many_results_are_taken_in_their_order(void **state)
{
    struct fixture fixture;
    meower_post posts[MANY];
    meower_command_result results[MANY] = {MEOWER_COMMAND_RESULT_INIT};

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    make_posts(posts, MANY);
    submit_many(fixture.command, posts, MANY);
    assert_int_equal(meower_command_next_many(fixture.command, results, MANY, NULL), 0);
    feed_run(fixture.feed);
    assert_int_equal(meower_command_next_many(fixture.command, results, 0, NULL), 0);
    assert_int_equal(meower_command_next_many(fixture.command, results, 4, NULL), 4);
    assert_true(is_readable(meower_command_fd(fixture.command)));
    results[4] = (meower_command_result)MEOWER_COMMAND_RESULT_INIT;
    assert_int_equal(meower_command_next_many(fixture.command, results + 4, 2, NULL), 2);
    assert_false(is_readable(meower_command_fd(fixture.command)));
    assert_int_equal(meower_command_next_many(fixture.command, results, MANY, NULL), 0);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(results[i].position, i + 1);
        assert_ptr_equal(results[i].tag, &posts[i]);
    }
    fixture_end(&fixture);
}

static void late_results_of_waiting_calls_are_not_among_them(void **state)
{
    struct fixture fixture;
    meower_post posts[MANY];
    meower_command_result results[MANY] = {MEOWER_COMMAND_RESULT_INIT};

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    make_posts(posts, MANY);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(meower_command_post(fixture.command, "late", 4, NULL, 0, NULL, NULL), MEOWER_ERROR_TIMEOUT);
    }
    submit_many(fixture.command, posts, 3);
    feed_run(fixture.feed);
    assert_int_equal(meower_command_next_many(fixture.command, results, 2, NULL), 2);
    assert_ptr_equal(results[0].tag, &posts[0]);
    assert_ptr_equal(results[1].tag, &posts[1]);
    assert_int_equal(meower_command_next_many(fixture.command, results, 2, NULL), 1);
    assert_ptr_equal(results[0].tag, &posts[2]);
    assert_int_equal(post(fixture.command, "nothing is awaited").position, 6);
    fixture_end(&fixture);
}

/* ---- threads ---------------------------------------------------------------------------------------------------- */

enum {
    AUTHORS = 3,
    ROUNDS = 40
};

struct author {
    pthread_t thread;
    meower_command *command;
    bool failed;
};

/* Submits round after round on a handle that others use too, and takes as many results as it submitted, whosever. */
static void *post_rounds(void *context)
{
    struct author *author = context;
    meower_post posts[MANY];
    meower_command_result results[MANY] = {MEOWER_COMMAND_RESULT_INIT};

    make_posts(posts, MANY);
    for (int i = 0; i < ROUNDS; i++) {
        int left = MANY;
        author->failed |= meower_command_submit_posts(author->command, posts, MANY, NULL) != MEOWER_OK;
        while (left > 0 && !author->failed) {
            int taken = meower_command_next_many(author->command, results, (size_t)left, NULL);
            author->failed |= taken < 0 || (taken == 0 && !waits_until_readable(meower_command_fd(author->command)));
            left -= taken;
        }
    }
    return NULL;
}

static void threads_may_submit_and_take_on_one_handle(void **state)
{
    struct fixture fixture;
    struct author authors[AUTHORS];

    (void)state;
    fixture_begin(&fixture, NO_OPTIONS);
    for (int i = 0; i < AUTHORS; i++) {
        authors[i] = (struct author){.command = fixture.command};
        assert_int_equal(pthread_create(&authors[i].thread, NULL, post_rounds, &authors[i]), 0);
    }
    for (int i = 0; i < AUTHORS; i++) {
        pthread_join(authors[i].thread, NULL);
        assert_false(authors[i].failed);
    }
    assert_int_equal(post(fixture.command, "last").position, AUTHORS * ROUNDS * MANY + 1);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_posts_are_stored_in_their_order_and_each_is_answered_with_its_tag),
        cmocka_unit_test(what_is_submitted_together_is_one_transaction),
        cmocka_unit_test(the_callers_texts_are_copied),
        cmocka_unit_test(one_that_the_store_refuses_does_not_hold_back_the_others),
        cmocka_unit_test(none_is_queued_when_one_may_not_be_posted_and_the_error_names_it),
        cmocka_unit_test(none_is_queued_when_not_all_fit),
        cmocka_unit_test(more_than_the_queue_can_ever_hold_are_invalid),
        cmocka_unit_test(none_at_all_is_fine),
        cmocka_unit_test(waiting_is_busy_until_the_last_of_many_is_taken),
        cmocka_unit_test(a_close_without_time_says_how_many_were_not_carried_out),
        cmocka_unit_test(a_closed_handles_many_are_carried_out),
        cmocka_unit_test(many_results_are_taken_in_their_order),
        cmocka_unit_test(late_results_of_waiting_calls_are_not_among_them),
        cmocka_unit_test(threads_may_submit_and_take_on_one_handle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
