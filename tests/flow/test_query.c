/* test_query.c - pages: what they say, what is refused, and waiting for a position. */
#include "base/clock.h"
#include "base/cursor.h"
#include "flow/support.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_BELOW_ALL "000000000000000000000000000"
#define ID_ABOVE_ALL "aWgEPTl1tmebfsQzFP4bxwgy80V"

/* ---- pages ------------------------------------------------------------------------------------------------------ */

static void a_page_as_json_has_its_meows(void **state)
{
    struct fixture fixture;
    char expected[512];
    char created_at[CLOCK_TEXT_SIZE];
    meower_command_result one = MEOWER_COMMAND_RESULT_INIT;
    meower_command_result two = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page;
    char *json;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    page = list_newest(fixture.query, 10);
    json = page_json(page);
    assert_string_equal(json, "[]");
    free(json);
    meower_page_free(page);
    one = post(fixture.command, "\"quoted\" and \\ \n");
    two = post(fixture.command, "\xe2\x98\x83 < snow");
    clock_format(one.created_at_us, created_at);
    snprintf(expected, sizeof(expected),
             "[{\"id\":\"%s\",\"body\":\"\xe2\x98\x83 &lt; snow\",\"created_at\":\"%s\"},"
             "{\"id\":\"%s\",\"body\":\"&#34;quoted&#34; and \\\\ \\n\",\"created_at\":\"%s\"}]",
             two.id, created_at, one.id, created_at);
    page = list_newest(fixture.query, 10);
    json = page_json(page);
    assert_string_equal(json, expected);
    free(json);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_page_outlives_its_handle_and_its_instance(void **state)
{
    struct fixture fixture;
    meower_page *page;
    char *json;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post(fixture.command, "still here");
    page = list_newest(fixture.query, 10);
    fixture_end(&fixture);
    assert_string_equal(meower_page_meow(page, 0)->body, "still here");
    json = page_json(page);
    assert_non_null(strstr(json, "still here"));
    free(json);
    meower_page_free(page);
}

static void a_list_page_has_no_highlights(void **state)
{
    struct fixture fixture;
    meower_page *page;
    size_t count = 7;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post(fixture.command, "plain");
    page = list_newest(fixture.query, 10);
    assert_null(meower_page_highlights(page, 0, &count));
    assert_int_equal(count, 0);
    assert_int_equal(meower_page_is_fallback(page), 0);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_submitted_page_carries_its_tag(void **state)
{
    struct fixture fixture;
    meower_list what = MEOWER_LIST_INIT;
    meower_page *page = NULL;
    int tag;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "timeline_max", "0"));
    post(fixture.command, "one");
    assert_int_equal(meower_query_submit_list(fixture.query, &what, &tag, NULL), MEOWER_OK);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 0);
    assert_false(is_readable(meower_query_fd(fixture.query)));
    feed_run(fixture.feed);
    assert_true(is_readable(meower_query_fd(fixture.query)));
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
    assert_false(is_readable(meower_query_fd(fixture.query)));
    assert_ptr_equal(meower_page_tag(page), &tag);
    assert_int_equal(meower_page_status(page), MEOWER_OK);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void what_memory_holds_waits_at_once(void **state)
{
    struct fixture fixture;
    meower_list what = MEOWER_LIST_INIT;
    meower_page *page = NULL;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post(fixture.command, "one");
    assert_int_equal(meower_query_submit_list(fixture.query, &what, NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
    meower_page_free(page);
    fixture_end(&fixture);
}

/* ---- one meow --------------------------------------------------------------------------------------------------- */

static meower_page *get(struct fixture *fixture, const char *id)
{
    meower_page *page = NULL;

    assert_int_equal(meower_query_get(fixture->query, id, NULL, PATIENCE_MS, &page, NULL), MEOWER_OK);
    return page;
}

static void one_meow_is_got_out_of_memory_or_store(void **state)
{
    struct fixture fixture;
    meower_command_result first = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page;
    char *json;

    (void)state;
    for (int i = 0; i < 2; i++) {
        fixture_begin(&fixture, OPTIONS(STEPPED, "timeline_max", i == 0 ? "0" : "10"));
        first = post(fixture.command, "first");
        page = get(&fixture, first.id);
        assert_int_equal(meower_page_count(page), 1);
        assert_string_equal(meower_page_meow(page, 0)->body, "first");
        assert_string_equal(meower_page_cursor(page), first.cursor);
        json = page_json(page);
        assert_int_equal(json[0], '{');
        assert_int_equal(json[strlen(json) - 1], '}');
        free(json);
        meower_page_free(page);
        assert_int_equal(feed_metric(fixture.feed, i == 0 ? "pages_from_store_total" : "pages_from_timeline_total"), 1);
        fixture_end(&fixture);
    }
}

static void a_meow_that_is_not_there_is_not_found(void **state)
{
    struct fixture fixture;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page = NULL;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    posted = post(fixture.command, "soon gone");
    erase(fixture.command, posted.id);
    assert_int_equal(meower_query_get(fixture.query, posted.id, NULL, PATIENCE_MS, &page, &error),
                     MEOWER_ERROR_NOT_FOUND);
    assert_null(page);
    assert_non_null(strstr(error.message, posted.id));
    assert_int_equal(meower_query_submit_get(fixture.query, posted.id, NULL, NULL, NULL), MEOWER_OK);
    feed_run(fixture.feed);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
    assert_int_equal(meower_page_status(page), MEOWER_ERROR_NOT_FOUND);
    assert_int_equal(meower_page_error(page)->code, MEOWER_ERROR_NOT_FOUND);
    assert_int_equal(meower_page_error(page)->backend_code, 0);
    assert_int_equal(meower_page_error(page)->flags, 0);
    assert_int_equal(meower_page_count(page), 0);
    assert_int_equal(meower_page_json_len(page), 0);
    meower_page_free(page);
    fixture_end(&fixture);
}

/* ---- what is refused -------------------------------------------------------------------------------------------- */

static void assert_list_refused(struct fixture *fixture, meower_list what)
{
    meower_error error = {0};
    meower_page *page = NULL;

    assert_int_equal(meower_query_submit_list(fixture->query, &what, NULL, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(error.code, MEOWER_ERROR_INVALID);
    assert_int_equal(error.backend_code, 0);
    assert_int_equal(error.flags, 0);
    assert_true(strlen(error.message) > 10);
    feed_run(fixture->feed);
    assert_int_equal(meower_query_next(fixture->query, &page, NULL), 0);
}

static void a_list_of_a_later_release_is_answered_unless_it_asks_for_what_is_unknown(void **state)
{
    struct {
        meower_list list;
        const char *added;
    } later = {MEOWER_LIST_INIT, "unknown"};
    struct fixture fixture;
    meower_page *page;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post(fixture.command, "one");
    post(fixture.command, "two");
    later.list.struct_size = sizeof(later);
    later.list.take = 1;
    assert_int_equal(meower_query_list(fixture.query, &later.list, 0, &page, &error), MEOWER_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "meower_list"));
    later.added = NULL;
    page = list(fixture.query, &later.list);
    assert_int_equal(meower_page_count(page), 1);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_list_that_makes_no_sense_is_refused_with_a_reason(void **state)
{
    struct fixture fixture;
    const meower_list good = MEOWER_LIST_INIT;
    meower_list what;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    what = good, what.struct_size = 0;
    assert_list_refused(&fixture, what);
    what = good, what.struct_size = 55; /* the first release's has 56 bytes with pointers of eight, else fewer */
    if (sizeof(void *) == 8) {
        assert_list_refused(&fixture, what);
    }
    what = good, what.take = MEOWER_TAKE_MAX + 1;
    assert_list_refused(&fixture, what);
    what = good, what.max_id = ID_ABOVE_ALL, what.min_id = ID_BELOW_ALL;
    assert_list_refused(&fixture, what);
    what = good, what.since_id = ID_BELOW_ALL, what.skip = 1;
    assert_list_refused(&fixture, what);
    what = good, what.max_id = "short";
    assert_list_refused(&fixture, what);
    what = good, what.since_id = "aWgEPTl1tmebfsQzFP4bxwgy80W";
    assert_list_refused(&fixture, what);
    what = good, what.min_id = "";
    assert_list_refused(&fixture, what);
    what = good, what.cursor = "not a cursor";
    assert_list_refused(&fixture, what);
    assert_int_equal(meower_query_submit_get(fixture.query, "short", NULL, NULL, NULL), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_query_submit_get(fixture.query, ID_ABOVE_ALL, "7", NULL, NULL), MEOWER_ERROR_INVALID);
    fixture_end(&fixture);
}

static void a_full_queue_is_busy_and_takes_nothing(void **state)
{
    struct fixture fixture;
    meower_list what = MEOWER_LIST_INIT;
    meower_page *page = NULL;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "timeline_max", "0", "queue_max", "2"));
    post(fixture.command, "one");
    assert_int_equal(meower_query_submit_list(fixture.query, &what, NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_query_submit_list(fixture.query, &what, NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_query_submit_list(fixture.query, &what, NULL, &error), MEOWER_ERROR_BUSY);
    assert_int_equal(error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    feed_run(fixture.feed);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
        meower_page_free(page);
    }
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 0);
    fixture_end(&fixture);
}

static void waiting_is_busy_while_submitted_pages_are_not_taken(void **state)
{
    struct fixture fixture;
    meower_list what = MEOWER_LIST_INIT;
    meower_page *page = NULL;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    assert_int_equal(meower_query_submit_list(fixture.query, &what, NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_query_list(fixture.query, &what, PATIENCE_MS, &page, NULL), MEOWER_ERROR_BUSY);
    assert_null(page);
    fixture_end(&fixture); /* releases the page that nobody took */
}

static void a_late_page_is_not_taken_for_the_next_calls(void **state)
{
    struct fixture fixture;
    meower_list what = MEOWER_LIST_INIT;
    meower_command_result first = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page = NULL;
    char *json;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "timeline_max", "0"));
    first = post(fixture.command, "one");
    assert_int_equal(meower_query_list(fixture.query, &what, 0, &page, NULL), MEOWER_ERROR_TIMEOUT);
    assert_null(page);
    page = get(&fixture, first.id);
    json = page_json(page);
    assert_int_equal(json[0], '{');
    free(json);
    meower_page_free(page);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 0);
    fixture_end(&fixture);
}

static void a_store_that_fails_is_a_page_that_says_so(void **state)
{
    struct fixture fixture;
    meower_list what = MEOWER_LIST_INIT;
    meower_page *page = NULL;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "timeline_max", "0"));
    post(fixture.command, "one");
    faults_add(&fixture.faults,
               (struct fault){"store", "list", 0, 1, MEOWER_ERROR_UNAVAILABLE, MEOWER_ERROR_FLAG_RETRIABLE, false});
    assert_int_equal(meower_query_list(fixture.query, &what, PATIENCE_MS, &page, &error), MEOWER_ERROR_UNAVAILABLE);
    assert_null(page);
    assert_int_equal(error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    assert_feed_has(&fixture, 1);
    fixture_end(&fixture);
}

/* ---- waiting for a position ------------------------------------------------------------------------------------- */

/* The token of the position `ahead` after this one. */
static void write_cursor_ahead(const char *cursor, uint64_t ahead, char out[MEOWER_CURSOR_SIZE])
{
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t position;

    assert_true(cursor_parse(cursor, epoch, &position));
    cursor_format(epoch, position + ahead, out);
}

static void a_visible_position_is_answered_at_once(void **state)
{
    struct fixture fixture;
    meower_list what = MEOWER_LIST_INIT;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page = NULL;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    posted = post(fixture.command, "one");
    what.cursor = posted.cursor;
    assert_int_equal(meower_query_submit_list(fixture.query, &what, NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
    assert_true(page_has(page, posted.id));
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_page_out_of_the_store_names_its_position(void **state)
{
    struct fixture fixture;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "timeline_max", "0"));
    post(fixture.command, "one");
    posted = post(fixture.command, "two");
    page = list_newest(fixture.query, 10);
    assert_string_equal(meower_page_cursor(page), posted.cursor);
    meower_page_free(page);
    assert_int_equal(meower_query_get(fixture.query, posted.id, NULL, PATIENCE_MS, &page, NULL), MEOWER_OK);
    assert_string_equal(meower_page_cursor(page), posted.cursor);
    meower_page_free(page);
    assert_int_equal(feed_metric(fixture.feed, "pages_from_store_total"), 2);
    fixture_end(&fixture);
}

static void a_position_to_come_is_waited_for(void **state)
{
    struct fixture fixture;
    meower_list what = MEOWER_LIST_INIT;
    char cursor[MEOWER_CURSOR_SIZE];
    meower_page *page = NULL;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    write_cursor_ahead(post(fixture.command, "one").cursor, 2, cursor);
    what.cursor = cursor;
    assert_int_equal(meower_query_submit_list(fixture.query, &what, NULL, NULL), MEOWER_OK);
    feed_run(fixture.feed);
    post(fixture.command, "two");
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 0);
    post(fixture.command, "three");
    feed_run(fixture.feed);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
    assert_int_equal(meower_page_status(page), MEOWER_OK);
    assert_int_equal(meower_page_count(page), 3);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_position_that_does_not_come_is_a_timeout(void **state)
{
    struct fixture fixture;
    meower_list what = MEOWER_LIST_INIT;
    char cursor[MEOWER_CURSOR_SIZE];
    meower_page *page = NULL;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "wait_max_ms", "3000"));
    write_cursor_ahead(post(fixture.command, "one").cursor, 1, cursor);
    what.cursor = cursor;
    assert_int_equal(meower_query_submit_list(fixture.query, &what, NULL, NULL), MEOWER_OK);
    feed_run(fixture.feed);
    fake_clock_advance_ms(&fixture.clock, 2999);
    feed_run(fixture.feed);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 0);
    fake_clock_advance_ms(&fixture.clock, 1);
    feed_run(fixture.feed);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
    assert_int_equal(meower_page_status(page), MEOWER_ERROR_TIMEOUT);
    assert_int_equal(meower_page_error(page)->flags, MEOWER_ERROR_FLAG_RETRIABLE);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_position_of_another_epoch_is_not_waited_for(void **state)
{
    struct fixture fixture;
    meower_list what = MEOWER_LIST_INIT;
    meower_page *page = NULL;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post(fixture.command, "one");
    what.cursor = "0123456789abcdef-1000000";
    assert_int_equal(meower_query_submit_list(fixture.query, &what, NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
    assert_int_equal(meower_page_status(page), MEOWER_OK);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_get_waits_for_its_position_too(void **state)
{
    struct fixture fixture;
    char cursor[MEOWER_CURSOR_SIZE];
    meower_command_result first = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page = NULL;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    first = post(fixture.command, "one");
    write_cursor_ahead(first.cursor, 1, cursor);
    assert_int_equal(meower_query_submit_get(fixture.query, first.id, cursor, NULL, NULL), MEOWER_OK);
    feed_run(fixture.feed);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 0);
    erase(fixture.command, first.id);
    feed_run(fixture.feed);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
    assert_int_equal(meower_page_status(page), MEOWER_ERROR_NOT_FOUND);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_handle_may_be_closed_while_it_waits(void **state)
{
    struct fixture fixture;
    meower_list what = MEOWER_LIST_INIT;
    char cursor[MEOWER_CURSOR_SIZE];
    meower_query *other;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    write_cursor_ahead(post(fixture.command, "one").cursor, 1, cursor);
    what.cursor = cursor;
    other = query_open(fixture.feed);
    assert_int_equal(meower_query_submit_list(other, &what, NULL, NULL), MEOWER_OK);
    feed_run(fixture.feed);
    meower_query_close(other);
    fixture_end(&fixture);
}

static void those_who_wait_are_woken_by_the_post(void **state)
{
    struct faults faults;
    struct parts parts = {.faults = &faults};
    meower_list what = MEOWER_LIST_INIT;
    char cursor[MEOWER_CURSOR_SIZE];
    meower_page *page = NULL;
    meower_command *command;
    meower_query *query;
    meower_feed *feed;

    (void)state;
    faults_init(&faults);
    feed = feed_open(&parts, OPTIONS("wait_max_ms", "600000", "poll_interval_ms", "3600000"));
    command = command_open(feed);
    query = query_open(feed);
    for (int i = 0; i < 50; i++) {
        write_cursor_ahead(post(command, "before").cursor, 1, cursor);
        what.cursor = cursor;
        assert_int_equal(meower_query_submit_list(query, &what, NULL, NULL), MEOWER_OK);
        post(command, "waited for");
        assert_true(waits_until_readable(meower_query_fd(query)));
        assert_int_equal(meower_query_next(query, &page, NULL), 1);
        assert_int_equal(meower_page_status(page), MEOWER_OK);
        meower_page_free(page);
    }
    meower_query_close(query);
    meower_command_close(command);
    feed_close(feed);
    faults_destroy(&faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_as_json_has_its_meows),
        cmocka_unit_test(a_page_outlives_its_handle_and_its_instance),
        cmocka_unit_test(a_list_page_has_no_highlights),
        cmocka_unit_test(a_submitted_page_carries_its_tag),
        cmocka_unit_test(what_memory_holds_waits_at_once),
        cmocka_unit_test(one_meow_is_got_out_of_memory_or_store),
        cmocka_unit_test(a_meow_that_is_not_there_is_not_found),
        cmocka_unit_test(a_list_of_a_later_release_is_answered_unless_it_asks_for_what_is_unknown),
        cmocka_unit_test(a_list_that_makes_no_sense_is_refused_with_a_reason),
        cmocka_unit_test(a_full_queue_is_busy_and_takes_nothing),
        cmocka_unit_test(waiting_is_busy_while_submitted_pages_are_not_taken),
        cmocka_unit_test(a_late_page_is_not_taken_for_the_next_calls),
        cmocka_unit_test(a_store_that_fails_is_a_page_that_says_so),
        cmocka_unit_test(a_visible_position_is_answered_at_once),
        cmocka_unit_test(a_page_out_of_the_store_names_its_position),
        cmocka_unit_test(a_position_to_come_is_waited_for),
        cmocka_unit_test(a_position_that_does_not_come_is_a_timeout),
        cmocka_unit_test(a_position_of_another_epoch_is_not_waited_for),
        cmocka_unit_test(a_get_waits_for_its_position_too),
        cmocka_unit_test(a_handle_may_be_closed_while_it_waits),
        cmocka_unit_test(those_who_wait_are_woken_by_the_post),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
