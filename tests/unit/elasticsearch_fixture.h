/* elasticsearch_fixture.h - an index of its own for a test, in a real engine (tests/servers/search-engine), which
 * MEOWER_TEST_ELASTICSEARCH names, such as elasticsearch:http://127.0.0.1:9200. For tests with cmocka. */
#ifndef UNIT_ELASTICSEARCH_FIXTURE_H
#define UNIT_ELASTICSEARCH_FIXTURE_H

#include "base/match.h"
#include "search/elasticsearch_connection.h"
#include "search/search.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SERVER_VARIABLE "MEOWER_TEST_ELASTICSEARCH"
#define EPOCH           "0123456789abcdef"

struct fixture {
    char url[300];
    char index[100];
    meower_options *options;
    struct search search;
    struct elasticsearch_address address;
    struct elasticsearch_connection connection; /* beside the adapter's */
};

/* Sends a request for the index; the answer is in the connection. */
static inline long ask(struct fixture *fixture, const char *method, const char *suffix, const char *text)
{
    struct elasticsearch_text body = {.data = (char *)text, .len = text == NULL ? 0 : strlen(text)};
    meower_error error = {0};
    char path[200];

    snprintf(path, sizeof(path), "/%s%s", fixture->index, suffix);
    if (elasticsearch_request(&fixture->connection, method, path, text == NULL ? NULL : &body, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
    return fixture->connection.http_status;
}

static inline int setup(void **state)
{
    static unsigned number;
    const char *server = getenv(SERVER_VARIABLE);
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    if (fixture == NULL || server == NULL || meower_options_new(&fixture->options, NULL) != MEOWER_OK) {
        return -1;
    }
    snprintf(fixture->index, sizeof(fixture->index), "meower-server-test-%ld-%u", (long)getpid(), ++number);
    snprintf(fixture->url, sizeof(fixture->url), "%s/%s", server, fixture->index);
    if (meower_options_set(fixture->options, "search", fixture->url, NULL) != MEOWER_OK ||
        elasticsearch_address_parse(&fixture->address, strchr(fixture->url, ':') + 1, NULL) != MEOWER_OK) {
        return -1;
    }
    elasticsearch_connection_init(&fixture->connection, &fixture->address, 10000);
    *state = fixture;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *fixture = *state;

    if (fixture->search.backend != NULL) {
        search_close(&fixture->search);
    }
    ask(fixture, "DELETE", "", NULL);
    elasticsearch_connection_close(&fixture->connection);
    elasticsearch_address_free(&fixture->address);
    meower_options_free(fixture->options);
    free(fixture);
    return 0;
}

static inline void check(int status, const meower_error *error)
{
    if (status != MEOWER_OK) {
        fail_msg("%s: %s", meower_status_name(status), error->message);
    }
}

static inline void open_search(struct fixture *fixture, struct search *search)
{
    meower_error error = {0};

    check(search_open(search, fixture->options, 1, &error), &error);
}

static inline int index_words(struct search *search, const char *epoch, uint64_t position, const char *words,
                              meower_error *error)
{
    char id[MEOWER_ID_SIZE];
    meower_search_info info = {.position = position};
    meower_search_document document = {.position = position, .id = id, .words = words, .words_len = strlen(words)};

    snprintf(id, sizeof(id), "%027llu", (unsigned long long)position);
    memcpy(info.epoch, epoch, sizeof(info.epoch));
    return search_index(search, &document, 1, &info, error);
}

static inline void post(struct search *search, uint64_t position, const char *words)
{
    meower_error error = {0};

    check(index_words(search, EPOCH, position, words, &error), &error);
}

static inline meower_search_info info_of(struct search *search)
{
    meower_search_info info;
    meower_error error = {0};

    check(search_info(search, &info, &error), &error);
    return info;
}

static inline void refresh(struct search *search)
{
    meower_error error = {0};

    check(search_refresh(search, &error), &error);
}

struct counter {
    meower_hit_sink sink; /* first: the hit function casts back */
    size_t count;
};

static inline int count_hit(meower_hit_sink *sink, const char *id, uint64_t position)
{
    (void)id;
    (void)position;
    ((struct counter *)sink)->count++;
    return MEOWER_OK;
}

static inline size_t count_hits(struct search *search, const char *text, uint64_t skip)
{
    struct counter counter = {{count_hit}, 0};
    struct match_query query;
    meower_error error = {0};

    assert_int_equal(match_query_init(&query, text, strlen(text)), MEOWER_OK);
    const meower_search_request request = match_request(&query, skip, 1000);
    int status = search_match(search, 0, &request, &counter.sink, &error);
    match_query_free(&query);
    check(status, &error);
    return counter.count;
}

/* Runs the tests; without a server there is nothing to test: a developer may go on, continuous integration may not. */
#define RUN_WITH_SERVER(name, tests)                                                                                   \
    (getenv(SERVER_VARIABLE) == NULL ? skip_without_server(sizeof(tests) / sizeof((tests)[0]))                         \
                                     : cmocka_run_group_tests_name(name, tests, NULL, NULL))

static inline int skip_without_server(size_t count)
{
    fprintf(stderr, "\n*** " SERVER_VARIABLE " names no server: elasticsearch: is NOT tested ***\n\n");
    printf("[  SKIPPED ] %zu test(s)\n", count);
    return getenv("CI") == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
