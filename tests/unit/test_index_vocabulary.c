/* test_index_vocabulary.c - all words of an index: which are there, and which are within a few typos of another one,
 * against the contract's own comparison of two words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/match.h"
#include "base/utf8.h"
#include "search/index/vocabulary.h"
#include "unit/index_fixture.h"
#include <pthread.h>
#include <stdatomic.h>

#define WORDS_MAX 1500

/* Different words, sorted, and a vocabulary of them. */
struct dictionary {
    char words[WORDS_MAX][WORDS_LEN_MAX + 1];
    size_t count;
    struct vocabulary *vocabulary;
};

static int compare_words(const void *a, const void *b)
{
    return strcmp(a, b);
}

static struct dictionary *make(unsigned count, unsigned letters_max, unsigned *seed)
{
    static struct dictionary dictionary;
    size_t kept = 0;

    dictionary.vocabulary = vocabulary_new();
    assert_non_null(dictionary.vocabulary);
    for (unsigned i = 0; i < count; i++) {
        index_random_word(seed, letters_max, dictionary.words[i]);
        assert_true(vocabulary_add(dictionary.vocabulary, dictionary.words[i], strlen(dictionary.words[i])));
    }
    qsort(dictionary.words, count, sizeof(dictionary.words[0]), compare_words);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(dictionary.words[kept - 1], dictionary.words[i]) != 0) {
            memmove(dictionary.words[kept++], dictionary.words[i], sizeof(dictionary.words[0]));
        }
    }
    dictionary.count = kept;
    return &dictionary;
}

/* The number of a word; SIZE_MAX when it is not there. */
static size_t number_of(const struct dictionary *dictionary, const char *text, size_t len)
{
    char word[WORDS_LEN_MAX + 1];

    memcpy(word, text, len);
    word[len] = '\0';
    const char *found = bsearch(word, dictionary->words, dictionary->count, sizeof(word), compare_words);
    return found == NULL ? SIZE_MAX : (size_t)(found - dictionary->words[0]) / sizeof(word);
}

static void a_vocabulary_has_what_was_added_and_nothing_else(void **state)
{
    unsigned seed = 1;

    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        struct dictionary *dictionary = make(1 + round * 70, 3 + round % 4, &seed);
        for (unsigned i = 0; i < 2000; i++) {
            char word[WORDS_LEN_MAX + 1];
            index_random_word(&seed, 7, word);
            assert_int_equal(vocabulary_has(dictionary->vocabulary, word, strlen(word)),
                             number_of(dictionary, word, strlen(word)) != SIZE_MAX);
        }
        vocabulary_release(dictionary->vocabulary);
    }
}

static void a_vocabulary_is_freed_when_its_last_holder_releases_it(void **state)
{
    struct vocabulary *vocabulary = vocabulary_new();

    (void)state;
    assert_true(vocabulary_add(vocabulary, "cat", 3));
    assert_ptr_equal(vocabulary_hold(vocabulary), vocabulary);
    vocabulary_release(vocabulary);
    assert_true(vocabulary_has(vocabulary, "cat", 3));
    vocabulary_release(vocabulary);
    vocabulary_release(NULL);
}

static void the_words_of_a_segment_are_added(void **state)
{
    const struct new_document documents[] = {index_document(1, "a black cat"), index_document(2, "a dog")};
    struct segment *segment = builder_make(documents, 2);
    struct vocabulary *vocabulary = vocabulary_new();
    static const char *const words[] = {"a", "black", "cat", "dog"};

    (void)state;
    assert_non_null(segment);
    assert_non_null(vocabulary);
    assert_true(vocabulary_add_segment(vocabulary, segment));
    for (size_t i = 0; i < 4; i++) {
        assert_true(vocabulary_has(vocabulary, words[i], strlen(words[i])));
    }
    assert_false(vocabulary_has(vocabulary, "bird", 4));
    vocabulary_release(vocabulary);
    segment_release(segment);
}

static void labels_of_a_segment_are_no_words(void **state)
{
    static const meower_label labels[] = {MEOWER_LABEL("cat", "cat"), MEOWER_LABEL("room", "garden")};
    struct new_document documents[] = {index_document(1, "dog"), index_document(2, "")};
    struct vocabulary *vocabulary = vocabulary_new();

    (void)state;
    assert_non_null(vocabulary);
    for (size_t count = 1; count <= 2; count++) {
        documents[count - 1].labels = labels;
        documents[count - 1].label_count = count;
        struct segment *segment = builder_make(documents, count);
        assert_non_null(segment);
        assert_true(vocabulary_add_segment(vocabulary, segment));
        segment_release(segment);
    }
    assert_true(vocabulary_has(vocabulary, "dog", 3));
    assert_false(vocabulary_has(vocabulary, "\1cat=cat", 8));
    assert_false(vocabulary_has(vocabulary, "\1room=garden", 12));
    assert_false(vocabulary_has(vocabulary, "cat", 3));
    vocabulary_release(vocabulary);
}

/* ---- typos ------------------------------------------------------------------------------------------------------ */

/* Words that a sink has taken. */
struct taken {
    struct typo_sink sink; /* first: the word function casts back */
    const struct dictionary *dictionary;
    unsigned edits[WORDS_MAX]; /* 0: not taken */
    unsigned count;
    unsigned max;
};

static bool take(struct typo_sink *sink, const char *text, size_t len, unsigned edits)
{
    struct taken *taken = (struct taken *)sink;
    size_t number = number_of(taken->dictionary, text, len);

    assert_true(number != SIZE_MAX);
    assert_true(edits > 0);
    assert_int_equal(taken->edits[number], 0); /* none comes twice */
    taken->edits[number] = edits;
    return ++taken->count < taken->max;
}

static void begin(struct taken *taken, const struct dictionary *dictionary)
{
    memset(taken, 0, sizeof(*taken));
    taken->sink.word = take;
    taken->dictionary = dictionary;
    taken->max = UINT32_MAX;
}

/* How many edits away the contract says that a word is; 0: more than allowed, or the word itself. */
static unsigned edits_of(const char *text, const char *word, unsigned typos_max)
{
    unsigned edits = strcmp(text, word) == 0 ? typos_max + 1 : 1;

    while (edits <= typos_max && !match_is_typo(text, strlen(text), word, strlen(word), edits)) {
        edits++;
    }
    return edits > typos_max ? 0 : edits;
}

static void check_typos(const struct dictionary *dictionary, const char *text, unsigned typos_max)
{
    static struct taken taken;
    const meower_search_word word = {.text = text, .text_len = strlen(text), .typos_max = typos_max};

    begin(&taken, dictionary);
    vocabulary_find_typos(dictionary->vocabulary, &word, &taken.sink);
    for (size_t i = 0; i < dictionary->count; i++) {
        unsigned expected = edits_of(text, dictionary->words[i], typos_max);
        if (taken.edits[i] != expected) {
            fail_msg("\"%s\" and \"%s\": %u edits, not %u", text, dictionary->words[i], taken.edits[i], expected);
        }
    }
}

static void check_first(const struct dictionary *dictionary, const char *text)
{
    static struct taken taken;
    const meower_search_word word = {.text = text, .text_len = strlen(text), .typos_max = 2};

    begin(&taken, dictionary);
    vocabulary_find_first_typos(dictionary->vocabulary, &word, &taken.sink);
    for (size_t i = 0; i < dictionary->count; i++) {
        bool expected = match_is_first_typo(text, strlen(text), dictionary->words[i], strlen(dictionary->words[i]));
        if (taken.edits[i] != (expected ? 1U : 0U)) {
            fail_msg("\"%s\" and \"%s\": %s", text, dictionary->words[i], expected ? "is not taken" : "is taken");
        }
    }
}

static void every_word_within_the_typos_is_taken_and_no_other(void **state)
{
    static const unsigned counts[] = {1, 15, 17, 100, 500, WORDS_MAX};
    unsigned seed = 2;

    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        unsigned letters_max = 3 + round % 8;
        struct dictionary *dictionary = make(counts[round % 6], letters_max, &seed);
        for (unsigned i = 0; i < 40; i++) {
            char text[WORDS_LEN_MAX + 1];
            index_random_word(&seed, letters_max + 1, text);
            check_typos(dictionary, text, i % 3);
        }
        vocabulary_release(dictionary->vocabulary);
    }
}

static void every_word_of_a_dictionary_is_sought_in_it(void **state)
{
    unsigned seed = 3;
    struct dictionary *dictionary = make(600, 7, &seed);

    (void)state;
    for (size_t i = 0; i < dictionary->count; i++) {
        const char *text = dictionary->words[i];
        check_typos(dictionary, text, match_typos_max(utf8_count(text, strlen(text))));
        check_first(dictionary, text);
    }
    vocabulary_release(dictionary->vocabulary);
}

static void every_word_with_another_first_letter_is_taken_and_no_other(void **state)
{
    unsigned seed = 4;

    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        struct dictionary *dictionary = make(1 + round * 30, 3 + round % 5, &seed);
        for (unsigned i = 0; i < 40; i++) {
            char text[WORDS_LEN_MAX + 1];
            index_random_word(&seed, 6, text);
            check_first(dictionary, text);
        }
        vocabulary_release(dictionary->vocabulary);
    }
}

/* Letters that share a bit of what is compared first: their code points differ by 32. */
static void letters_that_look_alike_to_the_sieve_are_told_apart(void **state)
{
    static struct dictionary dictionary = {.words = {"aaaaaa", "aa\u00E1aaa", "aa\u0101\u0121aa", "ab\u00C2baa"},
                                           .count = 4};

    (void)state;
    dictionary.vocabulary = vocabulary_new();
    for (size_t i = 0; i < dictionary.count; i++) {
        assert_true(vocabulary_add(dictionary.vocabulary, dictionary.words[i], strlen(dictionary.words[i])));
    }
    qsort(dictionary.words, dictionary.count, sizeof(dictionary.words[0]), compare_words);
    for (size_t i = 0; i < dictionary.count; i++) {
        check_typos(&dictionary, dictionary.words[i], 1);
        check_typos(&dictionary, dictionary.words[i], 2);
    }
    vocabulary_release(dictionary.vocabulary);
}

static void the_longest_words_are_compared_whole(void **state)
{
    static struct dictionary dictionary;

    (void)state;
    dictionary.count = 4;
    dictionary.vocabulary = vocabulary_new();
    for (size_t i = 0; i < 4; i++) {
        memset(dictionary.words[i], 'a', WORDS_LEN_MAX);
        dictionary.words[i][WORDS_LEN_MAX] = '\0';
    }
    dictionary.words[0][WORDS_LEN_MAX - 2] = '\0';
    dictionary.words[1][WORDS_LEN_MAX - 1] = '\0';
    dictionary.words[3][WORDS_LEN_MAX - 1] = 'b'; /* they are sorted */
    for (size_t i = 0; i < 4; i++) {
        assert_true(vocabulary_add(dictionary.vocabulary, dictionary.words[i], strlen(dictionary.words[i])));
    }
    for (size_t i = 0; i < 4; i++) {
        char text[WORDS_LEN_MAX + 1];
        strcpy(text, dictionary.words[i]);
        check_typos(&dictionary, text, 2);
        text[0] = 'b';
        check_first(&dictionary, text);
    }
    vocabulary_release(dictionary.vocabulary);
}

static void a_sink_that_has_enough_is_given_no_more(void **state)
{
    static struct taken taken;
    unsigned seed = 5;
    struct dictionary *dictionary = make(WORDS_MAX, 4, &seed);
    const meower_search_word word = {.text = "abab", .text_len = 4, .typos_max = 2};

    (void)state;
    begin(&taken, dictionary);
    taken.max = 3;
    vocabulary_find_typos(dictionary->vocabulary, &word, &taken.sink);
    assert_int_equal(taken.count, 3);
    begin(&taken, dictionary);
    taken.max = 2;
    vocabulary_find_first_typos(dictionary->vocabulary, &word, &taken.sink);
    assert_int_equal(taken.count, 2);
    vocabulary_release(dictionary->vocabulary);
}

/* ---- several threads -------------------------------------------------------------------------------------------- */

#define SHARED_WORDS 60000

struct shared {
    struct vocabulary *vocabulary;
    atomic_uint added;
};

static void write_shared(unsigned number, char word[32])
{
    snprintf(word, 32, "word%u", number);
}

static void *add_shared(void *context)
{
    struct shared *shared = context;

    for (unsigned i = 0; i < SHARED_WORDS; i++) {
        char word[32];
        write_shared(i, word);
        if (!vocabulary_add(shared->vocabulary, word, strlen(word))) {
            return NULL;
        }
        atomic_store(&shared->added, i + 1);
    }
    return NULL;
}

struct counted {
    struct typo_sink sink; /* first: the word function casts back */
    unsigned count;
};

static bool count_word(struct typo_sink *sink, const char *text, size_t len, unsigned edits)
{
    assert_true(len >= 5 && memcmp(text, "word", 4) == 0);
    assert_int_equal(edits, 1);
    ((struct counted *)sink)->count++;
    return true;
}

static void words_are_found_while_others_are_added(void **state)
{
    struct shared shared = {.vocabulary = vocabulary_new()};
    const meower_search_word like_first = {.text = "wordx", .text_len = 5, .typos_max = 1};
    unsigned added;
    pthread_t thread;

    (void)state;
    assert_non_null(shared.vocabulary);
    atomic_init(&shared.added, 0);
    assert_int_equal(pthread_create(&thread, NULL, add_shared, &shared), 0);
    do {
        struct counted counted = {.sink.word = count_word};
        char word[32];
        added = atomic_load(&shared.added);
        if (added > 0) {
            write_shared(added - 1, word);
            assert_true(vocabulary_has(shared.vocabulary, word, strlen(word)));
            write_shared(added / 2, word);
            assert_true(vocabulary_has(shared.vocabulary, word, strlen(word)));
        }
        vocabulary_find_typos(shared.vocabulary, &like_first, &counted.sink);
        assert_true(counted.count >= (added < 10 ? added : 10)); /* word0 to word9 */
    } while (added < SHARED_WORDS);
    assert_int_equal(pthread_join(thread, NULL), 0);
    vocabulary_release(shared.vocabulary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vocabulary_has_what_was_added_and_nothing_else),
        cmocka_unit_test(a_vocabulary_is_freed_when_its_last_holder_releases_it),
        cmocka_unit_test(the_words_of_a_segment_are_added),
        cmocka_unit_test(labels_of_a_segment_are_no_words),
        cmocka_unit_test(every_word_within_the_typos_is_taken_and_no_other),
        cmocka_unit_test(every_word_of_a_dictionary_is_sought_in_it),
        cmocka_unit_test(every_word_with_another_first_letter_is_taken_and_no_other),
        cmocka_unit_test(letters_that_look_alike_to_the_sieve_are_told_apart),
        cmocka_unit_test(the_longest_words_are_compared_whole),
        cmocka_unit_test(a_sink_that_has_enough_is_given_no_more),
        cmocka_unit_test(words_are_found_while_others_are_added),
    };
    return cmocka_run_group_tests_name("index_vocabulary", tests, NULL, NULL);
}
