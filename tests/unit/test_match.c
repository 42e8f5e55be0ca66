/* test_match.c - what a query is, what a typo is, and in which tier a text stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/match.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void parse(struct match_query *query, const char *text)
{
    assert_int_equal(match_query_init(query, text, strlen(text)), 0);
}

/* The words of a parsed query joined by '|', a prefix with '*'. */
static void assert_query(const char *text, const char *expected)
{
    struct match_query query;
    char joined[1000] = "";

    parse(&query, text);
    for (size_t i = 0; i < query.count; i++) {
        assert_int_equal(strlen(query.items[i].text), query.items[i].text_len);
        strcat(joined, i == 0 ? "" : "|");
        strcat(joined, query.items[i].text);
        strcat(joined, query.items[i].is_prefix ? "*" : "");
    }
    match_query_free(&query);
    assert_string_equal(joined, expected);
}

static bool is_typo(const char *word, const char *other, unsigned typos_max)
{
    return match_is_typo(word, strlen(word), other, strlen(other), typos_max);
}

static int tier(const char *query_text, const char *text)
{
    struct match_query query;
    struct words words;

    parse(&query, query_text);
    assert_int_equal(words_split(text, strlen(text), &words), 0);
    int found = match_tier(&query, &words);
    words_free(&words);
    match_query_free(&query);
    return found;
}

static void a_query_is_its_distinct_words_in_order(void **state)
{
    (void)state;
    assert_query("black cat Black dog", "black|cat|dog*");
}

static void the_last_word_is_one_entry_at_the_end_even_when_it_came_before(void **state)
{
    (void)state;
    assert_query("cat dog cat", "dog|cat*");
    assert_query("cat cat", "cat*");
}

static void a_separator_behind_the_last_word_does_not_complete_it(void **state)
{
    (void)state;
    assert_query("black ca", "black|ca*");
    assert_query("black ca ", "black|ca*");
}

static void a_query_without_words_is_empty(void **state)
{
    (void)state;
    assert_query("", "");
    assert_query(" *** ", "");
}

static void operators_are_plain_words(void **state)
{
    (void)state;
    assert_query("\"black cat\" OR NOT body:dog*", "black|cat|or|not|body|dog*");
}

static void words_beyond_the_limit_are_ignored_but_not_the_last(void **state)
{
    struct match_query query;
    char text[1000] = "";

    (void)state;
    for (int i = 0; i < MATCH_WORDS_MAX + 5; i++) {
        char word[16];
        snprintf(word, sizeof(word), "w%d ", i);
        strcat(text, word);
    }
    parse(&query, text);
    assert_int_equal(query.count, MATCH_WORDS_MAX);
    assert_string_equal(query.items[0].text, "w0");
    assert_string_equal(query.items[MATCH_WORDS_MAX - 2].text, "w30");
    assert_string_equal(query.items[MATCH_WORDS_MAX - 1].text, "w36");
    assert_true(query.items[MATCH_WORDS_MAX - 1].is_prefix);
    match_query_free(&query);
}

static void typos_are_allowed_by_length_in_code_points(void **state)
{
    struct match_query query;

    (void)state;
    assert_int_equal(match_typos_max(1), 0);
    assert_int_equal(match_typos_max(2), 0);
    assert_int_equal(match_typos_max(3), 1);
    assert_int_equal(match_typos_max(5), 1);
    assert_int_equal(match_typos_max(6), 2);
    parse(&query, "мы коты котики");
    assert_int_equal(query.items[0].typos_max, 0);
    assert_int_equal(query.items[1].typos_max, 1);
    assert_int_equal(query.items[2].typos_max, 2);
    match_query_free(&query);
}

static void inserting_removing_and_replacing_a_letter_is_one_typo(void **state)
{
    (void)state;
    assert_true(is_typo("meow", "meeow", 1));
    assert_true(is_typo("meow", "mow", 1));
    assert_true(is_typo("meow", "meaw", 1));
    assert_true(is_typo("meow", "meows", 1));
    assert_false(is_typo("meow", "maaw", 1));
    assert_true(is_typo("meow", "maaw", 2));
}

static void swapping_neighbours_is_one_typo(void **state)
{
    (void)state;
    assert_true(is_typo("meow", "mewo", 1));
    assert_true(is_typo("kitten", "ktitne", 2));
    assert_false(is_typo("kitten", "ktitne", 1));
}

static void a_swapped_pair_is_not_edited_again(void **state)
{
    (void)state;
    /* Unrestricted Damerau distance would be 2: swap, then insert between. */
    assert_false(is_typo("xca", "xabc", 2));
}

static void the_first_letter_is_never_a_typo(void **state)
{
    (void)state;
    assert_false(is_typo("meow", "neow", 1));
    assert_false(is_typo("meow", "emow", 1));
    assert_false(is_typo("meow", "eow", 1));
    assert_false(is_typo("привет", "кривет", 2));
    assert_false(is_typo("ért", "árt", 2)); /* the same first byte, another letter */
}

static void letters_are_code_points_not_bytes(void **state)
{
    (void)state;
    assert_true(is_typo("кот", "кит", 1));
    assert_true(is_typo("кот", "котя", 1));
    assert_true(is_typo("кофе", "кфое", 1));
}

static void a_word_is_within_any_number_of_edits_of_itself(void **state)
{
    (void)state;
    assert_true(is_typo("a", "a", 0));
    assert_false(is_typo("ab", "ac", 0));
}

/* The textbook recursion, to check the quick one against. */
static unsigned slow_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    if (a_len == 0 || b_len == 0) {
        return (unsigned)(a_len + b_len);
    }
    unsigned best = slow_distance(a, a_len - 1, b, b_len - 1) + (a[a_len - 1] != b[b_len - 1] ? 1U : 0U);
    unsigned removed = slow_distance(a, a_len - 1, b, b_len) + 1;
    unsigned inserted = slow_distance(a, a_len, b, b_len - 1) + 1;
    best = removed < best ? removed : best;
    best = inserted < best ? inserted : best;
    if (a_len > 1 && b_len > 1 && a[a_len - 1] == b[b_len - 2] && a[a_len - 2] == b[b_len - 1]) {
        unsigned swapped = slow_distance(a, a_len - 2, b, b_len - 2) + 1;
        best = swapped < best ? swapped : best;
    }
    return best;
}

/* Word `number` of words over a, b and c, behind a first letter x: numbers below 243 give 1 to 5 letters. */
static void spell(unsigned number, char out[8])
{
    size_t len = 0;

    out[len++] = 'x';
    do {
        out[len++] = (char)('a' + number % 3);
        number /= 3;
    } while (number > 0);
    out[len] = '\0';
}

static void the_distance_is_that_of_the_textbook(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 243; i++) {
        for (unsigned j = 0; j < 243; j += 2) {
            char a[8];
            char b[8];
            spell(i, a);
            spell(j, b);
            unsigned distance = slow_distance(a, strlen(a), b, strlen(b));
            for (unsigned typos_max = 0; typos_max <= 2; typos_max++) {
                if (is_typo(a, b, typos_max) != (distance <= typos_max)) {
                    fail_msg("%s and %s: %u edits, allowed %u", a, b, distance, typos_max);
                }
            }
        }
    }
}

static void levels_are_exact_typo_prefix_none(void **state)
{
    const meower_search_word word = {"meow", 4, 1, 1};
    const meower_search_word complete = {"meow", 4, 1, 0};

    (void)state;
    assert_int_equal(match_level(&word, "meow", 4), MATCH_EXACT);
    assert_int_equal(match_level(&word, "mewo", 4), MATCH_TYPO);
    assert_int_equal(match_level(&word, "meows", 5), MATCH_TYPO); /* the better of two reasons */
    assert_int_equal(match_level(&word, "meowing", 7), MATCH_PREFIX);
    assert_int_equal(match_level(&word, "mewoing", 7), MATCH_NONE); /* no typos within a prefix */
    assert_int_equal(match_level(&complete, "meowing", 7), MATCH_NONE);
}

static void tiers_go_by_the_worst_of_all_words_then_by_the_best_of_some(void **state)
{
    (void)state;
    assert_int_equal(tier("black cat", "a cat, black"), 0);
    assert_int_equal(tier("black cat", "a blakc cat"), 1);
    assert_int_equal(tier("black cat", "black caterpillar"), 2);
    assert_int_equal(tier("black cat", "blakc caterpillar"), 2);
    assert_int_equal(tier("black cat", "black dog"), 3);
    assert_int_equal(tier("black cat", "a white cat"), 3);
    assert_int_equal(tier("black cat", "blakc dog"), 4);
    assert_int_equal(tier("black cat", "caterpillar"), 5);
    assert_int_equal(tier("black cat", "dog"), MATCH_TIERS);
    assert_int_equal(tier("black cat", ""), MATCH_TIERS);
}

static void the_best_of_a_text_s_words_counts(void **state)
{
    (void)state;
    assert_int_equal(tier("cat", "caterpillar cut cat"), 0);
    assert_int_equal(tier("cat", "caterpillar cut"), 1);
}

static void an_empty_query_matches_nothing(void **state)
{
    (void)state;
    assert_int_equal(tier("", "cat"), MATCH_TIERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_is_its_distinct_words_in_order),
        cmocka_unit_test(the_last_word_is_one_entry_at_the_end_even_when_it_came_before),
        cmocka_unit_test(a_separator_behind_the_last_word_does_not_complete_it),
        cmocka_unit_test(a_query_without_words_is_empty),
        cmocka_unit_test(operators_are_plain_words),
        cmocka_unit_test(words_beyond_the_limit_are_ignored_but_not_the_last),
        cmocka_unit_test(typos_are_allowed_by_length_in_code_points),
        cmocka_unit_test(inserting_removing_and_replacing_a_letter_is_one_typo),
        cmocka_unit_test(swapping_neighbours_is_one_typo),
        cmocka_unit_test(a_swapped_pair_is_not_edited_again),
        cmocka_unit_test(the_first_letter_is_never_a_typo),
        cmocka_unit_test(letters_are_code_points_not_bytes),
        cmocka_unit_test(a_word_is_within_any_number_of_edits_of_itself),
        cmocka_unit_test(the_distance_is_that_of_the_textbook),
        cmocka_unit_test(levels_are_exact_typo_prefix_none),
        cmocka_unit_test(tiers_go_by_the_worst_of_all_words_then_by_the_best_of_some),
        cmocka_unit_test(the_best_of_a_text_s_words_counts),
        cmocka_unit_test(an_empty_query_matches_nothing),
    };
    return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
