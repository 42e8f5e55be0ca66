/* test_cursor.c - positions as tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"

#define EPOCH "0123456789abcdef"

static void a_token_is_epoch_and_position(void **state)
{
    (void)state;
    char text[MEOWER_CURSOR_SIZE];
    cursor_format(EPOCH, 41, text);
    assert_string_equal(text, EPOCH "-41");
}

static void every_position_comes_back(void **state)
{
    (void)state;
    static const uint64_t positions[] = {0, 1, 9, 10, 4294967295, 4294967296, UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof(positions) / sizeof(positions[0]); i++) {
        char text[MEOWER_CURSOR_SIZE];
        char epoch[MEOWER_EPOCH_SIZE];
        uint64_t position = 77;
        cursor_format(EPOCH, positions[i], text);
        assert_true(cursor_parse(text, epoch, &position));
        assert_string_equal(epoch, EPOCH);
        assert_int_equal(position, positions[i]);
    }
}

static void an_epoch_may_have_any_hexadecimal_digits(void **state)
{
    (void)state;
    static const char *const epochs[] = {"0123456789abcdef", "0123456789ABCDEF", "ffffffffffffffff"};
    for (size_t i = 0; i < sizeof(epochs) / sizeof(epochs[0]); i++) {
        char text[MEOWER_CURSOR_SIZE];
        char epoch[MEOWER_EPOCH_SIZE];
        uint64_t position;
        cursor_format(epochs[i], 1, text);
        assert_true(cursor_parse(text, epoch, &position));
        assert_string_equal(epoch, epochs[i]);
    }
}

static void what_is_no_token_is_refused_and_nothing_is_written(void **state)
{
    (void)state;
    static const char *const none[] = {
        "",
        "-",
        "41",
        EPOCH,
        EPOCH "-",
        EPOCH "41",
        EPOCH "_41",
        EPOCH "--1",
        EPOCH "-+1",
        EPOCH "- 1",
        EPOCH "-1 ",
        EPOCH "-1\n",
        EPOCH "-0x1",
        EPOCH "-1.0",
        EPOCH "-1e3",
        EPOCH "-01",
        EPOCH "-00",
        EPOCH "-18446744073709551616", /* UINT64_MAX + 1 */
        EPOCH "-18446744073709551620",
        EPOCH "-99999999999999999999",
        EPOCH "-111111111111111111111111111111111111111111",
        EPOCH "0-41",
        " " EPOCH "-41",
        "0123456789abcde-41",
        "0123456789abcdeg-41",
        "0123456789abcde\x80-41",
    };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        char epoch[MEOWER_EPOCH_SIZE] = "untouched";
        uint64_t position = 77;
        assert_false(cursor_parse(none[i], epoch, &position));
        assert_string_equal(epoch, "untouched");
        assert_int_equal(position, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_epoch_and_position),
        cmocka_unit_test(every_position_comes_back),
        cmocka_unit_test(an_epoch_may_have_any_hexadecimal_digits),
        cmocka_unit_test(what_is_no_token_is_refused_and_nothing_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
