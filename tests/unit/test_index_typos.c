/* test_index_typos.c - the words of a segment within a few typos: every word of random dictionaries, against the
 * contract's own comparison of two words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/match.h"
#include "base/utf8.h"
#include "search/index/typos.h"
#include "unit/index_fixture.h"

#define WORDS_MAX 1500

/* Words that a sink has taken, by their numbers in the segment. */
struct taken {
    struct typo_sink sink; /* first: the word function casts back */
    const struct segment *segment;
    unsigned edits[WORDS_MAX]; /* 0: not taken */
    unsigned count;
    unsigned max;
};

/* The number of a word of the segment. */
static uint32_t number_of(const struct segment *segment, const unsigned char *word, size_t len)
{
    struct lexicon_walk walk;

    lexicon_seek(&walk, segment, (const char *)word, len);
    assert_true(lexicon_has_word(&walk) && walk.len == len && memcmp(walk.word, word, len) == 0);
    return walk.number;
}

static bool take(struct typo_sink *sink, const struct lexicon_walk *walk, unsigned edits)
{
    struct taken *taken = (struct taken *)sink;
    struct postings found;
    uint32_t number = number_of(taken->segment, walk->word, walk->len);

    assert_true(edits > 0);
    assert_int_equal(taken->edits[number], 0); /* none comes twice */
    assert_true(lexicon_find(taken->segment, (const char *)walk->word, walk->len, &found));
    assert_ptr_equal(walk->postings.bytes, found.bytes);
    taken->edits[number] = edits;
    return ++taken->count < taken->max;
}

static struct segment *make(unsigned count, unsigned letters_max, unsigned *seed)
{
    static char words[WORDS_MAX][WORDS_LEN_MAX + 1];
    static struct new_document documents[WORDS_MAX];

    for (unsigned i = 0; i < count; i++) {
        index_random_word(seed, letters_max, words[i]);
        documents[i] = index_document(i + 1, words[i]);
    }
    struct segment *segment = builder_make(documents, count);
    assert_non_null(segment);
    return segment;
}

static struct taken *find(const struct segment *segment, const char *text, unsigned typos_max, bool is_first)
{
    static struct taken taken;
    const meower_search_word word = {.text = text, .text_len = strlen(text), .typos_max = typos_max};

    memset(&taken, 0, sizeof(taken));
    taken.sink.word = take;
    taken.segment = segment;
    taken.max = UINT32_MAX;
    if (is_first) {
        typos_find_first(segment, &word, &taken.sink);
    } else {
        typos_find(segment, &word, &taken.sink);
    }
    return &taken;
}

/* How many edits away the contract says that a word is; 0: more than allowed, or the word itself. */
static unsigned edits_of(const char *text, const struct lexicon_walk *walk, unsigned typos_max)
{
    const char *word = (const char *)walk->word;
    size_t len = strlen(text);

    if (walk->len == len && memcmp(word, text, len) == 0) {
        return 0;
    }
    for (unsigned edits = 1; edits <= typos_max; edits++) {
        if (match_is_typo(text, len, word, walk->len, edits)) {
            return edits;
        }
    }
    return 0;
}

static void check_typos(const struct segment *segment, const char *text, unsigned typos_max)
{
    const struct taken *taken = find(segment, text, typos_max, false);
    struct lexicon_walk walk;

    for (lexicon_begin(&walk, segment); lexicon_has_word(&walk); lexicon_next(&walk)) {
        unsigned expected = edits_of(text, &walk, typos_max);
        if (taken->edits[walk.number] != expected) {
            fail_msg("\"%s\" and \"%.*s\": %u edits, not %u", text, (int)walk.len, (const char *)walk.word,
                     taken->edits[walk.number], expected);
        }
    }
}

static void check_first(const struct segment *segment, const char *text)
{
    const struct taken *taken = find(segment, text, 2, true);
    struct lexicon_walk walk;

    for (lexicon_begin(&walk, segment); lexicon_has_word(&walk); lexicon_next(&walk)) {
        bool expected = match_is_first_typo(text, strlen(text), (const char *)walk.word, walk.len);
        if (taken->edits[walk.number] != (expected ? 1U : 0U)) {
            fail_msg("\"%s\" and \"%.*s\": %s", text, (int)walk.len, (const char *)walk.word,
                     expected ? "is not taken" : "is taken");
        }
    }
}

static void every_word_within_the_typos_is_taken_and_no_other(void **state)
{
    static const unsigned counts[] = {1, 15, 16, 17, 100, WORDS_MAX};
    unsigned seed = 1;

    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        unsigned letters_max = 3 + round % 8;
        struct segment *segment = make(counts[round % 6], letters_max, &seed);
        for (unsigned i = 0; i < 40; i++) {
            char text[WORDS_LEN_MAX + 1];
            index_random_word(&seed, letters_max + 1, text);
            check_typos(segment, text, i % 3);
        }
        segment_release(segment);
    }
}

static void every_word_of_a_dictionary_is_sought_in_it(void **state)
{
    unsigned seed = 2;
    struct segment *segment = make(300, 6, &seed);
    struct lexicon_walk walk;

    (void)state;
    for (lexicon_begin(&walk, segment); lexicon_has_word(&walk); lexicon_next(&walk)) {
        char text[WORDS_LEN_MAX + 1];
        memcpy(text, walk.word, walk.len);
        text[walk.len] = '\0';
        check_typos(segment, text, match_typos_max(utf8_count(text, walk.len)));
        if (utf8_count(text, walk.len) > 1) { /* only words of four letters or more come here */
            check_first(segment, text);
        }
    }
    segment_release(segment);
}

static void every_word_with_another_first_letter_is_taken_and_no_other(void **state)
{
    unsigned seed = 3;

    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        struct segment *segment = make(1 + round * 30, 3 + round % 5, &seed);
        for (unsigned i = 0; i < 40; i++) {
            char text[WORDS_LEN_MAX + 1];
            index_random_word(&seed, 6, text);
            if (utf8_count(text, strlen(text)) > 1) {
                check_first(segment, text);
            }
        }
        segment_release(segment);
    }
}

static void the_longest_words_are_compared_whole(void **state)
{
    static char words[4][2 * WORDS_LEN_MAX];
    struct new_document documents[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        memset(words[i], 'a', WORDS_LEN_MAX - i % 3);
        words[i][WORDS_LEN_MAX - i % 3] = '\0';
        documents[i] = index_document(i + 1, words[i]);
    }
    words[3][WORDS_LEN_MAX - 1] = 'b';
    struct segment *segment = builder_make(documents, 4);
    assert_non_null(segment);
    for (size_t i = 0; i < 4; i++) {
        check_typos(segment, words[i], 2);
        check_first(segment, words[i]);
    }
    words[0][0] = 'b';
    check_first(segment, words[0]);
    memmove(words[0] + 1, words[0], WORDS_LEN_MAX - 1); /* bb..., all but as long as a word may be */
    check_typos(segment, words[0], 2);
    segment_release(segment);
}

static void a_sink_that_has_enough_is_given_no_more(void **state)
{
    static struct taken taken;
    unsigned seed = 4;
    struct segment *segment = make(WORDS_MAX, 4, &seed);
    const meower_search_word word = {.text = "abab", .text_len = 4, .typos_max = 2};

    (void)state;
    taken.sink.word = take;
    taken.segment = segment;
    taken.max = 3;
    typos_find(segment, &word, &taken.sink);
    assert_int_equal(taken.count, 3);
    memset(taken.edits, 0, sizeof(taken.edits));
    taken.count = 0;
    taken.max = 2;
    typos_find_first(segment, &word, &taken.sink);
    assert_int_equal(taken.count, 2);
    segment_release(segment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_within_the_typos_is_taken_and_no_other),
        cmocka_unit_test(every_word_of_a_dictionary_is_sought_in_it),
        cmocka_unit_test(every_word_with_another_first_letter_is_taken_and_no_other),
        cmocka_unit_test(the_longest_words_are_compared_whole),
        cmocka_unit_test(a_sink_that_has_enough_is_given_no_more),
    };
    return cmocka_run_group_tests_name("index_typos", tests, NULL, NULL);
}
