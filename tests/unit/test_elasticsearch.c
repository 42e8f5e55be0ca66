/* test_elasticsearch.c - what is special about "elasticsearch:", against a server that plays the engine's part: the
 * address, what is sent to which version, and what becomes of every kind of refusal. Against a real engine are
 * test_elasticsearch_server.c and conformance/test_search_elasticsearch.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/elasticsearch_script.h"

/* ---- the address ------------------------------------------------------------------------------------------------ */

static void an_address_that_is_none_is_refused_without_showing_it(void **state)
{
    static const char *const urls[] = {
        "elasticsearch:",
        "elasticsearch:s3cret",
        "elasticsearch:ftp://tom:s3cret@127.0.0.1/meows",
        "elasticsearch:http://tom:s3cret@127.0.0.1/Meows",
        "elasticsearch:http://tom:s3cret@127.0.0.1/_all",
        "elasticsearch:http://tom:s3cret@127.0.0.1/a/b",
        "elasticsearch:http://tom:s3cret@127.0.0.1/a*",
        "elasticsearch:http://tom:s3cret?x@127.0.0.1/meows",
        "elasticsearch:http://tom:s3cret#x@127.0.0.1/meows",
        "elasticsearch:http://tom:s3cret@127.0.0.1:99999/meows",
        "opensearch:http://tom:s3cret%00@127.0.0.1/meows",
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        meower_error error = {0};
        assert_int_equal(meower_options_set(fixture->options, "search", urls[i], NULL), MEOWER_OK);
        int status = search_open(&fixture->search, fixture->options, 1, &error);
        if (status != MEOWER_ERROR_INVALID) {
            fail_msg("%s: %d", urls[i], status);
        }
        assert_says(&error, "option \"search\"");
    }
}

static void the_user_and_the_default_index_are_asked_for(void **state)
{
    static const struct http_answer script[] = {OPENED};

    OPEN(*state, script);
    assert_request(*state, 0, "GET / HTTP/1.1\r\n", "Authorization: Basic dG9tOnMzY3JldA=="); /* tom:s3cret */
    assert_request(*state, 1, "GET /meows/_mapping ", "");
}

/* ---- an engine that is away ------------------------------------------------------------------------------------- */

static void an_engine_that_is_away_is_no_obstacle_to_opening(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    meower_search_info info;

    assert_int_equal(try_open(fixture, NULL, 0, &error), MEOWER_OK);
    assert_int_equal(search_info(&fixture->search, &info, &error), MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    assert_says(&error, "does not answer");
    assert_int_equal(index_meow(fixture, 1, "meow", &error), MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(match_window(fixture, 0, 10, &error), MEOWER_ERROR_UNAVAILABLE);
    assert_says(&error, "has not been reached yet");
}

static void an_engine_that_comes_up_later_is_used(void **state)
{
    static const struct http_answer script[] = {
        OPENED,
        {200, "{\"_version\":7,\"fields\":{\"meower_epoch\":[\"" EPOCH "\"]}}"},
        {200, "{\"_shards\":{\"failed\":0}}"},
    };
    struct fixture *fixture = *state;
    meower_error error = {0};
    meower_search_info info;

    assert_int_equal(try_open(fixture, NULL, 0, &error), MEOWER_OK);
    http_start(&fixture->http, script, sizeof(script) / sizeof(script[0]));
    assert_int_equal(search_info(&fixture->search, &info, &error), MEOWER_OK);
    assert_string_equal(info.epoch, EPOCH);
    assert_int_equal(info.position, 7);
    assert_int_equal(match_window(fixture, 0, 10, &error), MEOWER_OK);
}

static void the_engine_is_looked_at_again_after_a_failure(void **state)
{
    static const struct http_answer script[] = {
        OPENED,
        {503, "{}"},
        {200, ENGINE_7},
        {200, MAPPING_7},
        {200, "{\"items\":[{\"index\":{\"status\":201}}]}"},
        {200, UPDATED},
    };
    struct fixture *fixture = *state;
    meower_error error = {0};

    OPEN(fixture, script);
    assert_int_equal(index_meow(fixture, 1, "meow", &error), MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(index_meow(fixture, 1, "meow", &error), MEOWER_OK);
    assert_request(fixture, 4, "GET / ", "");
}

/* ---- refusals --------------------------------------------------------------------------------------------------- */

static void a_password_that_is_refused_is_named_by_its_setting(void **state)
{
    static const struct http_answer script[] = {{401, "{}"}};
    meower_error error = {0};

    assert_int_equal(TRY_OPEN(*state, script, &error), MEOWER_ERROR_PERMISSION);
    assert_int_equal(error.backend_domain, MEOWER_DOMAIN_HTTP);
    assert_int_equal(error.backend_code, 401);
    assert_says(&error, "option \"search\"");
}

static void another_server_at_the_address_is_refused(void **state)
{
    static const struct http_answer script[] = {{200, "<html>It works!</html>"}};
    meower_error error = {0};

    assert_int_equal(TRY_OPEN(*state, script, &error), MEOWER_ERROR_INVALID);
    assert_says(&error, "neither Elasticsearch nor OpenSearch");
}

static void a_server_without_such_a_page_is_refused(void **state)
{
    static const struct http_answer script[] = {{404, "not found"}};
    meower_error error = {0};

    assert_int_equal(TRY_OPEN(*state, script, &error), MEOWER_ERROR_INVALID);
    assert_says(&error, "neither Elasticsearch nor OpenSearch");
}

static void an_engine_that_is_too_old_is_refused(void **state)
{
    static const struct http_answer script[] = {{200, "{\"version\":{\"number\":\"5.6.16\"}}"}};
    meower_error error = {0};

    assert_int_equal(TRY_OPEN(*state, script, &error), MEOWER_ERROR_UNSUPPORTED);
    assert_says(&error, "6.2 or later");
}

static void an_index_of_something_else_is_refused(void **state)
{
    static const struct http_answer script[] = {
        {200, ENGINE_7}, {200, "{\"meows\":{\"mappings\":{\"properties\":{\"body\":{},\"meower_x\":{}}}}}"}};
    meower_error error = {0};

    assert_int_equal(TRY_OPEN(*state, script, &error), MEOWER_ERROR_INVALID);
    assert_says(&error, "option \"search\"");
    assert_int_equal(requests(*state), 2);
}

/* Such as one that the engine made by itself: it has nothing that could be lost. */
static void an_index_without_a_mapping_is_made_anew(void **state)
{
    static const struct http_answer script[] = {
        {200, ENGINE_7}, {200, "{\"meows\":{\"mappings\":{}}}"}, {200, "{}"}, {200, "{}"}, {201, "{}"}};

    assert_int_equal(TRY_OPEN(*state, script, &(meower_error){0}), MEOWER_OK);
    assert_request(*state, 2, "DELETE /meows ", "");
    assert_request(*state, 3, "PUT /meows ", "\"_meta\"");
}

static void an_index_with_the_mapping_of_another_type_is_refused(void **state)
{
    static const struct http_answer script[] = {
        {200, ENGINE_6}, {200, "{\"meows\":{\"mappings\":{\"meow\":{\"properties\":{\"body\":{}}}}}}"}};

    assert_int_equal(TRY_OPEN(*state, script, &(meower_error){0}), MEOWER_ERROR_INVALID);
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static void elasticsearch_6_is_given_a_name_for_the_mapping(void **state)
{
    static const struct http_answer script[] = {{200, ENGINE_6},
                                                {404, NOT_THERE},
                                                {200, DONE},
                                                {201, CREATED},
                                                {200, "{\"items\":[{\"index\":{\"status\":201}}]}"},
                                                {200, UPDATED}};

    OPEN(*state, script);
    assert_request(*state, 2, "PUT /meows ", "\"mappings\":{\"_doc\":{");
    assert_int_equal(index_meow(*state, 1, "meow", &(meower_error){0}), MEOWER_OK);
    assert_request(*state, 4, "POST /meows/_doc/_bulk?", "");
}

static void later_engines_are_given_none(void **state)
{
    static const struct http_answer script[] = {{200, ENGINE_OPEN},
                                                {404, NOT_THERE},
                                                {200, DONE},
                                                {201, CREATED},
                                                {200, "{\"items\":[{\"index\":{\"status\":201}}]}"},
                                                {200, UPDATED}};

    OPEN(*state, script);
    assert_request(*state, 2, "PUT /meows ", "\"mappings\":{\"_meta\"");
    assert_int_equal(index_meow(*state, 1, "meow", &(meower_error){0}), MEOWER_OK);
    assert_request(*state, 4, "POST /meows/_bulk?", "");
}

static void the_position_is_the_version_and_is_remembered_last(void **state)
{
    static const struct http_answer script[] = {OPENED,
                                                {200, "{\"items\":[{\"index\":{\"status\":201}}]}"},
                                                {200, UPDATED},
                                                {200, "{\"items\":[{\"delete\":{\"status\":404}}]}"},
                                                {200, UPDATED}};

    OPEN(*state, script);
    assert_int_equal(index_meow(*state, 41, "meow", &(meower_error){0}), MEOWER_OK);
    assert_request(
        *state, 3, "POST /meows/_bulk?",
        "{\"index\":{\"_id\":\"000000000000000000000000001\",\"version\":41,\"version_type\":\"external\"}}\n"
        "{\"meower_words\":\"meow\",\"meower_position\":41}\n");
    assert_request(*state, 4, "PUT /meows/_doc/meower-info-" LIFE "?version=41&version_type=external_gte ",
                   "{\"meower_epoch\":\"" EPOCH "\"}");
    assert_int_equal(index_meow(*state, 42, NULL, &(meower_error){0}), MEOWER_OK);
    assert_request(*state, 5, "POST /meows/_bulk?",
                   "{\"delete\":{\"_id\":\"000000000000000000000000001\",\"version\":42,");
}

static void words_stand_in_json_as_they_are(void **state)
{
    static const struct http_answer script[] = {
        OPENED, {200, "{\"items\":[{\"index\":{\"status\":201}}]}"}, {200, UPDATED}};

    OPEN(*state, script);
    assert_int_equal(index_meow(*state, 1, "a\"b\\c \xF0\x9F\x90\xB1", &(meower_error){0}), MEOWER_OK);
    assert_request(*state, 3, "POST", "{\"meower_words\":\"a\\\"b\\\\c \xF0\x9F\x90\xB1\",");
}

static void labels_are_sent_as_pairs(void **state)
{
    static const struct http_answer script[] = {
        OPENED, {200, "{\"items\":[{\"index\":{\"status\":201}}]}"}, {200, UPDATED}};
    static const meower_label labels[] = {MEOWER_LABEL("author", "t\"m"), MEOWER_LABEL("room", "a=b c")};
    const meower_search_document document = {.position = 1,
                                             .id = "000000000000000000000000001",
                                             .words = "meow",
                                             .words_len = 4,
                                             .labels = labels,
                                             .label_count = 2};
    const meower_search_info info = {EPOCH, 1};

    OPEN(*state, script);
    assert_int_equal(search_index(&((struct fixture *)*state)->search, &document, 1, &info, &(meower_error){0}),
                     MEOWER_OK);
    assert_request(*state, 3, "POST",
                   "{\"meower_words\":\"meow\",\"meower_labels\":[\"author=t\\\"m\",\"room=a=b c\"],"
                   "\"meower_position\":1}\n");
}

static void neighbours_are_sent_joined_too(void **state)
{
    static const struct http_answer script[] = {
        OPENED, {200, "{\"items\":[{\"index\":{\"status\":201}}]}"}, {200, UPDATED}};

    OPEN(*state, script);
    assert_int_equal(index_meow(*state, 1, "a b \xF0\x9F\x90\xB1 c d e", &(meower_error){0}), MEOWER_OK);
    assert_request(*state, 3, "POST", "\"meower_joined\":\"ab cd cde de\",");
}

static void a_conflict_is_no_error(void **state)
{
    static const struct http_answer script[] = {
        OPENED,
        {200, "{\"items\":[{\"index\":{\"status\":409,\"error\":{\"type\":\"x\"}}}]}"},
        {409, CONFLICT},
        {200, "{\"_version\":9,\"fields\":{\"meower_epoch\":[\"" EPOCH "\"]}}"}};

    OPEN(*state, script);
    assert_int_equal(index_meow(*state, 1, "meow", &(meower_error){0}), MEOWER_OK);
}

static void an_index_of_another_store_is_noticed(void **state)
{
    static const struct http_answer script[] = {
        OPENED,
        {200, "{\"items\":[{\"index\":{\"status\":409,\"error\":{\"type\":\"x\"}}}]}"},
        {409, CONFLICT},
        {200, "{\"_version\":9,\"fields\":{\"meower_epoch\":[\"fedcba9876543210\"]}}"}};
    meower_error error = {0};

    OPEN(*state, script);
    assert_int_equal(index_meow(*state, 1, "meow", &error), MEOWER_ERROR_CORRUPT);
    assert_says(&error, "another store");
}

/* Plays an answer to a batch. It must fail so, and nothing may be remembered. */
static void assert_batch_fails(struct fixture *fixture, const char *item, int expected, uint32_t flags)
{
    static struct http_answer script[] = {OPENED, {200, NULL}, {200, UPDATED}};
    meower_error error = {0};

    script[3].body = item;
    OPEN(fixture, script);
    assert_int_equal(index_meow(fixture, 1, "meow", &error), expected);
    assert_int_equal(error.flags, flags);
    assert_int_equal(requests(fixture), 4);
}

static void a_batch_that_is_refused_in_part_is_not_remembered(void **state)
{
    assert_batch_fails(*state, "{\"items\":[{\"index\":{\"status\":429,\"error\":{\"type\":\"es_rejected\"}}}]}",
                       MEOWER_ERROR_UNAVAILABLE, MEOWER_ERROR_FLAG_RETRIABLE);
}

static void a_batch_that_is_answered_in_part_is_not_remembered(void **state)
{
    assert_batch_fails(*state, "{\"items\":[]}", MEOWER_ERROR_INVALID, 0);
}

static void a_batch_for_a_missing_index_says_that_it_is_lost(void **state)
{
    assert_batch_fails(*state, "{\"items\":[{\"index\":{\"status\":404,\"error\":{\"type\":\"index_not_found\"}}}]}",
                       MEOWER_ERROR_CORRUPT, 0);
}

static void a_full_disk_is_called_so_by_elasticsearch_6(void **state)
{
    assert_batch_fails(
        *state,
        "{\"items\":[{\"index\":{\"status\":403,\"error\":{\"type\":\"cluster_block_exception\",\"reason\":"
        "\"blocked by: [FORBIDDEN/12/index read-only / allow delete (api)];\"}}}]}",
        MEOWER_ERROR_FULL, MEOWER_ERROR_FLAG_RETRIABLE);
}

static void a_full_disk_is_called_so_by_later_engines(void **state)
{
    assert_batch_fails(
        *state,
        "{\"items\":[{\"index\":{\"status\":429,\"error\":{\"type\":\"cluster_block_exception\",\"reason\":"
        "\"index [meows] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded];\"}}}]}",
        MEOWER_ERROR_FULL, MEOWER_ERROR_FLAG_RETRIABLE);
}

static void a_position_that_json_would_round_is_refused(void **state)
{
    static const struct http_answer script[] = {OPENED, {200, "{}"}};
    meower_error error = {0};

    OPEN(*state, script);
    assert_int_equal(index_meow(*state, (UINT64_C(1) << 53) + 1, "meow", &error), MEOWER_ERROR_INVALID);
    assert_says(&error, "2^53");
}

static void a_reset_after_making_the_index_does_not_make_it_twice(void **state)
{
    static const struct http_answer script[] = {
        {200, ENGINE_7}, {404, NOT_THERE}, {200, DONE}, {201, CREATED}, {500, ""}};
    struct fixture *fixture = *state;

    OPEN(fixture, script);
    assert_int_equal(search_reset(&fixture->search, &(meower_error){0}), MEOWER_OK);
    assert_int_equal(requests(fixture), 4);
}

static void an_index_whose_making_was_not_answered_is_taken_as_it_is(void **state)
{
    static const struct http_answer script[] = {
        {200, ENGINE_7},
        {404, NOT_THERE},
        {504, "too late"},
        {200, ENGINE_7},
        {200, "{\"meows\":{\"mappings\":{\"_meta\":{\"meower\":{\"format\":3,\"life\":\"0000000000000000\"}}}}}"},
        {201, CREATED},
        {200, "{\"items\":[{\"index\":{\"status\":201}}]}"},
        {200, UPDATED}};

    OPEN(*state, script);
    assert_int_equal(index_meow(*state, 1, "meow", &(meower_error){0}), MEOWER_OK);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_address_that_is_none_is_refused_without_showing_it),
        TEST(the_user_and_the_default_index_are_asked_for),
        TEST(an_engine_that_is_away_is_no_obstacle_to_opening),
        TEST(an_engine_that_comes_up_later_is_used),
        TEST(the_engine_is_looked_at_again_after_a_failure),
        TEST(a_password_that_is_refused_is_named_by_its_setting),
        TEST(another_server_at_the_address_is_refused),
        TEST(a_server_without_such_a_page_is_refused),
        TEST(an_engine_that_is_too_old_is_refused),
        TEST(an_index_of_something_else_is_refused),
        TEST(an_index_without_a_mapping_is_made_anew),
        TEST(an_index_with_the_mapping_of_another_type_is_refused),
        TEST(elasticsearch_6_is_given_a_name_for_the_mapping),
        TEST(later_engines_are_given_none),
        TEST(the_position_is_the_version_and_is_remembered_last),
        TEST(words_stand_in_json_as_they_are),
        TEST(labels_are_sent_as_pairs),
        TEST(neighbours_are_sent_joined_too),
        TEST(a_conflict_is_no_error),
        TEST(an_index_of_another_store_is_noticed),
        TEST(a_batch_that_is_refused_in_part_is_not_remembered),
        TEST(a_batch_that_is_answered_in_part_is_not_remembered),
        TEST(a_batch_for_a_missing_index_says_that_it_is_lost),
        TEST(a_full_disk_is_called_so_by_elasticsearch_6),
        TEST(a_full_disk_is_called_so_by_later_engines),
        TEST(a_position_that_json_would_round_is_refused),
        TEST(a_reset_after_making_the_index_does_not_make_it_twice),
        TEST(an_index_whose_making_was_not_answered_is_taken_as_it_is),
    };

    return cmocka_run_group_tests_name("elasticsearch", tests, NULL, NULL);
}
