/* test_original_variables.c - the variables of the original system's services become URLs of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/process/config.h"
#include "server/process/original_variables.h"
#include <stdlib.h>
#include <string.h>

static const struct config_defaults defaults = {.program = "meower-queryd", .summary = "a feed", .listen = ":0"};
static struct config config;

static int begin(void **state)
{
    (void)state;
    static const char *const variables[] = {"POSTGRES_DB",   "POSTGRES_USER", "POSTGRES_PASSWORD",
                                            "POSTGRES_HOST", "NATS_ADDRESS",  "ELASTICSEARCH_ADDRESS",
                                            "MEOWER_STORE",  "MEOWER_BUS",    "MEOWER_SEARCH"};
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        unsetenv(variables[i]);
    }
    return 0;
}

static int end(void **state)
{
    config_free(&config);
    return begin(state);
}

static bool load(void)
{
    static char program[] = "meower-queryd";
    char *arguments[] = {program};
    config_free(&config);
    assert_int_equal(config_load(&config, &defaults, 1, arguments), CONFIG_RUN);
    return original_variables_read(&config);
}

static void assert_option(const char *name, const char *expected)
{
    assert_true(load());
    assert_true(config_gives_option(&config, name));
    assert_string_equal(meower_options_get(config.options, name), expected);
}

static void without_them_nothing_is_given(void **state)
{
    (void)state;
    setenv("POSTGRES_DB", "", 1);
    setenv("POSTGRES_USER", "cat", 1);
    assert_true(load());
    assert_false(config_gives_option(&config, "store"));
    assert_false(config_gives_option(&config, "bus"));
    assert_false(config_gives_option(&config, "search"));
}

static void the_store_is_put_together(void **state)
{
    (void)state;
    setenv("POSTGRES_DB", "meower", 1);
    assert_option("store", "postgresql://postgres/meower");
    setenv("POSTGRES_USER", "cat", 1);
    assert_option("store", "postgresql://cat@postgres/meower");
    setenv("POSTGRES_PASSWORD", "secret", 1);
    setenv("POSTGRES_HOST", "[::1]:5433,other", 1);
    assert_option("store", "postgresql://cat:secret@[::1]:5433,other/meower");
    unsetenv("POSTGRES_USER");
    assert_option("store", "postgresql://[::1]:5433,other/meower");
}

static void what_a_url_would_take_for_more_is_encoded(void **state)
{
    (void)state;
    setenv("POSTGRES_DB", "a/b", 1);
    setenv("POSTGRES_USER", "c@d:e", 1);
    setenv("POSTGRES_PASSWORD", "-._~aZ09 %\xc3\xa4?#", 1);
    assert_option("store", "postgresql://c%40d%3Ae:-._~aZ09%20%25%C3%A4%3F%23@postgres/a%2Fb");
}

static void an_address_has_its_transport_or_gets_one(void **state)
{
    (void)state;
    setenv("NATS_ADDRESS", "nats:4222", 1);
    setenv("ELASTICSEARCH_ADDRESS", "elasticsearch:9200", 1);
    assert_option("bus", "nats://nats:4222");
    assert_option("search", "elasticsearch:http://elasticsearch:9200");
    setenv("NATS_ADDRESS", "tls://nats:4222", 1);
    setenv("ELASTICSEARCH_ADDRESS", "https://elasticsearch", 1);
    assert_option("bus", "tls://nats:4222");
    assert_option("search", "elasticsearch:https://elasticsearch");
}

static void our_own_settings_go_first(void **state)
{
    (void)state;
    setenv("POSTGRES_DB", "meower", 1);
    setenv("NATS_ADDRESS", "nats", 1);
    setenv("ELASTICSEARCH_ADDRESS", "elasticsearch", 1);
    setenv("MEOWER_STORE", "memory:", 1);
    setenv("MEOWER_BUS", "inproc:", 1);
    setenv("MEOWER_SEARCH", "index:", 1);
    assert_option("store", "memory:");
    assert_option("bus", "inproc:");
    assert_option("search", "index:");
}

static void a_value_that_is_too_long_is_named(void **state)
{
    (void)state;
    static char value[5000];
    memset(value, 'x', sizeof(value) - 1);
    setenv("NATS_ADDRESS", value, 1);
    assert_false(load());
    assert_string_equal(config.message, "NATS_ADDRESS: the value is too long");
}

#define VARIABLES_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VARIABLES_TEST(without_them_nothing_is_given),
        VARIABLES_TEST(the_store_is_put_together),
        VARIABLES_TEST(what_a_url_would_take_for_more_is_encoded),
        VARIABLES_TEST(an_address_has_its_transport_or_gets_one),
        VARIABLES_TEST(our_own_settings_go_first),
        VARIABLES_TEST(a_value_that_is_too_long_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
