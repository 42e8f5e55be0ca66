/* test_post_labels.c - where the labels of a POST stand, which are refused, and how they become parameters again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/http/label_parameters.h"
#include "server/http/post_labels.h"
#include <stdio.h>
#include <string.h>

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json; charset=utf-8"

static char found[1024]; /* "room=garden tag=cats", as they were found */
static meower_error error;

static bool find(const char *query, const char *type, const char *content)
{
    struct request request = {.method = REQUEST_POST};
    struct labels_buffer labels;
    size_t len = 0;
    request.query = query == NULL ? (struct slice){NULL, 0} : slice_of(query);
    if (type != NULL) {
        request.fields[REQUEST_CONTENT_TYPE] = slice_of(type);
    }
    request.content = slice_of(content);
    request.content_len = strlen(content);
    error.message[0] = '\0';
    if (!post_labels_find(&request, &labels, &error)) {
        assert_true(error.message[0] != '\0');
        return false;
    }
    found[0] = '\0';
    for (size_t i = 0; i < labels.count; i++) {
        len += (size_t)snprintf(found + len, sizeof(found) - len, "%s%s=%s", i == 0 ? "" : " ", labels.labels[i].key,
                                labels.labels[i].value);
    }
    return true;
}

static void assert_found(const char *query, const char *type, const char *content, const char *expected)
{
    if (!find(query, type, content)) {
        fail_msg("%s", error.message);
    }
    assert_string_equal(found, expected);
}

static void assert_refused(const char *query, const char *type, const char *content, const char *part)
{
    assert_false(find(query, type, content));
    if (strstr(error.message, part) == NULL) {
        fail_msg("the message lacks \"%s\": %s", part, error.message);
    }
}

static void a_post_may_have_none(void **state)
{
    (void)state;
    assert_found(NULL, NULL, "", "");
    assert_found("body=a&labels=x&label=y&xlabel.a=b", NULL, "", "");
    assert_found(NULL, JSON, "{\"body\":\"labels\"}", "");
    assert_found(NULL, JSON, "{\"body\":\"a\",\"labels\":{}}", "");
}

static void labels_are_parameters_of_the_address(void **state)
{
    (void)state;
    assert_found("body=a&label.room=the+garden&label.tag=%F0%9F%90%B1&label.tag=a%26b", NULL, "",
                 "room=the garden tag=🐱 tag=a&b");
    assert_found("%6Cabel.room=garden&body=a", FORM, "label.room=kitchen", "room=garden");
}

static void labels_are_fields_of_a_form(void **state)
{
    (void)state;
    assert_found(NULL, FORM, "body=a&label.room=garden", "room=garden");
    assert_found("label.author=tom", FORM, "body=a&label.room=garden", "author=tom room=garden");
}

static void labels_are_a_member_of_json(void **state)
{
    (void)state;
    assert_found(NULL, JSON, "{\"body\":\"a\",\"labels\":{\"author\":\"tom\",\"tag\":[\"cats\",\"naps\"]}}",
                 "author=tom tag=cats tag=naps");
    assert_found(NULL, JSON, "{\"l\\u0061bels\":{\"tag\":[]},\"body\":\"a\"}", "");
    assert_found("label.room=garden", JSON, "{\"body\":\"a\",\"labels\":{\"tag\":\"cats\"}}", "room=garden tag=cats");
}

static void json_that_is_no_object_of_texts_is_refused(void **state)
{
    (void)state;
    assert_refused(NULL, JSON, "{\"body\":\"a\",\"labels\":[]}", "must be an object");
    assert_refused(NULL, JSON, "{\"body\":\"a\",\"labels\":null}", "must be an object");
    assert_refused(NULL, JSON, "{\"body\":\"a\",\"labels\":{\"tag\":1}}", "array of texts");
    assert_refused(NULL, JSON, "{\"body\":\"a\",\"labels\":{\"tag\":[\"a\",null]}}", "array of texts");
    assert_refused(NULL, JSON, "{\"body\":\"a\",\"labels\":{},\"labels\":{}}", "\"labels\" is there twice");
}

static void what_no_meow_may_have_is_refused_by_name(void **state)
{
    (void)state;
    assert_refused("body=a&label.Room=garden", NULL, "", "\"Room=garden\"");
    assert_refused("body=a&label.=x", NULL, "", "\"=x\"");
    assert_refused("body=a&label.room=", NULL, "", "is empty");
    assert_refused("body=a&label.room", NULL, "", "is empty");
    assert_refused("body=a&label.tag=b&label.tag=b", NULL, "", "\"tag=b\" is there twice");
    assert_refused("body=a&label.tag=%FF", NULL, "", "not valid UTF-8");
    assert_refused("body=a&label.tag=a%00", NULL, "", "control character U+0000");
}

static void what_cannot_be_decoded_is_refused(void **state)
{
    (void)state;
    assert_refused("body=a&label.tag=%zz", NULL, "", "the value of the label \"tag\" is too long or badly encoded");
    assert_refused("body=a&label.%zz=a", NULL, "", "badly encoded");
    assert_refused("body=a&label.abcdefghijklmnopqrstuvwxyz0123456789=a", NULL, "", "1 to 32 characters");
}

static void too_many_or_too_long_ones_are_refused(void **state)
{
    char query[1200] = "body=a";
    (void)state;
    for (int i = 0; i < 17; i++) {
        snprintf(query + strlen(query), sizeof(query) - strlen(query), "&label.tag=%d", i);
    }
    assert_refused(query, NULL, "", "there are more than 16 labels");
    *strrchr(query, '&') = '\0';
    assert_true(find(query, NULL, ""));
    snprintf(query, sizeof(query), "body=a&label.tag=%0129d", 1);
    assert_refused(query, NULL, "", "too long; it may have 1 to 128 characters");
    snprintf(query, sizeof(query), "body=a&label.tag=%01000d", 1);
    assert_refused(query, NULL, "", "1 to 128 characters");
}

static void labels_become_parameters_again(void **state)
{
    (void)state;
    struct labels_buffer labels = {.count = 0, .len = 0};
    struct buffer out = {NULL, 0, 0, 0};
    assert_true(label_parameters_add(slice_of("label.room=a+b%26%0A&label.tag=%C3%A4-._~Z9"), &labels, &error));
    assert_true(label_parameters_write(&labels, &out));
    assert_true(buffer_append(&out, "", 1));
    assert_string_equal(buffer_data(&out), "&label.room=a%20b%26%0A&label.tag=%C3%A4-._~Z9");
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_may_have_none),
        cmocka_unit_test(labels_are_parameters_of_the_address),
        cmocka_unit_test(labels_are_fields_of_a_form),
        cmocka_unit_test(labels_are_a_member_of_json),
        cmocka_unit_test(json_that_is_no_object_of_texts_is_refused),
        cmocka_unit_test(what_no_meow_may_have_is_refused_by_name),
        cmocka_unit_test(what_cannot_be_decoded_is_refused),
        cmocka_unit_test(too_many_or_too_long_ones_are_refused),
        cmocka_unit_test(labels_become_parameters_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
