/* test_filter.c - which meows a filter lets through. */
#include "base/filter.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* Splits "room=garden tag=cats" into labels whose texts are those of `text`. */
static size_t split(const char *text, meower_label *labels, size_t max)
{
    size_t count = 0;

    while (*text != '\0') {
        size_t key_len = strcspn(text, "=");
        size_t value_len = strcspn(text + key_len + 1, " ");
        assert_true(count < max);
        labels[count++] = (meower_label){text, key_len, text + key_len + 1, value_len};
        text += key_len + 1 + value_len;
        text += *text == ' ' ? 1 : 0;
    }
    return count;
}

static struct filter *filter_of(const char *terms)
{
    meower_label labels[MEOWER_LABELS_MAX];
    struct filter *filter = NULL;
    size_t count = split(terms, labels, MEOWER_LABELS_MAX);

    assert_int_equal(filter_new(labels, count, &filter, NULL), MEOWER_OK);
    return filter;
}

static bool matches(const char *terms, const char *text)
{
    meower_label labels[MEOWER_LABELS_MAX];
    meower_label sorted[MEOWER_LABELS_MAX];
    char run[512];
    struct filter *filter = filter_of(terms);
    size_t count = split(text, labels, MEOWER_LABELS_MAX);
    bool is_match;

    labels_copy(labels, count, sorted, run);
    is_match = filter == NULL || meower_labels_match(filter->terms, filter->count, sorted, count);
    filter_free(filter);
    return is_match;
}

static void without_terms_everything_is_let_through(void **state)
{
    (void)state;
    assert_null(filter_of(""));
    assert_true(matches("", ""));
    assert_true(matches("", "room=garden"));
}

static void no_terms_match_whatever_a_meow_carries(void **state)
{
    const meower_label label = MEOWER_LABEL("room", "garden");

    (void)state;
    assert_int_equal(meower_labels_match(NULL, 0, &label, 1), 1);
    assert_int_equal(meower_labels_match(NULL, 0, NULL, 0), 1);
    assert_int_equal(meower_labels_match(&label, 1, NULL, 0), 0);
}

static void a_term_lets_through_what_has_the_label(void **state)
{
    (void)state;
    assert_true(matches("room=garden", "room=garden"));
    assert_true(matches("room=garden", "author=tom room=garden tag=cats"));
    assert_false(matches("room=garden", ""));
    assert_false(matches("room=garden", "room=kitchen"));
    assert_false(matches("room=garden", "rooms=garden"));
    assert_false(matches("room=garden", "room=gardens"));
    assert_false(matches("room=garden", "room=Garden"));
}

static void values_of_one_key_are_alternatives(void **state)
{
    (void)state;
    assert_true(matches("author=tom author=tim", "author=tim"));
    assert_true(matches("author=tom author=tim", "author=tom"));
    assert_true(matches("author=tom author=tim", "author=ann author=tom author=zoe"));
    assert_false(matches("author=tom author=tim", "author=ann"));
    assert_false(matches("author=tom author=tim", "author=ann author=zoe"));
}

static void different_keys_must_all_hold(void **state)
{
    (void)state;
    assert_true(matches("room=garden author=tom", "room=garden author=tom tag=cats"));
    assert_false(matches("room=garden author=tom", "room=garden"));
    assert_false(matches("room=garden author=tom", "author=tom"));
    assert_true(matches("room=garden author=tom author=tim tag=cats", "tag=cats author=tim room=garden"));
    assert_false(matches("room=garden author=tom author=tim tag=cats", "tag=naps author=tim room=garden"));
    assert_false(matches("a=1 b=2", "a=2 b=1"));
}

/* Every filter of up to four terms out of a few labels, against every meow of them, judged by the definition. */
static void it_agrees_with_the_definition(void **state)
{
    static const meower_label all[] = {MEOWER_LABEL("a", "1"), MEOWER_LABEL("a", "2"),  MEOWER_LABEL("ab", "1"),
                                       MEOWER_LABEL("b", "1"), MEOWER_LABEL("b", "12"), MEOWER_LABEL("c", "0")};
    static const unsigned keys[] = {0, 0, 1, 2, 2, 3};

    (void)state;
    for (unsigned wanted = 1; wanted < 64; wanted++) {
        meower_label terms[6];
        size_t term_count = 0;
        struct filter *filter = NULL;
        for (unsigned i = 0; i < 6; i++) {
            if ((wanted >> i & 1) != 0) {
                terms[term_count++] = all[i];
            }
        }
        assert_int_equal(filter_new(terms, term_count, &filter, NULL), MEOWER_OK);
        for (unsigned has = 0; has < 64; has++) {
            meower_label labels[6];
            size_t count = 0;
            unsigned wanted_keys = 0;
            unsigned held_keys = 0;
            for (unsigned i = 0; i < 6; i++) {
                wanted_keys |= (wanted >> i & 1) << keys[i];
                held_keys |= ((wanted & has) >> i & 1) << keys[i];
                if ((has >> i & 1) != 0) {
                    labels[count++] = all[i];
                }
            }
            assert_int_equal(meower_labels_match(filter->terms, filter->count, labels, count),
                             wanted_keys == held_keys);
        }
        filter_free(filter);
    }
}

static void a_term_that_comes_twice_is_one_term(void **state)
{
    struct filter *filter = filter_of("tag=cats room=garden tag=cats tag=cats");

    (void)state;
    assert_int_equal(filter->count, 2);
    assert_int_equal(filter_alternatives(&filter->terms[1], 1), 1);
    filter_free(filter);
}

static void it_keeps_its_own_texts(void **state)
{
    char text[] = "room=garden";
    struct filter *filter = filter_of(text);
    const meower_label label = MEOWER_LABEL("room", "garden");

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    assert_true(meower_labels_match(filter->terms, filter->count, &label, 1));
    filter_free(filter);
}

static void what_is_wrong_is_refused_with_words(void **state)
{
    meower_label terms[17];
    struct filter *filter = NULL;
    meower_error error = {0};

    (void)state;
    for (size_t i = 0; i < 17; i++) {
        terms[i] = (meower_label)MEOWER_LABEL("tag", "cats");
    }
    assert_int_equal(filter_new(terms, 17, &filter, &error), MEOWER_ERROR_INVALID);
    assert_string_equal(error.message, "there are 17 labels; a filter may have 16 at most");
    terms[1] = (meower_label)MEOWER_LABEL("Tag", "cats");
    assert_int_equal(filter_new(terms, 2, &filter, &error), MEOWER_ERROR_INVALID);
    assert_non_null(strstr(error.message, "\"Tag=cats\""));
    assert_null(filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_terms_everything_is_let_through),
        cmocka_unit_test(no_terms_match_whatever_a_meow_carries),
        cmocka_unit_test(a_term_lets_through_what_has_the_label),
        cmocka_unit_test(values_of_one_key_are_alternatives),
        cmocka_unit_test(different_keys_must_all_hold),
        cmocka_unit_test(it_agrees_with_the_definition),
        cmocka_unit_test(a_term_that_comes_twice_is_one_term),
        cmocka_unit_test(it_keeps_its_own_texts),
        cmocka_unit_test(what_is_wrong_is_refused_with_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
