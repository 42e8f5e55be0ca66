/* test_config.c - settings: their forms, which place goes before which, and what a wrong one is answered with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/process/config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGUMENTS_MAX 16

static const struct config_defaults defaults = {
    .program = "meowerd", .summary = "a feed", .listen = "127.0.0.1:8080", .has_data_directory = true};

static struct config config;
static char path[64];

static int begin(void **state)
{
    (void)state;
    static const char *const variables[] = {"MEOWER_LISTEN", "MEOWER_THREADS", "MEOWER_CONFIG",
                                            "MEOWER_STORE",  "MEOWER_ROLES",   "MEOWER_DATA"};
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        unsetenv(variables[i]);
    }
    snprintf(path, sizeof(path), "test_config.%ld.conf", (long)getpid());
    return 0;
}

static int end(void **state)
{
    begin(state);
    config_free(&config);
    unlink(path);
    return 0;
}

/* Reads the arguments, which end with NULL. */
static enum config_action load(const char *first, ...)
{
    static char program[] = "meowerd", copies[ARGUMENTS_MAX][200];
    char *arguments[ARGUMENTS_MAX] = {program};
    int count = 1;
    va_list rest;
    va_start(rest, first);
    for (const char *text = first; text != NULL; text = va_arg(rest, const char *)) {
        snprintf(copies[count], sizeof(copies[count]), "%s", text);
        arguments[count] = copies[count];
        count++;
    }
    va_end(rest);
    config_free(&config);
    return config_load(&config, &defaults, count, arguments);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static enum config_action load_file(const char *text)
{
    write_file(text);
    return load("--config", path, NULL);
}

static void assert_wrong(enum config_action action, const char *words)
{
    assert_int_equal(action, CONFIG_WRONG);
    assert_non_null(strstr(config.message, words));
    assert_null(strchr(config.message, '\n'));
}

/* ---- forms ------------------------------------------------------------------------------------------------------ */

static void settings_that_are_not_given_have_their_default(void **state)
{
    (void)state;
    assert_int_equal(load(NULL, NULL), CONFIG_RUN);
    assert_string_equal(config.settings.listen, "127.0.0.1:8080");
    assert_string_equal(config.settings.admin, "127.0.0.1:9180");
    assert_string_equal(config.settings.data, "./meower-data");
    assert_string_equal(config.settings.service.loop.routes.commands.tokens, "");
    assert_string_equal(config.settings.service.loop.http.cors_origin, "*");
    assert_string_equal(config.settings.log_format, "text");
    assert_int_equal(config.settings.service.connections_max, 16384);
    assert_int_equal(config.settings.service.loop.http.request_timeout_ms, 10000);
    assert_int_equal(config.settings.service.loop.http.idle_timeout_ms, 60000);
    assert_false(config.settings.service.loop.has_access_log);
    assert_false(config_gives_option(&config, "store"));
    assert_string_equal(meower_options_get(config.options, "store"), "memory:");
}

static void a_flag_has_its_value_with_it_or_after_it(void **state)
{
    (void)state;
    assert_int_equal(load("--token=a=b", "--log-format", "json", "--idle_timeout-ms=500", "--access-log", "on", NULL),
                     CONFIG_RUN);
    assert_string_equal(config.settings.service.loop.routes.commands.tokens, "a=b");
    assert_string_equal(config.settings.log_format, "json");
    assert_int_equal(config.settings.service.loop.http.idle_timeout_ms, 500);
    assert_true(config.settings.service.loop.has_access_log);
    assert_int_equal(load("--token=", "--cors-origin", "", NULL), CONFIG_RUN);
    assert_string_equal(config.settings.service.loop.http.cors_origin, "");
}

static void the_last_of_two_flags_counts(void **state)
{
    (void)state;
    assert_int_equal(load("--token=first", "--token=second", NULL), CONFIG_RUN);
    assert_string_equal(config.settings.service.loop.routes.commands.tokens, "second");
}

static void options_of_the_library_are_settings_too(void **state)
{
    (void)state;
    assert_int_equal(load("--timeline-max=77", "--store", "sqlite:x.db", NULL), CONFIG_RUN);
    assert_string_equal(meower_options_get(config.options, "timeline_max"), "77");
    assert_true(config_gives_option(&config, "store"));
    assert_true(config_gives_option(&config, "timeline_max"));
    assert_false(config_gives_option(&config, "search"));
    assert_false(config_gives_option(&config, "no_such_option"));
    assert_wrong(load("--timeline-max=-1", NULL), "--timeline-max");
}

static void an_option_can_be_given_by_a_program(void **state)
{
    (void)state;
    assert_int_equal(load(NULL, NULL), CONFIG_RUN);
    assert_true(config_give_option(&config, "bus", "nats://127.0.0.1", "NATS_ADDRESS"));
    assert_true(config_gives_option(&config, "bus"));
    assert_false(config_give_option(&config, "no_such_option", "x", "SOMEWHERE"));
    assert_non_null(strstr(config.message, "SOMEWHERE is no setting"));
    assert_false(config_give_option(&config, "threads", "many", "SOMEWHERE"));
    assert_non_null(strstr(config.message, "SOMEWHERE: "));
}

static void the_roles_are_decided_by_the_program(void **state)
{
    (void)state;
    assert_true(config_hides_option("roles"));
    assert_false(config_hides_option("store"));
    assert_wrong(load("--roles=query", NULL), "--roles is no flag");
    setenv("MEOWER_ROLES", "query", 1);
    assert_int_equal(load(NULL, NULL), CONFIG_RUN);
    assert_false(config_gives_option(&config, "roles"));
    assert_wrong(load_file("roles=query\n"), "line 1: roles");
}

/* ---- wrong values ----------------------------------------------------------------------------------------------- */

static void a_number_is_from_its_least_to_its_greatest(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const int64_t *number;
        long long least, greatest;
    } numbers[] = {
        {"connections-max", &config.settings.service.connections_max, 1, 1000000},
        {"service-threads", &config.settings.service.threads, 0, 8},
        {"request-timeout-ms", &config.settings.service.loop.http.request_timeout_ms, 100, 3600000},
        {"idle-timeout-ms", &config.settings.service.loop.http.idle_timeout_ms, 100, 3600000},
    };
    char flag[100], right[100];
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        for (int offset = -1; offset <= 1; offset++) {
            snprintf(flag, sizeof(flag), "--%s=%lld", numbers[i].name, numbers[i].least + offset);
            assert_int_equal(load(flag, NULL), offset < 0 ? CONFIG_WRONG : CONFIG_RUN);
            snprintf(flag, sizeof(flag), "--%s=%lld", numbers[i].name, numbers[i].greatest + offset);
            assert_int_equal(load(flag, NULL), offset > 0 ? CONFIG_WRONG : CONFIG_RUN);
        }
        snprintf(right, sizeof(right), "a whole number from %lld to %lld", numbers[i].least, numbers[i].greatest);
        assert_non_null(strstr(config.message, right));
        snprintf(flag, sizeof(flag), "--%s=%lld", numbers[i].name, numbers[i].greatest);
        assert_int_equal(load(flag, NULL), CONFIG_RUN);
        assert_int_equal(*numbers[i].number, numbers[i].greatest);
        snprintf(flag, sizeof(flag), "--%s=many", numbers[i].name);
        assert_wrong(load(flag, NULL), "\"many\" is not right");
    }
}

static void a_wrong_value_is_answered_with_a_right_one(void **state)
{
    (void)state;
    assert_wrong(load("--listen=nonsense", NULL), "HOST:PORT");
    assert_wrong(load("--admin=127.0.0.1:65536", NULL), "HOST:PORT");
    assert_wrong(load("--access-log=yes", NULL), "on or off");
    assert_wrong(load("--log-format=xml", NULL), "text or json");
    assert_wrong(load("--data=", NULL), "the path of a folder");
    assert_int_equal(load("--access-log=off", "--log-format=text", "--data=x", "--listen=:0", NULL), CONFIG_RUN);
}

static void what_is_no_flag_is_named(void **state)
{
    (void)state;
    assert_wrong(load("--no-such-flag", NULL), "--no-such-flag is no flag");
    assert_wrong(load("stray", NULL), "\"stray\" is no flag");
    assert_wrong(load("--", NULL), "\"--\" is no flag");
    assert_wrong(load("-x", NULL), "\"-x\" is no flag");
    assert_wrong(load("--=x", NULL), "is no flag");
    assert_wrong(load("--token", NULL), "--token needs a value");
    assert_wrong(load("--config", NULL), "--config needs a value");
    assert_wrong(load("--help=yes", NULL), "--help takes no value");
    char flag[150] = "--";
    memset(flag + 2, 'x', 79);
    flag[80] = 'y'; /* the end of the longest name that there may be */
    assert_wrong(load(flag, NULL), "xxy is no flag");
    memset(flag + 2, 'x', 120);
    assert_wrong(load(flag, NULL), "is no flag");
}

static void every_address_has_a_host_and_a_port(void **state)
{
    (void)state;
    static const char *const right[] = {"127.0.0.1:0", "localhost:65535", "[::1]:8080", ":80",
                                        "[::]:1",      "0.0.0.0:00080",   "a-host:9"};
    static const char *const wrong[] = {"",       "127.0.0.1", "127.0.0.1:",   "127.0.0.1:65536", "127.0.0.1:x",
                                        "::1:80", "x:-1",      "x:1 ",         "x:000080",        "x:8a",
                                        "x:1:2",  "x: 1",      "x:99999999999"};
    char flag[200];
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        snprintf(flag, sizeof(flag), "--listen=%s", right[i]);
        assert_int_equal(load(flag, NULL), CONFIG_RUN);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(flag, sizeof(flag), "--listen=%s", wrong[i]);
        assert_wrong(load(flag, NULL), "--listen");
    }
    snprintf(flag, sizeof(flag), "--listen=%063d:1", 0);
    assert_int_equal(load(flag, NULL), CONFIG_RUN);
    snprintf(flag, sizeof(flag), "--listen=%064d:1", 0);
    assert_int_equal(load(flag, NULL), CONFIG_WRONG);
}

/* ---- places ----------------------------------------------------------------------------------------------------- */

static void a_flag_goes_before_a_variable_before_the_file(void **state)
{
    (void)state;
    write_file("threads=3\nlisten=127.0.0.1:3\n");
    assert_int_equal(load("--config", path, NULL), CONFIG_RUN);
    assert_string_equal(meower_options_get(config.options, "threads"), "3");
    assert_string_equal(config.settings.listen, "127.0.0.1:3");
    setenv("MEOWER_THREADS", "4", 1);
    setenv("MEOWER_LISTEN", "127.0.0.1:4", 1);
    assert_int_equal(load("--config", path, NULL), CONFIG_RUN);
    assert_string_equal(meower_options_get(config.options, "threads"), "4");
    assert_string_equal(config.settings.listen, "127.0.0.1:4");
    assert_int_equal(load("--threads=5", "--config", path, "--listen=127.0.0.1:5", NULL), CONFIG_RUN);
    assert_string_equal(meower_options_get(config.options, "threads"), "5");
    assert_string_equal(config.settings.listen, "127.0.0.1:5");
    setenv("MEOWER_THREADS", "many", 1);
    assert_wrong(load(NULL, NULL), "MEOWER_THREADS");
}

static void the_file_may_be_named_by_a_variable(void **state)
{
    (void)state;
    write_file("token=of-the-file\n");
    setenv("MEOWER_CONFIG", path, 1);
    assert_int_equal(load(NULL, NULL), CONFIG_RUN);
    assert_string_equal(config.settings.service.loop.routes.commands.tokens, "of-the-file");
    assert_wrong(load("--config=/no/such/file", NULL), "cannot read /no/such/file");
}

static void a_file_has_names_values_and_comments(void **state)
{
    (void)state;
    assert_int_equal(load_file("# a comment\n\n  \t\n TOKEN = a b = c \t\r\n  # another\nMEOWER_LOG-FORMAT=json\n"
                               "meower_access_log=on\ndata=the-end"),
                     CONFIG_RUN);
    assert_string_equal(config.settings.service.loop.routes.commands.tokens, "a b = c");
    assert_string_equal(config.settings.log_format, "json");
    assert_true(config.settings.service.loop.has_access_log);
    assert_string_equal(config.settings.data, "the-end");
}

static void a_wrong_line_is_named_by_its_number(void **state)
{
    (void)state;
    assert_wrong(load_file("token=x\n\nthis is no setting\n"), "line 3: a line must be NAME=VALUE");
    assert_wrong(load_file("=x\n"), "line 1: a line must be NAME=VALUE");
    assert_wrong(load_file("MEOWER_=x\n"), "line 1: a line must be NAME=VALUE");
    assert_wrong(load_file("\nNO_SUCH_THING=1\n"), "line 2: no_such_thing is no setting");
    assert_wrong(load_file("access_log=maybe\n"), "line 1: access_log");
    char line[200];
    snprintf(line, sizeof(line), "%0100d=x\n", 0);
    assert_wrong(load_file(line), "line 1: a line must be NAME=VALUE");
}

/* ---- what is asked for ------------------------------------------------------------------------------------------ */

static void help_goes_before_version_before_a_check(void **state)
{
    (void)state;
    assert_int_equal(load("--help", NULL), CONFIG_HELP);
    assert_int_equal(load("-h", NULL), CONFIG_HELP);
    assert_int_equal(load("--version", NULL), CONFIG_VERSION);
    assert_int_equal(load("--check-config", NULL), CONFIG_CHECK);
    assert_int_equal(load("--check-config", "--version", "--help", NULL), CONFIG_HELP);
    assert_int_equal(load("--help", "--version", "--check-config", NULL), CONFIG_HELP);
    assert_int_equal(load("--version", "--check-config", NULL), CONFIG_VERSION);
    assert_int_equal(load("--check-config", "--version", NULL), CONFIG_VERSION);
    assert_int_equal(load("--check-config", "--token=x", NULL), CONFIG_CHECK);
    assert_string_equal(config.settings.service.loop.routes.commands.tokens, "x");
}

static void help_needs_no_right_settings(void **state)
{
    (void)state;
    assert_int_equal(load("--help", "--listen=nonsense", "--config=/no/such/file", NULL), CONFIG_HELP);
    assert_int_equal(load("--check-config", "--listen=nonsense", NULL), CONFIG_WRONG);
}

#define CONFIG_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(settings_that_are_not_given_have_their_default),
        CONFIG_TEST(a_flag_has_its_value_with_it_or_after_it),
        CONFIG_TEST(the_last_of_two_flags_counts),
        CONFIG_TEST(options_of_the_library_are_settings_too),
        CONFIG_TEST(an_option_can_be_given_by_a_program),
        CONFIG_TEST(the_roles_are_decided_by_the_program),
        CONFIG_TEST(a_number_is_from_its_least_to_its_greatest),
        CONFIG_TEST(a_wrong_value_is_answered_with_a_right_one),
        CONFIG_TEST(what_is_no_flag_is_named),
        CONFIG_TEST(every_address_has_a_host_and_a_port),
        CONFIG_TEST(a_flag_goes_before_a_variable_before_the_file),
        CONFIG_TEST(the_file_may_be_named_by_a_variable),
        CONFIG_TEST(a_file_has_names_values_and_comments),
        CONFIG_TEST(a_wrong_line_is_named_by_its_number),
        CONFIG_TEST(help_goes_before_version_before_a_check),
        CONFIG_TEST(help_needs_no_right_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
