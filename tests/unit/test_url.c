/* test_url.c - backend URLs, and what of them may be shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/url.h"
#include <string.h>

static void the_location_is_what_follows_the_scheme(void **state)
{
    (void)state;
    const char *location = NULL;
    assert_true(url_has_scheme("sqlite:feed.db", "sqlite", &location));
    assert_string_equal(location, "feed.db");
    assert_true(url_has_scheme("memory:", "memory", &location));
    assert_string_equal(location, "");
    assert_true(url_has_scheme("elasticsearch:http://host:9200", "elasticsearch", &location));
    assert_string_equal(location, "http://host:9200");
}

static void another_scheme_is_none_and_leaves_the_location(void **state)
{
    (void)state;
    const char *location = "untouched";
    assert_false(url_has_scheme("sqlite3:feed.db", "sqlite", &location));
    assert_false(url_has_scheme("sqlit:feed.db", "sqlite", &location));
    assert_false(url_has_scheme("sqlite", "sqlite", &location));
    assert_false(url_has_scheme("", "sqlite", &location));
    assert_string_equal(location, "untouched");
}

static void assert_redacted(const char *url, const char *expected)
{
    char out[300];
    url_redact(url, out, sizeof(out));
    assert_string_equal(out, expected);
}

static void urls_without_secrets_stay_as_they_are(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "",
        "memory:",
        "sqlite:feed.db",
        "sqlite:/srv/a@b:c/feed.db",
        "sqlite:C:feed.db",
        "postgresql://host/feed",
        "postgresql://me@host:5432/feed?sslmode=require&application_name=meower",
        "postgresql:host=db port=5432 user=me dbname=feed",
        "nats://host:4222",
        "nats://a:4222,nats://b:4222",
        "kafka://a:9092,b:9092/topic?client.id=meower",
        "elasticsearch:http://host:9200/meows",
        "elasticsearch:http://[::1]:9200",
        "postgresql://host/feed?passage",
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        assert_redacted(urls[i], urls[i]);
    }
}

static void the_password_before_the_host_is_hidden(void **state)
{
    (void)state;
    assert_redacted("postgresql://me:tiger@host:5432/feed", "postgresql://me:***@host:5432/feed");
    assert_redacted("postgresql://:tiger@host/feed", "postgresql://:***@host/feed");
    assert_redacted("elasticsearch:https://me:tiger@host:9200/x", "elasticsearch:https://me:***@host:9200/x");
    assert_redacted("postgresql://me:tiger@[::1]:5432/feed", "postgresql://me:***@[::1]:5432/feed");
    assert_redacted("postgresql://me:@host/feed", "postgresql://me:@host/feed");
}

static void every_url_of_a_list_loses_its_password(void **state)
{
    (void)state;
    assert_redacted("nats://me:tiger@a:4222,nats://me:lion@b:4222", "nats://me:***@a:4222,nats://me:***@b:4222");
    assert_redacted("postgresql://me:tiger@a:5432,b:5432/feed", "postgresql://me:***@a:5432,b:5432/feed");
}

static void the_token_of_nats_is_a_secret(void **state)
{
    (void)state;
    assert_redacted("nats://s3cr3t@host:4222", "nats://***@host:4222");
}

/* Such a password should be percent-encoded; who forgot that must not find it in a log. */
static void a_password_with_raw_delimiters_is_hidden_whole(void **state)
{
    (void)state;
    assert_redacted("postgresql://me:ti@ger@host/feed", "postgresql://me:***@host/feed");
    assert_redacted("postgresql://me:ti:ger@host/feed", "postgresql://me:***@host/feed");
    assert_redacted("postgresql://me:ti/ger@host/feed", "postgresql://me:***@host/feed");
    assert_redacted("postgresql://me:/tiger@host/feed", "postgresql://me:***@host/feed");
    assert_redacted("postgresql://me://tiger@host/feed", "postgresql://me:***@host/feed");
    assert_redacted("postgresql://me:ti?ger@host/feed", "postgresql://me:***@host/feed");
    assert_redacted("postgresql://me:ti#ger@host/feed", "postgresql://me:***@host/feed");
}

static void secret_parameters_of_a_url_are_hidden(void **state)
{
    (void)state;
    assert_redacted("postgresql://host/feed?user=me&password=tiger&sslmode=require",
                    "postgresql://host/feed?user=me&password=***&sslmode=require");
    assert_redacted("postgresql://host/feed?password=ti@ger", "postgresql://host/feed?password=***");
    assert_redacted("postgresql://host/feed?password=ti ger'x", "postgresql://host/feed?password=***");
    assert_redacted("postgresql://host/feed?sslpassword=a&passfile=b&PASSWORD=c",
                    "postgresql://host/feed?sslpassword=***&passfile=***&PASSWORD=***");
    assert_redacted("kafka://a/t?sasl.username=me&sasl.password=tiger&ssl.key.password=lion",
                    "kafka://a/t?sasl.username=me&sasl.password=***&ssl.key.password=***");
    assert_redacted("elasticsearch:http://host?api_key=abc&auth_token=def&client_secret=ghi",
                    "elasticsearch:http://host?api_key=***&auth_token=***&client_secret=***");
}

static void both_kinds_of_secrets_may_be_in_one_url(void **state)
{
    (void)state;
    assert_redacted("postgresql://me:tiger@host/feed?sslpassword=lion",
                    "postgresql://me:***@host/feed?sslpassword=***");
}

static void a_password_that_reaches_into_a_parameter_is_hidden_whole(void **state)
{
    (void)state;
    assert_redacted("postgresql://host:5432/feed?password=ti@ger", "postgresql://host:***");
}

static void secret_keywords_of_a_connection_string_are_hidden(void **state)
{
    (void)state;
    assert_redacted("postgresql:host=db password=tiger user=me", "postgresql:host=db password=*** user=me");
    assert_redacted("postgresql:password=tiger", "postgresql:password=***");
    assert_redacted("password=tiger host=db", "password=*** host=db");
    assert_redacted("postgresql:password = tiger host=db", "postgresql:password = *** host=db");
    assert_redacted("postgresql:password='ti ger' host=db", "postgresql:password='***' host=db");
    assert_redacted("postgresql:password='ti\\' ger' host=db", "postgresql:password='***' host=db");
    assert_redacted("postgresql:password=ti\\ ger host=db", "postgresql:password=*** host=db");
    assert_redacted("postgresql:password=ti&ger host=db", "postgresql:password=*** host=db");
    assert_redacted("postgresql:password='tiger", "postgresql:password='***");
    assert_redacted("postgresql:password=a://b&c:d@e host=db", "postgresql:password=*** host=db");
    assert_redacted("postgresql:password=ti\\  host=db", "postgresql:password=*** host=db");
    assert_redacted("postgresql:password=tiger\\", "postgresql:password=***");
    assert_redacted("postgresql:azAZ09_.-password=tiger z=0", "postgresql:azAZ09_.-password=*** z=0");
    assert_redacted("postgresql:passwordz=a password9=b passwordZ=c password0=d",
                    "postgresql:passwordz=*** password9=*** passwordZ=*** password0=***");
    assert_redacted("postgresql:passfile=/home/me/.pgpass host=db", "postgresql:passfile=*** host=db");
}

static void the_result_is_cut_to_fit(void **state)
{
    (void)state;
    for (size_t size = 1; size <= sizeof("nats://me:***@host"); size++) {
        char out[64];
        memset(out, '#', sizeof(out));
        url_redact("nats://me:tiger@host", out, size);
        assert_int_equal(strlen(out), size - 1);
        assert_memory_equal(out, "nats://me:***@host", size - 1);
        assert_int_equal(out[size], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_location_is_what_follows_the_scheme),
        cmocka_unit_test(another_scheme_is_none_and_leaves_the_location),
        cmocka_unit_test(urls_without_secrets_stay_as_they_are),
        cmocka_unit_test(the_password_before_the_host_is_hidden),
        cmocka_unit_test(every_url_of_a_list_loses_its_password),
        cmocka_unit_test(the_token_of_nats_is_a_secret),
        cmocka_unit_test(a_password_with_raw_delimiters_is_hidden_whole),
        cmocka_unit_test(secret_parameters_of_a_url_are_hidden),
        cmocka_unit_test(both_kinds_of_secrets_may_be_in_one_url),
        cmocka_unit_test(a_password_that_reaches_into_a_parameter_is_hidden_whole),
        cmocka_unit_test(secret_keywords_of_a_connection_string_are_hidden),
        cmocka_unit_test(the_result_is_cut_to_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
