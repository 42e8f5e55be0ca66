/* test_index_splits.c - documents in which a searched word stands in two to four pieces: of random texts, against the
 * contract's own comparison. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/match.h"
#include "search/index/splits.h"
#include "unit/index_fixture.h"

#define TEXTS_MAX 400

struct texts {
    char items[TEXTS_MAX][INDEX_TEXT_SIZE];
    unsigned count;
    struct segment *segment;
    struct vocabulary *vocabulary;
};

static void make_segment(struct texts *texts)
{
    static struct new_document documents[TEXTS_MAX];

    for (unsigned i = 0; i < texts->count; i++) {
        documents[i] = index_document(i + 1, texts->items[i]);
    }
    texts->segment = builder_make(documents, texts->count);
    texts->vocabulary = vocabulary_new();
    assert_non_null(texts->segment);
    assert_non_null(texts->vocabulary);
    assert_true(vocabulary_add_segment(texts->vocabulary, texts->segment));
}

static void release(struct texts *texts)
{
    segment_release(texts->segment);
    vocabulary_release(texts->vocabulary);
}

static meower_search_word word_of(const char *text)
{
    return (meower_search_word){.text = text, .text_len = strlen(text), .may_be_split = 1};
}

/* Whether the document of this age has the word in pieces. */
static bool is_split(const struct texts *texts, const char *text, uint32_t age)
{
    const char *document = texts->items[texts->count - 1 - age];
    const meower_search_word word = word_of(text);
    struct words words;
    bool found = false;

    assert_int_equal(words_split(document, strlen(document), &words), 0);
    for (size_t at = 0; at < words.count; at++) {
        found = found || match_joined(&word, &words, at) > 0;
    }
    words_free(&words);
    return found;
}

static void note_streams(const struct texts *texts, const struct term_list *list, bool found[TEXTS_MAX])
{
    for (size_t i = 0; i < list->stream_count; i++) {
        struct stream stream = {.spec = list->streams[i]};
        uint32_t count = 0;
        for (stream_seek(&stream, 0); stream.age != SEGMENT_NO_AGE; stream_seek(&stream, stream.age + 1)) {
            assert_true(stream.age < texts->count);
            found[stream.age] = true;
            count++;
        }
        assert_int_equal(count, stream_count(&list->streams[i]));
    }
}

static void note_phrases(const struct texts *texts, const struct term_list *list, struct arena *arena,
                         bool found[TEXTS_MAX])
{
    for (size_t i = 0; i < list->phrase_count; i++) {
        struct phrase_stream stream;
        struct bitmap possible = {0};
        bool has_failed = false;
        uint32_t count = 0;
        phrase_begin(&stream, &list->phrases[i]);
        stream_fill(&stream.rarest, 0, texts->count, &possible);
        for (uint32_t age = 0; age < texts->count; age++) {
            if (phrase_is_in(&stream, arena, age, &has_failed)) {
                assert_true(bitmap_has(&possible, age));
                found[age] = true;
                count++;
            }
        }
        assert_false(has_failed);
        assert_true(count <= phrase_count(&list->phrases[i]));
    }
}

/* Goes through all that was found, and notes the ages. */
static void note_found(const struct texts *texts, const char *text, bool found[TEXTS_MAX])
{
    struct arena arena = {0};
    struct term_list list = {0};
    const struct splits splits = {
        .vocabulary = texts->vocabulary, .segment = texts->segment, .list = &list, .arena = &arena};
    const meower_search_word word = word_of(text);

    memset(found, 0, TEXTS_MAX * sizeof(*found));
    assert_true(splits_find(&splits, &word));
    note_streams(texts, &list, found);
    note_phrases(texts, &list, &arena, found);
    arena_free(&arena);
}

static void check(const struct texts *texts, const char *text)
{
    bool found[TEXTS_MAX];

    note_found(texts, text, found);
    for (uint32_t age = 0; age < texts->count; age++) {
        if (found[age] != is_split(texts, text, age)) {
            fail_msg("\"%s\" is %sfound in \"%s\"", text, found[age] ? "" : "not ",
                     texts->items[texts->count - 1 - age]);
        }
    }
}

static void every_document_with_the_word_in_pieces_is_found_and_no_other(void **state)
{
    static struct texts texts;
    unsigned seed = 1;

    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        texts.count =
            round % 2 == 0 ? TEXTS_MAX : 1 + index_random(&seed, 40); /* words of many documents, and of few */
        for (unsigned i = 0; i < texts.count; i++) {
            index_random_text(&seed, 8, 1 + round % 3, texts.items[i]);
        }
        make_segment(&texts);
        for (unsigned i = 0; i < 20; i++) {
            char text[WORDS_LEN_MAX + 1];
            index_random_word(&seed, 6, text);
            check(&texts, text);
        }
        release(&texts);
    }
}

static void pieces_that_do_not_stand_side_by_side_in_order_are_none(void **state)
{
    static struct texts texts = {.items = {"book note", "note a book", "note books", "notebook", "my note book"},
                                 .count = 5};
    bool found[TEXTS_MAX];

    (void)state;
    make_segment(&texts);
    note_found(&texts, "notebook", found);
    assert_true(found[0]);
    for (unsigned age = 1; age < 5; age++) {
        assert_false(found[age]);
    }
    release(&texts);
}

static void five_pieces_are_too_many(void **state)
{
    static struct texts texts = {.items = {"a b c d", "a b c d e"}, .count = 2};
    bool found[TEXTS_MAX];

    (void)state;
    make_segment(&texts);
    note_found(&texts, "abcd", found);
    assert_true(found[0] && found[1]);
    note_found(&texts, "abcde", found);
    assert_false(found[0] || found[1]);
    release(&texts);
}

static void the_same_piece_may_come_twice(void **state)
{
    static struct texts texts = {.items = {"da da", "da x da"}, .count = 2};
    bool found[TEXTS_MAX];

    (void)state;
    make_segment(&texts);
    note_found(&texts, "dada", found);
    assert_true(found[1]);
    assert_false(found[0]);
    release(&texts);
}

/* Half of a letter of two bytes is no piece, even where a word of these bytes is there. */
static void pieces_are_of_whole_letters(void **state)
{
    static struct texts texts = {.items = {"a\xD0 \xB6"}, .count = 1};
    bool found[TEXTS_MAX];

    (void)state;
    make_segment(&texts);
    note_found(&texts, "a\xD0\xB6", found);
    assert_false(found[0]);
    release(&texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_document_with_the_word_in_pieces_is_found_and_no_other),
        cmocka_unit_test(pieces_that_do_not_stand_side_by_side_in_order_are_none),
        cmocka_unit_test(five_pieces_are_too_many),
        cmocka_unit_test(the_same_piece_may_come_twice),
        cmocka_unit_test(pieces_are_of_whole_letters),
    };
    return cmocka_run_group_tests_name("index_splits", tests, NULL, NULL);
}
