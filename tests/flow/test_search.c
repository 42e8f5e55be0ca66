/* test_search.c - searching: what is posted is found, what is deleted is not, and the scan of the newest meows stands
 * in for an engine that is away. */
#include "flow/support.h"
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

/* ---- finding ---------------------------------------------------------------------------------------------------- */

static void what_is_posted_is_found(void **state)
{
    struct fixture fixture;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    posted = post(fixture.command, "The quick brown fox");
    post(fixture.command, "A lazy dog");
    page = search_settled(&fixture, "fox quick");
    assert_int_equal(meower_page_count(page), 1);
    assert_string_equal(meower_page_meow(page, 0)->id, posted.id);
    assert_string_equal(meower_page_meow(page, 0)->body, "The quick brown fox");
    meower_page_free(page);
    fixture_end(&fixture);
}

static void what_is_deleted_is_not_found(void **state)
{
    struct fixture fixture;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    posted = post(fixture.command, "a secret fox");
    post(fixture.command, "a plain fox");
    assert_found(&fixture, "fox", 2);
    erase(fixture.command, posted.id);
    assert_found(&fixture, "fox", 1);
    fixture_end(&fixture);
}

static void what_is_deleted_is_not_found_even_before_the_index_knows(void **state)
{
    static const char *const timeline_max[] = {"0", "10"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fixture fixture;
        meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
        fixture_begin(&fixture, OPTIONS(STEPPED, "timeline_max", timeline_max[i]));
        posted = post(fixture.command, "a secret fox");
        post(fixture.command, "a plain fox");
        assert_found(&fixture, "fox", 2);
        fail_search(&fixture, "index", UINT_MAX);
        erase(fixture.command, posted.id);
        assert_found(&fixture, "fox", 1);
        fixture_end_late(&fixture);
    }
}

static void a_text_without_words_finds_nothing(void **state)
{
    static const char *const texts[] = {"", " ", "?!", "\"*\" - ("};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct fixture fixture;
        meower_page *page;
        fixture_begin(&fixture, OPTIONS(STEPPED));
        post(fixture.command, "fox");
        page = search_settled(&fixture, texts[i]);
        assert_int_equal(meower_page_count(page), 0);
        assert_int_equal(meower_page_is_fallback(page), 0);
        assert_int_equal(meower_page_json_len(page), 2);
        meower_page_free(page);
        fixture_end(&fixture);
    }
}

static void skip_and_take_cut_the_matches(void **state)
{
    struct fixture fixture;
    meower_search what = MEOWER_SEARCH_INIT;
    char body[32];

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    for (int i = 0; i < 7; i++) {
        snprintf(body, sizeof(body), "fox n%d", i);
        post(fixture.command, body);
    }
    feed_run(fixture.feed);
    what.text = "fox";
    what.text_len = 3;
    for (uint64_t skip = 0; skip < 9; skip++) {
        for (uint32_t take = 0; take < 9; take++) {
            meower_page *page = NULL;
            size_t left = skip < 7 ? 7 - (size_t)skip : 0;
            what.skip = skip;
            what.take = take;
            assert_int_equal(meower_query_search(fixture.query, &what, PATIENCE_MS, &page, NULL), MEOWER_OK);
            assert_int_equal(meower_page_count(page), left < take ? left : take);
            assert_int_equal(meower_page_has_older(page), left > take);
            for (size_t i = 0; i < meower_page_count(page); i++) {
                snprintf(body, sizeof(body), "fox n%d", 6 - (int)skip - (int)i);
                assert_string_equal(meower_page_meow(page, i)->body, body);
            }
            meower_page_free(page);
        }
    }
    fixture_end(&fixture);
}

static void assert_search_refused(struct fixture *fixture, meower_search what)
{
    meower_error error = {0};

    assert_int_equal(meower_query_submit_search(fixture->query, &what, NULL, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(error.backend_code, 0);
    assert_int_equal(error.flags, 0);
    assert_true(strlen(error.message) > 10);
}

static void a_search_of_a_later_release_is_answered_unless_it_asks_for_what_is_unknown(void **state)
{
    struct {
        meower_search search;
        const char *added;
    } later = {MEOWER_SEARCH_INIT, "unknown"};
    struct fixture fixture;
    meower_page *page;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post(fixture.command, "the quick fox");
    feed_run(fixture.feed);
    later.search.struct_size = sizeof(later);
    later.search.text = "fox";
    later.search.text_len = 3;
    assert_int_equal(meower_query_search(fixture.query, &later.search, PATIENCE_MS, &page, &error),
                     MEOWER_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "meower_search"));
    later.added = NULL;
    assert_int_equal(meower_query_search(fixture.query, &later.search, PATIENCE_MS, &page, NULL), MEOWER_OK);
    assert_int_equal(meower_page_count(page), 1);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_search_that_makes_no_sense_is_refused_with_a_reason(void **state)
{
    static char long_text[10000];
    struct fixture fixture;
    meower_search good = MEOWER_SEARCH_INIT;
    meower_search what;

    (void)state;
    memset(long_text, 'a', sizeof(long_text));
    fixture_begin(&fixture, OPTIONS(STEPPED));
    good.text = "fox";
    good.text_len = 3;
    what = good, what.struct_size = 0;
    assert_search_refused(&fixture, what);
    what = good, what.take = MEOWER_TAKE_MAX + 1;
    assert_search_refused(&fixture, what);
    what = good, what.skip = 10001;
    assert_search_refused(&fixture, what);
    what = good, what.text = "\xff\xfe", what.text_len = 2;
    assert_search_refused(&fixture, what);
    what = good, what.text = long_text, what.text_len = sizeof(long_text);
    assert_search_refused(&fixture, what);
    what = good, what.cursor = "x";
    assert_search_refused(&fixture, what);
    fixture_end(&fixture);
}

/* Nothing new need come: whoever finds the damage has the index looked at. */
static void damage_that_a_search_finds_has_the_index_looked_at_again(void **state)
{
    struct fixture fixture;
    meower_page *page;
    unsigned looks;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post(fixture.command, "a fox");
    feed_run(fixture.feed);
    looks = faults_calls(&fixture.faults, "search", "info");
    faults_add(&fixture.faults,
               (struct fault){.port = "search", .call = "match", .count = 1, .status = MEOWER_ERROR_CORRUPT});
    page = search(fixture.query, "fox");
    assert_true(meower_page_is_fallback(page));
    meower_page_free(page);
    feed_run(fixture.feed);
    assert_int_equal(faults_calls(&fixture.faults, "search", "info"), looks + 1);
    page = search(fixture.query, "fox");
    assert_false(meower_page_is_fallback(page));
    meower_page_free(page);
    fixture_end(&fixture);
}

/* Although what the index says of itself is that it is empty. */
static void an_index_of_our_own_that_is_damaged_is_made_anew(void **state)
{
    struct fixture fixture;
    meower_page *page;
    unsigned resets;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post(fixture.command, "a fox");
    feed_run(fixture.feed);
    resets = faults_calls(&fixture.faults, "search", "reset");
    faults_add(&fixture.faults,
               (struct fault){.port = "search", .call = "index", .count = 1, .status = MEOWER_ERROR_CORRUPT});
    post(fixture.command, "another fox");
    feed_run(fixture.feed);
    fake_clock_advance_ms(&fixture.clock, 1000);
    feed_run(fixture.feed);
    assert_int_equal(faults_calls(&fixture.faults, "search", "reset"), resets + 1);
    page = search(fixture.query, "fox");
    assert_false(meower_page_is_fallback(page));
    assert_int_equal(meower_page_count(page), 2);
    meower_page_free(page);
    fixture_end(&fixture);
}

/* ---- highlights ------------------------------------------------------------------------------------------------- */

static meower_page *search_highlighted(struct fixture *fixture, const char *text)
{
    meower_search what = MEOWER_SEARCH_INIT;
    meower_page *page = NULL;

    feed_run(fixture->feed);
    what.text = text;
    what.text_len = strlen(text);
    what.highlight = 1;
    assert_int_equal(meower_query_search(fixture->query, &what, PATIENCE_MS, &page, NULL), MEOWER_OK);
    return page;
}

static void highlights_are_in_code_points_of_the_escaped_body(void **state)
{
    static const meower_highlight expected[] = {{9, 5}, {15, 1}, {23, 5}};
    struct fixture fixture;
    const meower_highlight *ranges;
    meower_page *page;
    size_t count;
    char *json;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post(fixture.command, "<b>Gr\xc3\xb6\xc3\x9f"
                          "e \xf0\x9f\x98\x80 & w\xc3\xb6rld</b>");
    page = search_highlighted(&fixture, "grosse \xf0\x9f\x98\x80 world");
    assert_int_equal(meower_page_count(page), 1);
    ranges = meower_page_highlights(page, 0, &count);
    assert_int_equal(count, 3);
    assert_memory_equal(ranges, expected, sizeof(expected));
    json = page_json(page);
    assert_non_null(strstr(json, ",\"highlight\":[[9,5],[15,1],[23,5]]}]"));
    assert_int_equal(json[0], '[');
    free(json);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void highlights_mark_typos_and_prefixes_in_each_meow(void **state)
{
    struct fixture fixture;
    meower_page *page;
    char *json;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post(fixture.command, "kitten kittens dog");
    post(fixture.command, "one kittne");
    page = search_highlighted(&fixture, "kitten");
    assert_int_equal(meower_page_count(page), 2);
    json = page_json(page);
    assert_non_null(strstr(json, "\"highlight\":[[0,6],[7,7]]"));
    assert_non_null(strstr(json, "\"highlight\":[[4,6]]"));
    free(json);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_scan_highlights_too(void **state)
{
    struct fixture fixture;
    meower_page *page;
    char *json;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post(fixture.command, "a fox");
    fail_search(&fixture, "match", UINT_MAX);
    page = search_highlighted(&fixture, "fox");
    json = page_json(page);
    assert_non_null(strstr(json, "\"highlight\":[[2,3]]"));
    free(json);
    meower_page_free(page);
    fixture_end(&fixture);
}

/* ---- when the engine is away ------------------------------------------------------------------------------------ */

static const char *const corpus[] = {"brown fox",
                                     "fox brown jumps",
                                     "foxes are brown",
                                     "browm fox",
                                     "the fox",
                                     "nothing here",
                                     "brown",
                                     "brow",
                                     "brownie fox",
                                     "fxo and brwon",
                                     "FOX Brown",
                                     "a fog",
                                     "br\xc3\xb6wn f\xc3\xb6x",
                                     "f o x",
                                     "quick brown",
                                     "bronw",
                                     "brown fox",
                                     "foxglove"};

#define CORPUS_COUNT (sizeof(corpus) / sizeof(corpus[0]))

static void a_scan_gives_the_order_that_the_engine_gives(void **state)
{
    static const char *const texts[] = {"brown fox", "fox brown", "fox", "brow", "foxg", "quick fo", "f", "nothing"};
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    for (size_t i = 0; i < CORPUS_COUNT; i++) {
        post(fixture.command, corpus[i]);
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        meower_page *engine = search_settled(&fixture, texts[i]);
        meower_page *scan;
        fail_search(&fixture, "match", UINT_MAX);
        scan = search_settled(&fixture, texts[i]);
        faults_clear(&fixture.faults);
        assert_int_equal(meower_page_is_fallback(engine), 0);
        assert_int_equal(meower_page_is_fallback(scan), 1);
        assert_true(meower_page_count(engine) > 0);
        assert_int_equal(meower_page_count(scan), meower_page_count(engine));
        for (size_t j = 0; j < meower_page_count(engine); j++) {
            assert_string_equal(meower_page_meow(scan, j)->id, meower_page_meow(engine, j)->id);
        }
        meower_page_free(engine);
        meower_page_free(scan);
    }
    fixture_end(&fixture);
}

static void a_scan_takes_and_skips(void **state)
{
    struct fixture fixture;
    meower_search what = MEOWER_SEARCH_INIT;
    meower_page *page = NULL;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post(fixture.command, "fox 1");
    post(fixture.command, "fox 2");
    post(fixture.command, "fox 3");
    fail_search(&fixture, "match", UINT_MAX);
    what.text = "fox";
    what.text_len = 3;
    what.skip = 1;
    what.take = 1;
    assert_int_equal(meower_query_search(fixture.query, &what, PATIENCE_MS, &page, NULL), MEOWER_OK);
    assert_int_equal(meower_page_count(page), 1);
    assert_string_equal(meower_page_meow(page, 0)->body, "fox 2");
    assert_int_equal(meower_page_has_older(page), 1);
    assert_int_equal(meower_page_has_newer(page), 1);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_scan_sees_all_that_is_in_memory(void **state)
{
    struct fixture fixture;
    meower_command_result last = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "timeline_max", "5"));
    for (int i = 0; i < 20; i++) {
        last = post(fixture.command, "fox");
    }
    fail_search(&fixture, "match", UINT_MAX);
    page = search_settled(&fixture, "fox");
    assert_int_equal(meower_page_count(page), 5);
    meower_page_free(page);
    erase(fixture.command, last.id);
    page = search_settled(&fixture, "fox");
    assert_int_equal(meower_page_count(page), 4);
    assert_int_equal(meower_page_has_older(page), 0);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_scan_is_counted_and_says_its_position(void **state)
{
    struct fixture fixture;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    posted = post(fixture.command, "fox");
    fail_search(&fixture, "match", UINT_MAX);
    page = search_settled(&fixture, "fox");
    assert_string_equal(meower_page_cursor(page), posted.cursor);
    assert_int_equal(feed_metric(fixture.feed, "searches_total"), 1);
    assert_int_equal(feed_metric(fixture.feed, "searches_fallback_total"), 1);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_scan_after_a_failed_fetch_knows_no_older_ones(void **state)
{
    struct fixture fixture;
    meower_search what = MEOWER_SEARCH_INIT;
    meower_page *page = NULL;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "timeline_max", "1"));
    post(fixture.command, "fox 1");
    post(fixture.command, "fox 2");
    feed_run(fixture.feed);
    faults_add(&fixture.faults,
               (struct fault){"store", "get", 0, 1, MEOWER_ERROR_UNAVAILABLE, MEOWER_ERROR_FLAG_RETRIABLE, false});
    post(fixture.command, "cat");
    feed_run(fixture.feed);
    what.text = "fox";
    what.text_len = 3;
    what.take = 1;
    assert_int_equal(meower_query_search(fixture.query, &what, PATIENCE_MS, &page, NULL), MEOWER_OK);
    assert_int_equal(meower_page_is_fallback(page), 1);
    assert_int_equal(meower_page_count(page), 0);
    assert_int_equal(meower_page_has_older(page), 0);
    meower_page_free(page);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_posted_is_found),
        cmocka_unit_test(what_is_deleted_is_not_found),
        cmocka_unit_test(what_is_deleted_is_not_found_even_before_the_index_knows),
        cmocka_unit_test(a_text_without_words_finds_nothing),
        cmocka_unit_test(skip_and_take_cut_the_matches),
        cmocka_unit_test(a_search_of_a_later_release_is_answered_unless_it_asks_for_what_is_unknown),
        cmocka_unit_test(a_search_that_makes_no_sense_is_refused_with_a_reason),
        cmocka_unit_test(highlights_are_in_code_points_of_the_escaped_body),
        cmocka_unit_test(highlights_mark_typos_and_prefixes_in_each_meow),
        cmocka_unit_test(a_scan_highlights_too),
        cmocka_unit_test(a_scan_gives_the_order_that_the_engine_gives),
        cmocka_unit_test(a_scan_takes_and_skips),
        cmocka_unit_test(damage_that_a_search_finds_has_the_index_looked_at_again),
        cmocka_unit_test(an_index_of_our_own_that_is_damaged_is_made_anew),
        cmocka_unit_test(a_scan_sees_all_that_is_in_memory),
        cmocka_unit_test(a_scan_is_counted_and_says_its_position),
        cmocka_unit_test(a_scan_after_a_failed_fetch_knows_no_older_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
