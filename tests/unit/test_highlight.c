/* test_highlight.c - where the searched words stand in a text: parts that begin and end where a reader sees a
 * character begin and end, in their order, without overlap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/highlight.h"
#include "base/utf8.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Finds the parts of the text; freed by the caller. */
static struct highlights find(const char *query_text, const char *text, uint32_t differing)
{
    struct match_query query;
    struct words words;
    struct highlights highlights;

    assert_int_equal(match_query_init(&query, query_text, strlen(query_text)), 0);
    assert_int_equal(words_split(text, strlen(text), &words), 0);
    assert_int_equal(highlight_find(&query, differing, text, strlen(text), &words, &highlights), 0);
    words_free(&words);
    match_query_free(&query);
    return highlights;
}

static void assert_differing(const char *query, const char *text, uint32_t differing, const char *expected)
{
    struct highlights highlights = find(query, text, differing);
    char written[500] = "";

    for (size_t i = 0; i < highlights.count; i++) {
        char part[32];
        snprintf(part, sizeof(part), "%s%u+%u", i == 0 ? "" : " ", highlights.ranges[i].start,
                 highlights.ranges[i].length);
        strcat(written, part);
    }
    free(highlights.ranges);
    assert_string_equal(written, expected);
}

/* The parts are as expected, each as start+length in code points. */
static void assert_parts(const char *query, const char *text, const char *expected)
{
    assert_differing(query, text, 0, expected);
}

static void each_word_that_matches_is_a_part(void **state)
{
    (void)state;
    assert_parts("cat dog", "A cat, a dog, a bird.", "2+3 9+3");
    assert_parts("cat", "caterpillar cut cats", "0+11 12+3 16+4");
    assert_parts("cat dog", "caterpillar", ""); /* only the last word is a prefix */
    assert_parts("bird", "cat dog", "");
    assert_parts("", "cat", "");
    assert_parts("cat", "", "");
}

static void parts_come_in_the_order_of_the_text(void **state)
{
    (void)state;
    assert_parts("dog cat", "cat dog cat", "0+3 4+3 8+3");
}

static void accents_and_entities_are_part_of_it(void **state)
{
    (void)state;
    assert_parts("cafe", "a cafe\u0301 x", "2+5");
    assert_parts("cafe", "a café x", "2+4");
    assert_parts("strasse", "Die Straße", "4+6");
    assert_parts("<", "3 &lt; 4", "2+4");
    assert_parts("roll", "rock &amp; roll", "11+4");
}

static void marks_that_are_folded_away_behind_a_word_are_part_of_it(void **state)
{
    (void)state;
    assert_parts("e", "e\u0301\u0302\u0303 f", "0+4");
    assert_parts("ki", "ki\u20DD x", "0+3");
}

static void an_emoji_is_a_part_with_all_that_makes_it_one(void **state)
{
    (void)state;
    assert_parts("👍", "a 👍🏽 b", "2+2");                     /* skin tone */
    assert_parts("❤", "❤\uFE0F x", "0+2");                     /* variation selector */
    assert_parts("👩", "a 👩\u200D💻 b", "2+3");               /* a joiner: one symbol of two */
    assert_parts("💻", "a 👩\u200D💻 b", "2+3");               /* found by its second half */
    assert_parts("👩 💻", "a 👩\u200D💻 b", "2+3");            /* once, though both are found */
    assert_parts("👧", "👨\u200D👩\u200D👧\u200D👦👍", "0+7"); /* a family */
    assert_parts("🏴", "🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F x", "0+7");
}

static void a_flag_is_its_two_letters(void **state)
{
    (void)state;
    assert_parts("🇪🇪", "🇩🇰🇪🇪🇩🇰", "2+2");
    assert_parts("🇩🇰", "🇩🇰🇪🇪🇩🇰", "0+2 4+2");
    assert_parts("🇩🇰", "🇩🇰🇩🇰", "0+2 2+2"); /* two parts, though they touch */
    assert_parts("🇰🇪", "🇩🇰🇪🇪", "");
}

static void a_syllable_of_jamo_is_one_character(void **state)
{
    (void)state;
    assert_parts("한", "대\u1112\u1161\u11AB민국", "1+3");
    assert_parts("하", "대한민", "1+1"); /* the last character may go on */
    assert_parts("고야", "고양이", "0+2");
    assert_parts("국민", "대한민국", "");
}

static void a_character_with_its_marks_is_one(void **state)
{
    (void)state;
    assert_parts("รุ", "กรุงเทพ", "1+2");
    assert_parts("か\u3099", "い\u304B\u3099い", "1+2");
    assert_parts("हिंदी", "यह हिन्दी है", "3+6");
}

static void a_run_is_one_part_wherever_it_stands(void **state)
{
    (void)state;
    assert_parts("猫が", "黒猫がいる、猫が", "1+2 6+2");
    assert_parts("猫が", "猫黒が", "");
    assert_parts("猫猫", "猫猫猫", "0+3"); /* two that overlap are one part */
}

static void joined_words_are_a_part_as_a_whole(void **state)
{
    (void)state;
    assert_parts("notebook", "my note book, note", "3+9");
    assert_parts("email", "an e-mail", "3+6");
    assert_parts("oreilly", "O'Reilly's", "0+8");
    assert_parts("1299", "for 1,299 €", "4+5");
    assert_parts("new york", "newyork", "0+7");
    assert_parts("iphone 15 pro", "an iPhone15Pro", "3+11");
}

static void a_split_word_that_begins_like_another_match_is_marked_whole(void **state)
{
    (void)state;
    assert_parts("note notebook", "note book", "0+9");
}

static void another_first_letter_counts_where_it_may_differ(void **state)
{
    (void)state;
    assert_differing("mitten", "a kitten", 0, "");
    assert_differing("mitten", "a kitten", 1, "2+6");
    assert_differing("cat mitten", "a kitten", 1, ""); /* the bit of another item */
    assert_differing("cat mitten", "a kitten", 2, "2+6");
}

static bool has(const char *query_text, const char *text)
{
    struct match_query query;
    struct words words;

    assert_int_equal(match_query_init(&query, query_text, strlen(query_text)), 0);
    assert_int_equal(words_split(text, strlen(text), &words), 0);
    bool result = highlight_has(&query.items[0], &words);
    words_free(&words);
    match_query_free(&query);
    return result;
}

static void a_text_has_a_word_when_it_stands_there_as_typed(void **state)
{
    (void)state;
    assert_true(has("cat", "a cat"));
    assert_false(has("cat", "a cut caterpillar"));
    assert_false(has("notebook", "note book"));
    assert_true(has("黒猫", "大黒猫"));
    assert_false(has("黒猫", "黒い猫"));
    assert_true(has("고양", "고야 고양"));
    assert_false(has("고야", "고양"));
    assert_false(has("cat", ""));
}

/* ---- random texts ----------------------------------------------------------------------------------------------- */

/* Notes for each code point of the text whether a grapheme cluster begins there, and at the end. Returns how many. */
static size_t find_boundaries(const char *text, bool *begins)
{
    utf8proc_int32_t before = 0;
    utf8proc_int32_t state = 0;
    size_t count = 0;

    for (size_t at = 0; text[at] != '\0'; count++) {
        uint32_t code_point;
        at += utf8_decode(text + at, strlen(text + at), &code_point);
        begins[count] = count == 0 || utf8proc_grapheme_break_stateful(before, (utf8proc_int32_t)code_point, &state);
        before = (utf8proc_int32_t)code_point;
    }
    begins[count] = true;
    return count;
}

static void write_random(unsigned *seed, unsigned pieces, char out[600])
{
    static const char *const texts[] = {"a",  "b",      "ab",     " ",      "-", "\u0301", "\u200D", "👩",
                                        "💻", "👍",     "🏽",     "\uFE0F", "🇩", "🇰",      "黒",     "猫",
                                        "고", "\u1112", "\u1161", "\u11AB", "รุ", "\u0E38", "ि",      "न",
                                        "्",   "द",      "&lt;",   "&amp;",  "½", "ß"};

    out[0] = '\0';
    for (unsigned i = 0; i < pieces; i++) {
        strcat(out, texts[(unsigned)rand_r(seed) % (sizeof(texts) / sizeof(texts[0]))]);
    }
}

static void parts_of_random_texts_are_whole_characters_in_order_and_do_not_overlap(void **state)
{
    unsigned seed = 3;
    unsigned found = 0;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        char query[600];
        char text[600];
        bool begins[601];
        write_random(&seed, 1 + round % 5, query);
        write_random(&seed, 1 + round % 25, text);
        struct highlights highlights = find(query, text, round % 2 == 0 ? 0 : UINT32_MAX);
        size_t count = find_boundaries(text, begins);
        uint32_t end = 0;
        for (size_t i = 0; i < highlights.count; i++) {
            uint32_t start = highlights.ranges[i].start;
            uint32_t length = highlights.ranges[i].length;
            if (length == 0 || start < end || start + length > count || !begins[start] || !begins[start + length]) {
                fail_msg("\"%s\" in \"%s\": %u+%u behind %u of %u", query, text, start, length, end, (unsigned)count);
            }
            end = start + length;
        }
        found += (unsigned)highlights.count;
        free(highlights.ranges);
    }
    assert_true(found > 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_word_that_matches_is_a_part),
        cmocka_unit_test(parts_come_in_the_order_of_the_text),
        cmocka_unit_test(accents_and_entities_are_part_of_it),
        cmocka_unit_test(marks_that_are_folded_away_behind_a_word_are_part_of_it),
        cmocka_unit_test(an_emoji_is_a_part_with_all_that_makes_it_one),
        cmocka_unit_test(a_flag_is_its_two_letters),
        cmocka_unit_test(a_syllable_of_jamo_is_one_character),
        cmocka_unit_test(a_character_with_its_marks_is_one),
        cmocka_unit_test(a_run_is_one_part_wherever_it_stands),
        cmocka_unit_test(joined_words_are_a_part_as_a_whole),
        cmocka_unit_test(a_split_word_that_begins_like_another_match_is_marked_whole),
        cmocka_unit_test(another_first_letter_counts_where_it_may_differ),
        cmocka_unit_test(a_text_has_a_word_when_it_stands_there_as_typed),
        cmocka_unit_test(parts_of_random_texts_are_whole_characters_in_order_and_do_not_overlap),
    };
    return cmocka_run_group_tests_name("highlight", tests, NULL, NULL);
}
