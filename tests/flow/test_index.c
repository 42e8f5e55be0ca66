/* test_index.c - the search index follows the feed: searches wait for their position, and failures, restarts, other
 * instances and other epochs leave it right. */
#include "flow/pair.h"
#include "flow/toy_search.h"
#include "stage/documents.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The search as a page; steps until the index has all. */
static meower_page *search_settled(struct fixture *fixture, const char *text)
{
    feed_run(fixture->feed);
    return search(fixture->query, text);
}

static void assert_found(struct fixture *fixture, const char *text, size_t count)
{
    meower_page *page = search_settled(fixture, text);

    assert_int_equal(meower_page_count(page), count);
    assert_int_equal(meower_page_is_fallback(page), 0);
    meower_page_free(page);
}

static void fail_search(struct fixture *fixture, const char *call, unsigned count)
{
    faults_add(&fixture->faults,
               (struct fault){"search", call, 0, count, MEOWER_ERROR_UNAVAILABLE, MEOWER_ERROR_FLAG_RETRIABLE, false});
}

/* A fixture with the engine "toy:". */
static void begin_with_toy(struct fixture *fixture, struct toy_index *index, const char *const *pairs)
{
    fixture_init(fixture);
    toy_index_init(index);
    fixture->parts.index = index;
    fixture_open(fixture, pairs);
}

static void end_with_toy(struct fixture *fixture, struct toy_index *index)
{
    fixture_end(fixture);
    toy_index_destroy(index);
}

/* ---- positions -------------------------------------------------------------------------------------------------- */

static void a_search_waits_for_what_was_just_posted(void **state)
{
    struct toy_index index;
    struct fixture fixture;
    meower_search what = MEOWER_SEARCH_INIT;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page = NULL;

    (void)state;
    begin_with_toy(&fixture, &index, OPTIONS(STEPPED));
    fail_search(&fixture, "refresh", 3);
    posted = post(fixture.command, "fox");
    what.text = "fox";
    what.text_len = 3;
    what.cursor = posted.cursor;
    assert_int_equal(meower_query_submit_search(fixture.query, &what, NULL, NULL), MEOWER_OK);
    feed_run(fixture.feed);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 0);
    for (int i = 0; i < 40; i++) {
        fake_clock_advance_ms(&fixture.clock, 50);
        feed_run(fixture.feed);
    }
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
    assert_int_equal(meower_page_status(page), MEOWER_OK);
    assert_true(page_has(page, posted.id));
    assert_string_equal(meower_page_cursor(page), posted.cursor);
    meower_page_free(page);
    end_with_toy(&fixture, &index);
}

static void a_search_for_what_does_not_become_visible_is_a_timeout(void **state)
{
    struct toy_index index;
    struct fixture fixture;
    meower_search what = MEOWER_SEARCH_INIT;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page = NULL;

    (void)state;
    begin_with_toy(&fixture, &index, OPTIONS(STEPPED));
    fail_search(&fixture, "index", UINT_MAX);
    posted = post(fixture.command, "fox");
    what.text = "fox";
    what.text_len = 3;
    what.cursor = posted.cursor;
    assert_int_equal(meower_query_submit_search(fixture.query, &what, NULL, NULL), MEOWER_OK);
    feed_run(fixture.feed);
    fake_clock_advance_ms(&fixture.clock, 5000);
    feed_run(fixture.feed);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
    assert_int_equal(meower_page_status(page), MEOWER_ERROR_TIMEOUT);
    meower_page_free(page);
    faults_clear(&fixture.faults);
    fixture_end_late(&fixture);
    toy_index_destroy(&index);
}

static void a_cursor_of_a_search_page_never_promises_more_than_was_searched(void **state)
{
    struct toy_index index;
    struct fixture fixture;
    meower_command_result first = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page;

    (void)state;
    begin_with_toy(&fixture, &index, OPTIONS(STEPPED));
    first = post(fixture.command, "fox");
    feed_run(fixture.feed);
    fail_search(&fixture, "index", UINT_MAX);
    post(fixture.command, "fox");
    page = search_settled(&fixture, "fox");
    assert_int_equal(meower_page_count(page), 1);
    assert_string_equal(meower_page_cursor(page), first.cursor);
    meower_page_free(page);
    faults_clear(&fixture.faults);
    fixture_end_late(&fixture);
    toy_index_destroy(&index);
}

/* ---- the index through failures and restarts -------------------------------------------------------------------- */

static void an_engine_that_was_away_catches_up(void **state)
{
    struct toy_index index;
    struct fixture fixture;
    meower_health health = MEOWER_HEALTH_INIT;

    (void)state;
    begin_with_toy(&fixture, &index, OPTIONS(STEPPED));
    fail_search(&fixture, "index", UINT_MAX);
    for (int i = 0; i < 600; i++) {
        post(fixture.command, "fox");
    }
    feed_run(fixture.feed);
    assert_int_equal(meower_health_at(fixture.feed, 2, &health, NULL), 1);
    assert_string_equal(health.part, "search");
    assert_int_equal(health.ready, 0);
    assert_string_equal(health.reason, "a fault on command");
    faults_clear(&fixture.faults);
    fake_clock_advance_ms(&fixture.clock, 10000);
    feed_run(fixture.feed);
    assert_int_equal(meower_health_at(fixture.feed, 2, &health, NULL), 1);
    assert_int_equal(health.ready, 1);
    assert_string_equal(health.reason, "");
    assert_int_equal(toy_index_count(&index), 600);
    assert_int_equal(feed_metric(fixture.feed, "index_position"), 600);
    end_with_toy(&fixture, &index);
}

/* Opens the fixture on a store in a file, so that it can be opened again; `path` is a template for mkdtemp(). */
static void open_on_file(struct fixture *fixture, const char *path, const char *search_url)
{
    char store_url[96];

    snprintf(store_url, sizeof(store_url), "sqlite:%s/feed.db", path);
    if (search_url == NULL) {
        fixture_open(fixture, OPTIONS(STEPPED, "store", store_url));
    } else {
        fixture_open(fixture, OPTIONS(STEPPED, "store", store_url, "search", search_url));
    }
}

/* What is one transaction of the index, and more than that. */
#define INDEXED_AT_ONCE (DOCUMENTS_BATCHES_MAX * EVENT_BATCH_MAX)
#define A_FEW           10

/* Posts while the engine is away, then lets it come back. */
static void let_many_gather(struct fixture *fixture, int count)
{
    fail_search(fixture, "index", UINT_MAX);
    post_many(fixture, count);
    faults_clear(&fixture->faults);
    fake_clock_advance_ms(&fixture->clock, 60000);
}

static void many_events_are_indexed_in_few_transactions(void **state)
{
    struct toy_index index;
    struct fixture fixture;
    unsigned calls;

    (void)state;
    begin_with_toy(&fixture, &index, OPTIONS(STEPPED));
    let_many_gather(&fixture, INDEXED_AT_ONCE + A_FEW);
    calls = faults_calls(&fixture.faults, "search", "index");
    feed_run(fixture.feed);
    assert_int_equal(faults_calls(&fixture.faults, "search", "index") - calls, 1 /* whose it is */ + 2);
    assert_int_equal((int)feed_metric(fixture.feed, "events_indexed_total"), INDEXED_AT_ONCE + A_FEW);
    assert_int_equal(index.count, INDEXED_AT_ONCE + A_FEW);
    end_with_toy(&fixture, &index);
}

static void what_was_read_before_the_store_failed_is_indexed(void **state)
{
    struct toy_index index;
    struct fixture fixture;

    (void)state;
    begin_with_toy(&fixture, &index, OPTIONS(STEPPED, "event_log_max", "16"));
    let_many_gather(&fixture, 5 * EVENT_BATCH_MAX);
    faults_add(&fixture.faults, (struct fault){"store", "read_events", 3, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                               MEOWER_ERROR_FLAG_RETRIABLE, false});
    feed_run(fixture.feed);
    assert_int_equal(index.info.position, 3 * EVENT_BATCH_MAX);
    faults_clear(&fixture.faults);
    fake_clock_advance_ms(&fixture.clock, 60000);
    feed_run(fixture.feed);
    assert_int_equal(index.info.position, 5 * EVENT_BATCH_MAX);
    assert_int_equal(index.count, 5 * EVENT_BATCH_MAX);
    end_with_toy(&fixture, &index);
}

static void an_index_goes_on_where_it_was(void **state)
{
    struct fixture fixture;
    char path[] = "test_search.XXXXXX";
    char search_url[96];

    (void)state;
    assert_non_null(mkdtemp(path));
    snprintf(search_url, sizeof(search_url), "index:%s/index", path);
    fixture_init(&fixture);
    open_on_file(&fixture, path, search_url);
    post(fixture.command, "fox 1");
    fixture_close(&fixture);
    open_on_file(&fixture, path, search_url);
    post(fixture.command, "fox 2");
    assert_found(&fixture, "fox", 2);
    assert_int_equal(feed_metric(fixture.feed, "events_indexed_total"), 1);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
    remove_tree(path);
}

static void an_index_of_another_epoch_is_made_anew(void **state)
{
    struct toy_index index;
    struct fixture fixture;
    char path[] = "test_search.XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(path));
    fixture_init(&fixture);
    toy_index_init(&index);
    fixture.parts.index = &index;
    open_on_file(&fixture, path, NULL);
    post(fixture.command, "fox 1");
    post(fixture.command, "fox 2");
    fixture_close(&fixture);
    assert_int_equal(toy_index_resets(&index), 0); /* it was empty */
    toy_index_set_epoch(&index, "0123456789abcdef");
    open_on_file(&fixture, path, NULL);
    assert_found(&fixture, "fox", 2);
    assert_int_equal(toy_index_resets(&index), 1);
    assert_int_equal(feed_metric(fixture.feed, "events_indexed_total"), 2);
    end_with_toy(&fixture, &index);
    remove_tree(path);
}

static void an_index_that_was_dropped_is_made_anew(void **state)
{
    struct toy_index index;
    struct fixture fixture;
    char path[] = "test_search.XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(path));
    fixture_init(&fixture);
    toy_index_init(&index);
    fixture.parts.index = &index;
    open_on_file(&fixture, path, NULL);
    for (int i = 0; i < 300; i++) {
        submit(fixture.command, "fox", NULL);
    }
    feed_run(fixture.feed);
    fixture_close(&fixture);
    toy_index_drop(&index);
    open_on_file(&fixture, path, NULL);
    feed_run(fixture.feed);
    assert_int_equal(toy_index_count(&index), 300);
    end_with_toy(&fixture, &index);
    remove_tree(path);
}

static void an_index_ahead_of_its_store_is_made_anew(void **state)
{
    struct toy_index index;
    struct fixture fixture;
    char path[] = "test_search.XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(path));
    fixture_init(&fixture);
    toy_index_init(&index);
    fixture.parts.index = &index;
    open_on_file(&fixture, path, NULL);
    post(fixture.command, "fox");
    fixture_close(&fixture);
    index.info.position = 1000;
    open_on_file(&fixture, path, NULL);
    assert_found(&fixture, "fox", 1);
    assert_int_equal(toy_index_info(&index).position, 1);
    end_with_toy(&fixture, &index);
    remove_tree(path);
}

static void a_failing_reset_is_tried_again(void **state)
{
    struct toy_index index;
    struct fixture fixture;

    (void)state;
    begin_with_toy(&fixture, &index, OPTIONS(STEPPED));
    toy_index_set_epoch(&index, "0123456789abcdef");
    fail_search(&fixture, "reset", 2);
    fail_search(&fixture, "info", 2);
    post(fixture.command, "fox");
    for (int i = 0; i < 20; i++) {
        feed_run(fixture.feed);
        fake_clock_advance_ms(&fixture.clock, 100);
    }
    assert_found(&fixture, "fox", 1);
    end_with_toy(&fixture, &index);
}

static void a_search_that_fails_has_a_lost_index_made_anew(void **state)
{
    struct toy_index index;
    struct fixture fixture;
    meower_page *page;

    (void)state;
    begin_with_toy(&fixture, &index, OPTIONS(STEPPED));
    post(fixture.command, "fox");
    assert_found(&fixture, "fox", 1);
    toy_index_drop(&index);
    fail_search(&fixture, "match", 1);
    page = search_settled(&fixture, "fox");
    assert_int_equal(meower_page_count(page), 1);
    assert_int_equal(meower_page_is_fallback(page), 1);
    meower_page_free(page);
    assert_found(&fixture, "fox", 1);
    end_with_toy(&fixture, &index);
}

/* Another instance may have indexed events that this one has not seen yet. */
static void an_index_that_another_instance_feeds_is_left_alone(void **state)
{
    struct pair pair;
    struct toy_index index;

    (void)state;
    pair_init_on_index(&pair, &index);
    fixture_open(&pair.one, OPTIONS(STEPPED));
    fixture_open(&pair.two, OPTIONS(STEPPED)); /* it has read the head, which is 0 */
    post(pair.one.command, "fox");
    feed_run(pair.one.feed);
    assert_int_equal(toy_index_info(&index).position, 1);
    /* Its tail cannot read the store, so its log stays behind the index. */
    faults_add(&pair.two.faults, (struct fault){"store", "read_events", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                                MEOWER_ERROR_FLAG_RETRIABLE, false});
    feed_run(pair.two.feed);
    assert_int_equal(toy_index_resets(&index), 0);
    assert_int_equal(toy_index_info(&index).position, 1);
    faults_clear(&pair.two.faults);
    fake_clock_advance_ms(&pair.two.clock, 2000);
    assert_found(&pair.two, "fox", 1);
    pair_end(&pair);
    toy_index_destroy(&index);
}

/* It was lost, and another instance has made it anew and could not refresh it. */
static void an_index_that_was_never_refreshed_shows_nothing(void **state)
{
    struct pair pair;
    struct toy_index index;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    char nothing[MEOWER_CURSOR_SIZE];
    meower_page *page;

    (void)state;
    pair_init_apart(&pair, &index);
    fixture_open(&pair.one, OPTIONS(STEPPED));
    posted = post(pair.one.command, "fox");
    assert_found(&pair.one, "fox", 1);
    toy_index_drop(&index);
    fail_search(&pair.two, "refresh", UINT_MAX);
    fixture_open(&pair.two, OPTIONS(STEPPED));
    feed_run(pair.two.feed);
    fail_search(&pair.one, "index", 1);
    fail_search(&pair.one, "refresh", UINT_MAX);
    post(pair.one.command, "hound");
    feed_run(pair.one.feed);
    fake_clock_advance_ms(&pair.one.clock, 2000);
    page = search_settled(&pair.one, "fox");
    assert_int_equal(meower_page_count(page), 0);
    write_cursor(posted.cursor, 0, nothing);
    assert_string_equal(meower_page_cursor(page), nothing);
    meower_page_free(page);
    faults_clear(&pair.one.faults);
    faults_clear(&pair.two.faults);
    fake_clock_advance_ms(&pair.one.clock, 4000);
    fake_clock_advance_ms(&pair.two.clock, 4000);
    assert_found(&pair.one, "fox", 1);
    pair_end(&pair);
    toy_index_destroy(&index);
}

/* What a broken first batch has left in it is then not taken over by a store that was restored meanwhile. */
static void an_index_says_whose_it_is_before_anything_is_in_it(void **state)
{
    struct fixture fixture;
    struct toy_index index;

    (void)state;
    begin_with_toy(&fixture, &index, OPTIONS(STEPPED));
    feed_run(fixture.feed);
    assert_int_equal(toy_index_info(&index).position, 0);
    assert_int_equal(strlen(toy_index_info(&index).epoch), MEOWER_EPOCH_SIZE - 1);
    end_with_toy(&fixture, &index);
}

static void closing_an_instance_behind_its_index_is_no_timeout(void **state)
{
    struct pair pair;
    struct toy_index index;

    (void)state;
    pair_init_apart(&pair, &index);
    fixture_open(&pair.one, OPTIONS(STEPPED));
    fixture_open(&pair.two, OPTIONS(STEPPED));
    post(pair.one.command, "fox");
    feed_run(pair.one.feed);
    faults_add(&pair.two.faults, (struct fault){"store", "read_events", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                                MEOWER_ERROR_FLAG_RETRIABLE, false});
    feed_run(pair.two.feed);
    fixture_close(&pair.two); /* asserts MEOWER_OK */
    fixture_close(&pair.one);
    pair_destroy(&pair);
    toy_index_destroy(&index);
}

/* ---- with threads ----------------------------------------------------------------------------------------------- */

static void those_who_wait_are_woken_when_the_index_turns_out_to_be_complete(void **state)
{
    struct fixture fixture;
    meower_search what = MEOWER_SEARCH_INIT;
    char path[] = "test_search.XXXXXX";
    char store_url[96];
    char search_url[96];
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page = NULL;

    (void)state;
    assert_non_null(mkdtemp(path));
    snprintf(store_url, sizeof(store_url), "sqlite:%s/feed.db", path);
    snprintf(search_url, sizeof(search_url), "index:%s/index", path);
    fixture_init(&fixture);
    fixture_open(&fixture, OPTIONS(STEPPED, "store", store_url, "search", search_url));
    posted = post(fixture.command, "fox");
    fixture_close(&fixture);
    faults_hold(&fixture.faults, "search", "info");
    fixture.parts.clock = NULL;
    fixture_open(&fixture, OPTIONS("store", store_url, "search", search_url, "wait_max_ms", "600000"));
    faults_wait_until_held(&fixture.faults);
    what.text = "fox";
    what.text_len = 3;
    what.cursor = posted.cursor;
    assert_int_equal(meower_query_submit_search(fixture.query, &what, NULL, NULL), MEOWER_OK);
    sleep_ms(100); /* until a reader has put it aside */
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 0);
    faults_let_go(&fixture.faults);
    assert_true(waits_until_readable(meower_query_fd(fixture.query)));
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
    assert_int_equal(meower_page_count(page), 1);
    meower_page_free(page);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
    remove_tree(path);
}

static void each_post_can_be_searched_as_soon_as_its_cursor_allows(void **state)
{
    struct fixture fixture;
    meower_search what = MEOWER_SEARCH_INIT;
    char body[32];

    (void)state;
    fixture_init(&fixture);
    fixture.parts.clock = NULL;
    fixture_open(&fixture, NO_OPTIONS);
    for (int i = 0; i < 200; i++) {
        meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
        meower_page *page = NULL;
        snprintf(body, sizeof(body), "wombat%03d", i);
        posted = post(fixture.command, body);
        what.text = body;
        what.text_len = strlen(body);
        what.cursor = posted.cursor;
        assert_int_equal(meower_query_search(fixture.query, &what, PATIENCE_MS, &page, NULL), MEOWER_OK);
        assert_string_equal(meower_page_meow(page, 0)->id, posted.id);
        meower_page_free(page);
    }
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search_waits_for_what_was_just_posted),
        cmocka_unit_test(a_search_for_what_does_not_become_visible_is_a_timeout),
        cmocka_unit_test(a_cursor_of_a_search_page_never_promises_more_than_was_searched),
        cmocka_unit_test(an_engine_that_was_away_catches_up),
        cmocka_unit_test(many_events_are_indexed_in_few_transactions),
        cmocka_unit_test(what_was_read_before_the_store_failed_is_indexed),
        cmocka_unit_test(an_index_goes_on_where_it_was),
        cmocka_unit_test(an_index_of_another_epoch_is_made_anew),
        cmocka_unit_test(an_index_that_was_dropped_is_made_anew),
        cmocka_unit_test(an_index_ahead_of_its_store_is_made_anew),
        cmocka_unit_test(a_failing_reset_is_tried_again),
        cmocka_unit_test(an_index_that_another_instance_feeds_is_left_alone),
        cmocka_unit_test(a_search_that_fails_has_a_lost_index_made_anew),
        cmocka_unit_test(an_index_that_was_never_refreshed_shows_nothing),
        cmocka_unit_test(an_index_says_whose_it_is_before_anything_is_in_it),
        cmocka_unit_test(closing_an_instance_behind_its_index_is_no_timeout),
        cmocka_unit_test(those_who_wait_are_woken_when_the_index_turns_out_to_be_complete),
        cmocka_unit_test(each_post_can_be_searched_as_soon_as_its_cursor_allows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
