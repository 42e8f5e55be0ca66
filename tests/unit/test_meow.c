/* test_meow.c - what may be posted, and the meow that is shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/meow.h"
#include "base/utf8.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ID         "0ujtsYcgvSTl8PAuAdqWYSMnLOv"
#define CREATED_AT INT64_C(1795477798620261)

/* ---- ids and bodies --------------------------------------------------------------------------------------------- */

static void a_well_formed_id_passes(void **state)
{
    (void)state;
    assert_int_equal(meower_id_check(ID, strlen(ID), NULL), MEOWER_OK);
    assert_int_equal(meower_id_check("aWgEPTl1tmebfsQzFP4bxwgy80V", 27, NULL), MEOWER_OK);
}

static void any_other_id_is_invalid(void **state)
{
    (void)state;
    assert_int_equal(meower_id_check("", 0, NULL), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_id_check(ID, strlen(ID) - 1, NULL), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_id_check(ID "x", strlen(ID) + 1, NULL), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_id_check("aWgEPTl1tmebfsQzFP4bxwgy80W", 27, NULL), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_id_check("0ujsswThIGTUYm2K8FjOOfXtY1!", 27, NULL), MEOWER_ERROR_INVALID);
}

static void assert_body(const char *body, size_t len, int expected)
{
    meower_error error = {0};
    char *exact = malloc(len + 1); /* a sanitizer sees a read after its end */
    assert_non_null(exact);
    memcpy(exact, body, len);
    exact[len] = '\0';
    assert_int_equal(meower_body_check(exact, len, &error), expected);
    assert_int_equal(error.code, expected);
    assert_int_equal(error.message[0] != '\0', expected != MEOWER_OK);
    assert_int_equal(meower_body_check(exact, len, NULL), expected);
    free(exact);
}

static void a_body_has_1_to_140_code_points(void **state)
{
    (void)state;
    static const char *const characters[] = {"x", "é", "€", "🐱", "<"};
    for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++) {
        char body[141 * 4];
        size_t len = strlen(characters[i]);
        for (size_t at = 0; at < 141; at++) {
            memcpy(body + at * len, characters[i], len);
        }
        assert_body(body, len, MEOWER_OK);
        assert_body(body, 140 * len, MEOWER_OK);
        assert_body(body, 141 * len, MEOWER_ERROR_INVALID);
    }
    assert_body("", 0, MEOWER_ERROR_INVALID);
}

static void a_body_is_valid_utf8(void **state)
{
    (void)state;
    assert_body("\xFF", 1, MEOWER_ERROR_INVALID);
    assert_body("ok \xED\xA0\x80", 6, MEOWER_ERROR_INVALID);
    assert_body("cut \xF0\x9F\x90", 7, MEOWER_ERROR_INVALID);
    assert_int_equal(meower_body_check("cut 🐱", 7, NULL), MEOWER_ERROR_INVALID);
}

static void a_body_has_no_control_characters_but_newline_and_tab(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point <= 0x100; code_point++) {
        char body[6] = "x";
        size_t len = 1 + utf8_encode(code_point, body + 1);
        body[len++] = 'y';
        bool is_control = code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F);
        bool is_allowed = !is_control || code_point == '\n' || code_point == '\t';
        assert_body(body, len, is_allowed ? MEOWER_OK : MEOWER_ERROR_INVALID);
    }
}

static void the_error_names_what_is_wrong_with_the_body(void **state)
{
    (void)state;
    meower_error error;
    meower_body_check("ab\x1b", 3, &error);
    assert_non_null(strstr(error.message, "U+001B"));
    assert_non_null(strstr(error.message, "byte 2"));
    meower_body_check("", 0, &error);
    assert_non_null(strstr(error.message, "empty"));
}

/* ---- the shared meow -------------------------------------------------------------------------------------------- */

static void a_meow_is_a_copy_of_the_row(void **state)
{
    (void)state;
    char id[] = ID;
    char body[] = "hello";
    const meower_row row = {41, MEOWER_EVENT_CREATED, id, body, 5, CREATED_AT, NULL, 0};
    struct meow *meow = meow_new(&row);
    assert_non_null(meow);
    memset(id, 'x', sizeof(id) - 1);
    memset(body, 'x', sizeof(body) - 1);
    assert_int_equal(meow->kind, MEOWER_EVENT_CREATED);
    assert_int_equal(meow->position, 41);
    assert_string_equal(meow->view.id, ID);
    assert_string_equal(meow->view.body, "hello");
    assert_int_equal(meow->view.body_len, 5);
    assert_int_equal(meow->view.created_at_us, CREATED_AT);
    assert_true(meow_has_body(meow));
    meow_release(meow);
}

static void its_json_has_id_body_and_time(void **state)
{
    (void)state;
    const char body[] = "a \"b\"\n\\ 🐱 &lt;";
    const meower_row row = {0, MEOWER_EVENT_CREATED, ID, body, sizeof(body) - 1, CREATED_AT, NULL, 0};
    struct meow *meow = meow_new(&row);
    assert_non_null(meow);
    assert_string_equal(meow->json, "{\"id\":\"" ID "\",\"body\":\"a \\\"b\\\"\\n\\\\ 🐱 &lt;\","
                                    "\"created_at\":\"2026-11-23T23:49:58.620261Z\"}");
    assert_int_equal(meow->json_len, strlen(meow->json));
    meow_release(meow);
}

static void its_labels_are_in_order_in_view_and_json(void **state)
{
    (void)state;
    char value[] = "tom";
    const meower_label labels[] = {MEOWER_LABEL("tag", "naps"), MEOWER_LABEL("tag", "cats"), {"author", 6, value, 3}};
    const meower_row row = {1, MEOWER_EVENT_CREATED, ID, "hello", 5, CREATED_AT, labels, 3};
    struct meow *meow = meow_new(&row);
    assert_non_null(meow);
    memset(value, 'x', 3);
    assert_string_equal(meow->json, "{\"id\":\"" ID "\",\"body\":\"hello\",\"created_at\":"
                                    "\"2026-11-23T23:49:58.620261Z\",\"labels\":{\"author\":\"tom\",\"tag\":"
                                    "[\"cats\",\"naps\"]}}");
    assert_int_equal(meow->json_len, strlen(meow->json));
    assert_int_equal(meow->view.label_count, 3);
    assert_string_equal(meow->view.labels[0].value, "tom");
    assert_string_equal(meow->view.labels[1].value, "cats");
    assert_string_equal(meow->view.labels[2].key, "tag");
    meow_release(meow);
}

static void a_new_id_leaves_the_labels_as_they_are(void **state)
{
    (void)state;
    const meower_label label = MEOWER_LABEL("room", "garden");
    const meower_row row = {1, MEOWER_EVENT_CREATED, ID, "hello", 5, CREATED_AT, &label, 1};
    struct meow *meow = meow_new(&row);
    assert_non_null(meow);
    meow_set_id(meow, "aWgEPTl1tmebfsQzFP4bxwgy80V");
    assert_string_equal(meow->view.id, "aWgEPTl1tmebfsQzFP4bxwgy80V");
    assert_non_null(strstr(meow->json, "{\"id\":\"aWgEPTl1tmebfsQzFP4bxwgy80V\",\"body\""));
    assert_string_equal(meow->view.labels[0].key, "room");
    assert_string_equal(meow->view.labels[0].value, "garden");
    meow_release(meow);
}

static void without_a_body_it_has_no_labels(void **state)
{
    (void)state;
    const meower_label label = MEOWER_LABEL("room", "garden");
    const meower_row row = {1, MEOWER_EVENT_CREATED, ID, NULL, 0, CREATED_AT, &label, 1};
    struct meow *meow = meow_new(&row);
    assert_non_null(meow);
    assert_int_equal(meow->view.label_count, 0);
    assert_null(meow->view.labels);
    assert_string_equal(meow->json, "{\"id\":\"" ID "\"}");
    meow_release(meow);
}

static void the_body_need_not_end_with_nul_in_the_row(void **state)
{
    (void)state;
    const char body[] = {'h', 'e', 'l', 'l', 'o'};
    const meower_row row = {1, MEOWER_EVENT_CREATED, ID, body, 4, CREATED_AT, NULL, 0};
    struct meow *meow = meow_new(&row);
    assert_non_null(meow);
    assert_string_equal(meow->view.body, "hell");
    meow_release(meow);
}

static void without_a_body_it_says_only_its_id(void **state)
{
    (void)state;
    static const int kinds[] = {MEOWER_EVENT_DELETED, MEOWER_EVENT_CREATED};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const meower_row row = {42, kinds[i], ID, NULL, 0, CREATED_AT, NULL, 0};
        struct meow *meow = meow_new(&row);
        assert_non_null(meow);
        assert_false(meow_has_body(meow));
        assert_null(meow->view.body);
        assert_int_equal(meow->view.body_len, 0);
        assert_string_equal(meow->json, "{\"id\":\"" ID "\"}");
        assert_int_equal(meow->json_len, strlen(meow->json));
        meow_release(meow);
    }
}

static void an_empty_body_is_a_body(void **state)
{
    (void)state;
    const meower_row row = {42, MEOWER_EVENT_CREATED, ID, "", 0, 0, NULL, 0};
    struct meow *meow = meow_new(&row);
    assert_non_null(meow);
    assert_true(meow_has_body(meow));
    assert_string_equal(meow->view.body, "");
    meow_release(meow);
}

static void an_adopted_id_of_any_form_is_kept(void **state)
{
    (void)state;
    const meower_row row = {42, MEOWER_EVENT_CREATED, "an \"old\" id of 32 characters ...", "x", 1, 0, NULL, 0};
    struct meow *meow = meow_new(&row);
    assert_non_null(meow);
    assert_string_equal(meow->view.id, row.id);
    assert_string_equal(meow->json, "{\"id\":\"an \\\"old\\\" id of 32 characters ...\",\"body\":\"x\","
                                    "\"created_at\":\"1970-01-01T00:00:00.000000Z\"}");
    meow_release(meow);
}

static void a_body_too_large_for_any_memory_gives_null(void **state)
{
    (void)state;
    const meower_row row = {1, MEOWER_EVENT_CREATED, ID, "x", SIZE_MAX, 0, NULL, 0};
    assert_null(meow_new(&row));
}

static void it_lives_as_long_as_someone_holds_it(void **state)
{
    (void)state;
    const meower_row row = {1, MEOWER_EVENT_CREATED, ID, "hello", 5, 0, NULL, 0};
    struct meow *meow = meow_new(&row);
    assert_non_null(meow);
    assert_ptr_equal(meow_hold(meow), meow);
    meow_release(meow);
    assert_string_equal(meow->view.body, "hello"); /* a sanitizer sees it if it was freed */
    meow_release(meow);
}

static void releasing_nothing_does_nothing(void **state)
{
    (void)state;
    meow_release(NULL);
}

static void *hold_and_release(void *argument)
{
    struct meow *meow = argument;
    for (int i = 0; i < 20000; i++) {
        meow_hold(meow);
        meow_release(meow);
    }
    meow_release(meow);
    return NULL;
}

static void threads_may_share_it(void **state)
{
    (void)state;
    const meower_row row = {1, MEOWER_EVENT_CREATED, ID, "hello", 5, 0, NULL, 0};
    struct meow *meow = meow_new(&row);
    assert_non_null(meow);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, hold_and_release, meow_hold(meow)), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(atomic_load(&meow->references), 1);
    meow_release(meow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_well_formed_id_passes),
        cmocka_unit_test(any_other_id_is_invalid),
        cmocka_unit_test(a_body_has_1_to_140_code_points),
        cmocka_unit_test(a_body_is_valid_utf8),
        cmocka_unit_test(a_body_has_no_control_characters_but_newline_and_tab),
        cmocka_unit_test(the_error_names_what_is_wrong_with_the_body),
        cmocka_unit_test(a_meow_is_a_copy_of_the_row),
        cmocka_unit_test(its_json_has_id_body_and_time),
        cmocka_unit_test(its_labels_are_in_order_in_view_and_json),
        cmocka_unit_test(a_new_id_leaves_the_labels_as_they_are),
        cmocka_unit_test(without_a_body_it_has_no_labels),
        cmocka_unit_test(the_body_need_not_end_with_nul_in_the_row),
        cmocka_unit_test(without_a_body_it_says_only_its_id),
        cmocka_unit_test(an_empty_body_is_a_body),
        cmocka_unit_test(an_adopted_id_of_any_form_is_kept),
        cmocka_unit_test(a_body_too_large_for_any_memory_gives_null),
        cmocka_unit_test(it_lives_as_long_as_someone_holds_it),
        cmocka_unit_test(releasing_nothing_does_nothing),
        cmocka_unit_test(threads_may_share_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
