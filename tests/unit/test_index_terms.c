/* test_index_terms.c - what a search is in an index: the limit of words with typos, and what it does not limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "search/index/terms.h"
#include "unit/index_fixture.h"

#define TYPO_WORDS_MAX 128 /* docs/SEARCH.md, "Limits" */
#define DOCUMENTS_MAX  1000

/* Documents in one segment or in several, and a search in them. */
struct fixture {
    struct new_document documents[DOCUMENTS_MAX];
    char texts[DOCUMENTS_MAX][32];
    size_t count;
    struct view *view;
    struct match_query query;
    meower_search_request request;
    struct arena arena;
    struct terms terms;
};

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    arena_free(&fixture->arena);
    match_query_free(&fixture->query);
    view_release(fixture->view);
    free(fixture);
    return 0;
}

static void add(struct fixture *fixture, const char *text)
{
    size_t i = fixture->count++;

    assert_true(i < DOCUMENTS_MAX);
    snprintf(fixture->texts[i], sizeof(fixture->texts[i]), "%s", text);
    fixture->documents[i] = index_document(i + 1, fixture->texts[i]);
}

static void search(struct fixture *fixture, size_t segments, const char *query)
{
    size_t at = 0;

    struct vocabulary *vocabulary = vocabulary_new();

    assert_non_null(vocabulary);
    fixture->view = view_new(segments, vocabulary);
    assert_non_null(fixture->view);
    vocabulary_release(vocabulary);
    for (size_t i = 0; i < segments; i++) {
        size_t end = fixture->count * (i + 1) / segments;
        fixture->view->parts[i].segment = builder_make(fixture->documents + at, end - at);
        assert_non_null(fixture->view->parts[i].segment);
        assert_true(vocabulary_add_segment(vocabulary, fixture->view->parts[i].segment));
        at = end;
    }
    assert_int_equal(match_query_init(&fixture->query, query, strlen(query)), 0);
    fixture->request = match_request(&fixture->query, 0, 10);
    assert_true(terms_init(&fixture->terms, fixture->view, &fixture->request, &fixture->arena));
    for (int quality = MATCH_EXACT; quality < MATCH_NONE; quality++) {
        assert_true(terms_find(&fixture->terms, quality));
    }
}

/* How often the document is in what was found for a searched word in a quality; phrases are not looked at. */
static unsigned count_found(const struct fixture *fixture, size_t word, int quality, size_t document)
{
    unsigned found = 0;
    size_t at = 0;

    for (size_t part = 0; part < fixture->view->count; part++) {
        const struct term_list *list = &fixture->terms.parts[part].lists[word][quality];
        uint32_t count = fixture->view->parts[part].segment->header.document_count;
        for (size_t i = 0; i < list->stream_count; i++) {
            struct stream stream = {.spec = list->streams[i]};
            for (stream_seek(&stream, 0); stream.age != SEGMENT_NO_AGE; stream_seek(&stream, stream.age + 1)) {
                found += at + count - 1 - stream.age == document ? 1 : 0;
            }
        }
        at += count;
    }
    return found;
}

/* Words that differ from "kitten" by two letters, as many as are asked for: kaaten, kabten, ... */
static void add_far(struct fixture *fixture, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char text[32];
        snprintf(text, sizeof(text), "k%c%cten", (char)('a' + i / 25), "abcdefghijklmnopqrsuvwxyz"[i % 25]);
        add(fixture, text);
    }
}

static void all_words_with_typos_are_tried_up_to_the_limit(void **state)
{
    struct fixture *fixture = *state;

    add_far(fixture, TYPO_WORDS_MAX);
    search(fixture, 3, "kitten");
    for (size_t i = 0; i < fixture->count; i++) {
        assert_int_equal(count_found(fixture, 0, MATCH_TYPO, i), 1);
    }
}

static void beyond_the_limit_the_nearest_are_tried_then_the_most_frequent_then_bytewise(void **state)
{
    struct fixture *fixture = *state;

    add_far(fixture, TYPO_WORDS_MAX);
    add(fixture, "kittem"); /* nearer */
    add(fixture, "kzzten"); /* as far, but twice; bytewise behind all others */
    add(fixture, "kzzten");
    search(fixture, 3, "kitten");
    assert_int_equal(count_found(fixture, 0, MATCH_TYPO, TYPO_WORDS_MAX), 1);
    assert_int_equal(count_found(fixture, 0, MATCH_TYPO, TYPO_WORDS_MAX + 1), 1);
    assert_int_equal(count_found(fixture, 0, MATCH_TYPO, TYPO_WORDS_MAX + 2), 1);
    unsigned tried = 0;
    size_t left_out = 0;
    for (size_t i = 0; i < TYPO_WORDS_MAX; i++) {
        unsigned found = count_found(fixture, 0, MATCH_TYPO, i);
        tried += found;
        left_out = found == 0 ? i : left_out;
    }
    assert_int_equal(tried, TYPO_WORDS_MAX - 2);
    assert_int_equal(left_out, TYPO_WORDS_MAX - 1); /* two bytewise last of those that are alike */
    assert_int_equal(count_found(fixture, 0, MATCH_TYPO, TYPO_WORDS_MAX - 2), 0);
}

/* "Exact matches and prefixes know no such limit." */
static void a_longer_word_that_the_limit_leaves_out_is_found_as_a_prefix(void **state)
{
    struct fixture *fixture = *state;

    add_far(fixture, TYPO_WORDS_MAX);
    for (size_t i = 0; i < fixture->count; i++) { /* each twice: they are more frequent */
        fixture->documents[fixture->count + i] = index_document(fixture->count + i + 1, fixture->texts[i]);
    }
    fixture->count *= 2;
    add(fixture, "kittenzz");
    add(fixture, "kittens"); /* nearer */
    add(fixture, "kittening");
    search(fixture, 3, "kitten");
    assert_int_equal(count_found(fixture, 0, MATCH_TYPO, 2 * TYPO_WORDS_MAX), 0);
    assert_int_equal(count_found(fixture, 0, MATCH_PREFIX, 2 * TYPO_WORDS_MAX), 1);
    assert_int_equal(count_found(fixture, 0, MATCH_TYPO, 2 * TYPO_WORDS_MAX + 1), 1);
    assert_int_equal(count_found(fixture, 0, MATCH_PREFIX, 2 * TYPO_WORDS_MAX + 1), 0);
    assert_int_equal(count_found(fixture, 0, MATCH_PREFIX, 2 * TYPO_WORDS_MAX + 2), 1);
}

/* It is no word with typos, though it is within them. */
static void what_neighbours_are_when_joined_is_found_whatever_the_limit(void **state)
{
    struct fixture *fixture = *state;

    add_far(fixture, TYPO_WORDS_MAX);
    for (size_t i = 0; i < fixture->count; i++) {
        fixture->documents[fixture->count + i] = index_document(fixture->count + i + 1, fixture->texts[i]);
    }
    fixture->count *= 2;
    add(fixture, "kittenzz");
    search(fixture, 2, "kitten zz");
    assert_int_equal(count_found(fixture, 0, MATCH_TYPO, 2 * TYPO_WORDS_MAX), 1);
    assert_int_equal(count_found(fixture, 1, MATCH_TYPO, 2 * TYPO_WORDS_MAX), 1);
}

static void a_join_that_is_a_typo_anyway_is_found_once(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, "kittens");
    search(fixture, 1, "kitten s");
    assert_int_equal(count_found(fixture, 0, MATCH_TYPO, 0), 1);
    assert_int_equal(count_found(fixture, 1, MATCH_TYPO, 0), 1);
}

static void another_first_letter_is_tried_where_no_segment_has_the_word(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, "kitten");
    add(fixture, "bitten");
    search(fixture, 2, "mitten");
    assert_int_equal(count_found(fixture, 0, MATCH_TYPO, 0), 1);
    assert_int_equal(count_found(fixture, 0, MATCH_TYPO, 1), 1);
}

static void another_first_letter_is_not_tried_where_another_segment_has_the_word(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, "kitten");
    add(fixture, "mitten");
    search(fixture, 2, "mitten");
    assert_int_equal(count_found(fixture, 0, MATCH_TYPO, 0), 0);
    assert_int_equal(count_found(fixture, 0, MATCH_EXACT, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_words_with_typos_are_tried_up_to_the_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(beyond_the_limit_the_nearest_are_tried_then_the_most_frequent_then_bytewise,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_longer_word_that_the_limit_leaves_out_is_found_as_a_prefix, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_neighbours_are_when_joined_is_found_whatever_the_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_join_that_is_a_typo_anyway_is_found_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_first_letter_is_tried_where_no_segment_has_the_word, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_first_letter_is_not_tried_where_another_segment_has_the_word, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("index_terms", tests, NULL, NULL);
}
