/* test_index_lexicon.c - the words of a segment: found by their hash, gone through in their order, sought and left out
 * by what they begin with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "search/index/lexicon.h"
#include "unit/index_fixture.h"

#define WORDS_MAX 3000

/* A segment, and the words that it has, sorted.. */
struct dictionary {
    struct segment *segment;
    char words[WORDS_MAX][WORDS_LEN_MAX + 1];
    size_t count;
};

static int compare_words(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void sort_out(struct dictionary *dictionary)
{
    size_t kept = 0;

    qsort(dictionary->words, dictionary->count, sizeof(dictionary->words[0]), compare_words);
    for (size_t i = 0; i < dictionary->count; i++) {
        if (kept == 0 || strcmp(dictionary->words[kept - 1], dictionary->words[i]) != 0) {
            memmove(dictionary->words[kept++], dictionary->words[i], sizeof(dictionary->words[0]));
        }
    }
    dictionary->count = kept;
}

static void make_segment(struct dictionary *dictionary)
{
    struct new_document *documents = calloc(dictionary->count + 1, sizeof(*documents));

    assert_non_null(documents);
    for (size_t i = 0; i < dictionary->count; i++) {
        documents[i] = index_document(i + 1, dictionary->words[i]);
    }
    documents[dictionary->count] = index_document(dictionary->count + 1, "");
    dictionary->segment = builder_make(documents, dictionary->count + 1);
    assert_non_null(dictionary->segment);
    free(documents);
    sort_out(dictionary);
    assert_int_equal(dictionary->segment->header.word_count, dictionary->count);
}

static struct dictionary *make(unsigned count, unsigned letters_max, unsigned *seed)
{
    static struct dictionary dictionary;

    dictionary.count = count;
    for (unsigned i = 0; i < count; i++) {
        index_random_word(seed, letters_max, dictionary.words[i]);
    }
    make_segment(&dictionary);
    return &dictionary;
}

static const unsigned counts[] = {1, 2, 15, 16, 17, 32, 33, 200, WORDS_MAX};
#define COUNTS (sizeof(counts) / sizeof(counts[0]))

static void assert_word(const struct lexicon_walk *walk, const struct dictionary *dictionary, size_t index)
{
    if (index == dictionary->count) {
        assert_false(lexicon_has_word(walk));
        return;
    }
    assert_true(lexicon_has_word(walk));
    assert_int_equal(walk->number, index);
    assert_int_equal(walk->len, strlen(dictionary->words[index]));
    assert_memory_equal(walk->word, dictionary->words[index], walk->len);
}

static void words_come_in_bytewise_order(void **state)
{
    unsigned seed = 1;

    (void)state;
    for (size_t i = 0; i < COUNTS; i++) {
        struct dictionary *dictionary = make(counts[i], 8, &seed);
        struct lexicon_walk walk;
        size_t at = 0;
        for (lexicon_begin(&walk, dictionary->segment); lexicon_has_word(&walk); lexicon_next(&walk), at++) {
            assert_word(&walk, dictionary, at);
        }
        assert_int_equal(at, dictionary->count);
        segment_release(dictionary->segment);
    }
}

/* The walk has the postings that are found for its word. */
static void assert_postings(struct lexicon_walk *walk)
{
    struct postings postings = lexicon_postings(walk);
    struct postings found;

    assert_true(lexicon_find(walk->segment, (const char *)walk->word, walk->len, &found));
    assert_ptr_equal(found.bytes, postings.bytes);
    assert_int_equal(found.count, postings.count);
}

static void each_word_is_found_with_the_postings_that_the_walk_has(void **state)
{
    unsigned seed = 2;

    (void)state;
    for (size_t i = 0; i < COUNTS; i++) {
        struct dictionary *dictionary = make(counts[i], 5, &seed);
        struct lexicon_walk walk;
        for (lexicon_begin(&walk, dictionary->segment); lexicon_has_word(&walk); lexicon_next(&walk)) {
            assert_postings(&walk);
        }
        segment_release(dictionary->segment);
    }
}

static bool has(const struct dictionary *dictionary, const char *word)
{
    return bsearch(word, dictionary->words, dictionary->count, sizeof(dictionary->words[0]), compare_words) != NULL;
}

static void no_other_word_is_found(void **state)
{
    unsigned seed = 3;

    (void)state;
    for (size_t i = 0; i < COUNTS; i++) {
        struct dictionary *dictionary = make(counts[i], 6, &seed);
        for (unsigned j = 0; j < 3000; j++) {
            char word[WORDS_LEN_MAX + 1];
            struct postings found;
            index_random_word(&seed, 7, word);
            assert_int_equal(lexicon_find(dictionary->segment, word, strlen(word), &found), has(dictionary, word));
        }
        segment_release(dictionary->segment);
    }
}

static void a_text_too_long_to_be_a_word_is_not_found(void **state)
{
    unsigned seed = 4;
    struct dictionary *dictionary = make(10, 3, &seed);
    char text[LEXICON_WORD_MAX + 1];
    struct postings found;

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_false(lexicon_find(dictionary->segment, text, sizeof(text), &found));
    assert_false(lexicon_find(dictionary->segment, "", 0, &found));
    segment_release(dictionary->segment);
}

/* The number of the first word that is not before the text. */
static size_t first_from(const struct dictionary *dictionary, const char *text)
{
    size_t index = 0;

    while (index < dictionary->count && strcmp(dictionary->words[index], text) < 0) {
        index++;
    }
    return index;
}

static void seeking_stands_at_the_first_word_that_is_not_before(void **state)
{
    unsigned seed = 5;

    (void)state;
    for (size_t i = 0; i < COUNTS; i++) {
        struct dictionary *dictionary = make(counts[i], 6, &seed);
        for (unsigned j = 0; j < 1000; j++) {
            char word[WORDS_LEN_MAX + 1];
            struct lexicon_walk walk;
            index_random_word(&seed, 7, word);
            lexicon_seek(&walk, dictionary->segment, word, strlen(word));
            size_t index = first_from(dictionary, word);
            assert_word(&walk, dictionary, index);
            lexicon_next(&walk);
            if (index < dictionary->count) {
                assert_word(&walk, dictionary, index + 1);
            }
        }
        segment_release(dictionary->segment);
    }
}

static void words_that_begin_alike_end_at_the_first_one_that_does_not(void **state)
{
    unsigned seed = 6;

    (void)state;
    for (size_t i = 0; i < COUNTS; i++) {
        struct dictionary *dictionary = make(counts[i], 7, &seed);
        for (unsigned j = 0; j < 1000; j++) {
            struct lexicon_walk walk;
            size_t index = index_random(&seed, (unsigned)dictionary->count);
            const char *word = dictionary->words[index];
            size_t len = 1 + index_random(&seed, (unsigned)strlen(word));
            size_t next = index;
            lexicon_seek(&walk, dictionary->segment, word, strlen(word));
            if (index_random(&seed, 2) == 0) { /* wherever they were looked up before */
                assert_postings(&walk);
            }
            while (lexicon_begins_with(&walk, word, len)) {
                lexicon_next(&walk);
            }
            while (next < dictionary->count && strncmp(dictionary->words[next], word, len) == 0) {
                next++;
            }
            assert_word(&walk, dictionary, next);
            if (next < dictionary->count && index_random(&seed, 2) == 0) {
                assert_postings(&walk);
            }
        }
        segment_release(dictionary->segment);
    }
}

/* Looking up what stands further on, or not, makes no difference to what comes. */
static void postings_are_read_of_any_words_of_a_walk(void **state)
{
    unsigned seed = 7;

    (void)state;
    for (size_t i = 0; i < COUNTS; i++) {
        struct dictionary *dictionary = make(counts[i], 3, &seed);
        for (unsigned round = 0; round < 30; round++) {
            struct lexicon_walk walk;
            for (lexicon_begin(&walk, dictionary->segment); lexicon_has_word(&walk); lexicon_next(&walk)) {
                for (unsigned times = index_random(&seed, 2 + round % 5); times > 0; times = times / 2) {
                    assert_postings(&walk);
                }
            }
        }
        segment_release(dictionary->segment);
    }
}

static void words_of_many_documents_and_of_one_have_their_documents(void **state)
{
    static const char *const texts[] = {"a b", "a c", "a b a", "d", "a"};
    struct new_document documents[5];
    struct postings found;
    struct cursor cursor;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        documents[i] = index_document(i + 1, texts[i]);
    }
    struct segment *segment = builder_make(documents, 5);
    assert_non_null(segment);
    assert_true(lexicon_find(segment, "a", 1, &found));
    assert_int_equal(found.count, 4);
    cursor_init(&cursor, found);
    assert_int_equal(cursor_age(&cursor), 0);
    assert_int_equal(cursor_seek(&cursor, 1), 2);
    assert_true(cursor_has_place(&cursor, 0));
    assert_false(cursor_has_place(&cursor, 1));
    assert_true(cursor_has_place(&cursor, 2));
    assert_true(lexicon_find(segment, "d", 1, &found));
    assert_int_equal(found.count, 1);
    cursor_init(&cursor, found);
    assert_int_equal(cursor_age(&cursor), 1);
    segment_release(segment);
}

static void a_segment_without_words_has_none(void **state)
{
    const struct new_document document = index_document(1, "");
    struct segment *segment = builder_make(&document, 1);
    struct lexicon_walk walk;
    struct postings found;

    (void)state;
    assert_non_null(segment);
    lexicon_begin(&walk, segment);
    assert_false(lexicon_has_word(&walk));
    lexicon_seek(&walk, segment, "a", 1);
    assert_false(lexicon_has_word(&walk));
    assert_false(lexicon_find(segment, "a", 1, &found));
    segment_release(segment);
}

static void words_of_the_greatest_length_are_kept_whole(void **state)
{
    static struct dictionary dictionary;
    struct lexicon_walk walk;

    (void)state;
    dictionary.count = 50;
    for (size_t i = 0; i < dictionary.count; i++) {
        memset(dictionary.words[i], 'x', WORDS_LEN_MAX);
        dictionary.words[i][WORDS_LEN_MAX - 2] = (char)('a' + i / 10);
        dictionary.words[i][WORDS_LEN_MAX - 1] = (char)('a' + i % 10);
        dictionary.words[i][WORDS_LEN_MAX] = '\0';
    }
    make_segment(&dictionary);
    assert_int_equal(dictionary.count, 50);
    lexicon_begin(&walk, dictionary.segment);
    for (size_t i = 0; i <= dictionary.count; i++, lexicon_next(&walk)) {
        assert_word(&walk, &dictionary, i);
    }
    segment_release(dictionary.segment);
}

static void labels_stand_before_the_words_of_texts(void **state)
{
    struct new_document document = index_document(1, "a b");
    struct lexicon_walk walk;

    (void)state;
    document.labels = index_labels;
    document.label_count = INDEX_LABELS;
    struct segment *segment = builder_make(&document, 1);
    assert_non_null(segment);
    lexicon_begin(&walk, segment);
    for (size_t i = 0; i < INDEX_LABELS; i++, lexicon_next(&walk)) {
        char word[LABEL_WORD_MAX];
        size_t len = label_word_write(&index_labels[i], word);
        assert_int_equal(walk.number, i);
        assert_int_equal(walk.len, len);
        assert_memory_equal(walk.word, word, len);
        assert_postings(&walk);
    }
    assert_int_equal(walk.number, INDEX_LABELS);
    lexicon_begin_texts(&walk, segment);
    assert_int_equal(walk.number, INDEX_LABELS);
    assert_memory_equal(walk.word, "a", 1);
    segment_release(segment);
}

/* The longest label and one that differs in its last byte, in every place of a block. */
static void labels_of_the_greatest_length_are_kept_whole(void **state)
{
    static char texts[WORDS_PER_BLOCK * 2][4 * MEOWER_LABEL_VALUE_MAX];
    char key[MEOWER_LABEL_KEY_MAX];
    struct new_document documents[WORDS_PER_BLOCK * 2];
    meower_label labels[WORDS_PER_BLOCK * 2];

    (void)state;
    memset(key, 'k', sizeof(key));
    for (size_t i = 0; i < WORDS_PER_BLOCK * 2; i++) {
        memset(texts[i], 'v', sizeof(texts[i]));
        texts[i][sizeof(texts[i]) - 1] = (char)('A' + i);
        labels[i] = (meower_label){key, sizeof(key), texts[i], sizeof(texts[i])};
        documents[i] = index_document(i + 1, "a");
        documents[i].labels = &labels[i];
        documents[i].label_count = 1;
    }
    struct segment *segment = builder_make(documents, WORDS_PER_BLOCK * 2);
    assert_non_null(segment);
    for (size_t i = 0; i < WORDS_PER_BLOCK * 2; i++) {
        char word[LABEL_WORD_MAX];
        size_t len = label_word_write(&labels[i], word);
        struct postings found;
        struct cursor cursor;
        assert_int_equal(len, LABEL_WORD_MAX);
        assert_true(lexicon_find(segment, word, len, &found));
        cursor_init(&cursor, found);
        assert_int_equal(found.count, 1);
        assert_int_equal(cursor_age(&cursor), WORDS_PER_BLOCK * 2 - 1 - i);
        assert_false(lexicon_find(segment, word, len - 1, &found));
    }
    segment_release(segment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_in_bytewise_order),
        cmocka_unit_test(each_word_is_found_with_the_postings_that_the_walk_has),
        cmocka_unit_test(no_other_word_is_found),
        cmocka_unit_test(a_text_too_long_to_be_a_word_is_not_found),
        cmocka_unit_test(seeking_stands_at_the_first_word_that_is_not_before),
        cmocka_unit_test(words_that_begin_alike_end_at_the_first_one_that_does_not),
        cmocka_unit_test(postings_are_read_of_any_words_of_a_walk),
        cmocka_unit_test(words_of_many_documents_and_of_one_have_their_documents),
        cmocka_unit_test(a_segment_without_words_has_none),
        cmocka_unit_test(words_of_the_greatest_length_are_kept_whole),
        cmocka_unit_test(labels_stand_before_the_words_of_texts),
        cmocka_unit_test(labels_of_the_greatest_length_are_kept_whole),
    };
    return cmocka_run_group_tests_name("index_lexicon", tests, NULL, NULL);
}
