/* test_ranking.c - which texts a query finds and in which order: the example of docs/SEARCH.md, "Order", and random
 * texts and queries against a reckoning that is slow and follows that page sentence by sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ranking.h"
#include "base/utf8.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS_MAX 40

/* Texts, the newest first, and a query for them. */
struct case_of_texts {
    struct match_query query;
    meower_search_request request;
    struct words texts[TEXTS_MAX];
    size_t count;
};

static void begin(struct case_of_texts *all, const char *query_text, const char *const *texts, size_t count)
{
    assert_int_equal(match_query_init(&all->query, query_text, strlen(query_text)), 0);
    all->request = match_request(&all->query, 0, 1000);
    all->count = count;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(words_split(texts[i], strlen(texts[i]), &all->texts[i]), 0);
    }
}

static void end(struct case_of_texts *all)
{
    for (size_t i = 0; i < all->count; i++) {
        words_free(&all->texts[i]);
    }
    match_query_free(&all->query);
}

static size_t order_of(const struct case_of_texts *all, uint32_t order[TEXTS_MAX])
{
    struct ranking *ranking = ranking_new(&all->request);

    assert_non_null(ranking);
    for (size_t i = 0; i < all->count; i++) {
        assert_true(ranking_add(ranking, &all->texts[i]));
    }
    size_t found = ranking_order(ranking, order);
    ranking_free(ranking);
    return found;
}

/* The numbers of the texts that are found, in their order: "1 0". */
static void assert_order(const char *query_text, const char *const *texts, size_t count, const char *expected)
{
    struct case_of_texts all;
    uint32_t order[TEXTS_MAX];
    char written[200] = "";

    begin(&all, query_text, texts, count);
    size_t found = order_of(&all, order);
    for (size_t i = 0; i < found; i++) {
        char number[16];
        snprintf(number, sizeof(number), "%s%u", i == 0 ? "" : " ", order[i]);
        strcat(written, number);
    }
    end(&all);
    assert_string_equal(written, expected);
}

#define ASSERT_ORDER(query, expected, ...)                                                                             \
    assert_order(query, (const char *const[]){__VA_ARGS__},                                                            \
                 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), expected)

static void the_example_of_the_page_is_in_its_order(void **state)
{
    (void)state;
    ASSERT_ORDER("black cat", "0 1 2 3 4 5 6", "black cat", "a cat that is black", "blakc cats", "black caterpillar",
                 "black dog", "blakc dog", "caterpillar", "white dog");
}

static void the_newest_comes_first_in_each_tier(void **state)
{
    (void)state;
    ASSERT_ORDER("kitten", "1 3 0 2", "kittens", "kitten", "kittan", "a kitten");
    ASSERT_ORDER("me", "1 2 0 3", "meow", "me", "to me", "men");
}

static void the_worst_word_says_the_tier(void **state)
{
    (void)state;
    ASSERT_ORDER("black cat", "3 1 2 0", "blakc caterpillar", "black cut", "blakc cat", "cat black");
}

static void a_rare_word_weighs_more_than_a_common_one(void **state)
{
    (void)state;
    ASSERT_ORDER("common rarely", "4 0 1 2 3", "common", "common", "common", "common", "rarely", "other", "other",
                 "other", "other");
}

static void a_word_too_many_does_not_hide_the_meow_that_has_the_others(void **state)
{
    (void)state;
    ASSERT_ORDER("black cat nowhere", "1 0 2", "cat", "black cat", "black", "white");
}

static void a_run_that_all_have_is_found_by_its_order(void **state)
{
    (void)state;
    ASSERT_ORDER("黒猫", "0 2", "黒猫がいる", "猫黒", "大きい黒猫");
    ASSERT_ORDER("고야", "0", "고양이", "양고이");
}

/* Only its last character counts with all that begin with it: the first one is rare here, though it begins a frequent
 * one. */
static void a_run_counts_as_its_rarest_character_does(void **state)
{
    (void)state;
    ASSERT_ORDER("dog 야고", "10 0 1 2 3 4 5 6 7 8 9", "dog 양 고", "dog 양 고", "dog 양 고", "dog 양 고", "dog 양 고",
                 "dog 양 고", "dog 양 고", "dog 양 고", "dog 양 고", "dog 양 고", "야곡", "고", "고", "고", "고", "고");
}

static void joined_and_split_words_are_of_the_quality_of_a_typo(void **state)
{
    (void)state;
    ASSERT_ORDER("notebook", "1 0 2", "note book", "notebook", "notebok", "book note");
    ASSERT_ORDER("new york", "2 1 0", "york", "newyork", "york new");
    ASSERT_ORDER("iphone 15 pro", "1 0", "iPhone15Pro", "iphone 15 pro", "pixel");
}

static void the_first_letter_may_be_wrong_only_where_no_text_has_the_word(void **state)
{
    (void)state;
    ASSERT_ORDER("mitten", "0 1", "kitten", "bitten", "cat");
    ASSERT_ORDER("mitten", "2", "kitten", "bitten", "mitten");
}

static void nothing_is_found_of_nothing(void **state)
{
    struct case_of_texts all;
    uint32_t order[TEXTS_MAX];

    (void)state;
    begin(&all, "cat", NULL, 0);
    assert_int_equal(order_of(&all, order), 0);
    end(&all);
    ASSERT_ORDER("cat", "", "", "?!", "dog");
}

/* ---- the slow reckoning ----------------------------------------------------------------------------------------- */

/* Optimal string alignment distance, by the whole table. */
static unsigned distance(const char *a, const char *b)
{
    uint32_t letters[2][WORDS_LEN_MAX];
    size_t counts[2] = {0, 0};
    unsigned table[WORDS_LEN_MAX + 1][WORDS_LEN_MAX + 1];

    for (size_t at = 0; a[at] != '\0'; counts[0]++) {
        at += utf8_decode(a + at, strlen(a + at), &letters[0][counts[0]]);
    }
    for (size_t at = 0; b[at] != '\0'; counts[1]++) {
        at += utf8_decode(b + at, strlen(b + at), &letters[1][counts[1]]);
    }
    for (size_t i = 0; i <= counts[0]; i++) {
        for (size_t j = 0; j <= counts[1]; j++) {
            unsigned best = i == 0 ? (unsigned)j : j == 0 ? (unsigned)i : UINT32_MAX;
            if (i > 0 && j > 0) {
                unsigned replaced = table[i - 1][j - 1] + (letters[0][i - 1] == letters[1][j - 1] ? 0U : 1U);
                unsigned removed = table[i - 1][j] + 1;
                unsigned added = table[i][j - 1] + 1;
                best = replaced < removed ? replaced : removed;
                best = added < best ? added : best;
            }
            if (i > 1 && j > 1 && letters[0][i - 1] == letters[1][j - 2] && letters[0][i - 2] == letters[1][j - 1] &&
                table[i - 2][j - 2] + 1 < best) {
                best = table[i - 2][j - 2] + 1;
            }
            table[i][j] = best;
        }
    }
    return table[counts[0]][counts[1]];
}

static bool has_same_first_letter(const char *a, const char *b)
{
    uint32_t first[2];

    utf8_decode(a, strlen(a), &first[0]);
    utf8_decode(b, strlen(b), &first[1]);
    return first[0] == first[1];
}

static bool has_word(const struct words *text, const char *word)
{
    for (size_t i = 0; i < text->count; i++) {
        if (strcmp(text->items[i].text, word) == 0) {
            return true;
        }
    }
    return false;
}

static uint64_t texts_with(const struct case_of_texts *all, const char *word)
{
    uint64_t count = 0;

    for (size_t i = 0; i < all->count; i++) {
        count += has_word(&all->texts[i], word) ? 1 : 0;
    }
    return count;
}

/* The quality in which one word of a text matches a searched one; MATCH_NONE too. */
static int word_quality(const struct case_of_texts *all, size_t item, const char *word)
{
    const meower_search_word *searched = &all->request.words[item];
    bool is_in_no_text = texts_with(all, searched->text) == 0;

    if (strcmp(searched->text, word) == 0) {
        return MATCH_EXACT;
    }
    if (has_same_first_letter(searched->text, word) && distance(searched->text, word) <= searched->typos_max) {
        return MATCH_TYPO;
    }
    if (is_in_no_text && searched->may_differ_first && !has_same_first_letter(searched->text, word) &&
        distance(searched->text, word) == 1) {
        return MATCH_TYPO;
    }
    for (size_t i = 0; i < all->request.join_count; i++) {
        const meower_search_join *join = &all->request.joins[i];
        if ((join->word_mask >> item & 1) != 0 && strcmp(join->text, word) == 0) {
            return MATCH_TYPO;
        }
    }
    return searched->is_prefix && strncmp(searched->text, word, searched->text_len) == 0 ? MATCH_PREFIX : MATCH_NONE;
}

/* The words of a text from `first` to `last`, with `between` between them. */
static void write_words(const struct words *text, size_t first, size_t last, const char *between, char out[2000])
{
    out[0] = '\0';
    for (size_t i = first; i <= last; i++) {
        strcat(out, i == first ? "" : between);
        strcat(out, text->items[i].text);
    }
}

/* The quality in which words side by side match. */
static int group_quality(const struct case_of_texts *all, size_t item, const struct words *text, size_t first,
                         size_t last)
{
    const meower_search_word *searched = &all->request.words[item];
    size_t count = last - first + 1;
    char written[2000];

    if (strchr(searched->text, ' ') != NULL) {
        size_t letters_before_last = (size_t)(strrchr(searched->text, ' ') - searched->text);
        write_words(text, first, last, " ", written);
        if (strcmp(written, searched->text) == 0) {
            return MATCH_EXACT;
        }
        bool has_as_many = strrchr(written, ' ') == written + letters_before_last;
        return searched->is_prefix && has_as_many && strncmp(written, searched->text, searched->text_len) == 0
                   ? MATCH_PREFIX
                   : MATCH_NONE;
    }
    write_words(text, first, last, "", written);
    return searched->may_be_split && count >= 2 && count <= 4 && strcmp(written, searched->text) == 0 ? MATCH_TYPO
                                                                                                      : MATCH_NONE;
}

/* In which qualities an item matches a text. */
static void qualities_of(const struct case_of_texts *all, size_t item, const struct words *text,
                         bool matches[MATCH_NONE + 1])
{
    bool is_run = strchr(all->request.words[item].text, ' ') != NULL;

    memset(matches, 0, (MATCH_NONE + 1) * sizeof(*matches));
    for (size_t first = 0; first < text->count; first++) {
        if (!is_run) {
            matches[word_quality(all, item, text->items[first].text)] = true;
        }
        for (size_t last = first + 1; last < text->count; last++) {
            matches[group_quality(all, item, text, first, last)] = true;
        }
    }
}

/* "How many meows have it, for that quality": each different word for itself. */
static uint64_t count_of(const struct case_of_texts *all, size_t item, int quality)
{
    uint64_t count = 0;

    for (size_t i = 0; i < all->count; i++) {
        for (size_t j = 0; j < all->texts[i].count; j++) {
            const char *word = all->texts[i].items[j].text;
            bool is_seen = false;
            for (size_t k = 0; k < i; k++) {
                is_seen = is_seen || has_word(&all->texts[k], word);
            }
            for (size_t k = 0; k < j; k++) {
                is_seen = is_seen || strcmp(all->texts[i].items[k].text, word) == 0;
            }
            if (!is_seen && word_quality(all, item, word) <= quality) {
                count += texts_with(all, word);
            }
        }
    }
    return count;
}

/* "A run counts as its rarest character does; as a prefix, its last character counts with all that begin with it." */
static uint64_t count_of_run(const struct case_of_texts *all, const char *run, int quality)
{
    char text[200];
    uint64_t least = UINT64_MAX;

    snprintf(text, sizeof(text), "%s", run);
    for (char *character = text, *next; character != NULL; character = next) {
        uint64_t count = 0;
        next = strchr(character, ' ');
        if (next != NULL) {
            *next++ = '\0';
        }
        for (size_t i = 0; i < all->count; i++) {
            for (size_t j = 0; j < all->texts[i].count; j++) {
                const char *word = all->texts[i].items[j].text;
                bool is_seen = false;
                for (size_t k = 0; k < j; k++) {
                    is_seen = is_seen || strcmp(all->texts[i].items[k].text, word) == 0;
                }
                bool begins = quality == MATCH_PREFIX && next == NULL;
                bool has = begins ? strncmp(word, character, strlen(character)) == 0 : strcmp(word, character) == 0;
                count += has && !is_seen ? 1 : 0;
            }
        }
        least = count < least ? count : least;
    }
    return least;
}

/* quality x max(1, floor(2 * log2((N + 1) / (n + 1)))) */
static unsigned weight_of(const struct case_of_texts *all, size_t item, int quality)
{
    static const unsigned factors[] = {4, 2, 1};
    bool is_run = strchr(all->request.words[item].text, ' ') != NULL;
    uint64_t count = is_run ? count_of_run(all, all->request.words[item].text, quality) : count_of(all, item, quality);
    uint64_t a = all->count + 1;
    uint64_t b = (count < all->count ? count : all->count) + 1;
    unsigned k = 0;

    while ((b * b << (k + 1)) <= a * a) {
        k++;
    }
    return factors[quality] * (k > 1 ? k : 1);
}

struct placed {
    uint32_t number;
    int tier;
    unsigned sum;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *left = a;
    const struct placed *right = b;

    if (left->tier != right->tier) {
        return left->tier - right->tier;
    }
    if (left->sum != right->sum && left->tier == MATCH_NONE) {
        return left->sum > right->sum ? -1 : 1;
    }
    return left->number < right->number ? -1 : 1;
}

static size_t reckon(const struct case_of_texts *all, uint32_t order[TEXTS_MAX])
{
    struct placed placed[TEXTS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < all->count; i++) {
        struct placed one = {.number = (uint32_t)i};
        for (size_t item = 0; item < all->request.word_count; item++) {
            bool matches[MATCH_NONE + 1];
            unsigned most = 0;
            int best = MATCH_NONE;
            qualities_of(all, item, &all->texts[i], matches);
            for (int quality = MATCH_PREFIX; quality >= MATCH_EXACT; quality--) {
                if (matches[quality]) {
                    unsigned weight = weight_of(all, item, quality);
                    most = weight > most ? weight : most;
                    best = quality;
                }
            }
            one.sum += most;
            one.tier = best > one.tier ? best : one.tier;
        }
        if (one.sum > 0) {
            placed[count++] = one;
        }
    }
    if (count > 0) {
        qsort(placed, count, sizeof(placed[0]), compare_placed);
    }
    for (size_t i = 0; i < count; i++) {
        order[i] = placed[i].number;
    }
    return count;
}

/* ---- random texts ----------------------------------------------------------------------------------------------- */

static unsigned next_random(unsigned *seed, unsigned below)
{
    return (unsigned)rand_r(seed) % below;
}

/* Words over few letters, so that typos, prefixes, joins and splits are frequent; and some characters and signs. */
static void write_text(unsigned *seed, unsigned words_max, char out[600])
{
    static const char *const others[] = {"고", "양", "야", "가", "黒", "猫", "が", "รุ", "ก", "🐱", "€", "ж", "е"};
    unsigned count = 1 + next_random(seed, words_max);

    out[0] = '\0';
    for (unsigned i = 0; i < count; i++) {
        if (next_random(seed, 4) == 0) {
            for (unsigned left = 1 + next_random(seed, 3); left > 0; left--) {
                strcat(out, others[next_random(seed, sizeof(others) / sizeof(others[0]))]);
            }
        } else {
            for (unsigned left = 1 + next_random(seed, 7); left > 0; left--) {
                const char letter[] = {"aab"[next_random(seed, 3)], '\0'};
                strcat(out, letter);
            }
        }
        strcat(out, next_random(seed, 9) == 0 ? "" : " ");
    }
}

static void random_texts_are_in_the_order_of_the_slow_reckoning(void **state)
{
    unsigned seed = 11;

    (void)state;
    for (unsigned round = 0; round < 1500; round++) {
        char buffers[TEXTS_MAX][600];
        const char *texts[TEXTS_MAX];
        char query[600];
        struct case_of_texts all;
        uint32_t order[TEXTS_MAX];
        uint32_t expected[TEXTS_MAX];
        unsigned count = 1 + next_random(&seed, round % 3 == 0 ? TEXTS_MAX : 12);
        for (unsigned i = 0; i < count; i++) {
            write_text(&seed, 4, buffers[i]);
            texts[i] = buffers[i];
        }
        write_text(&seed, 4, query);
        begin(&all, query, texts, count);
        size_t found = order_of(&all, order);
        size_t expected_count = reckon(&all, expected);
        if (found != expected_count || memcmp(order, expected, found * sizeof(order[0])) != 0) {
            fail_msg("round %u: \"%s\" finds %u texts in one order, and %u in another", round, query, (unsigned)found,
                     (unsigned)expected_count);
        }
        end(&all);
    }
}

static void more_words_than_a_table_first_has_room_for_are_counted(void **state)
{
    struct match_query query;
    uint32_t order[4000];

    (void)state;
    assert_int_equal(match_query_init(&query, "w17 w3999", 9), 0);
    meower_search_request request = match_request(&query, 0, 10);
    struct ranking *ranking = ranking_new(&request);
    assert_non_null(ranking);
    for (unsigned i = 0; i < 4000; i++) {
        struct words words;
        char text[16];
        snprintf(text, sizeof(text), "w%u", i);
        assert_int_equal(words_split(text, strlen(text), &words), 0);
        assert_true(ranking_add(ranking, &words));
        words_free(&words);
    }
    size_t found = ranking_order(ranking, order);
    assert_true(found > 2);
    assert_int_equal(order[0], 17); /* both are exact in one text: 17 is the newer */
    assert_int_equal(order[1], 3999);
    ranking_free(ranking);
    match_query_free(&query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_page_is_in_its_order),
        cmocka_unit_test(the_newest_comes_first_in_each_tier),
        cmocka_unit_test(the_worst_word_says_the_tier),
        cmocka_unit_test(a_rare_word_weighs_more_than_a_common_one),
        cmocka_unit_test(a_word_too_many_does_not_hide_the_meow_that_has_the_others),
        cmocka_unit_test(a_run_that_all_have_is_found_by_its_order),
        cmocka_unit_test(a_run_counts_as_its_rarest_character_does),
        cmocka_unit_test(joined_and_split_words_are_of_the_quality_of_a_typo),
        cmocka_unit_test(the_first_letter_may_be_wrong_only_where_no_text_has_the_word),
        cmocka_unit_test(nothing_is_found_of_nothing),
        cmocka_unit_test(random_texts_are_in_the_order_of_the_slow_reckoning),
        cmocka_unit_test(more_words_than_a_table_first_has_room_for_are_counted),
    };
    return cmocka_run_group_tests_name("ranking", tests, NULL, NULL);
}
