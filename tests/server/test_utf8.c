/* test_utf8.c - which bytes are UTF-8 (RFC 3629). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/http/utf8.h"
#include <stdlib.h>
#include <string.h>

/* Checks exactly these bytes, so that a sanitizer sees a read beyond them. */
static bool is_right(const void *bytes, size_t len)
{
    char *copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    bool result = utf8_check(copy, len);
    free(copy);
    return result;
}

/* Writes a code point as its length asks, right or not. Returns the length. */
static size_t encode(uint32_t code_point, size_t len, unsigned char out[4])
{
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (unsigned char)(0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    out[0] = (unsigned char)(leads[len] | code_point);
    return len;
}

static void every_character_is_right_in_its_own_length_alone(void **state)
{
    (void)state;
    static const uint32_t firsts[] = {0, 0, 0x80, 0x800, 0x10000};
    for (uint32_t code_point = 0; code_point < 0x200000; code_point++) {
        unsigned char bytes[4];
        size_t shortest = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
        bool is_character = code_point <= 0x10ffff && (code_point < 0xd800 || code_point > 0xdfff);
        assert_true(utf8_check((char *)bytes, encode(code_point, shortest, bytes)) == is_character);
        for (size_t len = shortest + 1; len <= 4; len++) {
            assert_true(code_point < firsts[len]);
            assert_false(utf8_check((char *)bytes, encode(code_point, len, bytes)));
        }
    }
}

static void two_bytes_are_right_as_the_standard_says(void **state)
{
    (void)state;
    for (int first = 0; first < 256; first++) {
        for (int second = 0; second < 256; second++) {
            const unsigned char bytes[] = {(unsigned char)first, (unsigned char)second};
            bool is_pair = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
            assert_true(is_right(bytes, 2) == ((first < 0x80 && second < 0x80) || is_pair));
        }
    }
}

static void each_byte_after_the_first_is_a_continuation(void **state)
{
    (void)state;
    static const char *const characters[] = {"\xe2\x82\xac", "\xf0\x9f\x90\xb1"};
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(characters[i]);
        for (size_t at = 1; at < len; at++) {
            for (int byte = 0; byte < 256; byte++) {
                char bytes[4];
                memcpy(bytes, characters[i], len);
                bytes[at] = (char)byte;
                bool is_continuation = byte >= 0x80 && byte <= 0xbf && !(i == 1 && at == 1 && byte < 0x90);
                assert_true(is_right(bytes, len) == is_continuation);
            }
        }
    }
}

static void a_character_that_is_cut_is_wrong(void **state)
{
    (void)state;
    const char text[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xb1z";
    static const bool is_whole[] = {true, true, false, true, false, false, true, false, false, false, true, true};
    for (size_t len = 0; len < sizeof(text); len++) {
        assert_true(is_right(text, len) == is_whole[len]);
    }
}

static void no_byte_beyond_f4_begins_a_character(void **state)
{
    (void)state;
    for (int lead = 0x80; lead < 256; lead++) {
        const unsigned char bytes[] = {(unsigned char)lead, 0x81, 0x81, 0x81};
        assert_true(is_right(bytes, 4) == (lead >= 0xf1 && lead <= 0xf4));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_right_in_its_own_length_alone),
        cmocka_unit_test(two_bytes_are_right_as_the_standard_says),
        cmocka_unit_test(each_byte_after_the_first_is_a_continuation),
        cmocka_unit_test(a_character_that_is_cut_is_wrong),
        cmocka_unit_test(no_byte_beyond_f4_begins_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
