/* test_labels.c - which labels a meow may have, their order, their run of bytes, and their JSON. */
#include "base/labels.h"
#include "base/labels_buffer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static meower_label label_of(const char *key, const char *value)
{
    return (meower_label){key, strlen(key), value, strlen(value)};
}

/* ---- the rules -------------------------------------------------------------------------------------------------- */

static void assert_refused(const meower_label *labels, size_t count, const char *message)
{
    meower_error error = {0};

    assert_int_equal(meower_labels_check(labels, count, &error), MEOWER_ERROR_INVALID);
    assert_string_equal(error.message, message);
    assert_int_equal(meower_labels_check(labels, count, NULL), MEOWER_ERROR_INVALID);
}

static void assert_fine(const char *key, const char *value)
{
    const meower_label label = label_of(key, value);

    assert_int_equal(meower_labels_check(&label, 1, NULL), MEOWER_OK);
}

static void no_labels_are_fine(void **state)
{
    (void)state;
    assert_int_equal(meower_labels_check(NULL, 0, NULL), MEOWER_OK);
}

static void a_key_is_a_letter_and_letters_digits_and_underscores(void **state)
{
    static const char *const wrong[] = {"",    "Room", "1st",  "_a",  "a-b",
                                        "a.b", "a b",  "rööm", "a=b", "abcdefghijklmnopqrstuvwxyz0123456"};

    (void)state;
    assert_fine("a", "x");
    assert_fine("room_2", "x");
    assert_fine("abcdefghijklmnopqrstuvwxyz012345", "x");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const meower_label label = label_of(wrong[i], "x");
        assert_int_equal(meower_labels_check(&label, 1, NULL), MEOWER_ERROR_INVALID);
    }
    assert_refused(&(meower_label){NULL, 4, "x", 1}, 1,
                   "the key of the label \"=x\" is malformed; a key has 1 to 32 of the characters a to z, 0 to 9 and "
                   "_, and begins with a letter");
}

static void a_value_has_1_to_128_code_points(void **state)
{
    char value[129 * 4 + 1];

    (void)state;
    for (size_t at = 0; at < 129; at++) {
        memcpy(value + 4 * at, "🐱", 4);
    }
    value[129 * 4] = '\0';
    assert_int_equal(meower_labels_check(&(meower_label){"k", 1, value, 128 * 4}, 1, NULL), MEOWER_OK);
    assert_int_equal(meower_labels_check(&(meower_label){"k", 1, value, 129 * 4}, 1, NULL), MEOWER_ERROR_INVALID);
    assert_refused(&(meower_label){"k", 1, "", 0}, 1,
                   "the value of the label \"k=\" is empty; it may have 1 to 128 characters");
    assert_refused(&(meower_label){"k", 1, NULL, 3}, 1,
                   "the value of the label \"k=\" is empty; it may have 1 to 128 characters");
}

static void a_value_has_the_rules_of_a_body(void **state)
{
    (void)state;
    assert_fine("k", "tab\tand newline\n <b> & \" =");
    assert_refused(&(meower_label){"k", 1, "a\xFF", 2}, 1,
                   "the value of the label \"k=a?\" is not valid UTF-8 at byte 1; it must be UTF-8");
    assert_refused(&(meower_label){"k", 1, "a\0b", 3}, 1,
                   "the value of the label \"k=a?b\" has the control character U+0000 at byte 1; only newline and tab "
                   "are allowed");
}

static void a_meow_has_16_labels_at_most(void **state)
{
    static const char *const values[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i",
                                         "j", "k", "l", "m", "n", "o", "p", "q"};
    meower_label labels[17];

    (void)state;
    for (size_t i = 0; i < 17; i++) {
        labels[i] = label_of("tag", values[i]);
    }
    assert_int_equal(meower_labels_check(labels, 16, NULL), MEOWER_OK);
    assert_refused(labels, 17, "there are 17 labels; a meow may have 16 at most");
    assert_refused(NULL, 2, "the labels are NULL, but their count is 2; it must be 0 then");
}

static void one_key_may_have_several_values_but_a_pair_comes_once(void **state)
{
    const meower_label labels[] = {MEOWER_LABEL("tag", "cats"), MEOWER_LABEL("author", "tom"),
                                   MEOWER_LABEL("tag", "naps"), MEOWER_LABEL("tag", "cats")};

    (void)state;
    assert_int_equal(meower_labels_check(labels, 3, NULL), MEOWER_OK);
    assert_refused(labels, 4,
                   "the label \"tag=cats\" is there twice; a key may have several values, but each only once");
}

static void the_message_fits_whatever_the_pair_is(void **state)
{
    char text[4000];
    const meower_label label = {text, sizeof(text), text, sizeof(text)};
    meower_error error = {0};

    (void)state;
    memset(text, 'X', sizeof(text));
    assert_int_equal(meower_labels_check(&label, 1, &error), MEOWER_ERROR_INVALID);
    assert_non_null(strstr(error.message, "X...=XXX"));
    assert_non_null(strstr(error.message, "begins with a letter"));
}

/* ---- order and bytes -------------------------------------------------------------------------------------------- */

/* Copies them and compares the run with `expected`. The copies are freed before, so that a sanitizer sees what still
 * points to them. */
static void assert_run(const meower_label *labels, size_t count, const char *expected, size_t expected_len)
{
    meower_label copies[MEOWER_LABELS_MAX];
    size_t len = labels_text_len(labels, count);
    char *text = malloc(len + 1);

    assert_non_null(text);
    assert_int_equal(len, expected_len);
    labels_copy(labels, count, copies, text);
    assert_memory_equal(text, expected, expected_len);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(strlen(copies[i].key), copies[i].key_len);
        assert_int_equal(strlen(copies[i].value), copies[i].value_len);
    }
    free(text);
}

static void copies_are_in_order_of_key_then_value(void **state)
{
    static const char run[] = "a\0z\0a1\0b\0a_\0a\0b\0B\0b\0b\0b\0bb";
    const meower_label labels[] = {MEOWER_LABEL("b", "bb"), MEOWER_LABEL("a_", "a"), MEOWER_LABEL("b", "b"),
                                   MEOWER_LABEL("a", "z"),  MEOWER_LABEL("b", "B"),  MEOWER_LABEL("a1", "b")};

    (void)state;
    assert_run(labels, 6, run, sizeof(run));
    assert_run(NULL, 0, "", 0);
}

static void texts_need_not_end_with_nul(void **state)
{
    const char text[] = {'r', 'o', 'o', 'm', 'x', 'y'};
    const meower_label label = {text, 4, text + 4, 1};

    (void)state;
    assert_run(&label, 1, "room\0x", 7);
}

static void order_is_bytewise(void **state)
{
    const meower_label ascii = MEOWER_LABEL("tag", "z");
    const meower_label accented = MEOWER_LABEL("tag", "ä");

    (void)state;
    assert_true(labels_compare(&ascii, &accented) < 0);
    assert_true(labels_compare(&accented, &ascii) > 0);
    assert_int_equal(labels_compare(&accented, &accented), 0);
    assert_int_equal(labels_compare_keys(&ascii, &accented), 0);
}

/* ---- gathering -------------------------------------------------------------------------------------------------- */

static void a_buffer_keeps_what_was_added(void **state)
{
    struct labels_buffer *buffer = malloc(sizeof(*buffer));
    char key[] = "room";

    (void)state;
    assert_non_null(buffer);
    buffer->count = 0;
    buffer->len = 0;
    assert_true(labels_buffer_add(buffer, key, 4, "garden", 6));
    assert_true(labels_buffer_add_run(buffer,
                                      "tag\x1F"
                                      "cats\x1Ftag\x1Fnaps\x1F",
                                      18, '\x1F'));
    memset(key, 'x', 4);
    assert_int_equal(buffer->count, 3);
    assert_string_equal(buffer->labels[0].key, "room");
    assert_string_equal(buffer->labels[2].value, "naps");
    assert_memory_equal(buffer->text, "room\0garden\0tag\0cats\0tag\0naps", buffer->len);
    free(buffer);
}

static void a_buffer_refuses_what_no_meow_can_have(void **state)
{
    static const char *const no_runs[] = {"tag", "tag;", "tag;cats", "tag;cats;x;"};
    struct labels_buffer *buffer = malloc(sizeof(*buffer));
    char *long_text = calloc(1, LABELS_TEXT_MAX + 1);

    (void)state;
    assert_non_null(buffer);
    assert_non_null(long_text);
    for (size_t i = 0; i < sizeof(no_runs) / sizeof(no_runs[0]); i++) {
        buffer->count = 0;
        buffer->len = 0;
        assert_false(labels_buffer_add_run(buffer, no_runs[i], strlen(no_runs[i]), ';'));
    }
    buffer->count = 0;
    buffer->len = 0;
    assert_false(labels_buffer_add(buffer, "k", 1, long_text, LABELS_TEXT_MAX - 2));
    assert_false(labels_buffer_add(buffer, "k", 1, long_text, SIZE_MAX));
    for (size_t i = 0; i < MEOWER_LABELS_MAX; i++) {
        assert_true(labels_buffer_add(buffer, "k", 1, "v", 1));
    }
    assert_false(labels_buffer_add(buffer, "k", 1, "v", 1));
    free(long_text);
    free(buffer);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static void assert_json(const meower_label *labels, size_t count, const char *expected)
{
    meower_label copies[MEOWER_LABELS_MAX];
    char text[512];
    char json[512];
    char *end;

    labels_copy(labels, count, copies, text);
    end = labels_write_json(copies, count, json);
    *end = '\0';
    assert_string_equal(json, expected);
    assert_int_equal(labels_json_len(copies, count), strlen(expected));
}

static void json_has_a_text_for_one_value_and_an_array_for_several(void **state)
{
    const meower_label labels[] = {MEOWER_LABEL("tag", "naps"), MEOWER_LABEL("author", "tom"),
                                   MEOWER_LABEL("tag", "cats"), MEOWER_LABEL("zone", "\"1\"\n")};

    (void)state;
    assert_json(labels, 1, "\"labels\":{\"tag\":\"naps\"}");
    assert_json(labels, 3, "\"labels\":{\"author\":\"tom\",\"tag\":[\"cats\",\"naps\"]}");
    assert_json(labels, 4, "\"labels\":{\"author\":\"tom\",\"tag\":[\"cats\",\"naps\"],\"zone\":\"\\\"1\\\"\\n\"}");
}

static void json_of_no_labels_is_nothing(void **state)
{
    (void)state;
    assert_json(NULL, 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_labels_are_fine),
        cmocka_unit_test(a_key_is_a_letter_and_letters_digits_and_underscores),
        cmocka_unit_test(a_value_has_1_to_128_code_points),
        cmocka_unit_test(a_value_has_the_rules_of_a_body),
        cmocka_unit_test(a_meow_has_16_labels_at_most),
        cmocka_unit_test(one_key_may_have_several_values_but_a_pair_comes_once),
        cmocka_unit_test(the_message_fits_whatever_the_pair_is),
        cmocka_unit_test(copies_are_in_order_of_key_then_value),
        cmocka_unit_test(texts_need_not_end_with_nul),
        cmocka_unit_test(order_is_bytewise),
        cmocka_unit_test(a_buffer_keeps_what_was_added),
        cmocka_unit_test(a_buffer_refuses_what_no_meow_can_have),
        cmocka_unit_test(json_has_a_text_for_one_value_and_an_array_for_several),
        cmocka_unit_test(json_of_no_labels_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
