/* elasticsearch_script.h - a server that plays a search engine's part for a test: what it answers, in which order, and
 * an instance of the adapter that talks to it. For tests with cmocka. */
#ifndef UNIT_ELASTICSEARCH_SCRIPT_H
#define UNIT_ELASTICSEARCH_SCRIPT_H

#include "search/search.h"
#include "unit/http_fixture.h"
#include <time.h>

#define EPOCH "0123456789abcdef"
#define LIFE  "00000000000000ff"

/* What engines say. */
#define ENGINE_6         "{\"version\":{\"number\":\"6.2.3\"}}"
#define ENGINE_7         "{\"version\":{\"number\":\"7.10.2\"}}"
#define ENGINE_OPEN      "{\"version\":{\"distribution\":\"opensearch\",\"number\":\"2.19.6\"}}"
#define OURS             "\"_meta\":{\"meower\":{\"format\":3,\"life\":\"" LIFE "\"}}"
#define MAPPING_7        "{\"meows\":{\"mappings\":{" OURS "}}}"
#define ERROR(type, why) "{\"error\":{\"type\":\"" type "\",\"reason\":\"" why "\"}}"
#define NOT_THERE        ERROR("index_not_found_exception", "no such index")
#define CREATED          "{\"result\":\"created\"}"
#define UPDATED          "{\"result\":\"updated\"}"
#define CONFLICT         ERROR("version_conflict_engine_exception", "version conflict")
#define DONE             "{\"acknowledged\":true}"

/* A script's beginning: an index of ours is there. */
#define OPENED                                                                                                         \
    {200, ENGINE_7}, {200, MAPPING_7},                                                                                 \
    {                                                                                                                  \
        409, CONFLICT                                                                                                  \
    }

struct fixture {
    struct http_fixture http;
    meower_options *options;
    struct search search;
    int64_t monotonic_us;
};

static inline int64_t frozen_us(void *context)
{
    return ((struct fixture *)context)->monotonic_us;
}

static inline void no_chance(void *context, void *out, size_t len)
{
    (void)context;
    memset(out, 0, len);
}

static inline int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    const meower_clock clock = {frozen_us, frozen_us, no_chance, fixture};

    if (fixture == NULL || meower_options_new(&fixture->options, NULL) != MEOWER_OK) {
        return -1;
    }
    fixture->monotonic_us = 1000000;
    meower_options_set_clock(fixture->options, &clock);
    http_init(&fixture->http);
    *state = fixture;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *fixture = *state;

    if (fixture->search.backend != NULL) {
        search_close(&fixture->search);
    }
    http_stop(&fixture->http);
    meower_options_free(fixture->options);
    free(fixture);
    return 0;
}

/* Opens the engine that plays the script, with a password. */
static inline int try_open(struct fixture *fixture, const struct http_answer *answers, size_t count,
                           meower_error *error)
{
    char url[100];

    snprintf(url, sizeof(url), "elasticsearch:http://tom:s3cret@127.0.0.1:%u", fixture->http.port);
    assert_int_equal(meower_options_set(fixture->options, "search", url, NULL), MEOWER_OK);
    if (count > 0) {
        http_start(&fixture->http, answers, count);
    }
    return search_open(&fixture->search, fixture->options, 2, error);
}

#define TRY_OPEN(fixture, script, error) try_open(fixture, script, sizeof(script) / sizeof(script)[0], error)
#define OPEN(fixture, script)            assert_int_equal(TRY_OPEN(fixture, script, &(meower_error){0}), MEOWER_OK)

static inline int index_meow(struct fixture *fixture, uint64_t position, const char *words, meower_error *error)
{
    const char id[] = "000000000000000000000000001";
    meower_search_info info = {EPOCH, position};
    meower_search_document document = {
        .position = position, .id = id, .words = words, .words_len = words == NULL ? 0 : strlen(words)};

    return search_index(&fixture->search, &document, 1, &info, error);
}

static inline int ignore_hit(meower_hit_sink *sink, const char *id, uint64_t position)
{
    (void)sink;
    (void)id;
    (void)position;
    return MEOWER_OK;
}

static inline int match_on_lane(struct fixture *fixture, unsigned lane, uint64_t skip, uint32_t take,
                                meower_error *error)
{
    const meower_search_word word = {.text = "meow", .text_len = 4, .typos_max = 1, .is_prefix = 1};
    const meower_search_request request = {.words = &word, .word_count = 1, .skip = skip, .take = take};
    meower_hit_sink sink = {ignore_hit};

    return search_match(&fixture->search, lane, &request, &sink, error);
}

static inline int match_window(struct fixture *fixture, uint64_t skip, uint32_t take, meower_error *error)
{
    return match_on_lane(fixture, 0, skip, take, error);
}

static inline size_t requests(struct fixture *fixture)
{
    return atomic_load(&fixture->http.request_count);
}

static inline void assert_request(struct fixture *fixture, size_t number, const char *line, const char *part)
{
    assert_true(number < requests(fixture));
    const char *text = fixture->http.requests[number];
    if (strncmp(text, line, strlen(line)) != 0 || strstr(text, part) == NULL) {
        fail_msg("request %zu is not %s with %s, but %s", number, line, part, text);
    }
}

static inline void assert_says(const meower_error *error, const char *part)
{
    if (strstr(error->message, part) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", error->message, part);
    }
    assert_null(strstr(error->message, "s3cret"));
}

#endif
