/* test_misuse.c - what a program may do wrong and must get a status for: a NULL where an object is needed. */
#include "flow/support.h"
#include <string.h>

/* A call that must be refused, with a reason. */
#define REFUSED(call)                                                                                                  \
    do {                                                                                                               \
        error.message[0] = '\0';                                                                                       \
        assert_int_equal(call, MEOWER_ERROR_INVALID);                                                                  \
        assert_true(error.message[0] != '\0');                                                                         \
    } while (0)

/* One that takes no error. */
#define REFUSED_PLAINLY(call) assert_int_equal(call, MEOWER_ERROR_INVALID)

static void every_call_refuses_null_handles(void **state)
{
    static const char id[] = "000000000000000000000000001";
    meower_list list = MEOWER_LIST_INIT;
    meower_search search = MEOWER_SEARCH_INIT;
    meower_command *command = NULL;
    meower_query *query = NULL;
    meower_subscription *subscription = NULL;
    const meower_post many = {sizeof(many), "a", 1, NULL, NULL, NULL, 0};
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page = NULL;
    const meower_event *event;
    meower_filter *filter;
    meower_event given = {.kind = MEOWER_EVENT_DELETED};
    int matches;
    meower_health health = MEOWER_HEALTH_INIT;
    meower_metric metric = MEOWER_METRIC_INIT;
    meower_rebuild rebuild = MEOWER_REBUILD_INIT;
    meower_check *check = NULL;
    uint64_t total;
    meower_check_totals totals = MEOWER_CHECK_TOTALS_INIT;
    meower_error error;

    (void)state;
    REFUSED(meower_step(NULL, &error));
    REFUSED(meower_interrupt(NULL, &error));
    REFUSED(meower_health_at(NULL, 0, &health, &error));
    REFUSED(meower_metric_at(NULL, 0, &metric, &error));
    REFUSED(meower_command_open(NULL, &command, &error));
    REFUSED_PLAINLY(meower_command_fd(NULL));
    REFUSED(meower_command_submit_post(NULL, "a", 1, NULL, NULL, &error));
    REFUSED(meower_command_submit_posts(NULL, &many, 1, &error));
    REFUSED(meower_command_submit_posts(NULL, NULL, 0, &error));
    REFUSED(meower_command_submit_delete(NULL, id, NULL, &error));
    REFUSED(meower_command_next(NULL, &result, &error));
    REFUSED(meower_command_next_many(NULL, &result, 1, &error));
    REFUSED(meower_command_post(NULL, "a", 1, NULL, 0, &result, &error));
    REFUSED(meower_command_delete(NULL, id, 0, &result, &error));
    REFUSED(meower_query_open(NULL, &query, &error));
    REFUSED_PLAINLY(meower_query_fd(NULL));
    REFUSED(meower_query_submit_list(NULL, &list, NULL, &error));
    REFUSED(meower_query_submit_search(NULL, &search, NULL, &error));
    REFUSED(meower_query_submit_get(NULL, id, NULL, NULL, &error));
    REFUSED(meower_query_submit_count(NULL, &list, NULL, &error));
    REFUSED(meower_query_count(NULL, &list, 0, &total, &error));
    REFUSED(meower_query_head(NULL, 0, &total, NULL, &error));
    REFUSED(meower_query_next(NULL, &page, &error));
    REFUSED(meower_query_list(NULL, &list, 0, &page, &error));
    REFUSED(meower_query_search(NULL, &search, 0, &page, &error));
    REFUSED(meower_query_get(NULL, id, NULL, 0, &page, &error));
    REFUSED(meower_subscription_open(NULL, NULL, &subscription, &error));
    REFUSED(meower_subscription_begin(NULL, NULL, &subscription, &error));
    REFUSED(meower_subscription_follow(NULL, NULL, &subscription, &error));
    REFUSED(meower_filter_new(NULL, &filter, &error));
    REFUSED(meower_filter_matches(NULL, &given, &error));
    REFUSED(meower_filter_matches_many(NULL, 1, &given, &matches, &error));
    assert_int_equal(meower_subscription_position(NULL), 0);
    REFUSED(meower_subscription_started(NULL, &error));
    REFUSED_PLAINLY(meower_subscription_fd(NULL));
    REFUSED(meower_subscription_next(NULL, &event, &error));
    REFUSED(meower_subscription_next_many(NULL, &event, 1, &error));
    REFUSED(meower_subscription_wait(NULL, 0, &event, &error));
    REFUSED(meower_options_set(NULL, "store", "memory:", &error));
    REFUSED(meower_options_check(NULL, &error));
    REFUSED(meower_options_add_store(NULL, NULL, NULL, &error));
    REFUSED(meower_options_add_bus(NULL, NULL, NULL, &error));
    REFUSED(meower_options_add_search(NULL, NULL, NULL, &error));
    REFUSED(meower_backup(NULL, "copy.db", &error));
    REFUSED(meower_restore(NULL, "copy.db", &error));
    REFUSED(meower_new_epoch(NULL, &error));
    REFUSED(meower_rebuild_start(NULL, &error));
    REFUSED(meower_rebuild_state(NULL, &rebuild, &error));
    REFUSED(meower_check_run(NULL, &check, &error));
    REFUSED(meower_check_read_totals(NULL, &totals, &error));
    REFUSED_PLAINLY(meower_page_status(NULL));
}

static void every_call_refuses_null_arguments(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    meower_search search = MEOWER_SEARCH_INIT;
    const meower_filter *filter = NULL;
    const meower_follow follow = MEOWER_FOLLOW_INIT;
    const meower_event given = {.kind = MEOWER_EVENT_DELETED};
    int matches;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscription_open(fixture.feed, NULL);
    search.text_len = 5;
    REFUSED(meower_options_new(NULL, &error));
    REFUSED(meower_open(NULL, NULL, &error));
    REFUSED(meower_rebuild_state(fixture.feed, NULL, &error));
    REFUSED(meower_check_run(NULL, NULL, &error));
    REFUSED(meower_subscription_begin(fixture.feed, NULL, NULL, &error));
    REFUSED(meower_subscription_follow(fixture.feed, NULL, NULL, &error));
    REFUSED(meower_filter_new(&follow, NULL, &error));
    REFUSED(meower_filter_matches_many(&filter, 1, NULL, &matches, &error));
    REFUSED(meower_filter_matches_many(&filter, 1, &given, NULL, &error));
    REFUSED(meower_health_at(fixture.feed, 0, NULL, &error));
    REFUSED(meower_metric_at(fixture.feed, 0, NULL, &error));
    REFUSED(meower_command_open(fixture.feed, NULL, &error));
    REFUSED(meower_command_submit_post(fixture.command, NULL, 0, NULL, NULL, &error));
    REFUSED(meower_command_submit_post(fixture.command, NULL, 5, NULL, NULL, &error));
    REFUSED(meower_command_submit_posts(fixture.command, NULL, 1, &error));
    REFUSED(meower_command_submit_posts(fixture.command,
                                        &(meower_post){sizeof(meower_post), NULL, 1, NULL, NULL, NULL, 0}, 1, &error));
    REFUSED(meower_command_submit_delete(fixture.command, NULL, NULL, &error));
    REFUSED(meower_command_next(fixture.command, NULL, &error));
    REFUSED(meower_command_next_many(fixture.command, NULL, 1, &error));
    REFUSED(meower_query_open(fixture.feed, NULL, &error));
    REFUSED(meower_query_submit_list(fixture.query, NULL, NULL, &error));
    REFUSED(meower_query_submit_count(fixture.query, NULL, NULL, &error));
    REFUSED(meower_query_submit_search(fixture.query, NULL, NULL, &error));
    REFUSED(meower_query_submit_search(fixture.query, &search, NULL, &error));
    REFUSED(meower_query_submit_get(fixture.query, NULL, NULL, NULL, &error));
    REFUSED(meower_query_next(fixture.query, NULL, &error));
    REFUSED(meower_query_list(fixture.query, &(meower_list)MEOWER_LIST_INIT, 0, NULL, &error));
    REFUSED(meower_subscription_open(fixture.feed, NULL, NULL, &error));
    REFUSED(meower_subscription_next(subscription, NULL, &error));
    REFUSED(meower_subscription_next_many(subscription, NULL, 1, &error));
    REFUSED(meower_subscription_wait(subscription, 0, NULL, &error));
    REFUSED(meower_id_check(NULL, 27, &error));
    REFUSED(meower_body_check(NULL, 5, &error));
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void a_null_page_is_empty(void **state)
{
    size_t count = 7;
    char untouched = 'x';

    (void)state;
    assert_null(meower_page_tag(NULL));
    assert_null(meower_page_error(NULL));
    assert_int_equal(meower_page_count(NULL), 0);
    assert_null(meower_page_meow(NULL, 0));
    assert_string_equal(meower_page_cursor(NULL), "");
    assert_int_equal(meower_page_has_older(NULL) + meower_page_has_newer(NULL) + meower_page_is_fallback(NULL), 0);
    assert_null(meower_page_highlights(NULL, 0, &count));
    assert_int_equal(count, 0);
    assert_null(meower_page_highlights(NULL, 0, NULL));
    assert_int_equal(meower_page_json_len(NULL), 0);
    meower_page_write_json(NULL, &untouched);
    assert_int_equal(untouched, 'x');
}

static void releasing_null_does_nothing(void **state)
{
    (void)state;
    meower_subscription_close(NULL);
    meower_query_close(NULL);
    meower_command_close(NULL);
    meower_page_free(NULL);
    meower_check_free(NULL);
    assert_null(meower_check_finding(NULL, 0));
    meower_options_free(NULL);
    meower_options_set_clock(NULL, NULL);
    meower_options_set_fault_hook(NULL, NULL);
    assert_int_equal(meower_close(NULL, 0, NULL), MEOWER_OK);
    assert_null(meower_options_get(NULL, "store"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_refuses_null_handles),
        cmocka_unit_test(every_call_refuses_null_arguments),
        cmocka_unit_test(a_null_page_is_empty),
        cmocka_unit_test(releasing_null_does_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
