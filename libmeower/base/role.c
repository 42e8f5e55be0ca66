/* role.c - what a code point does to the word before it. */
#include "base/role.h"
#include <stdbool.h>
#include <stddef.h>
#include <utf8proc.h>

#define ZERO_WIDTH_SPACE 0x200B
#define TATWEEL          0x0640 /* stretches an Arabic word */
#define FRACTION_SLASH   0x2044 /* what the vulgar fractions decompose to is two numbers, not a sum */

struct range {
    uint32_t first;
    uint32_t last;
};

static bool is_in(const struct range *ranges, size_t count, uint32_t code_point)
{
    for (size_t i = 0; i < count && code_point >= ranges[i].first; i++) {
        if (code_point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* Scripts written without spaces between words (Unicode 15, Scripts.txt: Han, Hiragana, Katakana; LineBreak.txt: class
 * SA, blocks of Thai, Lao, Burmese, Khmer, Tai Le, Tai Lue, Tai Tham, Tai Viet, Ahom). */
static bool is_character(uint32_t code_point)
{
    static const struct range ranges[] = {
        {0x0E01, 0x0E4E},   {0x0E81, 0x0ECD},   {0x0EDC, 0x0EDF},   {0x1000, 0x103F},   {0x1050, 0x108F},
        {0x109A, 0x109F},   {0x1780, 0x17DD},   {0x1950, 0x1974},   {0x1980, 0x19C9},   {0x1A20, 0x1AAD},
        {0x2E80, 0x2FD5},   {0x3005, 0x3007},   {0x3021, 0x3029},   {0x3031, 0x3035},   {0x3038, 0x303B},
        {0x3040, 0x309F},   {0x30A1, 0x30FA},   {0x30FC, 0x30FF},   {0x31F0, 0x31FF},   {0x3400, 0x4DBF},
        {0x4E00, 0x9FFF},   {0xA9E0, 0xA9EF},   {0xA9FA, 0xA9FE},   {0xAA60, 0xAADF},   {0xF900, 0xFAFF},
        {0x11700, 0x1174F}, {0x1AFF0, 0x1B16F}, {0x20000, 0x2FA1F}, {0x30000, 0x323AF},
    };

    return is_in(ranges, sizeof(ranges) / sizeof(ranges[0]), code_point);
}

static bool begins_syllable(uint32_t code_point)
{
    static const struct range ranges[] = {{0x1100, 0x115F}, {0xA960, 0xA97C}};

    return is_in(ranges, sizeof(ranges) / sizeof(ranges[0]), code_point);
}

/* The vowels and trailing consonants of Hangul's syllables, which NFKD takes apart. */
static bool continues_syllable(uint32_t code_point)
{
    static const struct range ranges[] = {{0x1160, 0x11FF}, {0xD7B0, 0xD7FB}};

    return is_in(ranges, sizeof(ranges) / sizeof(ranges[0]), code_point);
}

static bool is_regional_indicator(uint32_t code_point)
{
    return code_point >= 0x1F1E6 && code_point <= 0x1F1FF;
}

/* Modifier letters that look like an apostrophe or a prime and are typed as one: U+02B9 to U+02BF. */
static bool is_apostrophe(uint32_t code_point)
{
    return code_point >= 0x02B9 && code_point <= 0x02BF;
}

/* Marks that spell rather than accent: vowel signs, nukta, voiced kana, virama, and the vowels and tones of Telugu,
 * Thai, Lao and Tibetan (Unicode, DerivedCombiningClass.txt: 0, 7, 8, 9 and 84 to 132). Without them words of Hindi,
 * Thai or Japanese would fall together. */
static bool is_spelling_mark(const utf8proc_property_t *property)
{
    return property->combining_class == 0 || (property->combining_class >= 7 && property->combining_class <= 9) ||
           (property->combining_class >= 84 && property->combining_class <= 132);
}

static enum role role_of_letter(uint32_t code_point)
{
    if (is_apostrophe(code_point)) {
        return ROLE_SEPARATE;
    }
    if (code_point == TATWEEL) {
        return ROLE_FOLLOW;
    }
    if (continues_syllable(code_point)) {
        return ROLE_SYLLABLE;
    }
    if (begins_syllable(code_point)) {
        return ROLE_CONSONANT;
    }
    return is_character(code_point) ? ROLE_CHARACTER : ROLE_JOIN;
}

enum role role_of(uint32_t code_point)
{
    const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)code_point);

    if (code_point == ZERO_WIDTH_SPACE || code_point == FRACTION_SLASH) {
        return ROLE_SEPARATE; /* the first marks where words end in scripts without spaces */
    }
    if (property->ignorable) {
        return ROLE_FOLLOW; /* joiners, soft hyphens, variation selectors: texts that look alike are alike */
    }
    switch (property->category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return role_of_letter(code_point);
    case UTF8PROC_CATEGORY_ND:
        return ROLE_JOIN;
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return is_character(code_point) ? ROLE_CHARACTER : ROLE_JOIN;
    case UTF8PROC_CATEGORY_SO:
        return is_regional_indicator(code_point) ? ROLE_FLAG : ROLE_SIGN;
    case UTF8PROC_CATEGORY_SC:
    case UTF8PROC_CATEGORY_SM:
        return ROLE_SIGN;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
        return is_spelling_mark(property) ? ROLE_ATTACH : ROLE_FOLLOW;
    case UTF8PROC_CATEGORY_ME:
        return ROLE_FOLLOW;
    default:
        return ROLE_SEPARATE;
    }
}
