/* test_counts.c - what is known of a feed without reading its meows: how far it is, and how many a list has. */
#include "flow/pair.h"
#include <string.h>

static const meower_label garden[] = {MEOWER_LABEL("room", "garden")};

static uint64_t count(struct fixture *fixture, const meower_list *list)
{
    uint64_t total = UINT64_MAX;
    meower_error error = {0};

    if (meower_query_count(fixture->query, list, PATIENCE_MS, &total, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
    return total;
}

static void a_count_is_of_all_that_a_list_has(void **state)
{
    struct fixture fixture;
    meower_list list = MEOWER_LIST_INIT;
    meower_command_result first;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "timeline_max", "100"));
    assert_int_equal(count(&fixture, &list), 0);
    first = post(fixture.command, "first");
    post_many(&fixture, 1500);
    post_with_label(&fixture, "in the garden", garden);
    assert_int_equal(count(&fixture, &list), 1502);
    list.take = 0;
    list.skip = 7;
    assert_int_equal(count(&fixture, &list), 1502);
    list.skip = 0;
    list.min_id = first.id;
    assert_int_equal(count(&fixture, &list), 1501);
    list.min_id = NULL;
    list.labels = garden;
    list.label_count = 1;
    assert_int_equal(count(&fixture, &list), 1);
    list.label_count = 0;
    erase(fixture.command, first.id);
    assert_int_equal(count(&fixture, &list), 1501);
    fixture_end(&fixture);
}

static void a_submitted_count_is_a_page_without_meows(void **state)
{
    struct fixture fixture;
    meower_command_result posted;
    meower_list list = MEOWER_LIST_INIT;
    meower_page *page;
    int tag;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    posted = post(fixture.command, "one");
    assert_int_equal(meower_query_submit_count(fixture.query, &list, &tag, NULL), MEOWER_OK);
    feed_run(fixture.feed);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
    assert_int_equal(meower_page_status(page), MEOWER_OK);
    assert_ptr_equal(meower_page_tag(page), &tag);
    assert_int_equal(meower_page_total(page), 1);
    assert_int_equal(meower_page_count(page), 0);
    assert_string_equal(meower_page_cursor(page), posted.cursor);
    assert_int_equal(meower_page_position(page), posted.position);
    meower_page_free(page);
    page = list_newest(fixture.query, 5);
    assert_int_equal(meower_page_total(page), 0);
    meower_page_free(page);
    assert_int_equal(meower_page_total(NULL), 0);
    assert_int_equal(meower_page_position(NULL), 0);
    fixture_end(&fixture);
}

static void a_count_that_fails_says_why(void **state)
{
    struct fixture fixture;
    meower_list list = MEOWER_LIST_INIT;
    uint64_t total = 7;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    faults_add(&fixture.faults,
               (struct fault){.port = "store", .call = "count", .count = 1, .status = MEOWER_ERROR_IO});
    assert_int_equal(meower_query_count(fixture.query, &list, PATIENCE_MS, &total, &error), MEOWER_ERROR_IO);
    assert_int_equal(meower_query_count(fixture.query, NULL, 0, &total, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_query_count(fixture.query, &list, 0, NULL, &error), MEOWER_ERROR_INVALID);
    list.max_id = "no id";
    assert_int_equal(meower_query_count(fixture.query, &list, 0, &total, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(total, 7);
    fixture_end(&fixture);
}

static void the_head_is_the_last_event(void **state)
{
    struct fixture fixture;
    char cursor[MEOWER_CURSOR_SIZE];
    uint64_t position = 7;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    assert_int_equal(meower_query_head(fixture.query, PATIENCE_MS, &position, NULL, NULL), MEOWER_OK);
    assert_int_equal(position, 0);
    const meower_command_result posted = post(fixture.command, "one");
    const meower_command_result deleted = erase(fixture.command, posted.id);
    assert_int_equal(meower_query_head(fixture.query, PATIENCE_MS, &position, cursor, NULL), MEOWER_OK);
    assert_int_equal(position, 2);
    assert_string_equal(cursor, deleted.cursor);
    assert_int_equal(meower_query_head(NULL, 0, &position, cursor, NULL), MEOWER_ERROR_INVALID);
    fixture_end(&fixture);
}

static void the_head_is_that_of_the_store_whoever_writes_to_it(void **state)
{
    struct pair pair;
    uint64_t position = 0;

    (void)state;
    pair_init(&pair);
    pair_begin(&pair, OPTIONS(STEPPED));
    post(pair.one.command, "one");
    assert_int_equal(meower_query_head(pair.two.query, PATIENCE_MS, &position, NULL, NULL), MEOWER_OK);
    assert_int_equal(position, 1);
    pair_end(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_count_is_of_all_that_a_list_has),
        cmocka_unit_test(a_submitted_count_is_a_page_without_meows),
        cmocka_unit_test(a_count_that_fails_says_why),
        cmocka_unit_test(the_head_is_the_last_event),
        cmocka_unit_test(the_head_is_that_of_the_store_whoever_writes_to_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
