/* test_words.c - what a word is. Each test is a sentence of docs/SEARCH.md, section "Words". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "base/words.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The words of `text`, joined by '|'. */
static void assert_words(const char *text, const char *expected)
{
    struct words words;
    char joined[2000] = "";

    assert_int_equal(words_split(text, strlen(text), &words), 0);
    for (size_t i = 0; i < words.count; i++) {
        assert_int_equal(strlen(words.items[i].text), words.items[i].len);
        assert_true(strlen(joined) + words.items[i].len + 2 < sizeof(joined));
        strcat(joined, i == 0 ? "" : "|");
        strcat(joined, words.items[i].text);
    }
    words_free(&words);
    assert_string_equal(joined, expected);
}

/* Word `index` of `text` covers code points start to start + length - 1. */
static void assert_place(const char *text, size_t index, uint32_t start, uint32_t length)
{
    struct words words;

    assert_int_equal(words_split(text, strlen(text), &words), 0);
    assert_true(index < words.count);
    assert_int_equal(words.items[index].start, start);
    assert_int_equal(words.items[index].length, length);
    words_free(&words);
}

static void letters_and_digits_make_words_and_the_rest_separates_them(void **state)
{
    (void)state;
    assert_words("The cat, 9 lives (at most)...", "the|cat|9|lives|at|most");
    assert_words("snake_case kebab-case don't", "snake|case|kebab|case|don|t");
    assert_words("#meow @cat https://example.com/a?b=1", "meow|cat|https|example|com|a|b|=|1");
}

static void an_apostrophe_separates_also_one_that_is_a_letter(void **state)
{
    (void)state;
    assert_words("don't don\u2019t don\u02BCt o\u02BBahu", "don|t|don|t|don|t|o|ahu");
    assert_words("a\u02B9b a\u02BFb", "a|b|a|b");
}

static void nothing_but_separators_is_no_word(void **state)
{
    (void)state;
    assert_words("", "");
    assert_words(" \t\n ... \"*\" ()", "");
}

static void case_is_folded_in_every_script(void **state)
{
    (void)state;
    assert_words("MEOW Straße ΣΊΣΥΦΟΣ ПРИВЕТ", "meow|strasse|σισυφοσ|привет");
}

static void accents_are_folded_composed_or_not(void **state)
{
    (void)state;
    assert_words("Café cafe\xCC\x81 naïve Ångström", "cafe|cafe|naive|angstrom");
    assert_words("Crème BRÛLÉE", "creme|brulee");
}

static void compatibility_forms_are_plain_letters(void **state)
{
    (void)state;
    assert_words("ﬁsh ＦＵＬＬ x² ⓗⓔⓨ 𝐛𝐨𝐥𝐝", "fish|full|x2|hey|bold");
    assert_words("Straße ﬁsh ＦＵＬＬ x²", "strasse|fish|full|x2");
}

static void strokes_and_ligatures_are_plain_letters(void **state)
{
    (void)state;
    assert_words("Łódź, Ærø, Þór, ışık", "lodz|aero|thor|isik");
    assert_words("ŒUVRE Đặng ẞ", "oeuvre|dang|ss");
}

static void every_decimal_digit_is_the_same_digit(void **state)
{
    (void)state;
    assert_words("١٢٣ १२३ ๑๒๓ 𝟙𝟚𝟛", "123|123|123|123");
}

static void letters_of_arabic_that_look_alike_are_alike(void **state)
{
    (void)state;
    assert_words("ٱلكتـــاب", "الكتاب");
    assert_words("ک ی", "ك|ي");
    assert_words("كِتَاب", "كتاب"); /* vowel marks are accents */
}

static void a_nasal_before_a_consonant_is_written_as_anusvara(void **state)
{
    (void)state;
    assert_words("हिन्दी हिंदी", "हिंदी|हिंदी");
    assert_words("চাঁদ চাংদ", "চাংদ|চাংদ"); /* candrabindu of Bengali */
    assert_words("अम्बर अंबर", "अंबर|अंबर");   /* m before b */
    assert_words("जन्म", "जंम");             /* before another nasal, too: both are spelt so */
    assert_words("कन्या न्", "कंया|न्");       /* at the end there is no consonant */
    assert_words("இந்தியா", "இந்தியா");      /* Tamil has none */
}

static void a_sign_of_currency_or_mathematics_is_a_word_of_its_own(void **state)
{
    (void)state;
    assert_words("5 € + x", "5|€|+|x");
    assert_words("$5<6~7|8", "$|5|<|6|~|7|||8");
    assert_words("a=b≠c", "a|=|b|=|c"); /* the stroke is an accent */
}

static void two_regional_indicators_are_one_flag(void **state)
{
    (void)state;
    assert_words("🇩🇰🇪🇪", "🇩🇰|🇪🇪");
    assert_words("🇩🇰🇪", "🇩🇰|🇪");
    assert_words("🇩 🇰", "🇩|🇰");
    assert_place("x🇩🇰🇪🇪", 2, 3, 2);
}

static void a_form_that_unfolds_to_punctuation_is_split_there(void **state)
{
    (void)state;
    assert_words("½ cup", "1|2|cup");
    assert_words("⒈first", "1|first");
}

static void a_symbol_is_a_word_of_its_own(void **state)
{
    (void)state;
    assert_words("hi🐱🐱there", "hi|🐱|🐱|there");
    assert_words("©2018", "©|2018");
}

static void a_sign_that_stands_for_letters_is_apart_from_what_it_is_attached_to(void **state)
{
    (void)state;
    assert_words("Meow™", "meow|tm");
    assert_words("Meow™s", "meow|tm|s");
}

static void skin_tones_joiners_and_variation_selectors_do_not_tell_symbols_apart(void **state)
{
    (void)state;
    assert_words("👍🏽", "👍");
    assert_words("👩\xE2\x80\x8D💻", "👩|💻");
    assert_words("❤\xEF\xB8\x8F", "❤");
}

static void scripts_without_spaces_are_cut_into_characters(void **state)
{
    (void)state;
    assert_words("黒猫がいる", "黒|猫|か\xE3\x82\x99|い|る");
    assert_words("フォン", "フ|ォ|ン");
    assert_words("ﾌｫﾝ", "フ|ォ|ン"); /* of half width */
    assert_words("กรุงเทพ", "ก|รุ|ง|เ|ท|พ");
    assert_words("ភាសាខ្មែរ", "ភា|សា|ខ្|មែ|រ");
    assert_words("人々abc", "人|々|abc");
    assert_words("abc人", "abc|人");
}

/* Folded, a syllable of Hangul is the letters that it is made of. */
static void a_syllable_of_hangul_is_a_character(void **state)
{
    (void)state;
    assert_words("대한민국", "\u1103\u1162|\u1112\u1161\u11AB|\u1106\u1175\u11AB|\u1100\u116E\u11A8");
    assert_words("\u1103\u1162\u1112\u1161\u11AB", "\u1103\u1162|\u1112\u1161\u11AB");
    assert_words("고양이 100개", "\u1100\u1169|\u110B\u1163\u11BC|\u110B\u1175|100|\u1100\u1162");
}

/* The kinds of the words: letters, sign or character; with a + where one goes on with a run. */
static void assert_kinds(const char *text, const char *expected)
{
    struct words words;
    char kinds[100] = "";

    assert_int_equal(words_split(text, strlen(text), &words), 0);
    for (size_t i = 0; i < words.count; i++) {
        const char *kind = words.items[i].kind == WORD_LETTERS ? "l" : words.items[i].kind == WORD_SIGN ? "s" : "c";
        strcat(kinds, words.items[i].continues ? "+" : "");
        strcat(kinds, kind);
    }
    words_free(&words);
    assert_string_equal(kinds, expected);
}

static void words_know_what_they_are_and_whether_they_go_on_with_a_run(void **state)
{
    (void)state;
    assert_kinds("cat 9 € 🐱 🇩🇰", "llsss");
    assert_kinds("黒猫", "c+c");
    assert_kinds("黒 猫", "cc");
    assert_kinds("黒cat猫", "clc");
    assert_kinds("黒🐱猫", "csc");
    assert_kinds("고양이", "c+c+c");
    assert_kinds("กรุง", "c+c+c");
    assert_kinds("黒、猫", "cc");
}

static void what_nobody_sees_does_not_split_a_word(void **state)
{
    (void)state;
    assert_words("co\xC2\xADop", "coop");
    assert_words("می\xE2\x80\x8Cخواهم", "ميخواهم");
}

static void a_zero_width_space_splits(void **state)
{
    (void)state;
    assert_words("foo\xE2\x80\x8B"
                 "bar",
                 "foo|bar");
}

static void the_five_entities_are_what_they_stand_for(void **state)
{
    (void)state;
    assert_words("rock &amp; roll &lt;3", "rock|roll|<|3");
    assert_words("rock&amp;roll &lt;b&gt; it&#39;s &#34;so&#34;", "rock|roll|<|b|>|it|s|so");
    assert_words("&ampersand; &copy;", "ampersand|copy");
    assert_place("a &lt; b", 1, 2, 4);
}

static void invalid_bytes_separate(void **state)
{
    (void)state;
    assert_words("ab\xFF"
                 "cd\xC3",
                 "ab|cd");
}

static void a_long_word_is_cut_at_a_whole_character(void **state)
{
    char text[2 * 40 + 2] = "a";
    struct words words;

    (void)state;
    for (int i = 0; i < 40; i++) {
        strcat(text, "ж"); /* 2 bytes */
    }
    assert_int_equal(words_split(text, strlen(text), &words), 0);
    assert_int_equal(words.count, 1);
    assert_int_equal(words.items[0].len, 63);
    assert_int_equal(words.items[0].length, 41);
    words_free(&words);
}

static void nothing_is_added_to_a_word_after_its_cut(void **state)
{
    char text[100] = "";
    struct words words;

    (void)state;
    memset(text, 'a', 63);
    strcat(text, "лz"); /* 2 bytes, which do not fit, and 1, which would */
    assert_int_equal(words_split(text, strlen(text), &words), 0);
    assert_int_equal(words.items[0].len, 63);
    words_free(&words);
}

static void places_count_code_points_of_the_text(void **state)
{
    (void)state;
    assert_place("héé wörld", 1, 4, 5);
    assert_place("🐱 &amp; dog", 1, 8, 3); /* an entity has as many code points as characters */
}

/* Writes the text with so many quarters of its characters in their full-width forms, which are folded one by one. */
static size_t widen(const char *text, size_t len, int quarters, unsigned *seed, char *out)
{
    size_t out_len = 0;

    for (size_t i = 0; i < len; i++) {
        uint32_t code_point = (unsigned char)text[i];
        if (rand_r(seed) % 4 < quarters) {
            code_point = text[i] == ' ' ? 0x3000 : 0xFF00 + code_point - ' ';
        }
        out_len += utf8_encode(code_point, out + out_len);
    }
    return out_len;
}

static void assert_same_words(const char *text, size_t len, const char *other, size_t other_len)
{
    struct words words;
    struct words other_words;

    assert_int_equal(words_split(text, len, &words), 0);
    assert_int_equal(words_split(other, other_len, &other_words), 0);
    assert_int_equal(words.count, other_words.count);
    for (size_t i = 0; i < words.count; i++) {
        assert_string_equal(words.items[i].text, other_words.items[i].text);
        assert_int_equal(words.items[i].len, other_words.items[i].len);
        assert_int_equal(words.items[i].start, other_words.items[i].start);
        assert_int_equal(words.items[i].length, other_words.items[i].length);
    }
    words_free(&words);
    words_free(&other_words);
}

static void runs_of_ascii_are_cut_and_folded_as_their_full_width_forms_one_by_one(void **state)
{
    enum {
        LEN = 300
    };
    unsigned seed = 5;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        char text[LEN];
        char wide[LEN * 3];
        for (size_t i = 0; i < LEN; i++) {
            text[i] = "abyzABYZ0189"[rand_r(&seed) % 12];
            if (rand_r(&seed) % (1 + round % 120) == 0) { /* runs of a few characters, and longer than a word may be */
                text[i] = (char)(' ' + rand_r(&seed) % ('~' - ' ' + 1));
            }
            if (text[i] == '&') { /* only in ASCII it begins an entity */
                text[i] = ' ';
            }
        }
        size_t wide_len = widen(text, LEN, 1 + round % 4, &seed, wide);
        assert_same_words(text, LEN, wide, wide_len);
    }
}

static void marks_that_spell_stay(void **state)
{
    struct words words;

    (void)state;
    /* Hiragana ka and ga; Hindi "ki" and "ka". */
    assert_int_equal(words_split("\u304b\u304c \u0915\u093f\u0915", strlen("\u304b\u304c \u0915\u093f\u0915"), &words),
                     0);
    assert_int_equal(words.count, 3);
    assert_string_equal(words.items[0].text, "\u304b");
    assert_string_equal(words.items[1].text, "\u304b\u3099");
    assert_string_equal(words.items[2].text, "\u0915\u093f\u0915");
    words_free(&words);
    /* One that follows no word begins none. */
    assert_int_equal(words_split(" \u093f ", strlen(" \u093f "), &words), 0);
    assert_int_equal(words.count, 0);
    words_free(&words);
}

static void a_place_covers_the_marks_that_were_folded_away(void **state)
{
    (void)state;
    assert_place("cafe\xCC\x81 x", 0, 0, 5);
    assert_place("❤\xEF\xB8\x8F x", 0, 0, 2);
}

static void a_place_covers_what_one_character_unfolds_to_once(void **state)
{
    (void)state;
    assert_place("aßb", 0, 0, 3);
    assert_place("½", 0, 0, 1);
    assert_place("½", 1, 0, 1);
}

static void joined_words_are_separated_by_single_spaces(void **state)
{
    size_t len = 99;
    char *joined = words_join("  Two,\n WORDS! ", strlen("  Two,\n WORDS! "), &len);

    (void)state;
    assert_non_null(joined);
    assert_string_equal(joined, "two words");
    assert_int_equal(len, strlen("two words"));
    free(joined);
}

static void joining_nothing_gives_an_empty_text(void **state)
{
    size_t len = 99;
    char *joined = words_join("?!", 2, &len);

    (void)state;
    assert_non_null(joined);
    assert_string_equal(joined, "");
    assert_int_equal(len, 0);
    free(joined);
}

/* What search engines rely on: they split at spaces, and every other ASCII separator may be one for them. */
static bool is_plain(const struct word *word)
{
    if (word->kind == WORD_SIGN && word->len == 1) {
        return strchr("$+<=>|~", word->text[0]) != NULL;
    }
    for (size_t i = 0; i < word->len; i++) {
        char c = word->text[i];
        if ((unsigned char)c < 0x80 && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
            return false;
        }
    }
    return word->len > 0 && word->len <= WORDS_LEN_MAX && utf8_is_valid(word->text, word->len);
}

static void no_code_point_brings_other_ascii_than_small_letters_digits_and_signs_into_a_word(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++) {
        struct words words;
        char text[16] = "a";
        size_t len = 1 + utf8_encode(code_point, text + 1);
        text[len++] = 'b';
        assert_int_equal(words_split(text, len, &words), 0);
        for (size_t i = 0; i < words.count; i++) {
            if (!is_plain(&words.items[i])) {
                fail_msg("U+%04X gives \"%s\"", (unsigned)code_point, words.items[i].text);
            }
        }
        words_free(&words);
    }
}

static void folding_twice_changes_nothing_for_any_code_point(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++) {
        char text[16] = "a";
        size_t once_len;
        size_t twice_len;
        size_t len = 1 + utf8_encode(code_point, text + 1);
        text[len++] = 'b';
        char *once = words_join(text, len, &once_len);
        assert_non_null(once);
        char *twice = words_join(once, once_len, &twice_len);
        assert_non_null(twice);
        if (strcmp(once, twice) != 0) {
            fail_msg("U+%04X gives \"%s\", then \"%s\"", (unsigned)code_point, once, twice);
        }
        free(once);
        free(twice);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_and_digits_make_words_and_the_rest_separates_them),
        cmocka_unit_test(an_apostrophe_separates_also_one_that_is_a_letter),
        cmocka_unit_test(nothing_but_separators_is_no_word),
        cmocka_unit_test(case_is_folded_in_every_script),
        cmocka_unit_test(accents_are_folded_composed_or_not),
        cmocka_unit_test(compatibility_forms_are_plain_letters),
        cmocka_unit_test(strokes_and_ligatures_are_plain_letters),
        cmocka_unit_test(every_decimal_digit_is_the_same_digit),
        cmocka_unit_test(letters_of_arabic_that_look_alike_are_alike),
        cmocka_unit_test(a_nasal_before_a_consonant_is_written_as_anusvara),
        cmocka_unit_test(a_sign_of_currency_or_mathematics_is_a_word_of_its_own),
        cmocka_unit_test(two_regional_indicators_are_one_flag),
        cmocka_unit_test(a_form_that_unfolds_to_punctuation_is_split_there),
        cmocka_unit_test(a_symbol_is_a_word_of_its_own),
        cmocka_unit_test(a_sign_that_stands_for_letters_is_apart_from_what_it_is_attached_to),
        cmocka_unit_test(skin_tones_joiners_and_variation_selectors_do_not_tell_symbols_apart),
        cmocka_unit_test(scripts_without_spaces_are_cut_into_characters),
        cmocka_unit_test(a_syllable_of_hangul_is_a_character),
        cmocka_unit_test(words_know_what_they_are_and_whether_they_go_on_with_a_run),
        cmocka_unit_test(what_nobody_sees_does_not_split_a_word),
        cmocka_unit_test(a_zero_width_space_splits),
        cmocka_unit_test(the_five_entities_are_what_they_stand_for),
        cmocka_unit_test(invalid_bytes_separate),
        cmocka_unit_test(a_long_word_is_cut_at_a_whole_character),
        cmocka_unit_test(nothing_is_added_to_a_word_after_its_cut),
        cmocka_unit_test(places_count_code_points_of_the_text),
        cmocka_unit_test(runs_of_ascii_are_cut_and_folded_as_their_full_width_forms_one_by_one),
        cmocka_unit_test(marks_that_spell_stay),
        cmocka_unit_test(a_place_covers_the_marks_that_were_folded_away),
        cmocka_unit_test(a_place_covers_what_one_character_unfolds_to_once),
        cmocka_unit_test(joined_words_are_separated_by_single_spaces),
        cmocka_unit_test(joining_nothing_gives_an_empty_text),
        cmocka_unit_test(no_code_point_brings_other_ascii_than_small_letters_digits_and_signs_into_a_word),
        cmocka_unit_test(folding_twice_changes_nothing_for_any_code_point),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
