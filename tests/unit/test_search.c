/* test_search.c - the search port: which engine a URL means, and the fault hook around every call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "search/search.h"
#include <stdio.h>
#include <string.h>

/* An engine of a host that notes what it was asked. */
struct engine {
    char calls[200];
    char location[50];
    unsigned lanes;
};

static void note(struct engine *engine, const char *call)
{
    strcat(engine->calls, engine->calls[0] == '\0' ? "" : " ");
    strcat(engine->calls, call);
}

static int engine_open(const meower_backend_config *config, void **search, meower_error *error)
{
    struct engine *engine = config->context;

    (void)error;
    snprintf(engine->location, sizeof(engine->location), "%s", config->location);
    engine->lanes = config->lanes;
    note(engine, "open");
    *search = engine;
    return MEOWER_OK;
}

static void engine_close(void *search)
{
    note(search, "close");
}

static int engine_info(void *search, meower_search_info *info, meower_error *error)
{
    (void)error;
    note(search, "info");
    info->position = 7;
    return MEOWER_OK;
}

static int engine_reset(void *search, meower_error *error)
{
    (void)error;
    note(search, "reset");
    return MEOWER_OK;
}

static int engine_index(void *search, const meower_search_document *documents, size_t count,
                        const meower_search_info *info, meower_error *error)
{
    (void)documents;
    (void)count;
    (void)info;
    note(search, "index");
    return meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 0, MEOWER_ERROR_FLAG_RETRIABLE, "away");
}

static int engine_match(void *search, unsigned lane, const meower_search_request *request, meower_hit_sink *sink,
                        meower_error *error)
{
    (void)error;
    (void)lane;
    (void)request;
    note(search, "match");
    return sink->hit(sink, "0ujtsYcgvSTl8PAuAdqWYSMnLOv", 1);
}

static const meower_search_vtable engine_table = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_search_vtable),
    .scheme = "mine",
    .open = engine_open,
    .close = engine_close,
    .info = engine_info,
    .reset = engine_reset,
    .index = engine_index,
    .match = engine_match,
};

struct fixture {
    struct engine engine;
    meower_options *options;
    meower_error error;
    /* of the fault hook */
    const char *fails_before;
    const char *fails_after;
    char seen[200];
};

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    *state = &fixture;
    return meower_options_new(&fixture.options, NULL);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    meower_options_free(fixture->options);
    return 0;
}

static void choose(struct fixture *fixture, const char *url)
{
    assert_int_equal(meower_options_set(fixture->options, "search", url, NULL), MEOWER_OK);
}

static void add_engine(struct fixture *fixture)
{
    assert_int_equal(meower_options_add_search(fixture->options, &engine_table, &fixture->engine, NULL), MEOWER_OK);
    choose(fixture, "mine:somewhere");
}

static int before(void *context, const char *port, const char *call, meower_error *error)
{
    struct fixture *fixture = context;

    assert_string_equal(port, "search");
    strcat(fixture->seen, fixture->seen[0] == '\0' ? "" : " ");
    strcat(fixture->seen, call);
    if (fixture->fails_before != NULL && strcmp(fixture->fails_before, call) == 0) {
        return meower_error_set(error, MEOWER_ERROR_IO, 0, 0, "fault before %s", call);
    }
    return MEOWER_OK;
}

static int after(void *context, const char *port, const char *call, int status, meower_error *error)
{
    struct fixture *fixture = context;

    assert_string_equal(port, "search");
    if (fixture->fails_after != NULL && strcmp(fixture->fails_after, call) == 0) {
        return meower_error_set(error, MEOWER_ERROR_OUTCOME_UNKNOWN, status, 0, "fault after %s", call);
    }
    return status;
}

static void add_hook(struct fixture *fixture)
{
    const meower_fault_hook hook = {before, after, fixture};

    meower_options_set_fault_hook(fixture->options, &hook);
}

static int ignore_hit(meower_hit_sink *sink, const char *id, uint64_t position)
{
    (void)sink;
    (void)id;
    (void)position;
    return MEOWER_OK;
}

/* Makes every call of the port once. */
static void call_all(struct search *search)
{
    meower_search_info info = {0};
    const meower_search_word word = {.text = "meow", .text_len = 4, .typos_max = 1, .is_prefix = 1};
    const meower_search_request request = {.words = &word, .word_count = 1, .take = 10};
    meower_hit_sink sink = {ignore_hit};
    meower_error error;

    search_info(search, &info, &error);
    search_reset(search, &error);
    search_index(search, NULL, 0, &info, &error);
    search_refresh(search, &error);
    search_match(search, 0, &request, &sink, &error);
}

static void an_unknown_scheme_is_invalid_and_the_known_ones_are_named(void **state)
{
    struct fixture *fixture = *state;
    struct search search;

    choose(fixture, "solr:http://me:secret@localhost");
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_ERROR_INVALID);
    assert_non_null(strstr(fixture->error.message, "index:"));
    assert_non_null(strstr(fixture->error.message, "elasticsearch:"));
    assert_non_null(strstr(fixture->error.message, "opensearch:"));
    assert_null(strstr(fixture->error.message, "secret"));
}

#ifndef MEOWER_WITH_ELASTICSEARCH
static void an_engine_that_is_not_built_in_is_unsupported(void **state)
{
    struct fixture *fixture = *state;
    struct search search;

    choose(fixture, "elasticsearch:http://localhost:9200");
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_ERROR_UNSUPPORTED);
    assert_non_null(strstr(fixture->error.message, "elasticsearch:"));
}
#endif

static void a_text_without_a_scheme_is_invalid(void **state)
{
    struct fixture *fixture = *state;
    struct search search;

    choose(fixture, "index");
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_ERROR_INVALID);
}

static void the_embedded_index_is_built_in(void **state)
{
    struct fixture *fixture = *state;
    struct search search;

    choose(fixture, "index:");
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_OK);
    assert_true((search.vtable.flags & MEOWER_SEARCH_EXCLUSIVE) != 0);
    search_close(&search);
}

static void the_engine_before_it_is_unsupported_and_the_new_one_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct search search;

    choose(fixture, "fts5:/var/lib/meower/index.db");
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_ERROR_UNSUPPORTED);
    assert_non_null(strstr(fixture->error.message, "index:PATH"));
    choose(fixture, "fts5:");
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_ERROR_UNSUPPORTED);
}

static void an_engine_of_the_host_is_found_with_its_context_location_and_lanes(void **state)
{
    struct fixture *fixture = *state;
    struct search search;

    add_engine(fixture);
    assert_int_equal(search_open(&search, fixture->options, 3, &fixture->error), MEOWER_OK);
    assert_string_equal(fixture->engine.location, "somewhere");
    assert_int_equal(fixture->engine.lanes, 3);
    search_close(&search);
    assert_string_equal(fixture->engine.calls, "open close");
}

static void every_call_reaches_the_engine(void **state)
{
    struct fixture *fixture = *state;
    struct search search;

    add_engine(fixture);
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_OK);
    call_all(&search);
    search_close(&search);
    assert_string_equal(fixture->engine.calls, "open info reset index match close");
}

static void a_status_comes_back_with_its_detail(void **state)
{
    struct fixture *fixture = *state;
    meower_search_info info = {0};
    struct search search;

    add_engine(fixture);
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_OK);
    assert_int_equal(search_index(&search, NULL, 0, &info, &fixture->error), MEOWER_ERROR_UNAVAILABLE);
    assert_string_equal(fixture->error.message, "away");
    search_close(&search);
}

static int match_without_id(void *search, unsigned lane, const meower_search_request *request, meower_hit_sink *sink,
                            meower_error *error)
{
    (void)search;
    (void)lane;
    (void)request;
    (void)error;
    (void)sink->hit(sink, NULL, 1);
    (void)sink->hit(sink, "", 1);
    return MEOWER_OK; /* it does not stop when it is told to */
}

static int no_hit(meower_hit_sink *sink, const char *id, uint64_t position)
{
    (void)sink;
    fail_msg("the hit \"%s\" at %llu", id == NULL ? "NULL" : id, (unsigned long long)position);
    return MEOWER_OK;
}

static void a_hit_without_an_id_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const meower_search_word word = {.text = "meow", .text_len = 4};
    const meower_search_request request = {.words = &word, .word_count = 1, .take = 10};
    meower_hit_sink sink = {no_hit};
    struct search search;

    add_engine(fixture);
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_OK);
    search.vtable.match = match_without_id;
    assert_int_equal(search_match(&search, 0, &request, &sink, &fixture->error), MEOWER_ERROR_CORRUPT);
    assert_string_equal(fixture->error.message, "the search engine \"mine:\" gave a hit without an id");
    search_close(&search);
}

/* An engine that lists what its test says, whatever it was asked, and does not stop when it is told to. */
static const meower_search_document *listed;
static size_t listed_count;

static int list_anything(void *search, unsigned lane, uint64_t after, size_t max, meower_document_sink *sink,
                         meower_error *error)
{
    (void)search;
    (void)lane;
    (void)after;
    (void)max;
    (void)error;
    for (size_t i = 0; i < listed_count; i++) {
        (void)sink->document(sink, &listed[i]);
    }
    return MEOWER_OK;
}

struct document_counter {
    meower_document_sink sink; /* first: the document function casts back */
    size_t count;
};

static int count_document(meower_document_sink *sink, const meower_search_document *document)
{
    (void)document;
    ((struct document_counter *)sink)->count++;
    return MEOWER_OK;
}

/* Of these documents, asked for after position 3 and five at most, `passed` come through before one is refused as
 * `fault` says; NULL: none is. */
static void check_listing(struct fixture *fixture, const meower_search_document *documents, size_t count, size_t passed,
                          const char *fault)
{
    struct document_counter counter = {.sink.document = count_document};
    struct search search;

    listed = documents;
    listed_count = count;
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_OK);
    search.vtable.list = list_anything;
    assert_int_equal(search_list(&search, 0, 3, 5, &counter.sink, &fixture->error),
                     fault == NULL ? MEOWER_OK : MEOWER_ERROR_CORRUPT);
    assert_int_equal(counter.count, passed);
    if (fault != NULL) {
        assert_string_equal(fixture->error.message, fault);
    }
    search_close(&search);
}

static void documents_out_of_order_are_refused(void **state)
{
    const meower_search_document sound[] = {
        {.position = 4, .id = "a"}, {.position = 5, .id = "b"}, {.position = 9, .id = "c"}};
    const meower_search_document falling[] = {
        {.position = 5, .id = "a"}, {.position = 4, .id = "b"}, {.position = 6, .id = "c"}};
    const meower_search_document equal[] = {{.position = 5, .id = "a"}, {.position = 5, .id = "b"}};
    const meower_search_document too_old[] = {{.position = 3, .id = "a"}};

    add_engine(*state);
    check_listing(*state, sound, 3, 3, NULL);
    check_listing(*state, falling, 3, 1,
                  "the search engine \"mine:\" gave a document whose position is not above that of the one before: "
                  "document 2 of a call");
    check_listing(*state, equal, 2, 1,
                  "the search engine \"mine:\" gave a document whose position is not above that of the one before: "
                  "document 2 of a call");
    check_listing(*state, too_old, 1, 0,
                  "the search engine \"mine:\" gave a document whose position is not above that of the one before: "
                  "document 1 of a call");
}

static void documents_without_an_id_and_too_many_are_refused(void **state)
{
    const meower_search_document nameless[] = {{.position = 4, .id = "a"}, {.position = 5, .id = NULL}};
    const meower_search_document empty[] = {{.position = 4, .id = ""}};
    meower_search_document many[6];

    for (size_t i = 0; i < 6; i++) {
        many[i] = (meower_search_document){.position = 4 + i, .id = "a"};
    }
    add_engine(*state);
    check_listing(*state, nameless, 2, 1,
                  "the search engine \"mine:\" gave a document without an id: document 2 of a call");
    check_listing(*state, empty, 1, 0,
                  "the search engine \"mine:\" gave a document without an id: document 1 of a call");
    check_listing(*state, many, 6, 5,
                  "the search engine \"mine:\" gave more documents than it was asked for: document 6 of a call");
}

static void refreshing_an_engine_that_needs_none_does_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct search search;

    add_engine(fixture);
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_OK);
    assert_int_equal(search_refresh(&search, &fixture->error), MEOWER_OK);
    search_close(&search);
}

static void the_fault_hook_sees_every_call(void **state)
{
    struct fixture *fixture = *state;
    struct search search;

    add_engine(fixture);
    add_hook(fixture);
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_OK);
    call_all(&search);
    search_close(&search);
    assert_string_equal(fixture->seen, "open info reset index match");
}

static void a_fault_before_a_call_takes_its_place(void **state)
{
    struct fixture *fixture = *state;
    meower_search_info info = {0};
    struct search search;

    add_engine(fixture);
    add_hook(fixture);
    fixture->fails_before = "info";
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_OK);
    assert_int_equal(search_info(&search, &info, &fixture->error), MEOWER_ERROR_IO);
    assert_int_equal(info.position, 0);
    assert_string_equal(fixture->error.message, "fault before info");
    search_close(&search);
    assert_string_equal(fixture->engine.calls, "open close");
}

static void a_fault_after_a_call_replaces_its_status(void **state)
{
    struct fixture *fixture = *state;
    struct search search;

    add_engine(fixture);
    add_hook(fixture);
    fixture->fails_after = "reset";
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_OK);
    assert_int_equal(search_reset(&search, &fixture->error), MEOWER_ERROR_OUTCOME_UNKNOWN);
    search_close(&search);
    assert_string_equal(fixture->engine.calls, "open reset close");
}

static void an_engine_that_opened_is_closed_when_a_fault_follows(void **state)
{
    struct fixture *fixture = *state;
    struct search search;

    add_engine(fixture);
    add_hook(fixture);
    fixture->fails_after = "open";
    assert_int_equal(search_open(&search, fixture->options, 1, &fixture->error), MEOWER_ERROR_OUTCOME_UNKNOWN);
    assert_string_equal(fixture->engine.calls, "open close");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_unknown_scheme_is_invalid_and_the_known_ones_are_named, setup, teardown),
#ifndef MEOWER_WITH_ELASTICSEARCH
        cmocka_unit_test_setup_teardown(an_engine_that_is_not_built_in_is_unsupported, setup, teardown),
#endif
        cmocka_unit_test_setup_teardown(a_text_without_a_scheme_is_invalid, setup, teardown),
        cmocka_unit_test_setup_teardown(the_embedded_index_is_built_in, setup, teardown),
        cmocka_unit_test_setup_teardown(the_engine_before_it_is_unsupported_and_the_new_one_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(an_engine_of_the_host_is_found_with_its_context_location_and_lanes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(every_call_reaches_the_engine, setup, teardown),
        cmocka_unit_test_setup_teardown(a_status_comes_back_with_its_detail, setup, teardown),
        cmocka_unit_test_setup_teardown(a_hit_without_an_id_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(documents_out_of_order_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(documents_without_an_id_and_too_many_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(refreshing_an_engine_that_needs_none_does_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(the_fault_hook_sees_every_call, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fault_before_a_call_takes_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fault_after_a_call_replaces_its_status, setup, teardown),
        cmocka_unit_test_setup_teardown(an_engine_that_opened_is_closed_when_a_fault_follows, setup, teardown),
    };
    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
