/* test_routes.c - what posts, deletes, lists, gets and searches answer when the library has answered or refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include "server/routes/command.h"
#include "server/routes/query.h"
#include "server/routes/role.h"
#include <dlfcn.h>
#include <meower/backend.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_ONE    "000000000000000000000000000" /* the id of no meow */
#define QUEUE_MAX 20                            /* commands that may wait; more than are submitted at once */

static struct room room;
static struct peer peer;
static struct exchange *exchange;
static struct commands commands;
static struct queries queries;
static struct commands_settings settings;
static meower_feed *feed;

static unsigned calls_for_many; /* that hand several posts over */

int meower_command_submit_posts(meower_command *handle, const meower_post *posts, size_t count, meower_error *error)
{
    int (*real)(meower_command *, const meower_post *, size_t, meower_error *);
    calls_for_many++;
    *(void **)&real = dlsym(RTLD_NEXT, "meower_command_submit_posts");
    return real(handle, posts, count, error);
}

/* The call of a backend that fails, and how. */
static struct {
    const char *call; /* NULL: none */
    int status;
} fault;

/* What was reported as a failure; counted. */
static unsigned reported;
static char reported_status[40];

static int meet_fault(void *context, const char *port, const char *call, meower_error *error)
{
    (void)context;
    (void)port;
    if (fault.call == NULL || strcmp(call, fault.call) != 0) {
        return MEOWER_OK;
    }
    *error = (meower_error){.code = fault.status, .message = "the disk is on fire"};
    return fault.status;
}

static void report(const void *log, const char *what, const char *status_name, const char *reason)
{
    (void)log;
    (void)what;
    assert_non_null(strstr(reason, "the disk is on fire"));
    snprintf(reported_status, sizeof(reported_status), "%s", status_name);
    reported++;
}

static void set(meower_options *options, const char *name, const char *value)
{
    assert_int_equal(meower_options_set(options, name, value, NULL), MEOWER_OK);
}

static void open_feed(void)
{
    static const meower_fault_hook hook = {meet_fault, NULL, NULL};
    meower_options *options;
    assert_int_equal(meower_options_new(&options, NULL), MEOWER_OK);
    set(options, "threads", "0");
    set(options, "queue_max", "20");
    set(options, "wait_max_ms", "0");
    meower_options_set_fault_hook(options, &hook);
    assert_int_equal(meower_open(options, &feed, NULL), MEOWER_OK);
    meower_options_free(options);
}

static int begin(void **state)
{
    (void)state;
    fault.call = NULL;
    reported = 0;
    calls_for_many = 0;
    settings.tokens = "secret";
    room_begin(&room);
    open_feed();
    assert_true(commands_open(&commands, &room.loop, feed, &settings, NULL));
    assert_true(queries_open(&queries, &room.loop, feed, NULL));
    router_init(&room.router, ROLE_COMMAND | ROLE_QUERY, &room.metrics.http);
    router_add(&room.router, command_rows, &commands);
    router_add(&room.router, query_rows, &queries);
    room.http.settings.reports.failed = report;
    exchange = room_connect(&room, &peer);
    return 0;
}

static int end(void **state)
{
    (void)state;
    room_end(&room);
    commands_close(&commands);
    queries_close(&queries);
    run_feed(feed);
    assert_int_equal(meower_close(feed, 1000, NULL), MEOWER_OK);
    peer_free(&peer);
    return 0;
}

/* Sends a request; the loop and the library do all that there is to do. */
static void ask_as(struct peer *who, const char *method, const char *target, const char *fields)
{
    static char text[4000];
    peer_forget(who);
    snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, target, fields);
    peer_send(who, text, strlen(text));
    room_turn(&room);
    run_feed(feed);
    commands.results.readable(&commands.results);
    queries.pages.readable(&queries.pages);
}

static void ask(const char *method, const char *target, const char *fields)
{
    ask_as(&peer, method, target, fields);
}

static void assert_field(const char *name, const char *expected)
{
    char value[600];
    assert_true(peer_field(&peer, name, value, sizeof(value)));
    assert_string_equal(value, expected);
}

static void assert_problem(int status, const char *error, const char *detail)
{
    char start[200];
    assert_int_equal(peer_status(&peer), status);
    snprintf(start, sizeof(start), "{\"error\":\"%s\",", error);
    assert_memory_equal(peer_content(&peer), start, strlen(start));
    assert_non_null(strstr(peer_content(&peer), detail));
}

/* The id of the meow that was posted last. */
static char id[MEOWER_ID_SIZE];

static void post(const char *body)
{
    char target[600];
    snprintf(target, sizeof(target), "/meows?body=%s", body);
    ask("POST", target, "");
    assert_int_equal(peer_status(&peer), 200);
    snprintf(id, sizeof(id), "%.27s", peer_content(&peer) + strlen("{\"id\":\""));
    assert_int_equal(meower_id_check(id, strlen(id), NULL), MEOWER_OK);
}

/* The target of a request about the meow that was posted last. */
static const char *with_id(const char *format)
{
    static char target[200];
    snprintf(target, sizeof(target), format, id);
    return target;
}

/* ---- posts ------------------------------------------------------------------------------------------------------ */

static void a_post_is_answered_with_its_id_its_place_and_its_cursor(void **state)
{
    (void)state;
    char content[100], cursor[MEOWER_CURSOR_SIZE];
    post("cat");
    snprintf(content, sizeof(content), "{\"id\":\"%s\"}", id);
    assert_string_equal(peer_content(&peer), content);
    assert_field("Content-Type", "application/json");
    assert_field("Location", with_id("/meows/%s"));
    assert_true(peer_field(&peer, "Meower-Cursor", cursor, sizeof(cursor)));
    assert_int_equal(exchange->phase, EXCHANGE_READING);
}

static void a_post_that_is_none_is_400(void **state)
{
    (void)state;
    ask("POST", "/meows?body=", "");
    assert_problem(400, "Invalid body", "");
    ask("POST", "/meows", "");
    assert_problem(400, "Invalid body", "there is no body");
    ask("POST", "/meows?body=cat", "Idempotency-Key: a b\r\n");
    assert_problem(400, "Invalid Idempotency-Key", "1 to 255 visible");
    assert_int_equal(reported, 0);
}

static const struct route_metrics *metrics_of(const char *route)
{
    const struct route_metrics *counts = room.metrics.http.routes;
    while (counts->route == NULL || strcmp(counts->route, route) != 0) {
        counts++;
        assert_true(counts <= &room.metrics.http.routes[HTTP_ROUTES_MAX]);
    }
    return counts;
}

static void answers_are_counted_by_their_route_and_class(void **state)
{
    (void)state;
    post("cat");
    ask("POST", "/meows", "");
    ask("GET", "/meows", "");
    ask("GET", "/nowhere", "");
    assert_int_equal(metrics_of("POST /meows")->by_class[2], 1);
    assert_int_equal(metrics_of("POST /meows")->by_class[4], 1);
    assert_int_equal(metrics_of("GET /meows")->by_class[2], 1);
    assert_int_equal(metrics_of("GET /meows")->by_class[4], 0);
    assert_int_equal(metrics_of("GET /meows/{id}")->by_class[2], 0);
    assert_int_equal(room.metrics.http.routes[0].by_class[4], 1);
}

/* Posts of one turn are all taken or none is. */
static void a_bad_body_does_not_spoil_the_post_beside_it(void **state)
{
    (void)state;
    struct peer other;
    room_connect(&room, &other);
    peer_send(&peer, "POST /meows?body= HTTP/1.1\r\nHost: x\r\n\r\n", 39);
    ask_as(&other, "POST", "/meows?body=cat", "");
    assert_problem(400, "Invalid body", "");
    assert_int_equal(peer_status(&other), 200);
    peer_hang_up(&other);
    peer_free(&other);
}

static void a_key_of_another_body_is_422(void **state)
{
    (void)state;
    ask("POST", "/meows?body=cat", "Idempotency-Key: a\r\n");
    assert_int_equal(peer_status(&peer), 200);
    ask("POST", "/meows?body=dog", "Idempotency-Key: a\r\n");
    assert_problem(422, "Idempotency-Key was used for another body", "");
    assert_int_equal(reported, 0);
}

static void fill_the_queue(void)
{
    meower_command *other;
    assert_int_equal(meower_command_open(feed, &other, NULL), MEOWER_OK);
    for (unsigned i = 0; i < QUEUE_MAX; i++) {
        assert_int_equal(meower_command_submit_post(other, "x", 1, NULL, NULL, NULL), MEOWER_OK);
    }
    meower_command_close(other);
}

static void commands_that_find_the_queue_full_are_503(void **state)
{
    (void)state;
    fill_the_queue();
    ask("POST", "/meows?body=cat", "");
    assert_problem(503, "Failed to create meow", "queue_max");
    assert_field("Retry-After", "1");
    fill_the_queue();
    ask("DELETE", "/meows/" NO_ONE, "Authorization: Bearer secret\r\n");
    assert_problem(503, "Failed to delete meow", "queue_max");
    assert_int_equal(reported, 0);
    assert_int_equal(exchange->phase, EXCHANGE_READING);
}

static void assert_post_fails(int library_status, int http_status)
{
    fault.call = "append";
    fault.status = library_status;
    ask("POST", "/meows?body=cat", "");
    assert_problem(http_status, "Failed to create meow", "the disk is on fire");
    fault.call = NULL;
}

static void a_store_that_will_be_back_is_503_and_one_that_fails_is_500_and_reported(void **state)
{
    (void)state;
    assert_post_fails(MEOWER_ERROR_UNAVAILABLE, 503);
    assert_post_fails(MEOWER_ERROR_LOCKED, 503);
    assert_int_equal(reported, 0);
    assert_post_fails(MEOWER_ERROR_FULL, 500);
    assert_int_equal(reported, 1);
    assert_string_equal(reported_status, meower_status_name(MEOWER_ERROR_FULL));
}

static void the_post_of_a_client_that_is_gone_is_stored_all_the_same(void **state)
{
    (void)state;
    struct peer other;
    room_connect(&room, &other);
    peer_send(&other, "POST /meows?body=cat HTTP/1.1\r\nHost: x\r\n\r\n", 42);
    peer_hang_up(&other);
    peer_free(&other);
    room_turn(&room);
    run_feed(feed);
    commands.results.readable(&commands.results);
    ask("GET", "/meows", "");
    assert_non_null(strstr(peer_content(&peer), "\"cat\""));
}

/* As many as are submitted at once do not wait for the end of the turn. */
static void the_sixteenth_post_of_a_turn_is_submitted_with_those_before_it(void **state)
{
    (void)state;
    static struct peer others[15];
    for (size_t i = 0; i < 15; i++) {
        room_connect(&room, &others[i]);
        peer_send(&others[i], "POST /meows?body=cat HTTP/1.1\r\nHost: x\r\n\r\n", 42);
    }
    assert_int_equal(commands.posts.count, 15);
    assert_true(list_holds(&commands.submit.node));
    peer_send(&peer, "POST /meows?body=cat HTTP/1.1\r\nHost: x\r\n\r\n", 42);
    assert_int_equal(calls_for_many, 1);
    assert_int_equal(commands.posts.count, 0);
    assert_false(list_holds(&commands.submit.node));
    run_feed(feed);
    commands.results.readable(&commands.results);
    assert_int_equal(peer_status(&peer), 200);
    for (size_t i = 0; i < 15; i++) {
        assert_int_equal(peer_status(&others[i]), 200);
        peer_hang_up(&others[i]);
        peer_free(&others[i]);
    }
}

/* ---- deletes ---------------------------------------------------------------------------------------------------- */

static void a_delete_is_answered_with_its_cursor(void **state)
{
    (void)state;
    char cursor[MEOWER_CURSOR_SIZE];
    post("cat");
    ask("DELETE", with_id("/meows/%s"), "Authorization: Bearer secret\r\n");
    assert_int_equal(peer_status(&peer), 204);
    assert_true(peer_field(&peer, "Meower-Cursor", cursor, sizeof(cursor)));
    assert_string_equal(peer_content(&peer), "");
    ask("DELETE", with_id("/meows/%s"), "Authorization: Bearer secret\r\n");
    assert_problem(404, "Not Found", "");
    assert_int_equal(reported, 0);
}

static void a_delete_that_fails_says_that_it_was_one(void **state)
{
    (void)state;
    post("cat");
    fault.call = "append";
    fault.status = MEOWER_ERROR_FULL;
    ask("DELETE", with_id("/meows/%s"), "Authorization: Bearer secret\r\n");
    assert_problem(500, "Failed to delete meow", "the disk is on fire");
    assert_int_equal(reported, 1);
}

/* ---- lists ------------------------------------------------------------------------------------------------------ */

static void a_page_names_the_next_and_the_previous_one(void **state)
{
    (void)state;
    char first[MEOWER_ID_SIZE], link[300];
    post("cat");
    memcpy(first, id, sizeof(first));
    post("dog");
    ask("GET", "/meows?take=7", "");
    snprintf(link, sizeof(link), "</meows?take=7&max_id=%s>; rel=\"next\", </meows?take=7&min_id=%s>; rel=\"prev\"",
             first, id);
    assert_field("Link", link);
    assert_field("Cache-Control", "no-cache");
    ask("GET", "/meows", "");
    assert_non_null(strstr(peer.received, "</meows?take=100&max_id="));
}

static void an_empty_page_has_no_link(void **state)
{
    (void)state;
    char link[300];
    ask("GET", "/meows", "");
    assert_string_equal(peer_content(&peer), "[]");
    assert_false(peer_field(&peer, "Link", link, sizeof(link)));
}

static void a_page_that_the_client_has_is_304(void **state)
{
    (void)state;
    char etag[100], cursor[MEOWER_CURSOR_SIZE], fields[200];
    post("cat");
    static const char *const targets[] = {"/meows", "/meows?take=1", "/search?query=cat", "/meows/%s"};
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        const char *target = i == 3 ? with_id(targets[i]) : targets[i];
        ask("GET", target, "");
        assert_int_equal(peer_status(&peer), 200);
        assert_non_null(strstr(peer_content(&peer), "\"cat\""));
        assert_true(peer_field(&peer, "ETag", etag, sizeof(etag)));
        snprintf(fields, sizeof(fields), "If-None-Match: %s\r\n", etag);
        ask("GET", target, fields);
        assert_int_equal(peer_status(&peer), 304);
        assert_field("ETag", etag);
        assert_true(peer_field(&peer, "Meower-Cursor", cursor, sizeof(cursor)));
        assert_string_equal(peer_content(&peer), "");
        ask("HEAD", target, "");
        assert_int_equal(peer_status(&peer), 200);
        assert_field("ETag", etag);
        assert_string_equal(peer_content(&peer), "");
    }
}

static void pages_of_other_questions_or_other_meows_have_other_tags(void **state)
{
    (void)state;
    char tags[5][100];
    post("cat");
    static const char *const targets[] = {"/meows", "/meows?take=1", "/search?query=cat", "/search?query=ca"};
    for (size_t i = 0; i < 4; i++) {
        ask("GET", targets[i], "");
        assert_true(peer_field(&peer, "ETag", tags[i], sizeof(tags[i])));
    }
    post("cat");
    ask("GET", "/meows", "");
    assert_true(peer_field(&peer, "ETag", tags[4], sizeof(tags[4])));
    for (size_t i = 0; i < 5; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(tags[i], tags[k]);
        }
    }
}

static void the_bounds_of_a_list_exclude_each_other(void **state)
{
    (void)state;
    static const struct {
        const char *query, *error;
    } wrong[] = {
        {"skip=1&max_id=" NO_ONE, "Invalid skip parameter"},
        {"skip=1&min_id=" NO_ONE, "Invalid skip parameter"},
        {"min_id=" NO_ONE "&max_id=" NO_ONE, "Invalid min_id parameter"},
        {"since_id=" NO_ONE "&max_id=" NO_ONE, "Invalid since_id parameter"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char target[300];
        snprintf(target, sizeof(target), "/meows?%s", wrong[i].query);
        ask("GET", target, "");
        assert_problem(400, wrong[i].error, "only one of");
    }
    ask("GET", "/meows?skip=0&max_id=" NO_ONE, "");
    assert_int_equal(peer_status(&peer), 200);
    ask("GET", "/meows?skip=1", "");
    assert_int_equal(peer_status(&peer), 200);
}

static void parameters_are_checked_one_by_one(void **state)
{
    (void)state;
    static const struct {
        const char *target, *error, *detail;
    } wrong[] = {
        {"/meows?take=1001", "Invalid take parameter", "from 0 to 1000"},
        {"/meows?take=x", "Invalid take parameter", "from 0 to 1000"},
        {"/meows?skip=-1", "Invalid skip parameter", "it must be a whole number\""},
        {"/meows?max_id=x", "Invalid max_id parameter", "the id of a meow"},
        {"/meows?since_id=x", "Invalid since_id parameter", "the id of a meow"},
        {"/meows?min_id=x", "Invalid min_id parameter", "the id of a meow"},
        {"/search", "Missing query parameter", ""},
        {"/search?query=", "Missing query parameter", ""},
        {"/search?query=cat&highlight=2", "Invalid highlight parameter", "it must be a whole number\""},
        {"/search?query=cat&take=1001", "Invalid take parameter", "from 0 to 1000"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ask("GET", wrong[i].target, "");
        assert_problem(400, wrong[i].error, wrong[i].detail);
    }
    ask("GET", "/meows?take=1000&skip=&max_id=", "");
    assert_int_equal(peer_status(&peer), 200);
    ask("GET", "/meows?take=0", "");
    assert_string_equal(peer_content(&peer), "[]");
}

static void skip_and_take_cut_a_page_out(void **state)
{
    (void)state;
    post("one");
    post("two");
    post("three");
    ask("GET", "/meows?skip=1&take=1", "");
    assert_null(strstr(peer_content(&peer), "\"one\""));
    assert_non_null(strstr(peer_content(&peer), "\"two\""));
    assert_null(strstr(peer_content(&peer), "\"three\""));
}

static void a_cursor_is_waited_for_no_longer_than_the_limit(void **state)
{
    (void)state;
    char cursor[MEOWER_CURSOR_SIZE], fields[100];
    post("cat");
    assert_true(peer_field(&peer, "Meower-Cursor", cursor, sizeof(cursor)));
    snprintf(fields, sizeof(fields), "Meower-Cursor: %s\r\n", cursor);
    ask("GET", "/meows", fields);
    assert_non_null(strstr(peer_content(&peer), "\"cat\""));
    ask("GET", "/meows", "Meower-Cursor:\r\n");
    assert_problem(400, "Invalid Meower-Cursor", "");
    ask("GET", "/meows", "Meower-Cursor: 0123456789012345678901234567890123456789\r\n");
    assert_problem(400, "Invalid Meower-Cursor", "");
    ask("GET", with_id("/meows/%s"), "Meower-Cursor: nonsense\r\n");
    assert_problem(400, "Bad Request", "cursor");
}

/* ---- a meow ----------------------------------------------------------------------------------------------------- */

static void a_meow_is_found_by_its_id_alone(void **state)
{
    (void)state;
    post("cat");
    ask("GET", with_id("/meows/%s"), "");
    assert_int_equal(peer_status(&peer), 200);
    assert_non_null(strstr(peer_content(&peer), with_id("\"id\":\"%s\"")));
    ask("GET", "/meows/" NO_ONE, "");
    assert_problem(404, "Not Found", "there is no such meow");
    ask("GET", "/meows/no-id", "");
    assert_problem(404, "Not Found", "there is no such meow");
}

/* ---- searches --------------------------------------------------------------------------------------------------- */

static void a_search_says_where_its_words_stand_when_it_is_asked(void **state)
{
    (void)state;
    post("cat");
    ask("GET", "/search?query=cat&highlight=1", "");
    assert_non_null(strstr(peer_content(&peer), "\"highlight\":[[0,3]]"));
    ask("GET", "/search?query=cat&highlight=0", "");
    assert_int_equal(peer_status(&peer), 200);
    assert_null(strstr(peer_content(&peer), "highlight"));
}

static void a_search_whose_engine_is_away_is_answered_by_a_scan_and_says_so(void **state)
{
    (void)state;
    char etag[100];
    post("cat");
    ask("GET", "/search?query=cat", "");
    assert_false(peer_field(&peer, "Meower-Search", etag, sizeof(etag)));
    fault.call = "match";
    fault.status = MEOWER_ERROR_UNAVAILABLE;
    ask("GET", "/search?query=cat", "");
    assert_int_equal(peer_status(&peer), 200);
    assert_field("Meower-Search", "fallback");
    assert_true(peer_field(&peer, "ETag", etag, sizeof(etag)));
    assert_non_null(strstr(etag, "-fallback\""));
}

#define ROUTES_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROUTES_TEST(a_post_is_answered_with_its_id_its_place_and_its_cursor),
        ROUTES_TEST(a_post_that_is_none_is_400),
        ROUTES_TEST(answers_are_counted_by_their_route_and_class),
        ROUTES_TEST(a_bad_body_does_not_spoil_the_post_beside_it),
        ROUTES_TEST(a_key_of_another_body_is_422),
        ROUTES_TEST(commands_that_find_the_queue_full_are_503),
        ROUTES_TEST(a_store_that_will_be_back_is_503_and_one_that_fails_is_500_and_reported),
        ROUTES_TEST(the_post_of_a_client_that_is_gone_is_stored_all_the_same),
        ROUTES_TEST(the_sixteenth_post_of_a_turn_is_submitted_with_those_before_it),
        ROUTES_TEST(a_delete_is_answered_with_its_cursor),
        ROUTES_TEST(a_delete_that_fails_says_that_it_was_one),
        ROUTES_TEST(a_page_names_the_next_and_the_previous_one),
        ROUTES_TEST(an_empty_page_has_no_link),
        ROUTES_TEST(a_page_that_the_client_has_is_304),
        ROUTES_TEST(pages_of_other_questions_or_other_meows_have_other_tags),
        ROUTES_TEST(the_bounds_of_a_list_exclude_each_other),
        ROUTES_TEST(parameters_are_checked_one_by_one),
        ROUTES_TEST(skip_and_take_cut_a_page_out),
        ROUTES_TEST(a_cursor_is_waited_for_no_longer_than_the_limit),
        ROUTES_TEST(a_meow_is_found_by_its_id_alone),
        ROUTES_TEST(a_search_says_where_its_words_stand_when_it_is_asked),
        ROUTES_TEST(a_search_whose_engine_is_away_is_answered_by_a_scan_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
