/* test_fold.c - which letters are taken for others, beyond Unicode's own folding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fold.h"
#include <stdbool.h>
#include <utf8proc.h>

static void assert_fold(uint32_t code_point, const char *expected)
{
    uint32_t out[FOLD_MAX];
    char text[FOLD_MAX + 1] = "";
    size_t count = fold_letter(code_point, out);

    assert_true(count >= 1 && count <= FOLD_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_true(out[i] < 0x80);
        text[i] = (char)out[i];
    }
    assert_string_equal(text, expected);
}

static uint32_t folded(uint32_t code_point)
{
    uint32_t out[FOLD_MAX];

    assert_int_equal(fold_letter(code_point, out), 1);
    return out[0];
}

static void strokes_and_ligatures_are_the_letters_of_ascii(void **state)
{
    (void)state;
    assert_fold(0x00E6, "ae"); /* the first of the table */
    assert_fold(0x00F8, "o");
    assert_fold(0x00FE, "th");
    assert_fold(0x0131, "i");
    assert_fold(0x0142, "l");
    assert_fold(0x0153, "oe");
    assert_fold(0x1EFF, "y");
    assert_fold(0xA7A9, "s"); /* the last */
}

static void letters_of_ascii_and_of_other_scripts_stay(void **state)
{
    (void)state;
    assert_int_equal(folded('a'), 'a');
    assert_int_equal(folded('9'), '9');
    assert_int_equal(folded(0x0436), 0x0436); /* Cyrillic zhe */
    assert_int_equal(folded(0x4E00), 0x4E00);
    assert_int_equal(folded(0x10FFFF), 0x10FFFF);
}

/* Unicode knows each digit's value by its name: utf8proc does not have it, but digits come in rows of ten. */
static void every_decimal_digit_is_a_digit_of_ascii(void **state)
{
    uint32_t expected = '0';

    (void)state;
    for (uint32_t code_point = 0x80; code_point <= 0x10FFFF; code_point++) {
        uint32_t out[FOLD_MAX];
        const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)code_point);
        bool is_digit = property->category == UTF8PROC_CATEGORY_ND;
        if (is_digit && property->decomp_type == UTF8PROC_DECOMP_TYPE_FONT) {
            continue; /* NFKD makes them digits before they come here */
        }
        if (is_digit && property->decomp_type == UTF8PROC_DECOMP_TYPE_WIDE) {
            continue;
        }
        size_t count = fold_letter(code_point, out);
        if (is_digit && (count != 1 || out[0] != expected)) {
            fail_msg("U+%04X is %c, not %c", code_point, (int)out[0], (int)expected);
        }
        if (!is_digit && count == 1 && out[0] >= '0' && out[0] <= '9') {
            fail_msg("U+%04X is no digit", code_point);
        }
        expected = !is_digit || expected == '9' ? '0' : expected + 1;
    }
}

/* What is folded once stays as it is. */
static void folding_twice_changes_nothing(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++) {
        uint32_t once[FOLD_MAX];
        size_t count = fold_letter(code_point, once);
        for (size_t i = 0; i < count; i++) {
            if (folded(once[i]) != once[i]) {
                fail_msg("U+%04X becomes U+%04X, which becomes another one", code_point, once[i]);
            }
        }
    }
}

static void persian_letters_are_the_arabic_ones(void **state)
{
    (void)state;
    assert_int_equal(folded(0x0671), 0x0627);
    assert_int_equal(folded(0x06A9), 0x0643);
    assert_int_equal(folded(0x06CC), 0x064A);
    assert_int_equal(folded(0x06AA), 0x06AA);
}

static void candrabindu_is_anusvara_in_every_script_of_india_but_tamil(void **state)
{
    (void)state;
    assert_int_equal(folded(0x0901), 0x0902); /* Devanagari */
    assert_int_equal(folded(0x0981), 0x0982); /* Bengali */
    assert_int_equal(folded(0x0D01), 0x0D02); /* Malayalam */
    assert_int_equal(folded(0x0B81), 0x0B81); /* Tamil: not assigned */
    assert_int_equal(folded(0x0D81), 0x0D81); /* Sinhala is laid out in another way */
}

static void a_nasal_is_anusvara_before_a_consonant(void **state)
{
    static const uint32_t nasals[] = {0x19, 0x1E, 0x23, 0x28, 0x2E};

    (void)state;
    for (size_t i = 0; i < sizeof(nasals) / sizeof(nasals[0]); i++) {
        assert_int_equal(fold_nasal(0x0900 + nasals[i], 0x094D, 0x0926), 0x0902);
        assert_int_equal(fold_nasal(0x0980 + nasals[i], 0x09CD, 0x09A6), 0x0982);
    }
    assert_int_equal(fold_nasal(0x0928, 0x094D, 0x0915), 0x0902); /* the first consonant */
    assert_int_equal(fold_nasal(0x0928, 0x094D, 0x0939), 0x0902); /* the last */
}

static void anything_else_is_no_nasal_before_a_consonant(void **state)
{
    (void)state;
    assert_int_equal(fold_nasal(0x0915, 0x094D, 0x0926), 0); /* ka is no nasal */
    assert_int_equal(fold_nasal(0x0928, 0x094E, 0x0926), 0); /* no virama */
    assert_int_equal(fold_nasal(0x0928, 0x09CD, 0x0926), 0); /* of another script */
    assert_int_equal(fold_nasal(0x0928, 0x094D, 0x09A6), 0);
    assert_int_equal(fold_nasal(0x0928, 0x094D, 0x0914), 0); /* a vowel */
    assert_int_equal(fold_nasal(0x0928, 0x094D, 0x093A), 0); /* a vowel sign */
    assert_int_equal(fold_nasal(0x0BA8, 0x0BCD, 0x0BA4), 0); /* Tamil */
    assert_int_equal(fold_nasal('n', 'd', 'a'), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strokes_and_ligatures_are_the_letters_of_ascii),
        cmocka_unit_test(letters_of_ascii_and_of_other_scripts_stay),
        cmocka_unit_test(every_decimal_digit_is_a_digit_of_ascii),
        cmocka_unit_test(folding_twice_changes_nothing),
        cmocka_unit_test(persian_letters_are_the_arabic_ones),
        cmocka_unit_test(candrabindu_is_anusvara_in_every_script_of_india_but_tamil),
        cmocka_unit_test(a_nasal_is_anusvara_before_a_consonant),
        cmocka_unit_test(anything_else_is_no_nasal_before_a_consonant),
    };
    return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
