/* test_elasticsearch_search.c - how "elasticsearch:" searches, against a server that plays the engine's part: what it
 * is asked, and what becomes of an engine that is away, busy or damaged. What is found is in
 * test_elasticsearch_order.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/elasticsearch_script.h"

/* Each search that waits in vain keeps a lane from answering lists. */
static void searches_leave_an_engine_alone_that_did_not_answer(void **state)
{
    static const struct http_answer script[] = {OPENED, {HTTP_HANGS_UP, NULL}, {200, "{\"_shards\":{\"failed\":0}}"}};
    struct fixture *fixture = *state;
    meower_error error = {0};

    OPEN(fixture, script);
    assert_int_equal(match_window(fixture, 0, 10, &error), MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(match_window(fixture, 0, 10, &error), MEOWER_ERROR_UNAVAILABLE);
    assert_says(&error, "a moment ago");
    assert_int_equal(requests(fixture), 4);
    fixture->monotonic_us += 2000000;
    assert_int_equal(match_window(fixture, 0, 10, &error), MEOWER_OK);
}

/* Returns its argument when it failed, and did not take as long as an engine is given that answers as a rule. */
static void *search_in_vain(void *fixture)
{
    meower_error error = {0};
    time_t began = time(NULL);
    int status = match_window(fixture, 0, 10, &error);

    return status == MEOWER_ERROR_UNAVAILABLE && time(NULL) - began < 9 ? fixture : NULL;
}

static void an_engine_that_did_not_answer_is_tried_by_one_search_at_a_time(void **state)
{
    static const struct http_answer script[] = {OPENED, {HTTP_HANGS_UP, NULL}, {HTTP_IS_SILENT, NULL}, {200, "{}"}};
    struct fixture *fixture = *state;
    meower_error error = {0};
    pthread_t thread;
    void *result;

    OPEN(fixture, script);
    assert_int_equal(match_window(fixture, 0, 10, &error), MEOWER_ERROR_UNAVAILABLE);
    fixture->monotonic_us += 2000000;
    assert_int_equal(pthread_create(&thread, NULL, search_in_vain, fixture), 0);
    while (requests(fixture) < 5) {
        usleep(1000);
    }
    int status = match_on_lane(fixture, 1, 0, 10, &error);
    pthread_join(thread, &result);
    assert_int_equal(status, MEOWER_ERROR_UNAVAILABLE);
    assert_says(&error, "a moment ago");
    assert_int_equal(requests(fixture), 5);
    assert_ptr_equal(result, fixture);
}

static void assert_search_fails(struct fixture *fixture, int expected, const char *part)
{
    meower_error error = {0};

    assert_int_equal(match_window(fixture, 0, 10, &error), expected);
    assert_says(&error, part);
}

static void an_engine_that_is_busy_can_be_asked_again(void **state)
{
    static const struct http_answer script[] = {OPENED,
                                                {429, ERROR("rejected_execution_exception", "queue\\nfull")},
                                                {503, "no route"},
                                                {404, NOT_THERE},
                                                {200, "{\"_shards\":{\"failed\":1}}"}};

    OPEN(*state, script);
    assert_search_fails(*state, MEOWER_ERROR_UNAVAILABLE, "HTTP 429, rejected_execution_exception: queue full");
    assert_search_fails(*state, MEOWER_ERROR_UNAVAILABLE, "HTTP 503");
    assert_search_fails(*state, MEOWER_ERROR_UNAVAILABLE, "is being made");
    assert_search_fails(*state, MEOWER_ERROR_UNAVAILABLE, "is damaged");
}

/* Two words: what they weigh is asked for first, by several searches in one request. */
static int match_two_words(struct fixture *fixture, meower_error *error)
{
    const meower_search_word words[] = {{.text = "black", .text_len = 5, .typos_max = 1, .may_differ_first = 1},
                                        {.text = "ox", .text_len = 2, .is_prefix = 1}};
    const meower_search_request request = {.words = words, .word_count = 2, .take = 10};
    meower_hit_sink sink = {ignore_hit};

    return search_match(&fixture->search, 0, &request, &sink, error);
}

/* One of the 127 documents is no meow. */
static void several_words_are_weighed_first(void **state)
{
    static const struct http_answer script[] = {
        OPENED,
        {200, "{\"responses\":[{\"hits\":{\"total\":127}},{\"hits\":{\"total\":0}},{\"hits\":{\"total\":1}},"
              "{\"hits\":{\"total\":{\"value\":9}}},{\"hits\":{\"total\":{\"value\":200}}}]}"},
        {200, "{\"responses\":[{\"hits\":{\"total\":3}}]}"},
        {200, "{\"_shards\":{\"failed\":0}}"}};
    meower_error error = {0};

    OPEN(*state, script);
    assert_int_equal(match_two_words(*state, &error), MEOWER_OK);
    assert_request(*state, 3, "POST /meows/_msearch?", "\n{}\n{\"size\":0,\"track_total_hits\":true,\"query\":");
    assert_request(*state, 4, "POST /meows/_msearch?", "\"fuzziness\":1,\"prefix_length\":0");
    assert_request(*state, 5, "POST /meows/_search?", "\"boost\":52,"); /* black: 4 * floor(2 * log2(127 / 1)) */
    assert_request(*state, 5, "POST /meows/_search?", "\"boost\":18,"); /* with typos: 2 * floor(2 * log2(127 / 4)) */
    assert_request(*state, 5, "POST /meows/_search?", "\"boost\":28,"); /* ox: 4 * floor(2 * log2(127 / 10)) */
    assert_request(*state, 5, "POST /meows/_search?", "\"boost\":1,");  /* as a prefix: every meow has it */
}

/* Plays an answer to the first question, in which the second search is what `item` says. */
static void assert_weighing_fails(struct fixture *fixture, const char *item, int expected, const char *part)
{
    static struct http_answer script[] = {OPENED, {200, NULL}};
    char answer[400];
    meower_error error = {0};

    snprintf(answer, sizeof(answer), "{\"responses\":[{\"status\":200,\"hits\":{\"total\":1}}%s]}", item);
    script[3].body = answer;
    OPEN(fixture, script);
    assert_int_equal(match_two_words(fixture, &error), expected);
    assert_says(&error, part);
    assert_int_equal(requests(fixture), 4);
}

static void a_part_of_the_weighing_that_is_refused_fails_the_search(void **state)
{
    assert_weighing_fails(*state, ",{\"status\":429,\"error\":{\"type\":\"busy\",\"reason\":\"queue full\"}}",
                          MEOWER_ERROR_UNAVAILABLE, "HTTP 429, busy: queue full");
}

static void a_part_of_the_weighing_that_lacks_a_shard_fails_the_search(void **state)
{
    assert_weighing_fails(*state, ",{\"status\":200,\"_shards\":{\"failed\":1},\"hits\":{\"total\":0}}",
                          MEOWER_ERROR_UNAVAILABLE, "is damaged");
}

static void a_part_of_the_weighing_that_is_missing_fails_the_search(void **state)
{
    assert_weighing_fails(*state, "", MEOWER_ERROR_INVALID, "neither Elasticsearch nor OpenSearch");
}

static void a_filter_stands_around_what_is_ranked(void **state)
{
    static const struct http_answer script[] = {OPENED, {200, "{\"_shards\":{\"failed\":0}}"}};
    static const meower_label terms[] = {MEOWER_LABEL("author", "tom"), MEOWER_LABEL("room", "garden"),
                                         MEOWER_LABEL("room", "hall \"1\"")};
    const meower_search_word word = {.text = "ox", .text_len = 2};
    const meower_search_request request = {
        .words = &word, .word_count = 1, .take = 10, .terms = terms, .term_count = 3};
    meower_hit_sink sink = {ignore_hit};
    struct fixture *fixture = *state;

    OPEN(fixture, script);
    assert_int_equal(search_match(&fixture->search, 0, &request, &sink, &(meower_error){0}), MEOWER_OK);
    assert_request(fixture, 3, "POST /meows/_search?",
                   "\"query\":{\"bool\":{\"filter\":[{\"terms\":{\"meower_labels\":[\"author=tom\"]}},"
                   "{\"terms\":{\"meower_labels\":[\"room=garden\",\"room=hall \\\"1\\\"\"]}}],"
                   "\"must\":{\"dis_max\":{\"queries\":[");
}

static void an_answer_that_is_too_long_is_not_taken(void **state)
{
    static char body[(17 << 20) + 1];
    static const struct http_answer script[] = {OPENED, {200, body}};

    memset(body, ' ', sizeof(body) - 1);
    OPEN(*state, script);
    assert_search_fails(*state, MEOWER_ERROR_UNAVAILABLE, "too long");
}

static void a_window_ends_where_the_engine_s_does(void **state)
{
    static const struct http_answer script[] = {OPENED, {200, "{\"_shards\":{\"failed\":0}}"}};

    OPEN(*state, script);
    assert_int_equal(match_window(*state, 19990, 100, &(meower_error){0}), MEOWER_OK);
    assert_request(*state, 3, "POST /meows/_search?", "{\"from\":19990,\"size\":10,");
    assert_int_equal(match_window(*state, 20000, 100, &(meower_error){0}), MEOWER_OK);
    assert_int_equal(requests(*state), 4);
}

static void a_hit_without_an_id_is_an_error(void **state)
{
    static const struct http_answer script[] = {OPENED, {200, "{\"hits\":{\"hits\":[{\"sort\":[6,1]}]}}"}};

    OPEN(*state, script);
    assert_int_equal(match_window(*state, 0, 10, &(meower_error){0}), MEOWER_ERROR_INVALID);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(searches_leave_an_engine_alone_that_did_not_answer),
        TEST(an_engine_that_did_not_answer_is_tried_by_one_search_at_a_time),
        TEST(an_engine_that_is_busy_can_be_asked_again),
        TEST(several_words_are_weighed_first),
        TEST(a_part_of_the_weighing_that_is_refused_fails_the_search),
        TEST(a_part_of_the_weighing_that_lacks_a_shard_fails_the_search),
        TEST(a_part_of_the_weighing_that_is_missing_fails_the_search),
        TEST(a_filter_stands_around_what_is_ranked),
        TEST(an_answer_that_is_too_long_is_not_taken),
        TEST(a_window_ends_where_the_engine_s_does),
        TEST(a_hit_without_an_id_is_an_error),
    };

    return cmocka_run_group_tests_name("elasticsearch, searching", tests, NULL, NULL);
}
