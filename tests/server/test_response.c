/* test_response.c - answers: the status line, the fields that every answer has, content, problems and conditions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include "server/http/response.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct room room;
static struct peer peer;
static struct exchange *exchange;

static int begin(void **state)
{
    (void)state;
    room_begin(&room);
    exchange = room_connect(&room, &peer);
    return 0;
}

static int end(void **state)
{
    (void)state;
    room_end(&room);
    peer_free(&peer);
    return 0;
}

static void answer(int status, const char *content_type, const char *content, size_t len)
{
    response_begin(exchange, status);
    char *place = response_reserve(exchange, content_type, len);
    assert_true((place == NULL) == exchange->is_head);
    if (place != NULL) {
        memcpy(place, content, len);
    }
    response_send(exchange);
}

static void assert_field(const char *name, const char *expected)
{
    char value[600];
    assert_true(peer_field(&peer, name, value, sizeof(value)));
    assert_string_equal(value, expected);
}

static bool has_field(const char *name)
{
    char value[600];
    return peer_field(&peer, name, value, sizeof(value));
}

/* ---- the status line and Date ----------------------------------------------------------------------------------- */

static void each_status_has_its_reason(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        char line[100];
        assert_string_equal(response_reason(reasons[i].status), reasons[i].reason);
        snprintf(line, sizeof(line), "HTTP/1.1 %d %s\r\n", reasons[i].status, reasons[i].reason);
        peer_forget(&peer);
        answer(reasons[i].status, "text/plain", "x", 1);
        assert_memory_equal(peer.received, line, strlen(line));
    }
    assert_string_equal(response_reason(299), "Unknown");
}

/* The Date field's value as seconds since 1970. */
static time_t date_of_answer(void)
{
    char value[100], again[100];
    struct tm utc = {.tm_isdst = 0};
    assert_true(peer_field(&peer, "Date", value, sizeof(value)));
    const char *rest = strptime(value, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    assert_non_null(rest);
    assert_int_equal(*rest, '\0');
    time_t seconds = timegm(&utc);
    strftime(again, sizeof(again), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    assert_string_equal(value, again);
    return seconds;
}

static void the_date_moves_on_with_the_time(void **state)
{
    (void)state;
    const struct timespec a_second = {.tv_sec = 1, .tv_nsec = 20000000};
    answer(200, "text/plain", "x", 1);
    time_t first = date_of_answer();
    assert_in_range(first, time(NULL) - 2, time(NULL));
    nanosleep(&a_second, NULL);
    peer_forget(&peer);
    answer(200, "text/plain", "x", 1);
    time_t second = date_of_answer();
    assert_in_range(second, first + 1, time(NULL));
    peer_forget(&peer);
    answer(200, "text/plain", "x", 1);
    assert_in_range(date_of_answer(), second, time(NULL));
}

/* ---- header and content ----------------------------------------------------------------------------------------- */

static void an_answer_has_its_content_and_its_length(void **state)
{
    (void)state;
    answer(200, "text/plain", "0123456789ab", 12);
    assert_int_equal(peer_status(&peer), 200);
    assert_field("Content-Type", "text/plain");
    assert_field("Content-Length", "12");
    assert_field("X-Content-Type-Options", "nosniff");
    assert_false(has_field("Connection"));
    assert_string_equal(peer_content(&peer), "0123456789ab");
    assert_int_equal(exchange->phase, EXCHANGE_READING);
    assert_false(exchange->connection.closes_when_sent);
}

static void an_empty_content_has_length_0(void **state)
{
    (void)state;
    answer(200, "text/plain", "", 0);
    assert_field("Content-Length", "0");
    assert_string_equal(peer_content(&peer), "");
}

static void an_answer_to_head_has_the_length_and_no_content(void **state)
{
    (void)state;
    exchange->is_head = true;
    answer(200, "text/plain", "0123456789", 10);
    assert_field("Content-Length", "10");
    assert_string_equal(peer_content(&peer), "");
}

static void the_last_answer_of_a_connection_says_so(void **state)
{
    (void)state;
    exchange->keep_alive = false;
    answer(200, "text/plain", "x", 1);
    assert_field("Connection", "close");
    assert_true(exchange->connection.closes_when_sent);
}

static void an_answer_begins_where_the_one_before_it_ended(void **state)
{
    (void)state;
    answer(200, "text/plain", "first", 5);
    size_t len = peer.len;
    answer(404, "text/plain", "second", 6);
    assert_memory_equal(peer.received + len, "HTTP/1.1 404 Not Found\r\n", 24);
    assert_string_equal(peer.received + peer.len - 10, "\r\n\r\nsecond");
}

static void fields_stand_there_as_they_were_given(void **state)
{
    (void)state;
    response_begin(exchange, 204);
    response_field(exchange, "Allow", "GET, HEAD");
    response_field_format(exchange, "ETag", "\"%d-%s\"", 7, "x");
    response_end(exchange);
    response_send(exchange);
    assert_field("Allow", "GET, HEAD");
    assert_field("ETag", "\"7-x\"");
    assert_false(has_field("Content-Length"));
    assert_string_equal(peer_content(&peer), "");
}

static void a_stream_has_no_length_and_closes(void **state)
{
    (void)state;
    response_begin(exchange, 200);
    response_begin_stream(exchange, "text/event-stream");
    assert_field("Content-Type", "text/event-stream");
    assert_field("Connection", "close");
    assert_false(has_field("Content-Length"));
    assert_string_equal(peer_content(&peer), "");
}

static void answers_are_counted_by_route_and_class(void **state)
{
    (void)state;
    struct route_metrics *counts = exchange->counts = &room.metrics.http.routes[2];
    answer(200, "text/plain", "x", 1);
    answer(404, "text/plain", "x", 1);
    answer(404, "text/plain", "x", 1);
    answer(503, "text/plain", "x", 1);
    assert_int_equal(counts->by_class[2], 1);
    assert_int_equal(counts->by_class[4], 2);
    assert_int_equal(counts->by_class[5], 1);
    assert_int_equal(counts->by_class[0], 0);
}

/* ---- problems --------------------------------------------------------------------------------------------------- */

static void a_problem_says_what_is_wrong_in_json(void **state)
{
    (void)state;
    response_problem(exchange, 400, "Invalid \"x\"", "the\nreason");
    assert_int_equal(peer_status(&peer), 400);
    assert_field("Content-Type", "application/json");
    assert_field("Cache-Control", "no-store");
    assert_false(has_field("Retry-After"));
    assert_string_equal(peer_content(&peer), "{\"error\":\"Invalid \\\"x\\\"\",\"type\":\"about:blank\","
                                             "\"title\":\"Bad Request\",\"status\":400,\"detail\":\"the\\nreason\"}");
}

static void a_problem_without_words_has_those_of_its_status(void **state)
{
    (void)state;
    response_problem(exchange, 404, NULL, "nothing here");
    assert_string_equal(peer_content(&peer),
                        "{\"error\":\"Not Found\",\"type\":\"about:blank\",\"title\":\"Not Found\","
                        "\"status\":404,\"detail\":\"nothing here\"}");
}

static void an_unavailable_service_says_when_to_come_back(void **state)
{
    (void)state;
    response_problem(exchange, 503, NULL, "later");
    assert_field("Retry-After", "1");
}

static void a_problem_may_have_fields_of_its_own(void **state)
{
    (void)state;
    response_begin(exchange, 401);
    response_field(exchange, "WWW-Authenticate", "Bearer");
    response_problem_content(exchange, 401, NULL, "a token is missing");
    assert_field("WWW-Authenticate", "Bearer");
    assert_int_equal(peer_status(&peer), 401);
}

/* ---- conditions ------------------------------------------------------------------------------------------------- */

static bool matches(const char *condition)
{
    snprintf(exchange->condition, sizeof(exchange->condition), "%s", condition);
    return response_matches(exchange, "\"abc\"");
}

static void a_condition_names_the_entity_tag(void **state)
{
    (void)state;
    static const char *const right[] = {"\"abc\"",  "W/\"abc\"",      "\"x\", \"abc\"", "\"x\",W/\"abc\",\"y\"", "*",
                                        "\"x\", *", "\"abc\", \"x\"", " \"abc\" ",      "W/\"x\", \"abc\""};
    static const char *const wrong[] = {"",        "\"ab\"", "\"abcd\"", "abc", "w/\"abc\"", "\"x\", \"y\"", "W/abc",
                                        "\"ABC\"", "W/",     "\"abc",    "**",  "\"abc\"x",  "W/\"x\""};
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        assert_true(matches(right[i]));
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(matches(wrong[i]));
    }
}

/* ---- what the socket does not take ------------------------------------------------------------------------------ */

static void what_the_socket_does_not_take_waits(void **state)
{
    (void)state;
    peer.takes = 20;
    answer(200, "text/plain", "0123456789", 10);
    assert_int_equal(peer.len, 20);
    assert_true(exchange->connection.out.len > 0);
    assert_true(list_holds(&exchange->connection.unsent.node));
    peer.takes = SIZE_MAX;
    connection_writable(&exchange->connection);
    assert_int_equal(exchange->connection.out.len, 0);
    assert_string_equal(peer_content(&peer), "0123456789");
}

#define RESPONSE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RESPONSE_TEST(each_status_has_its_reason),
        RESPONSE_TEST(the_date_moves_on_with_the_time),
        RESPONSE_TEST(an_answer_has_its_content_and_its_length),
        RESPONSE_TEST(an_empty_content_has_length_0),
        RESPONSE_TEST(an_answer_to_head_has_the_length_and_no_content),
        RESPONSE_TEST(the_last_answer_of_a_connection_says_so),
        RESPONSE_TEST(an_answer_begins_where_the_one_before_it_ended),
        RESPONSE_TEST(fields_stand_there_as_they_were_given),
        RESPONSE_TEST(a_stream_has_no_length_and_closes),
        RESPONSE_TEST(answers_are_counted_by_route_and_class),
        RESPONSE_TEST(a_problem_says_what_is_wrong_in_json),
        RESPONSE_TEST(a_problem_without_words_has_those_of_its_status),
        RESPONSE_TEST(an_unavailable_service_says_when_to_come_back),
        RESPONSE_TEST(a_problem_may_have_fields_of_its_own),
        RESPONSE_TEST(a_condition_names_the_entity_tag),
        RESPONSE_TEST(what_the_socket_does_not_take_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
