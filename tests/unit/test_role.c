/* test_role.c - what a code point does to the word before it, by examples of each role and by Unicode's categories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/role.h"
#include <stdbool.h>
#include <utf8proc.h>

static void assert_roles(enum role role, const uint32_t *code_points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (role_of(code_points[i]) != role) {
            fail_msg("U+%04X has role %d, not %d", code_points[i], (int)role_of(code_points[i]), (int)role);
        }
    }
}

#define ASSERT_ROLES(role, ...)                                                                                        \
    assert_roles(role, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void letters_and_numbers_join(void **state)
{
    (void)state;
    ASSERT_ROLES(ROLE_JOIN, 'a', 'z', '0', '9', 0x00E9, 0x0436, 0x05D0, 0x0905, 0x2160 /* Roman one */);
}

static void punctuation_spaces_and_controls_separate(void **state)
{
    (void)state;
    ASSERT_ROLES(ROLE_SEPARATE, ' ', '.', '_', '-', '\'', '"', '#', '@', '%', '&', '*', '\n', 0, 0x00A0, 0x3000, 0x3001,
                 0x2019, 0x30FB, 0xE000 /* private */, 0x0378 /* not assigned */);
}

static void letters_that_look_like_an_apostrophe_separate(void **state)
{
    (void)state;
    ASSERT_ROLES(ROLE_SEPARATE, 0x02B9, 0x02BC, 0x02BF);
    ASSERT_ROLES(ROLE_JOIN, 0x02B8, 0x02C0);
}

static void what_splits_though_nobody_sees_it_is_the_zero_width_space_alone(void **state)
{
    (void)state;
    ASSERT_ROLES(ROLE_SEPARATE, 0x200B, 0x2044 /* fraction slash */);
    ASSERT_ROLES(ROLE_FOLLOW, 0x00AD, 0x200C, 0x200D, 0x2060, 0xFE0F, 0xFEFF, 0xE0061 /* a tag */);
}

static void signs_are_words_of_their_own(void **state)
{
    (void)state;
    ASSERT_ROLES(ROLE_SIGN, '$', '+', '<', '=', '>', '|', '~', 0x20AC, 0x00D7, 0x221E, 0x00A9, 0x1F431, 0x2764);
    ASSERT_ROLES(ROLE_FLAG, 0x1F1E6, 0x1F1FF);
    ASSERT_ROLES(ROLE_SIGN, 0x1F1E5 + 0x1B /* U+1F200 */);
}

static void scripts_without_spaces_have_characters(void **state)
{
    (void)state;
    ASSERT_ROLES(ROLE_CHARACTER, 0x4E00, 0x3042, 0x30AB, 0x30FC, 0x3005, 0x3007, 0x0E01, 0x0E81, 0x1780, 0x1000,
                 0x20000);
    ASSERT_ROLES(ROLE_JOIN, 0x0F40 /* Tibetan has its own separator */, 0xA000 /* Yi */);
}

static void syllables_of_hangul_begin_with_a_consonant(void **state)
{
    (void)state;
    ASSERT_ROLES(ROLE_CONSONANT, 0x1100, 0x1112, 0xA960);
    ASSERT_ROLES(ROLE_SYLLABLE, 0x1161, 0x11A8, 0x11FF, 0xD7B0);
    ASSERT_ROLES(ROLE_FOLLOW, 0x115F, 0x1160); /* fillers: nobody sees them */
}

static void marks_that_spell_are_part_of_a_word_and_accents_are_not(void **state)
{
    (void)state;
    ASSERT_ROLES(ROLE_ATTACH, 0x093F, 0x094D, 0x093C, 0x0E34, 0x0E48, 0x3099, 0x0C55);
    ASSERT_ROLES(ROLE_FOLLOW, 0x0301, 0x0308, 0x0327, 0x064E, 0x0640 /* tatweel */, 0x20DD /* an enclosing circle */);
}

/* Whatever the tables of scripts say: only letters, marks, numbers, symbols and what nobody sees are in words. */
static void roles_agree_with_the_categories(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++) {
        const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)code_point);
        enum role role = role_of(code_point);
        utf8proc_propval_t category = property->category;
        bool is_symbol = category >= UTF8PROC_CATEGORY_SM && category <= UTF8PROC_CATEGORY_SO;
        bool is_letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
        bool is_number = category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
        bool is_mark = category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
        bool begins_word =
            role == ROLE_JOIN || role == ROLE_CHARACTER || role == ROLE_CONSONANT || role == ROLE_SYLLABLE;
        if ((begins_word && !is_letter && !is_number) || (role == ROLE_ATTACH && !is_mark) ||
            ((role == ROLE_SIGN || role == ROLE_FLAG) && !is_symbol) ||
            (role == ROLE_FOLLOW && !is_mark && !property->ignorable && code_point != 0x0640)) {
            fail_msg("U+%04X of category %d has role %d", code_point, (int)category, (int)role);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_and_numbers_join),
        cmocka_unit_test(punctuation_spaces_and_controls_separate),
        cmocka_unit_test(letters_that_look_like_an_apostrophe_separate),
        cmocka_unit_test(what_splits_though_nobody_sees_it_is_the_zero_width_space_alone),
        cmocka_unit_test(signs_are_words_of_their_own),
        cmocka_unit_test(scripts_without_spaces_have_characters),
        cmocka_unit_test(syllables_of_hangul_begin_with_a_consonant),
        cmocka_unit_test(marks_that_spell_are_part_of_a_word_and_accents_are_not),
        cmocka_unit_test(roles_agree_with_the_categories),
    };
    return cmocka_run_group_tests_name("role", tests, NULL, NULL);
}
