/* test_elasticsearch_server.c - what becomes of an index that belongs to somebody else, is removed or made anew while
 * it is in use, or is searched for much: against a real engine (tests/servers/search-engine), which
 * MEOWER_TEST_ELASTICSEARCH names, such as elasticsearch:http://127.0.0.1:9200. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/elasticsearch_fixture.h"

#define OTHER_EPOCH "fedcba9876543210"
#define WORDS_MAX   40

/* ---- indexes of others ------------------------------------------------------------------------------------------ */

static void an_index_of_something_else_is_refused_and_left_alone(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};

    ask(fixture, "PUT", "/_doc/1?refresh=true", "{\"body\":\"hello\"}");
    assert_int_equal(search_open(&fixture->search, fixture->options, 1, &error), MEOWER_ERROR_INVALID);
    assert_non_null(strstr(error.message, "option \"search\""));
    assert_int_equal(ask(fixture, "GET", "/_doc/1", NULL), 200);
}

static void an_alias_of_an_index_of_ours_is_taken_as_it_is(void **state)
{
    struct fixture *fixture = *state;
    struct search search;
    meower_error error = {0};

    open_search(fixture, &fixture->search);
    assert_int_equal(ask(fixture, "PUT", "/_alias/meower-server-test-alias", ""), 200);
    snprintf(strrchr(fixture->url, '/'), 50, "/meower-server-test-alias");
    assert_int_equal(meower_options_set(fixture->options, "search", fixture->url, NULL), MEOWER_OK);
    open_search(fixture, &search);
    search_close(&search);
    assert_int_equal(search_open(&search, fixture->options, 1, &error), MEOWER_OK);
    search_close(&search);
}

/* What the original's services use: the plain name, to search and to write. */
static void after_a_rebuild_the_name_still_answers(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};

    open_search(fixture, &fixture->search);
    assert_int_equal(search_rebuild_begin(&fixture->search, &error), MEOWER_OK);
    assert_int_equal(search_rebuild_swap(&fixture->search, &error), MEOWER_OK);
    assert_int_equal(ask(fixture, "GET", "/_search", NULL), 200);
    assert_int_equal(ask(fixture, "GET", "-1/_search", NULL), 200);
    assert_int_equal(search_reset(&fixture->search, &error), MEOWER_OK);
    assert_int_equal(ask(fixture, "GET", "/_search", NULL), 200);
    assert_int_equal(ask(fixture, "GET", "-1/_search", NULL), 404);
}

/* Another process goes on with the index that it knows, notices, and goes on with the new one. */
static void who_shares_an_index_notices_that_it_was_rebuilt(void **state)
{
    struct fixture *fixture = *state;
    struct search other;
    meower_search_info info = {.position = 0};
    meower_error error = {0};

    open_search(fixture, &fixture->search);
    open_search(fixture, &other);
    post(&other, 1, "one");
    assert_int_equal(search_rebuild_begin(&fixture->search, &error), MEOWER_OK);
    assert_int_equal(search_rebuild_swap(&fixture->search, &error), MEOWER_OK);
    assert_int_equal(index_words(&other, EPOCH, 2, "two", &error), MEOWER_ERROR_CORRUPT);
    check(search_info(&other, &info, &error), &error);
    assert_int_equal(info.position, 0); /* so that it reads the feed from the start */
    post(&other, 1, "one");
    post(&other, 2, "two");
    check(search_info(&fixture->search, &info, &error), &error);
    assert_int_equal(info.position, 2);
    search_close(&other);
}

static int rebuild_words(struct search *search, uint64_t position, const char *words, meower_error *error)
{
    const meower_search_document document = {
        .position = position, .id = "0ujtsYcgvSTl8PAuAdqWYSMnLOv", .words = words, .words_len = strlen(words)};
    const meower_search_info info = {.epoch = EPOCH, .position = position};

    return search_rebuild_index(search, &document, 1, &info, error);
}

/* Both use one place: who comes second begins it anew, and who was first must leave it alone, also once it is live. */
static void of_two_rebuilds_at_once_the_later_one_wins(void **state)
{
    struct fixture *fixture = *state;
    struct search other;
    meower_search_info info = {.position = 0};
    meower_error error = {0};

    open_search(fixture, &fixture->search);
    open_search(fixture, &other);
    post(&fixture->search, 1, "one");
    check(search_rebuild_begin(&fixture->search, &error), &error);
    check(rebuild_words(&fixture->search, 1, "one", &error), &error);
    check(search_rebuild_begin(&other, &error), &error);
    assert_int_equal(search_rebuild_swap(&fixture->search, &error), MEOWER_ERROR_CORRUPT);
    check(search_info(&fixture->search, &info, &error), &error);
    assert_int_equal(info.position, 1);
    check(rebuild_words(&other, 1, "one", &error), &error);
    check(search_rebuild_cancel(&fixture->search, &error), &error);
    check(search_rebuild_swap(&other, &error), &error);
    check(search_rebuild_cancel(&fixture->search, &error), &error);
    check(search_info(&fixture->search, &info, &error), &error);
    assert_int_equal(info.position, 1);
    search_close(&other);
}

/* The answer to a swap may be lost: giving up then must not take away what is searched by now. */
static void giving_up_a_rebuild_leaves_an_index_that_is_searched(void **state)
{
    struct fixture *fixture = *state;
    meower_search_info info = {.position = 0};
    meower_error error = {0};

    open_search(fixture, &fixture->search);
    check(search_rebuild_begin(&fixture->search, &error), &error);
    check(rebuild_words(&fixture->search, 1, "one", &error), &error);
    check(search_rebuild_swap(&fixture->search, &error), &error);
    check(search_rebuild_cancel(&fixture->search, &error), &error);
    check(search_info(&fixture->search, &info, &error), &error);
    assert_int_equal(info.position, 1);
}

static void the_index_of_another_store_is_not_mixed_with_ours(void **state)
{
    struct fixture *fixture = *state;
    struct search other;
    meower_error error = {0};

    open_search(fixture, &fixture->search);
    post(&fixture->search, 5, "meow");
    open_search(fixture, &other);
    int status = index_words(&other, OTHER_EPOCH, 3, "woof", &error);
    search_close(&other);
    assert_int_equal(status, MEOWER_ERROR_CORRUPT);
    assert_string_equal(info_of(&fixture->search).epoch, EPOCH);
}

/* ---- an index that goes away ------------------------------------------------------------------------------------ */

static void an_index_that_another_process_makes_anew_is_lost(void **state)
{
    struct fixture *fixture = *state;
    struct search other;
    meower_error error = {0};

    open_search(fixture, &fixture->search);
    post(&fixture->search, 1, "meow");
    open_search(fixture, &other);
    check(search_reset(&other, &error), &error);
    int status = index_words(&fixture->search, EPOCH, 2, "meow", &error);
    meower_search_info info = info_of(&other); /* what the late writer did is not remembered */
    search_close(&other);
    assert_int_equal(status, MEOWER_ERROR_CORRUPT);
    assert_int_equal(info.position, 0);
    assert_int_equal(index_words(&fixture->search, EPOCH, 2, "meow", &error), MEOWER_ERROR_CORRUPT);

    assert_string_equal(info_of(&fixture->search).epoch, "");
    post(&fixture->search, 2, "meow");
    assert_int_equal(info_of(&fixture->search).position, 2);
}

static void two_processes_bring_one_index_up_together(void **state)
{
    struct fixture *fixture = *state;
    struct search other;

    open_search(fixture, &fixture->search);
    open_search(fixture, &other);
    for (uint64_t position = 1; position <= 20; position++) {
        post(&fixture->search, position, "meow");
        post(&other, position > 3 ? position - 3 : 1, "meow");
    }
    refresh(&other);
    meower_search_info info = info_of(&other);
    size_t count = count_hits(&other, "meow", 0);
    search_close(&other);
    assert_int_equal(info.position, 20);
    assert_int_equal(count, 20);
}

/* The engine makes a missing index by itself, out of what is written: a useless one. */
static void an_index_that_is_removed_while_in_use_is_made_anew(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};

    open_search(fixture, &fixture->search);
    post(&fixture->search, 1, "meow");
    assert_int_equal(ask(fixture, "DELETE", "", NULL), 200);
    assert_int_equal(index_words(&fixture->search, EPOCH, 2, "meow", &error), MEOWER_ERROR_CORRUPT);
    assert_string_equal(info_of(&fixture->search).epoch, "");
    check(search_reset(&fixture->search, &error), &error);
    post(&fixture->search, 1, "meow");
    post(&fixture->search, 2, "meowing");
    refresh(&fixture->search);
    assert_int_equal(count_hits(&fixture->search, "meow", 0), 2);
}

static void searching_a_missing_index_says_so(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    struct counter counter = {{count_hit}, 0};
    const meower_search_word word = {.text = "meow", .text_len = 4};
    const meower_search_request request = {.words = &word, .word_count = 1, .take = 10};

    open_search(fixture, &fixture->search);
    assert_int_equal(ask(fixture, "DELETE", "", NULL), 200);
    assert_int_equal(search_match(&fixture->search, 0, &request, &counter.sink, &error), MEOWER_ERROR_UNAVAILABLE);
}

static void an_index_of_another_format_is_made_anew(void **state)
{
    struct fixture *fixture = *state;

    open_search(fixture, &fixture->search);
    post(&fixture->search, 1, "meow");
    search_close(&fixture->search);
    if (ask(fixture, "PUT", "/_mapping", "{\"_meta\":{\"meower\":{\"format\":0}}}") != 200) {
        assert_int_equal(ask(fixture, "PUT", "/_mapping/_doc", "{\"_meta\":{\"meower\":{\"format\":0}}}"), 200);
    }
    open_search(fixture, &fixture->search);
    assert_int_equal(info_of(&fixture->search).position, 0);
}

/* ---- much ------------------------------------------------------------------------------------------------------- */

/* More than the 128 that FTS5 would try. */
static void all_words_within_the_typos_are_found(void **state)
{
    struct fixture *fixture = *state;
    static char ids[676][MEOWER_ID_SIZE];
    static char words[676][8];
    static meower_search_document documents[676];
    meower_search_info info = {EPOCH, 676};
    meower_error error = {0};

    for (unsigned i = 0; i < 676; i++) {
        snprintf(ids[i], sizeof(ids[i]), "%027u", i + 1);
        snprintf(words[i], sizeof(words[i]), "ki%c%cen", 'a' + i / 26, 'a' + i % 26);
        documents[i] = (meower_search_document){.position = i + 1, .id = ids[i], .words = words[i], .words_len = 6};
    }
    open_search(fixture, &fixture->search);
    check(search_index(&fixture->search, documents, 676, &info, &error), &error);
    refresh(&fixture->search);
    assert_int_equal(count_hits(&fixture->search, "kitten zebra", 0), 676);
}

static void a_query_may_have_as_many_words_as_count(void **state)
{
    struct fixture *fixture = *state;
    char text[WORDS_MAX * 12] = "";

    for (unsigned i = 0; i < WORDS_MAX; i++) {
        snprintf(text + strlen(text), 12, "kitten%c%c ", 'a' + i / 6, 'a' + i % 6 * 4);
    }
    open_search(fixture, &fixture->search);
    post(&fixture->search, 1, "kittenaa and others");
    refresh(&fixture->search);
    assert_int_equal(count_hits(&fixture->search, text, 0), 1);
}

static void the_last_page_that_is_allowed_is_served(void **state)
{
    struct fixture *fixture = *state;

    open_search(fixture, &fixture->search);
    post(&fixture->search, 1, "meow");
    refresh(&fixture->search);
    assert_int_equal(count_hits(&fixture->search, "meow", 10000), 0);
    assert_int_equal(count_hits(&fixture->search, "meow", 19999), 0);
    assert_int_equal(count_hits(&fixture->search, "meow", UINT64_MAX), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_index_of_something_else_is_refused_and_left_alone),
        TEST(an_alias_of_an_index_of_ours_is_taken_as_it_is),
        TEST(after_a_rebuild_the_name_still_answers),
        TEST(who_shares_an_index_notices_that_it_was_rebuilt),
        TEST(of_two_rebuilds_at_once_the_later_one_wins),
        TEST(giving_up_a_rebuild_leaves_an_index_that_is_searched),
        TEST(the_index_of_another_store_is_not_mixed_with_ours),
        TEST(an_index_that_another_process_makes_anew_is_lost),
        TEST(two_processes_bring_one_index_up_together),
        TEST(an_index_that_is_removed_while_in_use_is_made_anew),
        TEST(searching_a_missing_index_says_so),
        TEST(an_index_of_another_format_is_made_anew),
        TEST(all_words_within_the_typos_are_found),
        TEST(a_query_may_have_as_many_words_as_count),
        TEST(the_last_page_that_is_allowed_is_served),
    };

    return RUN_WITH_SERVER("elasticsearch with a server", tests);
}
