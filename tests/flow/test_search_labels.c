/* test_search_labels.c - the filter of labels on searches, through a whole instance: by the engine, by the scan while
 * the engine is away, and after the index was made anew. */
#include "flow/pair.h"
#include "flow/toy_search.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const meower_label in_garden[] = {MEOWER_LABEL("room", "garden")};
static const meower_label in_kitchen[] = {MEOWER_LABEL("room", "kitchen")};

/* Posts "fox m1" to "fox m9"; those whose numbers are even are in the garden, and m3 and m9 in the kitchen. */
static void post_nine(struct fixture *fixture)
{
    for (int i = 1; i <= 9; i++) {
        char body[24];
        snprintf(body, sizeof(body), "fox m%d", i);
        post_with_label(fixture, body, i % 2 == 0 ? in_garden : i == 3 || i == 9 ? in_kitchen : NULL);
    }
}

static meower_search search_for(const char *text, const meower_label *terms, size_t count)
{
    meower_search search = MEOWER_SEARCH_INIT;

    search.text = text;
    search.text_len = strlen(text);
    search.labels = terms;
    search.label_count = count;
    return search;
}

/* The page has the meows whose bodies end with these digits, such as "8642". */
static void assert_numbers(const meower_page *page, const char *numbers)
{
    assert_int_equal(meower_page_count(page), strlen(numbers));
    for (size_t i = 0; numbers[i] != '\0'; i++) {
        const meower_meow *meow = meower_page_meow(page, i);
        assert_int_equal(meow->body[meow->body_len - 1], numbers[i]);
    }
}

static meower_page *search_settled(struct fixture *fixture, const meower_search *search)
{
    meower_page *page = NULL;
    meower_error error = {0};

    feed_run(fixture->feed);
    if (meower_query_search(fixture->query, search, PATIENCE_MS, &page, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
    return page;
}

static void assert_search(struct fixture *fixture, const meower_search *search, const char *numbers, int has_newer,
                          int has_older)
{
    meower_page *page = search_settled(fixture, search);

    assert_numbers(page, numbers);
    assert_int_equal(meower_page_has_newer(page), has_newer);
    assert_int_equal(meower_page_has_older(page), has_older);
    meower_page_free(page);
}

static void assert_found(struct fixture *fixture, const char *text, const meower_label *terms, size_t count,
                         const char *numbers)
{
    const meower_search search = search_for(text, terms, count);

    assert_search(fixture, &search, numbers, 0, 0);
}

static void fail_match(struct fixture *fixture)
{
    faults_add(&fixture->faults, (struct fault){"search", "match", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                                MEOWER_ERROR_FLAG_RETRIABLE, false});
}

/* ---- what is found ---------------------------------------------------------------------------------------------- */

/* In any order, and repeated. */
static const meower_label several[] = {MEOWER_LABEL("room", "kitchen"), MEOWER_LABEL("room", "garden"),
                                       MEOWER_LABEL("room", "kitchen")};
static const meower_label nowhere[] = {MEOWER_LABEL("room", "garden"), MEOWER_LABEL("author", "nobody")};

static void check_filters(struct fixture *fixture)
{
    meower_search search = search_for("fox", in_garden, 1);

    assert_found(fixture, "fox", NULL, 0, "987654321");
    assert_found(fixture, "fox", in_garden, 1, "8642");
    assert_found(fixture, "fox", several, 3, "986432");
    assert_found(fixture, "fox", nowhere, 2, "");
    assert_found(fixture, "fxo m4", in_garden, 1, "4862"); /* it is the only one with both words */
    search.take = 2;
    assert_search(fixture, &search, "86", 0, 1);
    search.skip = 1;
    assert_search(fixture, &search, "64", 1, 1);
    search.skip = 3;
    assert_search(fixture, &search, "2", 1, 0);
    search.skip = 4;
    assert_search(fixture, &search, "", 1, 0);
}

static void a_search_finds_only_what_carries_the_labels(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "search", "index:"));
    post_nine(&fixture);
    check_filters(&fixture);
    fixture_end(&fixture);
}

static void an_engine_of_a_host_is_told_of_labels_and_terms(void **state)
{
    struct toy_index index;
    struct fixture fixture;

    (void)state;
    fixture_init(&fixture);
    toy_index_init(&index);
    fixture.parts.index = &index;
    fixture_open(&fixture, OPTIONS(STEPPED));
    post_nine(&fixture);
    check_filters(&fixture);
    fixture_end(&fixture);
    toy_index_destroy(&index);
}

static void a_scan_finds_only_what_carries_the_labels(void **state)
{
    const meower_search search = search_for("fox", in_garden, 1);
    struct fixture fixture;
    meower_page *page;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "search", "index:"));
    post_nine(&fixture);
    fail_match(&fixture);
    check_filters(&fixture);
    page = search_settled(&fixture, &search);
    assert_int_equal(meower_page_is_fallback(page), 1);
    meower_page_free(page);
    fixture_end(&fixture);
}

/* What is outside of the garden makes "tabby" the common word, and "neow" a right one. */
static void check_weights(struct fixture *fixture)
{
    assert_found(fixture, "tabby nothing siamese", in_garden, 1, "321");
    assert_found(fixture, "neow z", in_garden, 1, "");
    assert_found(fixture, "neow z", in_kitchen, 1, "5");
}

static void a_filter_has_no_part_in_what_words_weigh(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "search", "index:"));
    post_with_label(&fixture, "tabby 1", in_garden);
    post_with_label(&fixture, "siamese 2", in_garden);
    post_with_label(&fixture, "siamese 3", in_garden);
    for (int i = 0; i < 20; i++) {
        post_with_label(&fixture, "tabby", NULL);
    }
    post_with_label(&fixture, "meow 4", in_garden);
    post_with_label(&fixture, "neow 5", in_kitchen);
    check_weights(&fixture);
    fail_match(&fixture);
    check_weights(&fixture);
    fixture_end(&fixture);
}

static void what_is_deleted_is_not_found_by_its_label(void **state)
{
    struct fixture fixture;
    meower_command_result first;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "search", "index:"));
    first = post_with_label(&fixture, "fox 1", in_garden);
    post_with_label(&fixture, "fox 2", in_garden);
    erase(fixture.command, first.id);
    assert_found(&fixture, "fox", in_garden, 1, "2");
    fixture_end(&fixture);
}

/* ---- indexes made anew ------------------------------------------------------------------------------------------ */

static void a_rebuilt_index_has_the_labels(void **state)
{
    struct fixture fixture;
    meower_rebuild rebuild = MEOWER_REBUILD_INIT;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "search", "index:"));
    post_nine(&fixture);
    feed_run(fixture.feed);
    assert_int_equal(meower_rebuild_start(fixture.feed, NULL), MEOWER_OK);
    feed_run(fixture.feed);
    assert_int_equal(meower_rebuild_state(fixture.feed, &rebuild, NULL), MEOWER_OK);
    assert_int_equal(rebuild.state, MEOWER_REBUILD_DONE);
    check_filters(&fixture);
    fixture_end(&fixture);
}

/* A file of the format before labels: its magic number has another last digit. */
static void make_old(const char *directory)
{
    char path[200];
    unsigned char digit;

    snprintf(path, sizeof(path), "%s/index/1.segment", directory);
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    assert_int_equal(read(file, &digit, 1), 1);
    assert_int_equal(digit, '2');
    digit = '1';
    assert_int_equal(pwrite(file, &digit, 1, 0), 1);
    close(file);
}

static void an_index_from_before_labels_is_made_anew(void **state)
{
    struct fixture fixture;
    char directory[] = "/tmp/meower-labels-XXXXXX";
    char store_url[80], search_url[80];

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(store_url, sizeof(store_url), "sqlite:%s/feed.db", directory);
    snprintf(search_url, sizeof(search_url), "index:%s/index", directory);
    fixture_begin(&fixture, OPTIONS(STEPPED, "store", store_url, "search", search_url));
    post_nine(&fixture);
    feed_run(fixture.feed);
    fixture_close(&fixture);
    make_old(directory);
    fixture_open(&fixture, OPTIONS(STEPPED, "store", store_url, "search", search_url));
    check_filters(&fixture);
    assert_int_equal(feed_metric(fixture.feed, "events_indexed_total"), 9);
    fixture_end(&fixture);
    remove_tree(directory);
}

/* ---- arguments -------------------------------------------------------------------------------------------------- */

static void a_wrong_filter_of_a_search_is_refused_by_name(void **state)
{
    const meower_label wrong = MEOWER_LABEL("Room", "garden");
    meower_label many[MEOWER_LABELS_MAX + 1];
    struct fixture fixture;
    meower_search search = search_for("fox", &wrong, 1);
    meower_page *page = NULL;
    meower_error error = {0};

    (void)state;
    for (size_t i = 0; i < MEOWER_LABELS_MAX + 1; i++) {
        many[i] = (meower_label)MEOWER_LABEL("room", "garden");
    }
    fixture_begin(&fixture, OPTIONS(STEPPED));
    assert_int_equal(meower_query_search(fixture.query, &search, PATIENCE_MS, &page, &error), MEOWER_ERROR_INVALID);
    assert_non_null(strstr(error.message, "\"Room=garden\""));
    search = search_for("fox", many, MEOWER_LABELS_MAX);
    assert_int_equal(meower_query_search(fixture.query, &search, PATIENCE_MS, &page, &error), MEOWER_OK);
    meower_page_free(page);
    search.label_count++;
    assert_int_equal(meower_query_submit_search(fixture.query, &search, NULL, &error), MEOWER_ERROR_INVALID);
    assert_string_equal(error.message, "there are 17 labels; a filter may have 16 at most");
    search.labels = NULL;
    search.label_count = 1;
    assert_int_equal(meower_query_submit_search(fixture.query, &search, NULL, &error), MEOWER_ERROR_INVALID);
    fixture_end(&fixture);
}

static void the_filter_of_a_search_is_copied(void **state)
{
    char value[] = "garden";
    meower_label term = {"room", 4, value, 6};
    const meower_search search = search_for("fox", &term, 1);
    struct fixture fixture;
    meower_page *page = NULL;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "search", "index:"));
    post_nine(&fixture);
    feed_run(fixture.feed);
    assert_int_equal(meower_query_submit_search(fixture.query, &search, NULL, NULL), MEOWER_OK);
    memset(value, 'x', 6);
    memset(&term, 'x', sizeof(term));
    feed_run(fixture.feed);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
    assert_numbers(page, "8642");
    meower_page_free(page);
    fixture_end(&fixture);
}

static void a_search_of_a_program_that_knows_no_labels_has_no_filter(void **state)
{
    const struct {
        size_t struct_size;
        const char *text;
        size_t text_len;
        uint64_t skip;
        uint32_t take;
        int highlight;
        const char *cursor;
    } search = {sizeof(search), "fox", 3, 0, 100, 0, NULL};
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "search", "index:"));
    post_nine(&fixture);
    assert_search(&fixture, (const meower_search *)(const void *)&search, "987654321", 0, 0);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search_finds_only_what_carries_the_labels),
        cmocka_unit_test(an_engine_of_a_host_is_told_of_labels_and_terms),
        cmocka_unit_test(a_scan_finds_only_what_carries_the_labels),
        cmocka_unit_test(a_filter_has_no_part_in_what_words_weigh),
        cmocka_unit_test(what_is_deleted_is_not_found_by_its_label),
        cmocka_unit_test(a_rebuilt_index_has_the_labels),
        cmocka_unit_test(an_index_from_before_labels_is_made_anew),
        cmocka_unit_test(a_wrong_filter_of_a_search_is_refused_by_name),
        cmocka_unit_test(the_filter_of_a_search_is_copied),
        cmocka_unit_test(a_search_of_a_program_that_knows_no_labels_has_no_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
