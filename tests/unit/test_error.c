/* test_error.c - errors, status names and the version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <meower/backend.h>
#include <stdio.h>
#include <string.h>

static void version_is_that_of_the_header(void **state)
{
    (void)state;
    char expected[32];
    snprintf(expected, sizeof(expected), "%d.%d.%d", MEOWER_VERSION_MAJOR, MEOWER_VERSION_MINOR, MEOWER_VERSION_PATCH);
    assert_string_equal(meower_version(), expected);
    assert_string_equal(meower_version(), MEOWER_VERSION);
}

static void version_number_orders_versions(void **state)
{
    (void)state;
    assert_int_equal(meower_version_number(), MEOWER_VERSION_NUMBER);
    assert_int_equal(MEOWER_VERSION_NUMBER % 1000, MEOWER_VERSION_PATCH);
    assert_int_equal(MEOWER_VERSION_NUMBER / 1000 % 1000, MEOWER_VERSION_MINOR);
    assert_int_equal(MEOWER_VERSION_NUMBER / 1000000, MEOWER_VERSION_MAJOR);
}

static void every_status_has_a_name_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(meower_status_name(MEOWER_OK), "ok");
    assert_string_equal(meower_status_name(MEOWER_ERROR_NOT_FOUND), "not found");
    for (int a = MEOWER_ERROR_INTERRUPTED; a <= MEOWER_OK; a++) {
        assert_string_not_equal(meower_status_name(a), "unknown status");
        for (int b = MEOWER_ERROR_INTERRUPTED; b < a; b++) {
            assert_string_not_equal(meower_status_name(a), meower_status_name(b));
        }
    }
}

static void any_other_number_is_an_unknown_status(void **state)
{
    (void)state;
    assert_string_equal(meower_status_name(1), "unknown status");
    assert_string_equal(meower_status_name(MEOWER_ERROR_INTERRUPTED - 1), "unknown status");
    assert_string_equal(meower_status_name(INT32_MIN), "unknown status");
}

static void setting_an_error_fills_it_and_returns_the_code(void **state)
{
    (void)state;
    meower_error error;
    memset(&error, 0x55, sizeof(error));
    int status = meower_error_set(&error, MEOWER_ERROR_IO, 28, MEOWER_ERROR_FLAG_RETRIABLE, "disk %d of %s", 2, "two");
    assert_int_equal(status, MEOWER_ERROR_IO);
    assert_int_equal(error.code, MEOWER_ERROR_IO);
    assert_int_equal(error.backend_code, 28);
    assert_int_equal(error.backend_domain, MEOWER_DOMAIN_OTHER);
    assert_int_equal(error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    assert_string_equal(error.message, "disk 2 of two");
}

static void a_code_has_the_domain_that_was_given(void **state)
{
    (void)state;
    meower_error error;
    memset(&error, 0x55, sizeof(error));
    assert_int_equal(meower_error_set_backend(&error, MEOWER_ERROR_FULL, MEOWER_DOMAIN_ERRNO, 28, 0, "disk %d", 2),
                     MEOWER_ERROR_FULL);
    assert_int_equal(error.code, MEOWER_ERROR_FULL);
    assert_int_equal(error.backend_domain, MEOWER_DOMAIN_ERRNO);
    assert_int_equal(error.backend_code, 28);
    assert_int_equal(error.flags, 0);
    assert_string_equal(error.message, "disk 2");
    assert_int_equal(meower_error_set_backend(NULL, MEOWER_ERROR_FULL, MEOWER_DOMAIN_ERRNO, 28, 0, "disk"),
                     MEOWER_ERROR_FULL);
}

static void no_code_has_no_domain(void **state)
{
    (void)state;
    meower_error error = {.backend_domain = 17};
    meower_error_set(&error, MEOWER_ERROR_BUSY, 0, 0, "full");
    assert_int_equal(error.backend_domain, MEOWER_DOMAIN_NONE);
    error.backend_domain = 17;
    meower_error_set_backend(&error, MEOWER_ERROR_BUSY, MEOWER_DOMAIN_SQLITE, 0, 0, "full");
    assert_int_equal(error.backend_domain, MEOWER_DOMAIN_NONE);
}

static void the_error_may_be_null(void **state)
{
    (void)state;
    assert_int_equal(meower_error_set(NULL, MEOWER_ERROR_BUSY, 0, 0, "%s", "full"), MEOWER_ERROR_BUSY);
}

static void a_long_message_is_cut_to_fit(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    meower_error error;
    meower_error_set(&error, MEOWER_ERROR_INVALID, 0, 0, "%s", text);
    assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
}

static void a_message_is_never_cut_inside_a_code_point(void **state)
{
    (void)state;
    static const char *const characters[] = {"é", "€", "🐱"};
    size_t room = sizeof(((meower_error *)0)->message) - 1;
    for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++) {
        size_t character_len = strlen(characters[i]);
        for (size_t fitting = 0; fitting <= character_len; fitting++) {
            char text[600];
            memset(text, 'x', room - fitting);
            strcpy(text + room - fitting, characters[i]);
            meower_error error;
            meower_error_set(&error, MEOWER_ERROR_INVALID, 0, 0, "%s", text);
            size_t expected_len = fitting == character_len ? room : room - fitting;
            assert_int_equal(strlen(error.message), expected_len);
        }
    }
}

static void a_cut_message_keeps_a_code_point_that_just_fits(void **state)
{
    (void)state;
    size_t room = sizeof(((meower_error *)0)->message) - 1;
    char text[600];
    memset(text, 'x', room - strlen("🐱"));
    strcpy(text + room - strlen("🐱"), "🐱and more");
    meower_error error;
    meower_error_set(&error, MEOWER_ERROR_INVALID, 0, 0, "%s", text);
    assert_int_equal(strlen(error.message), room);
    assert_string_equal(error.message + room - strlen("🐱"), "🐱");
}

static void a_message_may_quote_the_one_it_replaces(void **state)
{
    (void)state;
    meower_error error;
    meower_error_set(&error, MEOWER_ERROR_IO, 5, 0, "disk gone");
    meower_error_set(&error, MEOWER_ERROR_UNAVAILABLE, error.backend_code, 0, "cannot open: %s", error.message);
    assert_string_equal(error.message, "cannot open: disk gone");
}

static void a_message_is_one_line(void **state)
{
    (void)state;
    meower_error error;
    meower_error_set(&error, MEOWER_ERROR_IO, 0, 0, "ERROR:\tno table\nLINE 1:\r%s", "x\x1b[31m\x7f");
    assert_string_equal(error.message, "ERROR: no table LINE 1: x [31m ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_is_that_of_the_header),
        cmocka_unit_test(version_number_orders_versions),
        cmocka_unit_test(every_status_has_a_name_of_its_own),
        cmocka_unit_test(any_other_number_is_an_unknown_status),
        cmocka_unit_test(setting_an_error_fills_it_and_returns_the_code),
        cmocka_unit_test(a_code_has_the_domain_that_was_given),
        cmocka_unit_test(no_code_has_no_domain),
        cmocka_unit_test(the_error_may_be_null),
        cmocka_unit_test(a_long_message_is_cut_to_fit),
        cmocka_unit_test(a_message_is_never_cut_inside_a_code_point),
        cmocka_unit_test(a_cut_message_keeps_a_code_point_that_just_fits),
        cmocka_unit_test(a_message_may_quote_the_one_it_replaces),
        cmocka_unit_test(a_message_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
