/* test_utf8.c - UTF-8 as RFC 3629 defines it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"
#include <stdlib.h>
#include <string.h>

static bool is_scalar_value(uint32_t code_point)
{
    return code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
}

/* Decodes from a block of exactly `len` bytes, so that a sanitizer sees a read after its end. */
static size_t decode(const char *bytes, size_t len, uint32_t *code_point)
{
    char *exact = malloc(len);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    size_t taken = utf8_decode(exact, len, code_point);
    free(exact);
    return taken;
}

static void every_character_is_decoded_as_it_was_encoded(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++) {
        if (!is_scalar_value(code_point)) {
            continue;
        }
        char bytes[4];
        uint32_t decoded = UINT32_MAX;
        size_t len = utf8_encode(code_point, bytes);
        size_t expected_len = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
        assert_int_equal(len, expected_len);
        assert_int_equal(utf8_decode(bytes, len, &decoded), len);
        assert_int_equal(decoded, code_point);
    }
}

static void known_characters_have_their_known_bytes(void **state)
{
    (void)state;
    char bytes[4];
    assert_int_equal(utf8_encode(0x20AC, bytes), 3);
    assert_memory_equal(bytes, "\xE2\x82\xAC", 3);
    assert_int_equal(utf8_encode(0x1F431, bytes), 4);
    assert_memory_equal(bytes, "\xF0\x9F\x90\xB1", 4);
}

static void what_is_no_character_is_encoded_as_the_replacement_character(void **state)
{
    (void)state;
    static const uint32_t none[] = {0xD800, 0xDFFF, 0x110000, UINT32_MAX};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        char bytes[4];
        assert_int_equal(utf8_encode(none[i], bytes), 3);
        assert_memory_equal(bytes, "\xEF\xBF\xBD", 3);
    }
}

/* Every sequence of two and three bytes: exactly as many are valid as there are characters of that length. */
static void no_other_short_sequence_is_accepted(void **state)
{
    (void)state;
    size_t two = 0;
    size_t three = 0;
    for (unsigned first = 0xC0; first <= 0xFF; first++) {
        for (unsigned rest = 0; rest < 0x10000; rest++) {
            const char bytes[] = {(char)first, (char)(rest >> 8), (char)rest};
            uint32_t code_point;
            two += (rest & 0xFF) == 0 && utf8_decode(bytes, 2, &code_point) == 2;
            three += utf8_decode(bytes, 3, &code_point) == 3;
        }
    }
    assert_int_equal(two, 0x800 - 0x80);
    assert_int_equal(three, 0x10000 - 0x800 - 0x800);
}

static void malformed_sequences_are_refused(void **state)
{
    (void)state;
    static const char *const malformed[] = {
        "\x80",             /* a continuation byte alone */
        "\xBF",             /* the last of them */
        "\xC0\x80",         /* U+0000 in two bytes */
        "\xC1\xBF",         /* U+007F in two bytes */
        "\xE0\x9F\xBF",     /* U+07FF in three */
        "\xF0\x8F\xBF\xBF", /* U+FFFF in four */
        "\xED\xA0\x80",     /* U+D800 */
        "\xED\xBF\xBF",     /* U+DFFF */
        "\xF4\x90\x80\x80", /* U+110000 */
        "\xF5\x80\x80\x80", /* beyond */
        "\xF8\x88\x80\x80", /* five bytes, of RFC 2279 */
        "\xFE",             /* never a byte of UTF-8 */
        "\xFF",             /* nor this */
        "\xC3(",            /* the second byte is none */
        "\xE2\x82(",        /* the third */
        "\xE2(\xAC",        /* the second of three */
        "\xF0\x9F\x90(",    /* the fourth */
        "\xF0\x9F(\xB1",    /* the third of four */
        "\xF0(\x90\xB1",    /* the second of four */
    };
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        uint32_t code_point;
        assert_int_equal(decode(malformed[i], strlen(malformed[i]), &code_point), 0);
        assert_false(utf8_is_valid(malformed[i], strlen(malformed[i])));
    }
}

static void a_sequence_that_is_cut_off_is_refused(void **state)
{
    (void)state;
    static const char *const whole[] = {"é", "€", "🐱"};
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        for (size_t len = 1; len < strlen(whole[i]); len++) {
            uint32_t code_point;
            assert_int_equal(decode(whole[i], len, &code_point), 0);
            assert_false(utf8_is_valid(whole[i], len));
        }
    }
}

static void the_end_of_the_text_is_the_end(void **state)
{
    (void)state;
    const char text[] = "some words and a 🐱";
    for (size_t len = sizeof(text) - 1 - 3; len < sizeof(text) - 1; len++) {
        assert_false(utf8_is_valid(text, len));
    }
    assert_true(utf8_is_valid(text, sizeof(text) - 1));
}

static void a_bad_byte_is_found_wherever_it_stands(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 40; len++) {
        for (size_t bad = 0; bad < len; bad++) {
            char text[40];
            memset(text, 'x', sizeof(text));
            assert_true(utf8_is_valid(text, len));
            text[bad] = (char)0xFF;
            assert_false(utf8_is_valid(text, len));
        }
    }
}

static void valid_text_is_valid(void **state)
{
    (void)state;
    static const char text[] = "Plain words, then Grüße, 你好, 🐱🐱 and U+0000:\0 and the end of all: \xF4\x8F\xBF\xBF";
    assert_true(utf8_is_valid(text, sizeof(text) - 1));
    assert_true(utf8_is_valid("", 0));
}

static void code_points_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(utf8_count("", 0), 0);
    assert_int_equal(utf8_count("meow", 4), 4);
    assert_int_equal(utf8_count("é€🐱x", strlen("é€🐱x")), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_decoded_as_it_was_encoded),
        cmocka_unit_test(known_characters_have_their_known_bytes),
        cmocka_unit_test(what_is_no_character_is_encoded_as_the_replacement_character),
        cmocka_unit_test(no_other_short_sequence_is_accepted),
        cmocka_unit_test(malformed_sequences_are_refused),
        cmocka_unit_test(a_sequence_that_is_cut_off_is_refused),
        cmocka_unit_test(the_end_of_the_text_is_the_end),
        cmocka_unit_test(a_bad_byte_is_found_wherever_it_stands),
        cmocka_unit_test(valid_text_is_valid),
        cmocka_unit_test(code_points_are_counted_not_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
