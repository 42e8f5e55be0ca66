/* test_post_body.c - where the body of a meow stands in a POST, and which contents are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/http/post_body.h"
#include "server/http/request.h"
#include <stdio.h>
#include <string.h>

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

static char body[20];
static size_t body_len;

static int find(const char *query, const char *type, const char *content, size_t content_len)
{
    struct request request = {.method = REQUEST_POST};
    const char *detail = NULL;
    if (query != NULL) {
        request.query = slice_of(query);
    }
    if (type != NULL) {
        request.fields[REQUEST_CONTENT_TYPE] = slice_of(type);
    }
    request.content = (struct slice){content, content_len};
    request.content_len = content_len;
    memset(body, '#', sizeof(body));
    body_len = 0;
    int status = post_body_find(&request, body, sizeof(body), &body_len, &detail);
    assert_true((detail == NULL) == (status == 200));
    return status;
}

static void assert_found(const char *query, const char *type, const char *content, const char *expected)
{
    assert_int_equal(find(query, type, content, strlen(content)), 200);
    assert_int_equal(body_len, strlen(expected));
    assert_string_equal(body, expected);
}

static int find_json(const char *content)
{
    return find(NULL, JSON, content, strlen(content));
}

static void the_body_is_a_parameter_of_the_address(void **state)
{
    (void)state;
    assert_found("body=cat%200", NULL, "", "cat 0");
    assert_found("a=1&body=cat", FORM, "body=dog", "cat");
    assert_found("body=", FORM, "body=dog", "");
    assert_int_equal(find("body=%zz", NULL, "", 0), 400);
}

static void the_body_is_a_field_of_a_form(void **state)
{
    (void)state;
    assert_found(NULL, FORM, "a=1&body=the+cat", "the cat");
    assert_found("bodies=x", FORM "; charset=utf-8", "body=cat", "cat");
    assert_found(NULL, "Application/X-WWW-form-urlencoded", "body=cat", "cat");
    assert_int_equal(find(NULL, FORM, "a=1", 3), 400);
    assert_int_equal(find(NULL, FORM, "body=%4", 7), 400);
}

static void the_body_is_a_member_of_an_object(void **state)
{
    (void)state;
    assert_found(NULL, JSON, "{\"body\":\"cat\"}", "cat");
    assert_found(NULL, JSON " ; charset=utf-8", " \t\r\n{\"a\":[1,{\"body\":1}], \"body\" : \"c\\u0061t\" } \t\r\n",
                 "cat");
    assert_found(NULL, JSON, "{\"body\":\"\\u00e4\xf0\x9f\x90\xb1\\\"\"}", "\xc3\xa4\xf0\x9f\x90\xb1\"");
    assert_found(NULL, JSON, "{\"body\":\"\\\\u0000\"}", "\\u0000");
}

static void other_json_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"{}",
                                        "[]",
                                        "\"cat\"",
                                        "{\"body\":1}",
                                        "{\"body\":null}",
                                        "{\"Body\":\"cat\"}",
                                        "{\"body\":\"cat\",\"body\":\"dog\"}",
                                        "{\"body\":\"cat\"",
                                        "{\"body\":\"cat\"}x",
                                        "{\"body\":\"cat\"}{}",
                                        "{\"body\":\"a\\u0000b\"}",
                                        "{\"body\":\"a\\u0000\"}",
                                        "{\"body\":\"a\nb\"}",
                                        "{\"body\":\"a\tb\"}",
                                        "{\"body\":\"a\x1f\"}",
                                        "{\x0b\"body\":\"a\"}",
                                        "{\"body\":\"a\xff\"}",
                                        "{\"body\":\"\xf0\x9f\x90\"}"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(find_json(wrong[i]), 400);
    }
    assert_int_equal(find(NULL, JSON, "{\"body\":\"cat\"}\0", 15), 400);
}

static void a_body_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    assert_int_equal(find_json("{\"body\":\"0123456789012345678\"}"), 200);
    assert_int_equal(body_len, 19);
    assert_int_equal(find_json("{\"body\":\"01234567890123456789\"}"), 400);
    assert_int_equal(find("body=0123456789012345678", NULL, "", 0), 200);
    assert_int_equal(find("body=01234567890123456789", NULL, "", 0), 400);
}

static void a_post_without_a_body_is_400(void **state)
{
    (void)state;
    assert_int_equal(find(NULL, NULL, "", 0), 400);
    assert_int_equal(find("a=1", "text/plain", "", 0), 400);
}

static void another_type_of_content_is_415(void **state)
{
    (void)state;
    assert_int_equal(find(NULL, "text/plain", "cat", 3), 415);
    assert_int_equal(find(NULL, NULL, "body=cat", 8), 415);
    assert_int_equal(find(NULL, "application/jsonx", "{\"body\":\"cat\"}", 14), 415);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_body_is_a_parameter_of_the_address), cmocka_unit_test(the_body_is_a_field_of_a_form),
        cmocka_unit_test(the_body_is_a_member_of_an_object),      cmocka_unit_test(other_json_is_refused),
        cmocka_unit_test(a_body_that_does_not_fit_is_refused),    cmocka_unit_test(a_post_without_a_body_is_400),
        cmocka_unit_test(another_type_of_content_is_415),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
