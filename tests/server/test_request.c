/* test_request.c - the strict gate: which bytes are a request, which are the beginning of one, and which are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/http/request.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_LIMIT    8192
#define CONTENT_LIMIT 16384

static struct request request;
static struct request_refusal refusal;

/* Parses a copy of exactly these bytes, so that a sanitizer sees a read beyond them. The copy stays until the next. */
static enum request_result parse_bytes(const char *bytes, size_t len)
{
    static char *copy;
    free(copy);
    copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    return request_parse(copy, len, &request, &refusal);
}

static enum request_result parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

/* A request with one more header field line. */
static enum request_result parse_with(const char *line)
{
    char text[1000];
    snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", line);
    return parse(text);
}

/* A request with this target. */
static enum request_result parse_target(const char *target)
{
    char text[1000];
    snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
    return parse(text);
}

static void assert_refused(enum request_result result, int status)
{
    assert_int_equal(result, REQUEST_REFUSED);
    assert_int_equal(refusal.status, status);
    assert_non_null(refusal.detail);
}

static void assert_slice(struct slice slice, const char *expected)
{
    assert_non_null(slice.text);
    assert_int_equal(slice.len, strlen(expected));
    assert_memory_equal(slice.text, expected, slice.len);
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

static void the_parts_of_a_request_are_found(void **state)
{
    (void)state;
    const char text[] = "POST /meows?body=cat&x HTTP/1.1\r\nHost: example.org:80\r\ncontent-type:  a/b \t\r\n"
                        "Content-Length: 5\r\nX-Other: y\r\n\r\nhelloGET / HTTP/1.1\r\n";
    assert_int_equal(parse(text), REQUEST_COMPLETE);
    assert_int_equal(request.method, REQUEST_POST);
    assert_slice(request.method_name, "POST");
    assert_slice(request.path, "/meows");
    assert_slice(request.query, "body=cat&x");
    assert_slice(request.fields[REQUEST_HOST], "example.org:80");
    assert_slice(request.fields[REQUEST_CONTENT_TYPE], "a/b");
    assert_slice(request.content, "hello");
    assert_int_equal(request.content_len, 5);
    assert_int_equal(request.head_len, strstr(text, "hello") - text);
    assert_true(request.keep_alive);
    assert_false(request.wants_upgrade);
    assert_false(request.expects_continue);
    assert_null(request.fields[REQUEST_AUTHORIZATION].text);
}

static void every_beginning_of_a_request_is_incomplete(void **state)
{
    (void)state;
    const char text[] = "POST /meows HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
    size_t head_len = sizeof(text) - 1 - 5;
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        assert_int_equal(parse_bytes(text, len), REQUEST_INCOMPLETE);
        assert_int_equal(request.head_len, len < head_len ? 0 : head_len);
        assert_int_equal(refusal.status, 0);
    }
    assert_int_equal(parse(text), REQUEST_COMPLETE);
}

static void each_known_field_is_found_by_its_name_in_any_case(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum request_field field;
    } names[] = {
        {"content-type", REQUEST_CONTENT_TYPE},       {"AUTHORIZATION", REQUEST_AUTHORIZATION},
        {"Idempotency-KEY", REQUEST_IDEMPOTENCY_KEY}, {"meower-cursor", REQUEST_MEOWER_CURSOR},
        {"Last-Event-Id", REQUEST_LAST_EVENT_ID},     {"origin", REQUEST_ORIGIN},
        {"sec-websocket-key", REQUEST_WEBSOCKET_KEY}, {"sec-websocket-version", REQUEST_WEBSOCKET_VERSION},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char line[100];
        snprintf(line, sizeof(line), "%s: value %zu", names[i].name, i);
        assert_int_equal(parse_with(line), REQUEST_COMPLETE);
        assert_slice(request.fields[names[i].field], line + strlen(names[i].name) + 2);
        for (int field = 0; field < REQUEST_FIELD_COUNT; field++) {
            assert_true((request.fields[field].text != NULL) ==
                        (field == REQUEST_HOST || field == (int)names[i].field));
        }
    }
}

/* ---- the request line ------------------------------------------------------------------------------------------- */

static void methods_are_known_by_their_exact_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum request_method method;
    } methods[] = {{"GET", REQUEST_GET},
                   {"HEAD", REQUEST_HEAD},
                   {"POST", REQUEST_POST},
                   {"DELETE", REQUEST_DELETE},
                   {"OPTIONS", REQUEST_OPTIONS},
                   {"get", REQUEST_OTHER},
                   {"GETS", REQUEST_OTHER},
                   {"GE", REQUEST_OTHER},
                   {"PUT", REQUEST_OTHER},
                   {"M-SEARCH", REQUEST_OTHER},
                   {"x!#$%&'*+-.^_`|~09AZaz", REQUEST_OTHER}};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        char text[200];
        snprintf(text, sizeof(text), "%s / HTTP/1.1\r\nHost: x\r\n\r\n", methods[i].name);
        assert_int_equal(parse(text), REQUEST_COMPLETE);
        assert_int_equal(request.method, methods[i].method);
        assert_slice(request.method_name, methods[i].name);
    }
}

static void a_method_that_is_no_token_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {"G@T / HTTP/1.1\r\n",    "G(T / HTTP/1.1\r\n", "G[T / HTTP/1.1\r\n",
                                        "G{T / HTTP/1.1\r\n",    "G:T / HTTP/1.1\r\n", "G/T / HTTP/1.1\r\n",
                                        "G\x7fT / HTTP/1.1\r\n", "G\"T / HTTP/1.1\r\n"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_refused(parse(lines[i]), 400);
    }
}

static void what_cannot_become_a_request_is_refused_at_its_first_byte(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        const char first = (char)byte;
        bool is_letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        bool may_begin = is_letter || (byte >= '0' && byte <= '9') || byte == '\r' ||
                         (byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
        assert_int_equal(parse_bytes(&first, 1), may_begin ? REQUEST_INCOMPLETE : REQUEST_REFUSED);
    }
}

static void one_empty_line_before_a_request_is_forgiven(void **state)
{
    (void)state;
    assert_int_equal(parse("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"), REQUEST_COMPLETE);
    assert_int_equal(request.head_len, 29);
    assert_refused(parse("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
    assert_int_equal(parse("\r"), REQUEST_INCOMPLETE);
    assert_int_equal(parse("\r\n"), REQUEST_INCOMPLETE);
    assert_refused(parse("\rG / HTTP/1.1\r\n"), 400);
    assert_refused(parse("\nGET / HTTP/1.1\r\n"), 400);
}

static void a_request_line_has_three_parts_and_two_spaces(void **state)
{
    (void)state;
    static const char *const lines[] = {"GET\r\n",
                                        "GET /\r\n",
                                        "GET  / HTTP/1.1\r\n",
                                        "GET /  HTTP/1.1\r\n",
                                        "GET / x HTTP/1.1\r\n",
                                        "GET / HTTP/1.1 \r\n",
                                        "GET\t/ HTTP/1.1\r\n"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_refused(parse(lines[i]), 400);
    }
}

static void the_version_is_1_1_or_1_0(void **state)
{
    (void)state;
    static const char *const wrong[] = {"HTTP/2.0", "HTTP/1.2", "http/1.1", "HTTP/1.10", "HTTP/1.", "HTTPS/1.1", ""};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char text[100];
        snprintf(text, sizeof(text), "GET / %s\r\nHost: x\r\n\r\n", wrong[i]);
        assert_refused(parse(text), 400);
    }
    assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n"), REQUEST_COMPLETE);
}

static void version_1_0_closes_and_neither_upgrades_nor_continues(void **state)
{
    (void)state;
    assert_int_equal(parse("GET / HTTP/1.0\r\nConnection: keep-alive, upgrade\r\nExpect: 100-continue\r\n\r\n"),
                     REQUEST_COMPLETE);
    assert_false(request.keep_alive);
    assert_false(request.wants_upgrade);
    assert_false(request.expects_continue);
}

/* ---- the target ------------------------------------------------------------------------------------------------- */

static void a_target_is_split_at_its_first_question_mark(void **state)
{
    (void)state;
    assert_int_equal(parse_target("/a?b?c"), REQUEST_COMPLETE);
    assert_slice(request.path, "/a");
    assert_slice(request.query, "b?c");
    assert_int_equal(parse_target("/a?"), REQUEST_COMPLETE);
    assert_slice(request.query, "");
    assert_int_equal(parse_target("/a"), REQUEST_COMPLETE);
    assert_slice(request.path, "/a");
    assert_null(request.query.text);
}

static void a_target_is_visible_characters_without_a_number_sign(void **state)
{
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        const char target[] = {'/', (char)byte, 'x', '\0'};
        bool is_right = byte > 0x20 && byte < 0x7f && byte != '#' && byte != '%';
        if (byte != '\n') {
            assert_int_equal(parse_target(target), is_right ? REQUEST_COMPLETE : REQUEST_REFUSED);
        }
    }
}

static void a_percent_sign_needs_two_hexadecimal_digits(void **state)
{
    (void)state;
    static const char *const right[] = {"/%00", "/%09", "/%90", "/%aF", "/%Fa", "/%aa", "/%ff", "/x%41y", "/?%30"};
    static const char *const wrong[] = {"/%",   "/%4",  "/%4g", "/%g4", "/%/0",   "/%0/",
                                        "/%:0", "/%0:", "/%@0", "/%0`", "/%4%41", "/%%41"};
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        assert_int_equal(parse_target(right[i]), REQUEST_COMPLETE);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_refused(parse_target(wrong[i]), 400);
    }
}

static void the_path_is_taken_out_of_an_absolute_target(void **state)
{
    (void)state;
    static const char *const targets[] = {"http://example.org/a/b?c", "HTTPS://x/a/b?c", "https://x:1/a/b?c"};
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        assert_int_equal(parse_target(targets[i]), REQUEST_COMPLETE);
        assert_slice(request.path, "/a/b");
        assert_slice(request.query, "c");
    }
    assert_int_equal(parse_target("http://x/"), REQUEST_COMPLETE);
    assert_slice(request.path, "/");
}

static void other_targets_are_refused(void **state)
{
    (void)state;
    static const char *const targets[] = {
        "http://example.org", "http://", "https://x?y", "ftp://x/", "meows", "?x", "x:80", "*", "http:/x", "http//x/"};
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        assert_refused(parse_target(targets[i]), 400);
    }
}

static void an_asterisk_belongs_to_options(void **state)
{
    (void)state;
    assert_int_equal(parse("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), REQUEST_COMPLETE);
    assert_slice(request.path, "*");
    assert_refused(parse("OPTIONS ** HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
    assert_refused(parse("POST * HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

/* ---- header fields ---------------------------------------------------------------------------------------------- */

static void a_value_has_no_control_characters_but_the_tab(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        const char line[] = "GET / HTTP/1.1\r\nHost: x\r\nX-Cat: a?b\r\n\r\n";
        char text[sizeof(line)];
        memcpy(text, line, sizeof(line));
        *strchr(text, '?') = (char)byte;
        bool is_right = (byte >= 0x20 && byte != 0x7f) || byte == '\t';
        enum request_result result = parse_bytes(text, sizeof(text) - 1);
        assert_int_equal(result, is_right ? REQUEST_COMPLETE : REQUEST_REFUSED);
        assert_int_equal(refusal.status, is_right ? 0 : 400);
    }
}

static void a_value_is_taken_without_the_spaces_around_it(void **state)
{
    (void)state;
    static const char *const lines[] = {"Origin:a b", "Origin: a b", "Origin: \t a b\t ", "Origin:\ta b"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(parse_with(lines[i]), REQUEST_COMPLETE);
        assert_slice(request.fields[REQUEST_ORIGIN], "a b");
    }
    assert_int_equal(parse_with("Origin:"), REQUEST_COMPLETE);
    assert_slice(request.fields[REQUEST_ORIGIN], "");
}

static void a_field_is_a_token_a_colon_and_a_value_on_one_line(void **state)
{
    (void)state;
    static const char *const lines[] = {"Origin",      "Origin : x", ": x",          " Origin: x",
                                        "\tOrigin: x", "Ori gin: x", "Ori\x7fin: x", "Origin: x\r\n  and more"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_refused(parse_with(lines[i]), 400);
    }
}

static void a_field_that_stands_alone_is_refused_twice(void **state)
{
    (void)state;
    static const char *const names[] = {"Content-Length",    "Content-Type",  "Authorization",
                                        "Idempotency-Key",   "Meower-Cursor", "Last-Event-ID",
                                        "Sec-WebSocket-Key", "Origin",        "Sec-WebSocket-Version"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char lines[200];
        snprintf(lines, sizeof(lines), "%s: 0\r\n%s: 0", names[i], names[i]);
        assert_refused(parse_with(lines), 400);
    }
    assert_refused(parse_with("Host: x"), 400);
    assert_refused(parse_with("Expect: 100-continue\r\nExpect: 100-continue"), 400);
}

/* Checks the elements of a list, which stand in `expected` with a space between two. */
static void assert_elements(enum request_list_field field, const char *expected)
{
    struct request_list list = request.lists[field];
    struct slice element;
    char found[200];
    size_t used = 0;
    found[0] = '\0';
    while (request_list_next(&list, &element)) {
        used += (size_t)snprintf(found + used, sizeof(found) - used, "%s%.*s", used == 0 ? "" : " ", (int)element.len,
                                 element.text);
    }
    assert_string_equal(found, expected);
}

static void a_field_that_is_a_list_may_stand_there_twice(void **state)
{
    (void)state;
    assert_int_equal(parse_with("If-None-Match: \"a\",\"b\"\r\nX: y\r\nif-none-match: \"c\""), REQUEST_COMPLETE);
    assert_elements(REQUEST_IF_NONE_MATCH, "\"a\" \"b\" \"c\"");
    assert_elements(REQUEST_ACCEPT_ENCODING, "");
    assert_int_equal(parse_with("Accept-Encoding: gzip\r\nAccept-Encoding: br"), REQUEST_COMPLETE);
    assert_elements(REQUEST_ACCEPT_ENCODING, "gzip br");
    assert_int_equal(parse_with("Upgrade: h2c\r\nUpgrade: websocket"), REQUEST_COMPLETE);
    assert_elements(REQUEST_UPGRADE, "h2c websocket");
    assert_elements(REQUEST_IF_NONE_MATCH, "");
    assert_int_equal(parse_with("Upgrade: 1\r\nUpgrade: 2\r\nUpgrade: 3\r\nUpgrade: 4\r\nUpgrade: 5"),
                     REQUEST_COMPLETE);
    assert_elements(REQUEST_UPGRADE, "1 2 3 4");
    assert_int_equal(parse_with("Connection: upgrade\r\nConnection: close"), REQUEST_COMPLETE);
    assert_true(request.wants_upgrade);
    assert_false(request.keep_alive);
}

static void connection_options_are_read_from_a_list(void **state)
{
    (void)state;
    assert_int_equal(parse_with("Connection: keep-alive , UPGRADE"), REQUEST_COMPLETE);
    assert_true(request.wants_upgrade);
    assert_true(request.keep_alive);
    assert_int_equal(parse_with("Connection: Close"), REQUEST_COMPLETE);
    assert_false(request.keep_alive);
    assert_false(request.wants_upgrade);
    assert_int_equal(parse_with("Connection: closed, upgraded"), REQUEST_COMPLETE);
    assert_true(request.keep_alive);
    assert_false(request.wants_upgrade);
}

static void a_transfer_encoding_is_refused(void **state)
{
    (void)state;
    assert_refused(parse_with("transfer-encoding: chunked"), 400);
    assert_refused(parse_with("Transfer-Encoding: identity"), 400);
}

static void a_host_is_a_name_and_perhaps_a_port(void **state)
{
    (void)state;
    static const char *const wrong[] = {"a b", "a@b", "a/b", "a,b", "", "a\xc3\xa4", "a\"b", "a\\b", "a?b", "a#b"};
    static const char *const right[] = {"a", "a.b-c_d~e", "127.0.0.1:80", "[::1]:80", "a%20b", "A9!$&'()*+;="};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char text[100];
        snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", wrong[i]);
        assert_refused(parse(text), 400);
    }
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        char text[100];
        snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", right[i]);
        assert_int_equal(parse(text), REQUEST_COMPLETE);
    }
    assert_refused(parse("GET / HTTP/1.1\r\n\r\n"), 400);
    assert_refused(parse("GET / HTTP/1.0\r\nHost: a b\r\n\r\n"), 400);
}

static void the_only_expectation_is_100_continue(void **state)
{
    (void)state;
    assert_int_equal(parse_with("Expect: 100-Continue"), REQUEST_COMPLETE);
    assert_true(request.expects_continue);
    assert_refused(parse_with("Expect: 200-ok"), 417);
    assert_refused(parse_with("Expect:"), 417);
}

static void every_line_ends_in_cr_lf(void **state)
{
    (void)state;
    assert_refused(parse("GET / HTTP/1.1\nHost: x\r\n\r\n"), 400);
    assert_refused(parse("GET / HTTP/1.1\r\nHost: x\n\r\n"), 400);
    assert_refused(parse("GET / HTTP/1.1\r\nHost: x\r\n\n"), 400);
    assert_refused(parse("GET / HTTP/1.1\r\nHost: x\r\r\n\r\n"), 400);
    assert_refused(parse("GET / HTTP/1.1\r\nHost: x\r\n\r\r\n"), 400);
    assert_refused(parse("GET /\r HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

/* ---- limits ----------------------------------------------------------------------------------------------------- */

/* Makes a head of exactly `len` bytes, to be released by free(). */
static char *head_of(size_t len)
{
    static const char start[] = "GET / HTTP/1.1\r\nHost: x\r\nX-Padding: ";
    char *text = malloc(len + 1);
    assert_non_null(text);
    memset(text, 'x', len);
    memcpy(text, start, sizeof(start) - 1);
    memcpy(text + len - 4, "\r\n\r\n", 5);
    return text;
}

static void a_head_of_exactly_the_limit_is_read(void **state)
{
    (void)state;
    char *text = head_of(HEAD_LIMIT);
    assert_int_equal(parse_bytes(text, HEAD_LIMIT - 1), REQUEST_INCOMPLETE);
    assert_int_equal(parse_bytes(text, HEAD_LIMIT), REQUEST_COMPLETE);
    assert_int_equal(request.head_len, HEAD_LIMIT);
    free(text);
}

static void a_head_of_one_byte_more_than_the_limit_is_refused(void **state)
{
    (void)state;
    char *text = head_of(HEAD_LIMIT + 1);
    assert_refused(parse_bytes(text, HEAD_LIMIT + 1), 431);
    assert_refused(parse_bytes(text, HEAD_LIMIT), 431);
    assert_int_equal(parse_bytes(text, HEAD_LIMIT - 1), REQUEST_INCOMPLETE);
    free(text);
}

static void content_does_not_count_as_head(void **state)
{
    (void)state;
    char *text = malloc(HEAD_LIMIT + CONTENT_LIMIT);
    assert_non_null(text);
    int len = snprintf(text, HEAD_LIMIT, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", CONTENT_LIMIT);
    memset(text + len, 'x', CONTENT_LIMIT);
    assert_int_equal(parse_bytes(text, (size_t)len + CONTENT_LIMIT - 1), REQUEST_INCOMPLETE);
    assert_int_equal(parse_bytes(text, (size_t)len + CONTENT_LIMIT), REQUEST_COMPLETE);
    assert_int_equal(request.content.len, CONTENT_LIMIT);
    free(text);
}

static void a_content_length_is_decimal_digits(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",    "-1",  "+1",  "0x1", "1 1", "1,1",  "1.0",
                                        "one", "1/2", "1:2", ":",   "/",   "1\t1", "99999999999999999999999999x"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char line[100];
        snprintf(line, sizeof(line), "Content-Length: %s", wrong[i]);
        assert_refused(parse_with(line), 400);
    }
    assert_int_equal(parse_with("Content-Length: 000"), REQUEST_COMPLETE);
    assert_int_equal(parse_with("Content-Length: 0000000000000000000000000000010"), REQUEST_INCOMPLETE);
    assert_int_equal(request.content_len, 10);
}

static void content_beyond_the_limit_is_413(void **state)
{
    (void)state;
    assert_int_equal(parse_with("Content-Length: 16384"), REQUEST_INCOMPLETE);
    assert_int_equal(request.content_len, CONTENT_LIMIT);
    assert_refused(parse_with("Content-Length: 16385"), 413);
    assert_refused(parse_with("Content-Length: 18446744073709551616"), 413);
    assert_refused(parse_with("Content-Length: 99999999999999999999999999999999999999"), 413);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_of_a_request_are_found),
        cmocka_unit_test(every_beginning_of_a_request_is_incomplete),
        cmocka_unit_test(each_known_field_is_found_by_its_name_in_any_case),
        cmocka_unit_test(methods_are_known_by_their_exact_name),
        cmocka_unit_test(a_method_that_is_no_token_is_refused),
        cmocka_unit_test(what_cannot_become_a_request_is_refused_at_its_first_byte),
        cmocka_unit_test(one_empty_line_before_a_request_is_forgiven),
        cmocka_unit_test(a_request_line_has_three_parts_and_two_spaces),
        cmocka_unit_test(the_version_is_1_1_or_1_0),
        cmocka_unit_test(version_1_0_closes_and_neither_upgrades_nor_continues),
        cmocka_unit_test(a_target_is_split_at_its_first_question_mark),
        cmocka_unit_test(a_target_is_visible_characters_without_a_number_sign),
        cmocka_unit_test(a_percent_sign_needs_two_hexadecimal_digits),
        cmocka_unit_test(the_path_is_taken_out_of_an_absolute_target),
        cmocka_unit_test(other_targets_are_refused),
        cmocka_unit_test(an_asterisk_belongs_to_options),
        cmocka_unit_test(a_value_has_no_control_characters_but_the_tab),
        cmocka_unit_test(a_value_is_taken_without_the_spaces_around_it),
        cmocka_unit_test(a_field_is_a_token_a_colon_and_a_value_on_one_line),
        cmocka_unit_test(a_field_that_stands_alone_is_refused_twice),
        cmocka_unit_test(a_field_that_is_a_list_may_stand_there_twice),
        cmocka_unit_test(connection_options_are_read_from_a_list),
        cmocka_unit_test(a_transfer_encoding_is_refused),
        cmocka_unit_test(a_host_is_a_name_and_perhaps_a_port),
        cmocka_unit_test(the_only_expectation_is_100_continue),
        cmocka_unit_test(every_line_ends_in_cr_lf),
        cmocka_unit_test(a_head_of_exactly_the_limit_is_read),
        cmocka_unit_test(a_head_of_one_byte_more_than_the_limit_is_refused),
        cmocka_unit_test(content_does_not_count_as_head),
        cmocka_unit_test(a_content_length_is_decimal_digits),
        cmocka_unit_test(content_beyond_the_limit_is_413),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
