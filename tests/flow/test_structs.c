/* test_structs.c - structs of programs that were built with a later release, or not initialised: what such a program
 * leaves at zero does not matter, and what it sets is refused, not ignored. */
#include "flow/support.h"
#include <string.h>

/* The structs as a later release may have them. */
struct later_post {
    meower_post post;
    uint64_t added;
};

struct later_result {
    meower_command_result result;
    uint64_t added;
};

struct later_health {
    meower_health health;
    uint64_t added;
};

struct later_metric {
    meower_metric metric;
    uint64_t added;
};

struct later_follow {
    meower_follow follow;
    int added;
};

struct later_rebuild {
    meower_rebuild rebuild;
    uint64_t added;
};

static void fill_posts(struct later_post *posts, size_t count)
{
    static const char *const bodies[] = {"one", "two", "three"};

    memset(posts, 0, count * sizeof(*posts));
    for (size_t i = 0; i < count; i++) {
        posts[i].post.body = bodies[i];
        posts[i].post.body_len = strlen(bodies[i]);
        posts[i].post.tag = &posts[i];
    }
    posts[0].post.struct_size = sizeof(*posts);
}

static void posts_and_results_are_as_far_apart_as_the_first_says(void **state)
{
    struct fixture fixture;
    struct later_post posts[3];
    struct later_result results[3];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    fill_posts(posts, 3);
    assert_int_equal(meower_command_submit_posts(fixture.command, &posts[0].post, 3, NULL), MEOWER_OK);
    feed_run(fixture.feed);
    memset(results, 0, sizeof(results));
    results[0].result.struct_size = sizeof(results[0]);
    assert_int_equal(meower_command_next_many(fixture.command, &results[0].result, 3, NULL), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_ptr_equal(results[i].result.tag, &posts[i]);
        assert_int_equal(results[i].result.status, MEOWER_OK);
        assert_int_equal(results[i].result.position, i + 1);
        assert_int_equal(results[i].added, 0);
    }
    assert_int_equal(results[0].result.struct_size, sizeof(results[0]));
    fixture_end(&fixture);
}

static void a_member_of_a_later_release_that_is_set_is_refused(void **state)
{
    struct fixture fixture;
    struct later_post posts[3];
    struct later_result results[2] = {{MEOWER_COMMAND_RESULT_INIT, 0}};
    struct later_health health = {MEOWER_HEALTH_INIT, 1};
    struct later_metric metric = {MEOWER_METRIC_INIT, 1};
    struct later_rebuild rebuild = {MEOWER_REBUILD_INIT, 1};
    struct later_follow follow = {MEOWER_FOLLOW_INIT, 1};
    meower_subscription *subscription = NULL;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    fill_posts(posts, 3);
    posts[2].added = 1;
    assert_int_equal(meower_command_submit_posts(fixture.command, &posts[0].post, 3, &error), MEOWER_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "meower_post"));
    assert_feed_has(&fixture, 0);
    submit(fixture.command, "waits to be taken", NULL);
    feed_run(fixture.feed);
    results[0].result.struct_size = sizeof(results[0]);
    results[1].added = 1;
    assert_int_equal(meower_command_next_many(fixture.command, &results[0].result, 2, NULL), MEOWER_ERROR_UNSUPPORTED);
    assert_int_equal(meower_command_next(fixture.command, &results[0].result, NULL), 1);
    results[0].added = 1;
    assert_int_equal(meower_command_post(fixture.command, "one", 3, NULL, PATIENCE_MS, &results[0].result, &error),
                     MEOWER_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "meower_command_result"));
    assert_feed_has(&fixture, 1);
    health.health.struct_size = sizeof(health);
    assert_int_equal(meower_health_at(fixture.feed, 0, &health.health, NULL), MEOWER_ERROR_UNSUPPORTED);
    metric.metric.struct_size = sizeof(metric);
    assert_int_equal(meower_metric_at(fixture.feed, 0, &metric.metric, NULL), MEOWER_ERROR_UNSUPPORTED);
    rebuild.rebuild.struct_size = sizeof(rebuild);
    assert_int_equal(meower_rebuild_state(fixture.feed, &rebuild.rebuild, NULL), MEOWER_ERROR_UNSUPPORTED);
    follow.follow.struct_size = sizeof(follow);
    assert_int_equal(meower_subscription_begin(fixture.feed, &follow.follow, &subscription, NULL),
                     MEOWER_ERROR_UNSUPPORTED);
    assert_null(subscription);
    fixture_end(&fixture);
}

static void a_struct_that_was_not_initialised_is_refused(void **state)
{
    struct fixture fixture;
    meower_post post = {.body = "one", .body_len = 3};
    meower_command_result result = {.status = 17};
    meower_health health = {.ready = 17};
    meower_metric metric = {.value = 17};
    meower_rebuild rebuild = {.state = 17};
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    assert_int_equal(meower_command_submit_posts(fixture.command, &post, 1, &error), MEOWER_ERROR_INVALID);
    assert_non_null(strstr(error.message, "MEOWER_POST_INIT"));
    submit(fixture.command, "waits to be taken", NULL);
    feed_run(fixture.feed);
    assert_int_equal(meower_command_next(fixture.command, &result, NULL), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_command_post(fixture.command, "one", 3, NULL, PATIENCE_MS, &result, &error),
                     MEOWER_ERROR_INVALID);
    assert_non_null(strstr(error.message, "MEOWER_COMMAND_RESULT_INIT"));
    assert_int_equal(meower_command_delete(fixture.command, "000000000000000000000000001", PATIENCE_MS, &result, NULL),
                     MEOWER_ERROR_INVALID);
    assert_int_equal(meower_health_at(fixture.feed, 0, &health, NULL), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_metric_at(fixture.feed, 0, &metric, NULL), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_rebuild_state(fixture.feed, &rebuild, NULL), MEOWER_ERROR_INVALID);
    assert_true(result.status == 17 && health.ready == 17 && metric.value == 17 && rebuild.state == 17);
    assert_int_equal(take_result(fixture.command).status, MEOWER_OK);
    fixture_end(&fixture);
}

static void a_result_says_why_it_failed_where_there_is_room(void **state)
{
    struct fixture fixture;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_error error = {.message = "untouched"};

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    result.error = &error;
    submit(fixture.command, "one", NULL);
    feed_run(fixture.feed);
    assert_int_equal(meower_command_next(fixture.command, &result, NULL), 1);
    assert_int_equal(result.status, MEOWER_OK);
    assert_string_equal(error.message, "untouched");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(meower_command_submit_delete(fixture.command, "000000000000000000000000001", NULL, NULL),
                         MEOWER_OK);
        feed_run(fixture.feed);
        result.error = round == 0 ? &error : NULL;
        assert_int_equal(meower_command_next(fixture.command, &result, NULL), 1);
        assert_int_equal(result.status, MEOWER_ERROR_NOT_FOUND);
        assert_ptr_equal(result.error, round == 0 ? &error : NULL);
    }
    assert_int_equal(error.code, MEOWER_ERROR_NOT_FOUND);
    assert_string_equal(error.message, "there is no meow 000000000000000000000000001");
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_and_results_are_as_far_apart_as_the_first_says),
        cmocka_unit_test(a_member_of_a_later_release_that_is_set_is_refused),
        cmocka_unit_test(a_struct_that_was_not_initialised_is_refused),
        cmocka_unit_test(a_result_says_why_it_failed_where_there_is_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
