/* test_options.c - the table of options and a set of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/options.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int copies_left = -1; /* texts that can be copied before memory is short; -1: any number */

char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = copies_left == 0 ? NULL : malloc(size);
    copies_left -= copies_left > 0 ? 1 : 0;
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

static int setup(void **state)
{
    meower_options *options = NULL;
    if (meower_options_new(&options, NULL) != MEOWER_OK) {
        return -1;
    }
    *state = options;
    return 0;
}

static int teardown(void **state)
{
    meower_options_free(*state);
    return 0;
}

static void assert_set(meower_options *options, const char *name, const char *value)
{
    meower_error error = {0};
    assert_int_equal(meower_options_set(options, name, value, &error), MEOWER_OK);
    assert_string_equal(meower_options_get(options, name), value);
    assert_int_equal(error.code, MEOWER_OK);
}

/* Refused, with a message that has all of `parts`, and nothing changed. */
static void assert_refused(meower_options *options, const char *name, const char *value, const char *const parts[])
{
    char before[200];
    meower_error error = {0};
    snprintf(before, sizeof(before), "%s", meower_options_get(options, name));
    assert_int_equal(meower_options_set(options, name, value, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(error.code, MEOWER_ERROR_INVALID);
    assert_int_equal(error.backend_code, 0);
    assert_int_equal(error.flags, 0);
    for (size_t i = 0; parts[i] != NULL; i++) {
        assert_non_null(strstr(error.message, parts[i]));
    }
    assert_string_equal(meower_options_get(options, name), before);
    assert_int_equal(meower_options_set(options, name, value, NULL), MEOWER_ERROR_INVALID);
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

static void the_table_has_these_rows_and_no_others(void **state)
{
    (void)state;
    static const meower_option expected[] = {
        {"store", MEOWER_OPTION_TEXT, "memory:", 0, 0, NULL},
        {"bus", MEOWER_OPTION_TEXT, "inproc:", 0, 0, NULL},
        {"search", MEOWER_OPTION_TEXT, "index:", 0, 0, NULL},
        {"roles", MEOWER_OPTION_TEXT, "command,query,subscription", 0, 0, NULL},
        {"threads", MEOWER_OPTION_NUMBER, "2", 0, 64, NULL},
        {"queue_max", MEOWER_OPTION_NUMBER, "65536", 1, 10000000, NULL},
        {"batch_max", MEOWER_OPTION_NUMBER, "512", 1, 10000, NULL},
        {"timeline_max", MEOWER_OPTION_NUMBER, "10000", 0, 10000000, NULL},
        {"event_log_max", MEOWER_OPTION_NUMBER, "65536", 16, 10000000, NULL},
        {"wait_max_ms", MEOWER_OPTION_NUMBER, "5000", 0, 600000, NULL},
        {"poll_interval_ms", MEOWER_OPTION_NUMBER, "1000", 1, 3600000, NULL},
        {"checkpoint_interval_ms", MEOWER_OPTION_NUMBER, "1000", 1, 3600000, NULL},
        {"idempotency_ttl_s", MEOWER_OPTION_NUMBER, "86400", 1, 31536000, NULL},
        {"escape_html", MEOWER_OPTION_BOOLEAN, "true", 0, 0, NULL},
        {"sqlite_synchronous", MEOWER_OPTION_TEXT, "full", 0, 0, NULL},
    };
    size_t count = sizeof(expected) / sizeof(expected[0]);
    for (size_t i = 0; i < count; i++) {
        const meower_option *option = meower_option_at(i);
        assert_non_null(option);
        assert_string_equal(option->name, expected[i].name);
        assert_int_equal(option->type, expected[i].type);
        assert_string_equal(option->default_value, expected[i].default_value);
        assert_int_equal(option->minimum, expected[i].minimum);
        assert_int_equal(option->maximum, expected[i].maximum);
    }
    assert_null(meower_option_at(count));
    assert_null(meower_option_at(SIZE_MAX));
}

static void every_help_text_is_one_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; meower_option_at(i) != NULL; i++) {
        const char *help = meower_option_at(i)->help;
        assert_true(isupper((unsigned char)help[0]));
        assert_int_equal(help[strlen(help) - 1], '.');
        assert_null(strchr(help, '\n'));
    }
}

/* ---- a set ------------------------------------------------------------------------------------------------------ */

static void a_new_set_has_every_default_and_each_fits(void **state)
{
    meower_options *options = *state;
    for (size_t i = 0; meower_option_at(i) != NULL; i++) {
        const meower_option *option = meower_option_at(i);
        assert_string_equal(meower_options_get(options, option->name), option->default_value);
        assert_set(options, option->name, option->default_value);
    }
}

static void values_are_copied(void **state)
{
    meower_options *options = *state;
    char value[] = "sqlite:feed.db";
    assert_int_equal(meower_options_set(options, "store", value, NULL), MEOWER_OK);
    memset(value, 'x', sizeof(value) - 1);
    assert_string_equal(meower_options_get(options, "store"), "sqlite:feed.db");
}

static void an_option_may_be_set_to_its_own_value(void **state)
{
    meower_options *options = *state;
    assert_set(options, "store", "sqlite:feed.db");
    assert_int_equal(meower_options_set(options, "store", meower_options_get(options, "store"), NULL), MEOWER_OK);
    assert_string_equal(meower_options_get(options, "store"), "sqlite:feed.db");
}

static void an_unknown_name_is_refused_with_the_names_there_are(void **state)
{
    meower_error error = {0};
    assert_int_equal(meower_options_set(*state, "stor", "x", &error), MEOWER_ERROR_INVALID);
    assert_non_null(strstr(error.message, "\"stor\""));
    for (size_t i = 0; meower_option_at(i) != NULL; i++) {
        assert_non_null(strstr(error.message, meower_option_at(i)->name));
    }
    const char *end = ", sqlite_synchronous";
    assert_string_equal(error.message + strlen(error.message) - strlen(end), end);
    assert_null(meower_options_get(*state, "stor"));
    assert_null(meower_options_get(*state, ""));
    assert_null(meower_options_get(*state, "Store"));
}

static void null_is_neither_a_name_nor_a_value(void **state)
{
    assert_int_equal(meower_options_set(*state, NULL, "x", NULL), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_options_set(*state, "store", NULL, NULL), MEOWER_ERROR_INVALID);
    assert_string_equal(meower_options_get(*state, "store"), "memory:");
}

static void releasing_no_set_does_nothing(void **state)
{
    (void)state;
    meower_options_free(NULL);
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

static void every_number_from_minimum_to_maximum_fits_and_no_other(void **state)
{
    for (size_t i = 0; meower_option_at(i) != NULL; i++) {
        const meower_option *option = meower_option_at(i);
        if (option->type != MEOWER_OPTION_NUMBER) {
            continue;
        }
        char minimum[32];
        char maximum[32];
        char below[32];
        char above[32];
        snprintf(minimum, sizeof(minimum), "%lld", (long long)option->minimum);
        snprintf(maximum, sizeof(maximum), "%lld", (long long)option->maximum);
        snprintf(below, sizeof(below), "%lld", (long long)option->minimum - 1);
        snprintf(above, sizeof(above), "%lld", (long long)option->maximum + 1);
        const char *const parts[] = {option->name, minimum, maximum, NULL};
        assert_set(*state, option->name, minimum);
        assert_int_equal(options_number(*state, option->name), option->minimum);
        assert_set(*state, option->name, maximum);
        assert_int_equal(options_number(*state, option->name), option->maximum);
        assert_refused(*state, option->name, below, parts);
        assert_refused(*state, option->name, above, parts);
    }
}

static void what_is_no_decimal_integer_is_refused(void **state)
{
    static const char *const values[] = {"",
                                         " ",
                                         "abc",
                                         "+1",
                                         " 1",
                                         "1 ",
                                         "1\n",
                                         "1.0",
                                         "1e1",
                                         "0x1",
                                         "--1",
                                         "1-",
                                         "-",
                                         "1,000",
                                         "99999999999999999999",
                                         "-99999999999999999999"};
    const char *const parts[] = {"threads", "from 0 to 64", NULL};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        assert_refused(*state, "threads", values[i], parts);
    }
}

static void the_message_names_option_and_value(void **state)
{
    const char *const parts[] = {"\"batch_max\"", "\"many\"", "from 1 to 10000", NULL};
    assert_refused(*state, "batch_max", "many", parts);
}

static void a_message_never_shows_a_password(void **state)
{
    meower_error error = {0};
    assert_int_equal(meower_options_set(*state, "roles", "postgresql://me:tiger@host/feed", &error),
                     MEOWER_ERROR_INVALID);
    assert_null(strstr(error.message, "tiger"));
    assert_non_null(strstr(error.message, "me:***@host"));
}

/* ---- booleans and words ----------------------------------------------------------------------------------------- */

static void a_boolean_is_true_or_false_and_nothing_else(void **state)
{
    static const char *const values[] = {"", "TRUE", "True", "1", "0", "yes", "no", "on", "true ", "true,false", "tru"};
    const char *const parts[] = {"\"escape_html\"", "true or false", NULL};
    assert_set(*state, "escape_html", "false");
    assert_false(options_boolean(*state, "escape_html"));
    assert_set(*state, "escape_html", "true");
    assert_true(options_boolean(*state, "escape_html"));
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        assert_refused(*state, "escape_html", values[i], parts);
    }
}

static void roles_are_any_of_three_words(void **state)
{
    static const char *const good[] = {
        "command", "query", "subscription", "query,command", "subscription,query,command", "query,query"};
    static const char *const bad[] = {"",       ",",       "command,",       ",command", "command,,query", "commands",
                                      "comman", "Command", "command, query", " command", "command;query",  "none"};
    const char *const parts[] = {"\"roles\"", "command, query and subscription", NULL};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_set(*state, "roles", good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(*state, "roles", bad[i], parts);
    }
}

static void a_list_has_its_words_and_no_parts_of_them(void **state)
{
    assert_set(*state, "roles", "command,subscription");
    assert_true(options_list_has(*state, "roles", "command"));
    assert_true(options_list_has(*state, "roles", "subscription"));
    assert_false(options_list_has(*state, "roles", "query"));
    assert_false(options_list_has(*state, "roles", "comm"));
    assert_false(options_list_has(*state, "roles", "script"));
    assert_false(options_list_has(*state, "roles", "command,subscription"));
    assert_false(options_list_has(*state, "roles", ""));
}

static void sqlite_synchronous_is_one_of_three_words(void **state)
{
    static const char *const good[] = {"full", "normal", "off"};
    static const char *const bad[] = {"", "FULL", "full,off", "extra", "2", "of"};
    const char *const parts[] = {"\"sqlite_synchronous\"", "full, normal or off", NULL};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_set(*state, "sqlite_synchronous", good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_refused(*state, "sqlite_synchronous", bad[i], parts);
    }
}

/* ---- copies ----------------------------------------------------------------------------------------------------- */

static void a_copy_is_equal_and_independent(void **state)
{
    meower_options *options = *state;
    assert_set(options, "store", "sqlite:feed.db");
    assert_set(options, "threads", "0");
    meower_options *copy = options_copy(options);
    assert_non_null(copy);
    for (size_t i = 0; meower_option_at(i) != NULL; i++) {
        const char *name = meower_option_at(i)->name;
        assert_string_equal(meower_options_get(copy, name), meower_options_get(options, name));
        assert_ptr_not_equal(meower_options_get(copy, name), meower_options_get(options, name));
    }
    assert_set(options, "store", "memory:");
    assert_string_equal(meower_options_get(copy, "store"), "sqlite:feed.db");
    assert_set(copy, "threads", "7");
    assert_string_equal(meower_options_get(options, "threads"), "0");
    meower_options_free(copy);
}

/* A sanitizer sees what would be left of half a set. */
static void a_set_for_which_memory_is_short_is_none(void **state)
{
    meower_options *options = NULL;
    int count = 0;
    while (meower_option_at((size_t)count) != NULL) {
        count++;
    }
    for (int i = 0; i < count; i++) {
        copies_left = i;
        assert_int_equal(meower_options_new(&options, NULL), MEOWER_ERROR_NO_MEMORY);
        assert_null(options);
        copies_left = i;
        assert_null(options_copy(*state));
    }
    copies_left = count;
    options = options_copy(*state);
    copies_left = -1;
    assert_non_null(options);
    meower_options_free(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_has_these_rows_and_no_others),
        cmocka_unit_test(every_help_text_is_one_sentence),
        cmocka_unit_test_setup_teardown(a_new_set_has_every_default_and_each_fits, setup, teardown),
        cmocka_unit_test_setup_teardown(values_are_copied, setup, teardown),
        cmocka_unit_test_setup_teardown(a_set_for_which_memory_is_short_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(an_option_may_be_set_to_its_own_value, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unknown_name_is_refused_with_the_names_there_are, setup, teardown),
        cmocka_unit_test_setup_teardown(null_is_neither_a_name_nor_a_value, setup, teardown),
        cmocka_unit_test(releasing_no_set_does_nothing),
        cmocka_unit_test_setup_teardown(every_number_from_minimum_to_maximum_fits_and_no_other, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_decimal_integer_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(the_message_names_option_and_value, setup, teardown),
        cmocka_unit_test_setup_teardown(a_message_never_shows_a_password, setup, teardown),
        cmocka_unit_test_setup_teardown(a_boolean_is_true_or_false_and_nothing_else, setup, teardown),
        cmocka_unit_test_setup_teardown(roles_are_any_of_three_words, setup, teardown),
        cmocka_unit_test_setup_teardown(a_list_has_its_words_and_no_parts_of_them, setup, teardown),
        cmocka_unit_test_setup_teardown(sqlite_synchronous_is_one_of_three_words, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_is_equal_and_independent, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
