/* test_cors.c - which pages of other origins may use the API. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/http/cors.h"
#include <stdio.h>
#include <string.h>

static void assert_chosen(const char *allowed, const char *origin, const char *expected)
{
    char out[20];
    memset(out, '#', sizeof(out));
    cors_choose(allowed, origin == NULL ? (struct slice){NULL, 0} : slice_of(origin), out, sizeof(out));
    assert_string_equal(out, expected);
}

static void an_origin_is_chosen_when_it_is_in_the_list(void **state)
{
    (void)state;
    assert_chosen("https://a, https://b", "https://b", "https://b");
    assert_chosen("https://a, https://b", "https://a", "https://a");
    assert_chosen("https://a, https://b", "https://c", "");
    assert_chosen("https://a", "https://ab", "");
    assert_chosen("https://ab", "https://a", "");
    assert_chosen("https://a", NULL, "");
    assert_chosen("*", "https://a", "");
    assert_chosen("0123456789012345678", "0123456789012345678", "0123456789012345678");
    assert_chosen("01234567890123456789", "01234567890123456789", "");
}

static void assert_fields(const char *allowed, const char *origin, const char *expected)
{
    static const char expose[] =
        "Access-Control-Expose-Headers: Meower-Cursor, Meower-Search, Link, ETag, Location, Retry-After\r\n";
    struct buffer answer = {.len = 0};
    char all[500];
    bool has_origin = strstr(expected, "Allow-Origin") != NULL;
    assert_true(cors_append_fields(&answer, allowed, origin));
    snprintf(all, sizeof(all), "%s%s", expected, has_origin ? expose : "");
    assert_int_equal(answer.len, strlen(all));
    assert_true(answer.len == 0 || memcmp(buffer_data(&answer), all, answer.len) == 0);
    buffer_free(&answer);
}

static void an_answer_says_whose_pages_may_read_it(void **state)
{
    (void)state;
    assert_fields("*", "", "Access-Control-Allow-Origin: *\r\n");
    assert_fields("", "", "");
    assert_fields("https://a", "", "Vary: Origin\r\n");
    assert_fields("https://a", "https://a", "Vary: Origin\r\nAccess-Control-Allow-Origin: https://a\r\n");
}

static void a_preflight_names_methods_for_those_who_may(void **state)
{
    (void)state;
    struct buffer answer = {.len = 0};
    assert_true(cors_append_preflight(&answer, "https://a", "", "GET"));
    assert_int_equal(answer.len, 0);
    assert_true(cors_append_preflight(&answer, "https://a", "https://a", "GET, POST"));
    assert_memory_equal(buffer_data(&answer), "Access-Control-Allow-Methods: GET, POST\r\n", 41);
    buffer_clear(&answer);
    assert_true(cors_append_preflight(&answer, "*", "", "GET"));
    assert_memory_equal(buffer_data(&answer), "Access-Control-Allow-Methods: GET\r\n", 35);
    buffer_free(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_origin_is_chosen_when_it_is_in_the_list),
        cmocka_unit_test(an_answer_says_whose_pages_may_read_it),
        cmocka_unit_test(a_preflight_names_methods_for_those_who_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
