/* test_json_text.c - texts as JSON strings, cut to the room there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/http/json_text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_written(const char *text, const char *expected)
{
    char out[200];
    memset(out, '#', sizeof(out));
    assert_int_equal(json_text_write(text, out, sizeof(out)), strlen(expected));
    assert_string_equal(out, expected);
}

static void a_text_is_put_in_quotes(void **state)
{
    (void)state;
    assert_written("", "\"\"");
    assert_written("hello", "\"hello\"");
    assert_written("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb1 \x7f", "\"a\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb1 \x7f\"");
}

static void quotes_backslashes_and_control_characters_are_escaped(void **state)
{
    (void)state;
    assert_written("a\"b\\c", "\"a\\\"b\\\\c\"");
    assert_written("\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\"");
    assert_written("x\x01y\x1f", "\"x\\u0001y\\u001f\"");
    assert_written(" ", "\" \"");
}

static void a_text_that_is_no_utf8_is_left_out(void **state)
{
    (void)state;
    assert_written("abc\xff", "\"\"");
}

/* Whatever the room is, what is written fits, ends in a quote, and is a beginning of the whole at a character. */
static void a_text_is_cut_at_a_character(void **state)
{
    (void)state;
    static const char *const texts[] = {"abcdefghijklmnop", "\xf0\x9f\x90\xb1\xf0\x9f\x90\xb1\xf0\x9f\x90\xb1",
                                        "\x01\x01\x01\x01\x01", "\"\"\"\"\"\"\"\"\"\"\"\""};
    static const size_t steps[] = {1, 4, 6, 2};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char whole[200];
        size_t whole_len = json_text_write(texts[i], whole, sizeof(whole));
        for (size_t size = 3; size < whole_len + 10; size++) {
            char *out = malloc(size); /* a sanitizer sees a byte that is written beyond it */
            assert_non_null(out);
            size_t len = json_text_write(texts[i], out, size);
            assert_true(len < size);
            assert_int_equal(strlen(out), len);
            assert_int_equal(out[len - 1], '"');
            assert_memory_equal(out, whole, len - 1);
            assert_int_equal((len - 2) % steps[i], 0);
            assert_true(len == whole_len || len + 7 > size);
            free(out);
        }
    }
}

static void four_bytes_hold_one_character(void **state)
{
    (void)state;
    char out[4];
    assert_int_equal(json_text_write("ab", out, 3), 2);
    assert_string_equal(out, "\"\"");
    assert_int_equal(json_text_write("ab", out, 4), 3);
    assert_string_equal(out, "\"a\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_put_in_quotes),
        cmocka_unit_test(quotes_backslashes_and_control_characters_are_escaped),
        cmocka_unit_test(a_text_that_is_no_utf8_is_left_out),
        cmocka_unit_test(a_text_is_cut_at_a_character),
        cmocka_unit_test(four_bytes_hold_one_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
