/* test_match.c - what a query is, what a typo is, in which quality a word matches, and what that weighs. */
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

/* The joined neighbours of a parsed query: each with the bits of the items that it stands for. */
static void assert_joins(const char *text, const char *expected)
{
    struct match_query query;
    char written[1000] = "";

    parse(&query, text);
    for (size_t i = 0; i < query.join_count; i++) {
        char join[100];
        assert_int_equal(strlen(query.joins[i].text), query.joins[i].text_len);
        snprintf(join, sizeof(join), "%s%s:%x", i == 0 ? "" : "|", query.joins[i].text,
                 (unsigned)query.joins[i].word_mask);
        strcat(written, join);
    }
    match_query_free(&query);
    assert_string_equal(written, expected);
}

/* The one item of a query. Its texts are the query's. */
static meower_search_word only_item(struct match_query *query, const char *text)
{
    parse(query, text);
    assert_int_equal(query->count, 1);
    return query->items[0];
}

static int quality_of(const char *query_text, const char *other, bool may_differ_first)
{
    struct match_query query;
    meower_search_word item = only_item(&query, query_text);
    int quality = match_quality(&item, other, strlen(other), may_differ_first);

    match_query_free(&query);
    return quality;
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

static void qualities_are_exact_typo_prefix_none(void **state)
{
    const meower_search_word word = {"meow", 4, 1, 1, 0, 0};
    const meower_search_word complete = {"meow", 4, 1, 0, 0, 0};

    (void)state;
    assert_int_equal(match_quality(&word, "meow", 4, false), MATCH_EXACT);
    assert_int_equal(match_quality(&word, "mewo", 4, false), MATCH_TYPO);
    assert_int_equal(match_quality(&word, "meows", 5, false), MATCH_TYPO); /* the better of two reasons */
    assert_int_equal(match_quality(&word, "meowing", 7, false), MATCH_PREFIX);
    assert_int_equal(match_quality(&word, "mewoing", 7, false), MATCH_NONE); /* no typos within a prefix */
    assert_int_equal(match_quality(&complete, "meowing", 7, false), MATCH_NONE);
    assert_int_equal(match_quality(&complete, "me", 2, false), MATCH_NONE);
}

static void the_words_of_the_table_of_typos_are_found_or_not(void **state)
{
    (void)state;
    assert_int_equal(quality_of("ox", "ox", false), MATCH_EXACT);
    assert_int_equal(quality_of("ox", "of", true), MATCH_NONE);
    assert_int_equal(quality_of("mewo", "meow", false), MATCH_TYPO);
    assert_int_equal(quality_of("cut", "cat", false), MATCH_TYPO);
    assert_int_equal(quality_of("cut", "cuts", false), MATCH_TYPO);
    assert_int_equal(quality_of("cut", "cats", false), MATCH_NONE);
    assert_int_equal(quality_of("kittne", "kitten", false), MATCH_TYPO);
    assert_int_equal(quality_of("kittne", "kittens", false), MATCH_TYPO);
    assert_int_equal(quality_of("kotten", "kitten", false), MATCH_TYPO);
    assert_int_equal(quality_of("mottin", "kitten", true), MATCH_NONE);
}

static void a_wrong_first_letter_is_the_only_typo(void **state)
{
    (void)state;
    assert_true(match_is_first_typo("mitten", 6, "kitten", 6));
    assert_true(match_is_first_typo("itten", 5, "kitten", 6));   /* it is missing */
    assert_true(match_is_first_typo("kmeow", 5, "meow", 4));     /* one too many */
    assert_true(match_is_first_typo("emow", 4, "meow", 4));      /* the first two are swapped */
    assert_false(match_is_first_typo("mitten", 6, "kittan", 6)); /* a second one */
    assert_false(match_is_first_typo("kitten", 6, "kittan", 6)); /* the first one is right */
    assert_false(match_is_first_typo("mitten", 6, "mitten", 6));
    assert_true(match_is_first_typo("ért", strlen("ért"), "árt", strlen("árt")));
}

static void the_first_letter_may_be_wrong_from_four_letters_on_and_where_no_meow_has_the_word(void **state)
{
    (void)state;
    assert_int_equal(quality_of("mitten", "kitten", true), MATCH_TYPO);
    assert_int_equal(quality_of("mitten", "kitten", false), MATCH_NONE);
    assert_int_equal(quality_of("neow", "meow", true), MATCH_TYPO);
    assert_int_equal(quality_of("dat", "cat", true), MATCH_NONE);
    assert_int_equal(quality_of("mitten", "kittan", true), MATCH_NONE);
    assert_int_equal(quality_of("итти", "этти", true), MATCH_TYPO); /* four letters, eight bytes */
    assert_int_equal(quality_of("итт", "этт", true), MATCH_NONE);
}

/* ---- runs ------------------------------------------------------------------------------------------------------- */

/* Where the first run of the query stands in the text, and in which quality; -1: nowhere. */
static int find_run(const char *query_text, const char *text, int *quality, size_t *count)
{
    struct match_query query;
    struct words words;
    meower_search_word run = only_item(&query, query_text);
    int found = -1;

    assert_true(match_is_run(&run));
    assert_int_equal(words_split(text, strlen(text), &words), 0);
    for (size_t at = 0; at < words.count && found < 0; at++) {
        *count = match_run(&run, &words, at, quality);
        found = *count > 0 ? (int)at : -1;
    }
    words_free(&words);
    match_query_free(&query);
    return found;
}

static void assert_no_run(const char *query_text, const char *text)
{
    size_t count;
    int quality;

    assert_int_equal(find_run(query_text, text, &quality, &count), -1);
}

static void characters_side_by_side_are_one_run(void **state)
{
    (void)state;
    assert_query("黒猫", "黒 猫*");
    assert_query("黒猫 cat", "黒 猫|cat*");
    assert_query("cat黒猫dog", "cat|黒 猫|dog*");
    assert_query("黒 猫", "黒|猫*");
    assert_query("黒猫 黒猫", "黒 猫*");
}

static void a_run_has_no_typos_and_is_not_split(void **state)
{
    struct match_query query;
    meower_search_word run = only_item(&query, "黒猫がいる");

    (void)state;
    assert_int_equal(run.typos_max, 0);
    assert_int_equal(run.may_differ_first, 0);
    assert_int_equal(run.may_be_split, 0);
    match_query_free(&query);
}

static void one_character_or_one_sign_is_no_run_and_has_no_typos(void **state)
{
    struct match_query query;
    meower_search_word item = only_item(&query, "猫");

    (void)state;
    assert_false(match_is_run(&item));
    assert_int_equal(item.typos_max, 0);
    assert_int_equal(item.may_be_split, 0);
    match_query_free(&query);
    item = only_item(&query, "🇩🇰");
    assert_false(match_is_run(&item));
    assert_int_equal(item.typos_max, 0);
    match_query_free(&query);
}

static void a_run_stands_where_its_characters_are_side_by_side_in_order(void **state)
{
    size_t count;
    int quality;

    (void)state;
    assert_int_equal(find_run("猫がい", "黒猫がいる", &quality, &count), 1);
    assert_int_equal(count, 3);
    assert_int_equal(quality, MATCH_EXACT);
    assert_no_run("猫黒", "黒猫がいる");
    assert_no_run("黒が", "黒猫がいる");
    assert_no_run("いるよ", "黒猫がいる");
}

static void a_run_that_begins_and_breaks_off_is_found_further_on(void **state)
{
    size_t count;
    int quality;

    (void)state;
    assert_int_equal(find_run("猫猫犬", "猫猫猫犬", &quality, &count), 1);
}

static void the_last_character_of_the_last_run_may_go_on(void **state)
{
    size_t count;
    int quality;

    (void)state;
    assert_int_equal(find_run("고야", "고양이", &quality, &count), 0);
    assert_int_equal(quality, MATCH_PREFIX);
    assert_int_equal(count, 2);
    assert_int_equal(find_run("고양", "고양이", &quality, &count), 0);
    assert_int_equal(quality, MATCH_EXACT);
    assert_no_run("가양", "강양"); /* the first one may not */
}

static void a_run_that_is_not_last_in_the_query_does_not_go_on(void **state)
{
    struct match_query query;
    struct words words;
    int quality;

    (void)state;
    parse(&query, "고야 cat");
    assert_int_equal(words_split("고양이", strlen("고양이"), &words), 0);
    assert_int_equal(match_run(&query.items[0], &words, 0, &quality), 0);
    words_free(&words);
    match_query_free(&query);
}

/* ---- joined and split words ------------------------------------------------------------------------------------- */

/* How many words of the text from `at` on are the query's only word when they are joined. */
static size_t joined(const char *query_text, const char *text, size_t at)
{
    struct match_query query;
    struct words words;
    meower_search_word item = only_item(&query, query_text);

    assert_int_equal(words_split(text, strlen(text), &words), 0);
    size_t count = match_joined(&item, &words, at);
    words_free(&words);
    match_query_free(&query);
    return count;
}

static void two_to_four_words_of_a_text_are_the_searched_one_when_joined(void **state)
{
    (void)state;
    assert_int_equal(joined("notebook", "note book", 0), 2);
    assert_int_equal(joined("email", "an e-mail", 1), 2);
    assert_int_equal(joined("oreilly", "O'Reilly", 0), 2);
    assert_int_equal(joined("1299", "1,299", 0), 2);
    assert_int_equal(joined("abcd", "a b c d", 0), 4);
    assert_int_equal(joined("abcde", "a b c d e", 0), 0);
    assert_int_equal(joined("notebook", "notebook", 0), 0); /* one word is not joined */
    assert_int_equal(joined("notebook", "notebo", 0), 0);
    assert_int_equal(joined("notebook", "note books", 0), 0);
    assert_int_equal(joined("notebook", "book note", 0), 0);
    assert_int_equal(joined("notebook", "a note", 1), 0);
}

static void a_word_of_one_letter_and_a_sign_are_not_split(void **state)
{
    struct match_query query;

    (void)state;
    parse(&query, "a ab € 猫 x");
    assert_int_equal(query.items[0].may_be_split, 0);
    assert_int_equal(query.items[1].may_be_split, 1);
    assert_int_equal(query.items[2].may_be_split, 0);
    assert_int_equal(query.items[3].may_be_split, 0);
    match_query_free(&query);
}

static void neighbours_of_a_query_are_joined_two_to_four_at_a_time(void **state)
{
    (void)state;
    assert_joins("newyork", "");
    assert_joins("new york", "newyork:3");
    assert_joins("iphone 15 pro", "iphone15:3|iphone15pro:7|15pro:6");
    assert_joins("a b c d e", "ab:3|abc:7|abcd:f|bc:6|bcd:e|bcde:1e|cd:c|cde:1c|de:18");
}

static void signs_and_characters_are_joined_with_nothing(void **state)
{
    (void)state;
    assert_joins("5 € note", "");
    assert_joins("cat 猫 dog", "");
    assert_joins("black cat 猫 dog", "blackcat:3");
}

static void a_join_that_comes_twice_stands_for_all_its_words(void **state)
{
    (void)state;
    /* "ab c" and "a bc" are both abc; items: ab, a, c, bc in the order in which they come. */
    assert_joins("ab c x a bc", "abc:1b|abcx:7|abcxa:f|cx:6|cxa:e|cxabc:1e|xa:c|xabc:1c");
}

static void a_join_longer_than_a_word_may_be_is_none(void **state)
{
    char text[100] = "";

    (void)state;
    memset(text, 'a', 40);
    text[40] = ' ';
    memset(text + 41, 'b', 24);
    {
        struct match_query query;
        parse(&query, text);
        assert_int_equal(query.join_count, 1);
        assert_int_equal(query.joins[0].text_len, WORDS_LEN_MAX);
        match_query_free(&query);
    }
    text[65] = 'b';
    assert_joins(text, "");
}

static void a_request_has_the_words_the_joins_and_the_window(void **state)
{
    struct match_query query;

    (void)state;
    parse(&query, "new york city");
    meower_search_request request = match_request(&query, 7, 11);
    assert_ptr_equal(request.words, query.items);
    assert_int_equal(request.word_count, 3);
    assert_ptr_equal(request.joins, query.joins);
    assert_int_equal(request.join_count, 3);
    assert_int_equal(request.skip, 7);
    assert_int_equal(request.take, 11);
    match_query_free(&query);
}

/* ---- weights ---------------------------------------------------------------------------------------------------- */

static void the_better_quality_weighs_twice_as_much(void **state)
{
    (void)state;
    assert_int_equal(match_weight(MATCH_EXACT, 7, 0), 4 * 6);
    assert_int_equal(match_weight(MATCH_TYPO, 7, 0), 2 * 6);
    assert_int_equal(match_weight(MATCH_PREFIX, 7, 0), 6);
}

static void the_weights_of_the_example_are_those_of_the_page(void **state)
{
    (void)state;
    assert_int_equal(match_weight(MATCH_EXACT, 8, 4), 4);
    assert_int_equal(match_weight(MATCH_TYPO, 8, 6), 2);
    assert_int_equal(match_weight(MATCH_PREFIX, 8, 5), 1);
}

static void a_word_that_all_have_weighs_as_one(void **state)
{
    (void)state;
    assert_int_equal(match_weight(MATCH_PREFIX, 0, 0), 1);
    assert_int_equal(match_weight(MATCH_PREFIX, 100, 100), 1);
    assert_int_equal(match_weight(MATCH_PREFIX, 100, 5000), 1); /* added up over several words */
    assert_int_equal(match_weight(MATCH_EXACT, 100, UINT64_MAX), 4);
}

/* k = floor(2 * log2(a / b)) is the whole number with 2^k * b^2 <= a^2 < 2^(k + 1) * b^2. */
static void the_rarity_is_exact_for_all_small_numbers(void **state)
{
    (void)state;
    for (uint64_t documents = 0; documents < 500; documents++) {
        for (uint64_t count = 0; count <= documents; count++) {
            uint64_t a = documents + 1;
            uint64_t b = count + 1;
            unsigned k = 0;
            while ((b * b << (k + 1)) <= a * a) {
                k++;
            }
            unsigned weight = match_weight(MATCH_PREFIX, documents, count);
            if (weight != (k > 1 ? k : 1)) {
                fail_msg("%u of %u: %u, not %u", (unsigned)count, (unsigned)documents, weight, k);
            }
        }
    }
}

/* Fractions beside powers of the root of two: the convergents of 2.828..., and whole powers of two. */
static void the_rarity_is_exact_at_its_boundaries(void **state)
{
    (void)state;
    assert_int_equal(match_weight(MATCH_PREFIX, 577 - 1, 204 - 1), 3); /* 577^2 = 8 * 204^2 + 1 */
    assert_int_equal(match_weight(MATCH_PREFIX, 577 - 2, 204 - 1), 2);
    assert_int_equal(match_weight(MATCH_PREFIX, 2786 - 1, 985 - 1), 2); /* 2786^2 = 8 * 985^2 - 4 */
    assert_int_equal(match_weight(MATCH_PREFIX, 2787 - 1, 985 - 1), 3);
    assert_int_equal(match_weight(MATCH_PREFIX, 19601 - 1, 6930 - 1), 3); /* 19601^2 = 8 * 6930^2 + 1 */
    assert_int_equal(match_weight(MATCH_PREFIX, 19601 - 1, 6931 - 1), 2);
    for (unsigned bits = 1; bits < 32; bits++) {
        uint64_t power = UINT64_C(1) << bits;
        assert_int_equal(match_weight(MATCH_PREFIX, power - 1, 0), 2 * bits);
        assert_int_equal(match_weight(MATCH_PREFIX, power, 0), 2 * bits + (bits == 1 ? 1 : 0)); /* 3^2 is above 2^3 */
        assert_int_equal(match_weight(MATCH_PREFIX, power - 2, 0), bits == 1 ? 1 : 2 * bits - 1);
    }
}

static void more_documents_than_a_number_of_32_bits_weigh_what_they_should(void **state)
{
    (void)state;
    assert_int_equal(match_weight(MATCH_PREFIX, UINT32_MAX - UINT64_C(1), 0), 63);
    assert_int_equal(match_weight(MATCH_PREFIX, UINT64_C(1) << 40, UINT64_C(1) << 30), 20);
    assert_true(match_weight(MATCH_EXACT, UINT64_MAX - 1, 0) <= 4 * 128);
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
        cmocka_unit_test(qualities_are_exact_typo_prefix_none),
        cmocka_unit_test(the_words_of_the_table_of_typos_are_found_or_not),
        cmocka_unit_test(a_wrong_first_letter_is_the_only_typo),
        cmocka_unit_test(the_first_letter_may_be_wrong_from_four_letters_on_and_where_no_meow_has_the_word),
        cmocka_unit_test(characters_side_by_side_are_one_run),
        cmocka_unit_test(a_run_has_no_typos_and_is_not_split),
        cmocka_unit_test(one_character_or_one_sign_is_no_run_and_has_no_typos),
        cmocka_unit_test(a_run_stands_where_its_characters_are_side_by_side_in_order),
        cmocka_unit_test(a_run_that_begins_and_breaks_off_is_found_further_on),
        cmocka_unit_test(the_last_character_of_the_last_run_may_go_on),
        cmocka_unit_test(a_run_that_is_not_last_in_the_query_does_not_go_on),
        cmocka_unit_test(two_to_four_words_of_a_text_are_the_searched_one_when_joined),
        cmocka_unit_test(a_word_of_one_letter_and_a_sign_are_not_split),
        cmocka_unit_test(neighbours_of_a_query_are_joined_two_to_four_at_a_time),
        cmocka_unit_test(signs_and_characters_are_joined_with_nothing),
        cmocka_unit_test(a_join_that_comes_twice_stands_for_all_its_words),
        cmocka_unit_test(a_join_longer_than_a_word_may_be_is_none),
        cmocka_unit_test(a_request_has_the_words_the_joins_and_the_window),
        cmocka_unit_test(the_better_quality_weighs_twice_as_much),
        cmocka_unit_test(the_weights_of_the_example_are_those_of_the_page),
        cmocka_unit_test(a_word_that_all_have_weighs_as_one),
        cmocka_unit_test(the_rarity_is_exact_for_all_small_numbers),
        cmocka_unit_test(the_rarity_is_exact_at_its_boundaries),
        cmocka_unit_test(more_documents_than_a_number_of_32_bits_weigh_what_they_should),
    };
    return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
