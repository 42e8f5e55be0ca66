/* test_fuzzy.c - the dictionary that finds words with typos and words that begin with another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/match.h"
#include "base/utf8.h"
#include "search/fuzzy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    *state = fuzzy_new(42);
    return *state == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    fuzzy_free(*state);
    return 0;
}

static void add_text(struct fuzzy *fuzzy, const char *text)
{
    assert_true(fuzzy_add_text(fuzzy, text, strlen(text)));
}

static void remove_text(struct fuzzy *fuzzy, const char *text)
{
    fuzzy_remove_text(fuzzy, text, strlen(text));
}

static void join(const char *const *found, size_t count, char *joined, size_t size)
{
    size_t len = 0;

    joined[0] = '\0';
    for (size_t i = 0; i < count && len < size; i++) {
        len += (size_t)snprintf(joined + len, size - len, "%s%s", i == 0 ? "" : " ", found[i]);
    }
}

static void assert_found(const struct fuzzy *fuzzy, const char *word, unsigned typos_max, const char *expected)
{
    const char *found[FUZZY_EXPANSIONS_MAX];
    char joined[1000];
    size_t count = fuzzy_find(fuzzy, word, strlen(word), typos_max, found);

    join(found, count, joined, sizeof(joined));
    assert_string_equal(joined, expected);
}

static void finds_words_within_the_typos_allowed(void **state)
{
    add_text(*state, "meow mew meows moew dog mitten");
    assert_found(*state, "meow", 1, "meows mew moew");
    assert_found(*state, "moew", 1, "meow mew");
    assert_found(*state, "meow", 0, "");
    assert_found(*state, "kitten", 2, "");
}

static void leaves_out_the_word_itself(void **state)
{
    add_text(*state, "kitten");
    assert_found(*state, "kitten", 2, "");
}

static void the_nearest_come_first_then_the_most_frequent_then_bytewise(void **state)
{
    add_text(*state, "kittens kiten");
    add_text(*state, "kiten kittensy");
    add_text(*state, "kittensy kittys");
    assert_found(*state, "kitten", 2, "kiten kittens kittensy kittys");
    add_text(*state, "kittens");
    add_text(*state, "kittens");
    assert_found(*state, "kitten", 2, "kittens kiten kittensy kittys");
}

static void a_text_counts_once_for_a_word_it_repeats(void **state)
{
    add_text(*state, "meows meows meows");
    add_text(*state, "meow mews");
    add_text(*state, "mews");
    assert_found(*state, "mewos", 1, "mews meows");
    assert_found(*state, "meows", 1, "mews meow");
    assert_found(*state, "mows", 1, "mews meows");
}

static void letters_of_other_scripts_count_as_one(void **state)
{
    add_text(*state, "кошка кошки кошкам");
    assert_found(*state, "кошка", 1, "кошкам кошки");
}

static void a_word_that_no_text_has_any_more_is_forgotten(void **state)
{
    add_text(*state, "meow mews");
    add_text(*state, "mews");
    remove_text(*state, "meow mews");
    assert_int_equal(fuzzy_count(*state), 1);
    assert_found(*state, "meows", 1, "mews");
    remove_text(*state, "mews");
    assert_int_equal(fuzzy_count(*state), 0);
    assert_found(*state, "meows", 1, "");
}

static void removing_unknown_words_does_nothing(void **state)
{
    add_text(*state, "meow");
    remove_text(*state, "dog cat");
    assert_int_equal(fuzzy_count(*state), 1);
}

static void a_loaded_word_stands_for_so_many_texts(void **state)
{
    assert_true(fuzzy_add(*state, "mews", 4, 3));
    add_text(*state, "meow");
    add_text(*state, "meow");
    assert_found(*state, "meows", 1, "mews meow");
    remove_text(*state, "mews");
    remove_text(*state, "mews");
    assert_found(*state, "meows", 1, "meow mews");
}

static void clearing_forgets_everything(void **state)
{
    add_text(*state, "meow mews");
    fuzzy_clear(*state);
    assert_int_equal(fuzzy_count(*state), 0);
    assert_found(*state, "meows", 1, "");
    add_text(*state, "meow");
    assert_found(*state, "meows", 1, "meow");
}

static void gives_no_more_than_the_maximum_and_the_best_of_them(void **state)
{
    enum {
        NEAR = 25 + 25 + 1 /* either letter replaced, or both swapped */
    };
    const char *found[FUZZY_EXPANSIONS_MAX];
    char word[16];

    for (int i = 0; i < 26 * 26; i++) { /* two letters replaced in most */
        snprintf(word, sizeof(word), "kit%c%cn", 'a' + i / 26, 'a' + i % 26);
        add_text(*state, word);
    }
    assert_int_equal(fuzzy_find(*state, "kitten", 6, 2, found), FUZZY_EXPANSIONS_MAX);
    for (size_t i = 0; i < FUZZY_EXPANSIONS_MAX; i++) {
        assert_true(match_is_typo("kitten", 6, found[i], 6, i < NEAR ? 1 : 2));
    }
    assert_string_equal(found[0], "kitaen");
    assert_string_equal(found[NEAR], "kitaan");
}

static void finds_longer_words_that_begin_with_a_prefix(void **state)
{
    const char *found[4];
    char joined[100];
    uint64_t documents;

    add_text(*state, "meow meows meowing mew");
    add_text(*state, "meows");
    assert_int_equal(fuzzy_begin_with(*state, "meow", 4, found, 4, &documents), 2);
    assert_int_equal(documents, 3);
    join(found, 2, joined, sizeof(joined));
    assert_string_equal(joined, "meows meowing");
}

static void counts_more_beginnings_than_it_writes(void **state)
{
    const char *found[1];
    uint64_t documents;

    add_text(*state, "meow meows meowing");
    assert_int_equal(fuzzy_begin_with(*state, "meo", 3, found, 1, &documents), 3);
    assert_int_equal(documents, 3);
}

/* Random words over few letters, some of two bytes, so that many are near to each other. */
static void make_word(unsigned *seed, char out[40])
{
    static const char *const letters[] = {"a", "b", "c", "ж"};
    int length = 1 + rand_r(seed) % 9;

    out[0] = '\0';
    for (int i = 0; i < length; i++) {
        strcat(out, letters[rand_r(seed) % 4]);
    }
}

static void finds_exactly_what_the_contract_calls_a_typo(void **state)
{
    enum {
        WORDS = 400
    };
    static char words[WORDS][40];
    const char *found[FUZZY_EXPANSIONS_MAX];
    unsigned seed = 7;

    for (int i = 0; i < WORDS; i++) {
        make_word(&seed, words[i]);
        add_text(*state, words[i]);
    }
    for (int round = 0; round < 300; round++) {
        char query[40];
        make_word(&seed, query);
        unsigned typos_max = match_typos_max(utf8_count(query, strlen(query)));
        size_t count = fuzzy_find(*state, query, strlen(query), typos_max, found);
        assert_true(count < FUZZY_EXPANSIONS_MAX);
        for (int i = 0; i < WORDS; i++) {
            bool expected = strcmp(query, words[i]) != 0 && typos_max > 0 &&
                            match_is_typo(query, strlen(query), words[i], strlen(words[i]), typos_max);
            bool is_found = false;
            for (size_t j = 0; j < count; j++) {
                is_found = is_found || strcmp(found[j], words[i]) == 0;
            }
            if (is_found != expected) {
                fail_msg("\"%s\" for \"%s\" with %u typos: %d", words[i], query, typos_max, is_found);
            }
        }
    }
}

static void many_words_come_and_go(void **state)
{
    char word[16];

    for (int i = 0; i < 5000; i++) {
        snprintf(word, sizeof(word), "word%d", i);
        add_text(*state, word);
    }
    for (int i = 0; i < 5000; i += 2) {
        snprintf(word, sizeof(word), "word%d", i);
        remove_text(*state, word);
    }
    assert_int_equal(fuzzy_count(*state), 2500);
    assert_found(*state, "word4999x", 1, "word4999");
    assert_found(*state, "word4998x", 1, "");
}

/* Words come and go, in a dictionary whose seed gives them other places than that of any other. */
static void assert_words_are_known_while_texts_have_them(unsigned seed)
{
    enum {
        WORDS = 1000
    };
    unsigned texts[WORDS] = {0}; /* that have the word */
    struct fuzzy *fuzzy = fuzzy_new(seed);
    size_t known = 0;

    assert_non_null(fuzzy);
    for (int round = 0; round < 4000; round++) {
        char word[16];
        int number = rand_r(&seed) % WORDS;
        snprintf(word, sizeof(word), "word%d", number);
        if (texts[number] == 0 || rand_r(&seed) % 2 == 0) {
            add_text(fuzzy, word);
            known += texts[number]++ == 0;
        } else {
            remove_text(fuzzy, word);
            known -= --texts[number] == 0;
        }
        assert_int_equal(fuzzy_count(fuzzy), known);
    }
    fuzzy_free(fuzzy);
}

static void a_word_is_known_until_its_last_text_is_removed_whatever_else_comes_and_goes(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 50; seed++) {
        assert_words_are_known_while_texts_have_them(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_words_within_the_typos_allowed, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_out_the_word_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(the_nearest_come_first_then_the_most_frequent_then_bytewise, setup, teardown),
        cmocka_unit_test_setup_teardown(a_text_counts_once_for_a_word_it_repeats, setup, teardown),
        cmocka_unit_test_setup_teardown(letters_of_other_scripts_count_as_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_word_that_no_text_has_any_more_is_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(removing_unknown_words_does_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_loaded_word_stands_for_so_many_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(clearing_forgets_everything, setup, teardown),
        cmocka_unit_test_setup_teardown(gives_no_more_than_the_maximum_and_the_best_of_them, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_longer_words_that_begin_with_a_prefix, setup, teardown),
        cmocka_unit_test_setup_teardown(counts_more_beginnings_than_it_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_exactly_what_the_contract_calls_a_typo, setup, teardown),
        cmocka_unit_test_setup_teardown(many_words_come_and_go, setup, teardown),
        cmocka_unit_test(a_word_is_known_until_its_last_text_is_removed_whatever_else_comes_and_goes),
    };
    return cmocka_run_group_tests_name("fuzzy", tests, NULL, NULL);
}
