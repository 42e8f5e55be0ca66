/* test_broker_url.c - the URL of a message broker taken apart. What cannot be a URL is in test_nats_bus.c and
 * test_kafka_bus.c, with the messages that users see. */
#include "bus/broker_url.h"
#include <stdarg.h>
#include <string.h>

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int parse(const char *text, struct broker_url *url, meower_error *error)
{
    const meower_backend_config config = {.size = sizeof(config), .url = text, .location = strchr(text, ':') + 1};
    return broker_url_parse(&config, "4222", url, error);
}

static void check_parsed(const char *text, struct broker_url *url)
{
    meower_error error = {0};
    if (parse(text, url, &error) != MEOWER_OK) {
        fail_msg("%s: %s", text, error.message);
    }
}

static void every_part_is_found(void **state)
{
    struct broker_url url;
    (void)state;
    check_parsed("nats://me:tiger@a.example:1,b_c-d:65535/path.x?one=1&two=a=b", &url);
    assert_string_equal(url.user, "me");
    assert_string_equal(url.password, "tiger");
    assert_int_equal(url.host_count, 2);
    assert_string_equal(url.hosts[0], "a.example:1");
    assert_string_equal(url.hosts[1], "b_c-d:65535");
    assert_string_equal(url.path, "path.x");
    assert_int_equal(url.parameter_count, 2);
    assert_string_equal(url.parameters[0].name, "one");
    assert_string_equal(url.parameters[0].value, "1");
    assert_string_equal(url.parameters[1].name, "two");
    assert_string_equal(url.parameters[1].value, "a=b");
    assert_string_equal(url.redacted, "nats://me:***@a.example:1,b_c-d:65535/path.x?one=1&two=a=b");
    broker_url_free(&url);
}

static void what_is_left_out_is_empty(void **state)
{
    struct broker_url url;
    (void)state;
    check_parsed("nats://host", &url);
    assert_null(url.user);
    assert_null(url.password);
    assert_int_equal(url.host_count, 1);
    assert_string_equal(url.hosts[0], "host:4222");
    assert_string_equal(url.path, "");
    assert_int_equal(url.parameter_count, 0);
    broker_url_free(&url);
}

static void a_token_is_a_user_without_password(void **state)
{
    struct broker_url url;
    (void)state;
    check_parsed("nats://s3cr3t@host:1", &url);
    assert_string_equal(url.user, "s3cr3t");
    assert_null(url.password);
    broker_url_free(&url);
}

static void percent_signs_are_decoded(void **state)
{
    struct broker_url url;
    (void)state;
    check_parsed("nats://m%40e:%3a%2F%2C%25@host/%41?%61=%26%e2%82%ac", &url);
    assert_string_equal(url.user, "m@e");
    assert_string_equal(url.password, ":/,%");
    assert_string_equal(url.path, "A");
    assert_string_equal(url.parameters[0].name, "a");
    assert_string_equal(url.parameters[0].value, "&\xE2\x82\xAC");
    broker_url_free(&url);
}

static void an_address_of_ipv6_stands_in_brackets(void **state)
{
    struct broker_url url;
    (void)state;
    check_parsed("nats://[::1]:1,[fe80::1],127.0.0.1", &url);
    assert_string_equal(url.hosts[0], "[::1]:1");
    assert_string_equal(url.hosts[1], "[fe80::1]:4222");
    assert_string_equal(url.hosts[2], "127.0.0.1:4222");
    broker_url_free(&url);
}

static void each_host_may_repeat_the_scheme(void **state)
{
    struct broker_url url;
    (void)state;
    check_parsed("nats://me:tiger@a:1,nats://b:2,c:3", &url);
    assert_int_equal(url.host_count, 3);
    assert_string_equal(url.hosts[1], "b:2");
    assert_string_equal(url.hosts[2], "c:3");
    broker_url_free(&url);
}

static void lists_have_an_end(void **state)
{
    struct broker_url url;
    meower_error error = {0};
    char text[400] = "nats://h";
    (void)state;
    for (int i = 1; i < BROKER_URL_HOSTS_MAX; i++) {
        strcat(text, ",h");
    }
    check_parsed(text, &url);
    assert_int_equal(url.host_count, BROKER_URL_HOSTS_MAX);
    assert_string_equal(url.hosts[BROKER_URL_HOSTS_MAX - 1], "h:4222");
    broker_url_free(&url);
    strcat(text, ",h");
    assert_int_equal(parse(text, &url, &error), MEOWER_ERROR_INVALID);

    strcpy(text, "nats://h?a=");
    for (int i = 1; i < BROKER_URL_PARAMETERS_MAX; i++) {
        strcat(text, "&a=");
    }
    check_parsed(text, &url);
    assert_int_equal(url.parameter_count, BROKER_URL_PARAMETERS_MAX);
    broker_url_free(&url);
    strcat(text, "&a=");
    assert_int_equal(parse(text, &url, &error), MEOWER_ERROR_INVALID);
}

static void what_is_malformed_is_refused(void **state)
{
    static const char *const cases[] = {
        "nats:host",     "nats:/host",     "nats://",      "nats://@",    "nats://:4222",    "nats://a,",
        "nats://,a",     "nats://a:",      "nats://a:x",   "nats://a:0",  "nats://a:65536",  "nats://a:000001",
        "nats://[::1",   "nats://[]:1",    "nats://a b",   "nats://a%41", "nats://u%00:p@a", "nats://u%4@a",
        "nats://u%4x@a", "nats://a/%",     "nats://a/b?c", "nats://a?=b", "nats://a?",       "nats://a?a=1&",
        "nats://a?a=%0", "nats://a,u:p@b", "nats://a:1:2", "nats://a#b",  "nats://http://a", "nats://a,kafka://b",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct broker_url url;
        meower_error error = {0};
        if (parse(cases[i], &url, &error) != MEOWER_ERROR_INVALID) {
            fail_msg("%s was taken", cases[i]);
        }
        assert_null(url.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_is_found),
        cmocka_unit_test(what_is_left_out_is_empty),
        cmocka_unit_test(a_token_is_a_user_without_password),
        cmocka_unit_test(percent_signs_are_decoded),
        cmocka_unit_test(an_address_of_ipv6_stands_in_brackets),
        cmocka_unit_test(each_host_may_repeat_the_scheme),
        cmocka_unit_test(lists_have_an_end),
        cmocka_unit_test(what_is_malformed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
