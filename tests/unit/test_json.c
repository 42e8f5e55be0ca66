/* test_json.c - JSON strings as RFC 8259 wants them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/utf8.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Checks the string, its announced length, the returned end, and that no byte after it is written. */
static void assert_string_written(const char *text, size_t len, const char *expected)
{
    size_t expected_len = strlen(expected);
    assert_int_equal(json_string_len(text, len), expected_len);
    char *out = malloc(expected_len + 1);
    assert_non_null(out);
    out[expected_len] = '#';
    char *end = json_write_string(text, len, out);
    assert_int_equal(end - out, expected_len);
    assert_memory_equal(out, expected, expected_len);
    assert_int_equal(out[expected_len], '#');
    free(out);
}

static void plain_text_is_put_in_quotes(void **state)
{
    (void)state;
    assert_string_written("", 0, "\"\"");
    assert_string_written("hello", 5, "\"hello\"");
}

static void only_the_given_bytes_are_read(void **state)
{
    (void)state;
    assert_string_written("ab\"cd", 2, "\"ab\"");
}

static void quotes_and_backslashes_are_escaped(void **state)
{
    (void)state;
    assert_string_written("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
}

static void every_control_character_is_escaped(void **state)
{
    (void)state;
    for (int byte = 0; byte < 0x20; byte++) {
        const char text[] = {(char)byte};
        char expected[16];
        switch (byte) {
        case '\b':
            strcpy(expected, "\"\\b\"");
            break;
        case '\t':
            strcpy(expected, "\"\\t\"");
            break;
        case '\n':
            strcpy(expected, "\"\\n\"");
            break;
        case '\f':
            strcpy(expected, "\"\\f\"");
            break;
        case '\r':
            strcpy(expected, "\"\\r\"");
            break;
        default:
            snprintf(expected, sizeof(expected), "\"\\u%04x\"", (unsigned)byte);
        }
        assert_string_written(text, 1, expected);
    }
}

static void line_ends_of_javascript_are_escaped(void **state)
{
    (void)state;
    const char text[] = "a\xE2\x80\xA8\xE2\x80\xA9z";
    assert_string_written(text, strlen(text), "\"a\\u2028\\u2029z\"");
    assert_string_written(text, strlen(text) - 1, "\"a\\u2028\\u2029\"");
}

static void every_other_character_stays_as_it_is(void **state)
{
    (void)state;
    for (uint32_t code_point = 0x20; code_point <= 0x10FFFF; code_point++) {
        if (code_point == '"' || code_point == '\\' || code_point == 0x2028 || code_point == 0x2029 ||
            (code_point >= 0xD800 && code_point <= 0xDFFF)) {
            continue;
        }
        char text[4];
        char out[16];
        size_t len = utf8_encode(code_point, text);
        assert_int_equal(json_string_len(text, len), len + 2);
        assert_int_equal(json_write_string(text, len, out) - out, len + 2);
        assert_memory_equal(out + 1, text, len);
    }
}

static void escapes_and_runs_may_follow_each_other_anyhow(void **state)
{
    (void)state;
    assert_string_written("\n\nline\n\"🐱\"", strlen("\n\nline\n\"🐱\""), "\"\\n\\nline\\n\\\"🐱\\\"\"");
}

static void the_start_of_a_line_end_may_be_the_last_bytes(void **state)
{
    (void)state;
    const char whole[] = {'x', (char)0xE2, (char)0x80, (char)0xA8};
    for (size_t len = 2; len < sizeof(whole); len++) {
        char *exact = malloc(len); /* a sanitizer sees a read after its end */
        assert_non_null(exact);
        memcpy(exact, whole, len);
        char out[8];
        assert_int_equal(json_string_len(exact, len), len + 2);
        assert_int_equal(json_write_string(exact, len, out) - out, len + 2);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_put_in_quotes),
        cmocka_unit_test(only_the_given_bytes_are_read),
        cmocka_unit_test(quotes_and_backslashes_are_escaped),
        cmocka_unit_test(every_control_character_is_escaped),
        cmocka_unit_test(line_ends_of_javascript_are_escaped),
        cmocka_unit_test(every_other_character_stays_as_it_is),
        cmocka_unit_test(escapes_and_runs_may_follow_each_other_anyhow),
        cmocka_unit_test(the_start_of_a_line_end_may_be_the_last_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
