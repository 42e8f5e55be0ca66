/* test_standing.c - a standing search finds, of single texts, what the search contract finds among many. */
#include "base/ranking.h"
#include "base/standing.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static bool finds(const char *query, const char *text)
{
    struct standing *standing = NULL;
    struct words words;
    bool found;

    assert_int_equal(standing_new(query, strlen(query), &standing, NULL), MEOWER_OK);
    assert_int_equal(words_split(text, strlen(text), &words), MEOWER_OK);
    found = standing_matches(standing, &words);
    words_free(&words);
    standing_free(standing);
    return found;
}

static void all_words_must_match(void **state)
{
    (void)state;
    assert_true(finds("tom cats", "Cats! said Tom"));
    assert_false(finds("tom cats", "tom"));
    assert_false(finds("tom cats", "cats"));
    assert_false(finds("cats", ""));
}

static void a_word_matches_in_any_quality(void **state)
{
    (void)state;
    assert_true(finds("garden", "in the gardne")); /* a transposition */
    assert_true(finds("gard", "gardening"));       /* the last word goes on */
    assert_false(finds("gard tom", "gardening tom"));
    assert_true(finds("newyork", "New York"));
    assert_true(finds("new york tom", "tom is in NewYork"));
    assert_false(finds("new york jazz", "newyork"));
    assert_true(finds("東京", "私は東京にいる"));
    assert_false(finds("東京", "京東"));
}

static void the_first_letter_must_be_right(void **state)
{
    (void)state;
    assert_false(finds("karden", "garden"));
}

static void thirty_two_words_count(void **state)
{
    const char *query = "a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7";

    (void)state;
    assert_true(finds(query, query));
    assert_false(finds(query, "a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6"));
    assert_true(finds(query, "a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 7")); /* 5, 6: too many */
}

static void a_text_without_a_word_is_refused(void **state)
{
    struct standing *standing = NULL;
    meower_error error;

    (void)state;
    assert_int_equal(standing_new("...", 3, &standing, &error), MEOWER_ERROR_INVALID);
    assert_non_null(strstr(error.message, "no word"));
    assert_null(standing);
}

/* Whether the contract finds a text by a query of one item, beside another text that has the item as it is typed: then
 * its first letter may not differ. */
static bool ranks(const char *query, const char *text)
{
    const char *const texts[] = {text, query};
    struct match_query parsed;
    uint32_t order[2];

    assert_int_equal(match_query_init(&parsed, query, strlen(query)), MEOWER_OK);
    assert_int_equal(parsed.count, 1);
    const meower_search_request request = match_request(&parsed, 0, 10);
    struct ranking *ranking = ranking_new(&request);
    for (size_t i = 0; i < 2; i++) {
        struct words words;
        assert_int_equal(words_split(texts[i], strlen(texts[i]), &words), MEOWER_OK);
        assert_true(ranking_add(ranking, &words));
        words_free(&words);
    }
    size_t found = ranking_order(ranking, order);
    ranking_free(ranking);
    match_query_free(&parsed);
    return found == 2;
}

static void it_agrees_with_the_ranking(void **state)
{
    static const char *const texts[] = {"tom", "tim", "garden", "gardens", "note",    "book",   "notebook", "cats",
                                        "東",  "京",  "🐈",     "3",       "oreilly", "reilly", "o",        "bats"};
    enum {
        TEXTS = sizeof(texts) / sizeof(texts[0])
    };
    size_t found = 0;

    (void)state;
    for (size_t i = 0; i < TEXTS * TEXTS; i++) {
        char text[64] = "";
        strcat(strcat(strcpy(text, texts[i / TEXTS]), " "), texts[i % TEXTS]);
        for (size_t j = 0; j < TEXTS; j++) {
            bool expected = ranks(texts[j], text);
            assert_int_equal(finds(texts[j], text), expected);
            found += expected ? 1 : 0;
        }
    }
    assert_true(found > 2 * TEXTS && found < TEXTS * TEXTS * TEXTS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_words_must_match),
        cmocka_unit_test(a_word_matches_in_any_quality),
        cmocka_unit_test(the_first_letter_must_be_right),
        cmocka_unit_test(thirty_two_words_count),
        cmocka_unit_test(a_text_without_a_word_is_refused),
        cmocka_unit_test(it_agrees_with_the_ranking),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
