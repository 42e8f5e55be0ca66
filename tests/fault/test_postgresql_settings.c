/* test_postgresql_settings.c - what is said when a setting of PostgreSQL is wrong: which one to change, and never a
 * password. */
#include "bus/bus.h"
#include "servers/postgresql.h"
#include "store/store.h"
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#define SECRET "Tig3r"

/* A role whose password is SECRET and which may do nothing but connect, and a database to connect to. */
struct fixture {
    char url[512];
    char database[64];
    char server[128]; /* HOST:PORT */
    meower_error error;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    *state = &fixture;
    postgresql_server_make_database(fixture.url, sizeof(fixture.url));
    snprintf(fixture.database, sizeof(fixture.database), "%s", strstr(fixture.url, "dbname=") + 7);
    PGconn *conn = postgresql_server_connect(fixture.url);
    snprintf(fixture.server, sizeof(fixture.server), "%s:%s", PQhost(conn), PQport(conn));
    PQfinish(conn);
    postgresql_server_execute(fixture.url, "CREATE ROLE %s_guest LOGIN PASSWORD '%s'", fixture.database, SECRET);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    postgresql_server_drop_database(fixture->url);
    postgresql_server_execute(postgresql_server_url(), "DROP ROLE %s_guest", fixture->database);
    return 0;
}

/* Opens a store there. Whatever comes of it, no message shows the password or a part of it. */
static int open_store(struct fixture *fixture, const char *url)
{
    struct store store;
    meower_options *options;
    assert_int_equal(meower_options_new(&options, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(options, "store", url, NULL), MEOWER_OK);
    fixture->error = (meower_error){0};
    int status = store_open(&store, options, 1, &fixture->error);
    if (status == MEOWER_OK) {
        store_close(&store);
    }
    meower_options_free(options);
    assert_null(strstr(fixture->error.message, SECRET));
    return status;
}

/* As the guest, in the fixture's database, with more parameters of the URL ("" or "&..."). */
static int open_as_guest(struct fixture *fixture, const char *password, const char *parameters)
{
    char url[512];
    snprintf(url, sizeof(url), "postgresql://%s_guest:%s@%s/%s?connect_timeout=60&tcp_user_timeout=60000%s",
             fixture->database, password, fixture->server, fixture->database, parameters);
    return open_store(fixture, url);
}

static void check_message(const struct fixture *fixture, const char *part)
{
    if (strstr(fixture->error.message, part) == NULL) {
        fail_msg("\"%s\" is missing in: %s", part, fixture->error.message);
    }
}

static void let_guest_create(const struct fixture *fixture)
{
    postgresql_server_execute(fixture->url, "GRANT CREATE ON SCHEMA public TO %s_guest", fixture->database);
}

/* ---- who, where and whether ------------------------------------------------------------------------------------- */

static void a_right_url_opens(void **state)
{
    let_guest_create(*state);
    assert_int_equal(open_as_guest(*state, SECRET, ""), MEOWER_OK);
}

static void the_short_scheme_and_a_connection_string_open_too(void **state)
{
    struct fixture *fixture = *state;
    char url[512];
    char *colon = strchr(fixture->server, ':');
    let_guest_create(fixture);
    snprintf(url, sizeof(url), "postgres://%s_guest:%s@%s/%s", fixture->database, SECRET, fixture->server,
             fixture->database);
    assert_int_equal(open_store(fixture, url), MEOWER_OK);
    snprintf(url, sizeof(url), "postgresql:host=%.*s port=%s user=%s_guest password=%s dbname=%s",
             (int)(colon - fixture->server), fixture->server, colon + 1, fixture->database, SECRET, fixture->database);
    assert_int_equal(open_store(fixture, url), MEOWER_OK);
}

static void a_wrong_password_is_named(void **state)
{
    assert_int_equal(open_as_guest(*state, SECRET "x", ""), MEOWER_ERROR_PERMISSION);
    check_message(*state, "option \"store\"");
    check_message(*state, "password");
    check_message(*state, "28P01");
    assert_int_equal(((struct fixture *)*state)->error.flags, 0);
}

static void a_missing_password_is_named(void **state)
{
    struct fixture *fixture = *state;
    char url[512];
    snprintf(url, sizeof(url), "postgresql://%s_guest@%s/%s?passfile=/nowhere", fixture->database, fixture->server,
             fixture->database);
    assert_int_equal(open_store(fixture, url), MEOWER_ERROR_PERMISSION);
    check_message(fixture, "password");
}

static void an_unknown_user_is_named(void **state)
{
    struct fixture *fixture = *state;
    char url[512];
    snprintf(url, sizeof(url), "postgresql://nobody_knows:%s@%s/%s", SECRET, fixture->server, fixture->database);
    assert_int_equal(open_store(fixture, url), MEOWER_ERROR_PERMISSION);
    check_message(fixture, "nobody_knows");
}

static void an_unknown_database_is_named(void **state)
{
    struct fixture *fixture = *state;
    char url[512];
    snprintf(url, sizeof(url), "postgresql://%s_guest:%s@%s/no_such_feed", fixture->database, SECRET, fixture->server);
    assert_int_equal(open_store(fixture, url), MEOWER_ERROR_INVALID);
    check_message(fixture, "no_such_feed");
    check_message(fixture, "create that database");
    assert_int_equal(fixture->error.flags, 0);
}

static void a_database_where_nothing_may_be_created_says_how_to_allow_it(void **state)
{
    assert_int_equal(open_as_guest(*state, SECRET, ""), MEOWER_ERROR_PERMISSION);
    check_message(*state, "GRANT CREATE ON SCHEMA");
}

static void a_database_of_another_encoding_is_refused(void **state)
{
    struct fixture *fixture = *state;
    char url[520];
    postgresql_server_execute(fixture->url,
                              "CREATE DATABASE %s_latin1 TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' "
                              "LOCALE_PROVIDER libc",
                              fixture->database);
    snprintf(url, sizeof(url), "%s_latin1", fixture->url);
    int status = open_store(fixture, url);
    postgresql_server_execute(fixture->url, "DROP DATABASE %s_latin1 WITH (FORCE)", fixture->database);
    assert_int_equal(status, MEOWER_ERROR_INVALID);
    check_message(fixture, "LATIN1");
    check_message(fixture, "UTF8");
}

/* ---- the way to the server -------------------------------------------------------------------------------------- */

static void a_server_that_is_down_may_come_up(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(open_store(fixture, "postgresql://me:" SECRET "@127.0.0.1:1/feed"), MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(fixture->error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    check_message(fixture, "option \"store\"");
    check_message(fixture, "127.0.0.1");
}

static void a_server_without_tls_that_must_have_it_names_sslmode(void **state)
{
    assert_int_equal(open_as_guest(*state, SECRET, "&sslmode=require"), MEOWER_ERROR_INVALID);
    check_message(*state, "sslmode");
    assert_int_equal(((struct fixture *)*state)->error.flags, 0);
}

static void a_certificate_file_that_is_missing_is_named(void **state)
{
    assert_int_equal(open_as_guest(*state, SECRET, "&sslmode=verify-full&sslrootcert=/nowhere.pem"),
                     MEOWER_ERROR_INVALID);
    check_message(*state, "sslrootcert");
}

static int ignore_message(meower_bus_sink *sink, const char *payload, size_t payload_len)
{
    (void)sink;
    (void)payload;
    (void)payload_len;
    return MEOWER_OK;
}

/* A bus that is away is no obstacle to opening: whoever uses it hears why. */
static void the_bus_names_its_own_option(void **state)
{
    struct bus bus;
    meower_options *options;
    meower_bus_sink sink = {.message = ignore_message};
    meower_error error = {0};
    (void)state;
    assert_int_equal(meower_options_new(&options, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(options, "bus", "postgresql://me:" SECRET "@127.0.0.1:1/feed", NULL),
                     MEOWER_OK);
    assert_int_equal(bus_open(&bus, options, &error), MEOWER_OK);
    assert_int_equal(bus_receive(&bus, 0, &sink, &error), MEOWER_ERROR_UNAVAILABLE);
    assert_non_null(strstr(error.message, "option \"bus\""));
    assert_null(strstr(error.message, SECRET));
    bus_close(&bus);
    meower_options_free(options);
}

/* ---- URLs that cannot be read ----------------------------------------------------------------------------------- */

static void a_url_that_cannot_be_read_is_refused_without_its_password(void **state)
{
    static const char *const urls[] = {
        "postgresql://me:" SECRET "/x@127.0.0.1/feed",    "postgresql://me:1/" SECRET "@127.0.0.1/feed",
        "postgresql://me:x@" SECRET "@127.0.0.1/feed",    "postgresql://me:" SECRET "%zz@127.0.0.1/feed",
        "postgresql://me:" SECRET "@127.0.0.1:port/feed", "postgresql://127.0.0.1/feed?password=" SECRET "&nonsense=1",
        "postgresql:host=127.0.0.1 password='" SECRET,    "postgresql:" SECRET,
    };
    for (size_t i = 0; i + 1 < sizeof(urls) / sizeof(urls[0]); i++) {
        if (open_store(*state, urls[i]) != MEOWER_ERROR_INVALID) {
            fail_msg("%s: %s", urls[i], ((struct fixture *)*state)->error.message);
        }
        check_message(*state, "postgresql://USER:PASSWORD@HOST:PORT/DATABASE");
    }
}

#define SETTINGS_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SETTINGS_TEST(a_right_url_opens),
        SETTINGS_TEST(the_short_scheme_and_a_connection_string_open_too),
        SETTINGS_TEST(a_wrong_password_is_named),
        SETTINGS_TEST(a_missing_password_is_named),
        SETTINGS_TEST(an_unknown_user_is_named),
        SETTINGS_TEST(an_unknown_database_is_named),
        SETTINGS_TEST(a_database_where_nothing_may_be_created_says_how_to_allow_it),
        SETTINGS_TEST(a_database_of_another_encoding_is_refused),
        SETTINGS_TEST(a_server_that_is_down_may_come_up),
        SETTINGS_TEST(a_server_without_tls_that_must_have_it_names_sslmode),
        SETTINGS_TEST(a_certificate_file_that_is_missing_is_named),
        SETTINGS_TEST(the_bus_names_its_own_option),
        SETTINGS_TEST(a_url_that_cannot_be_read_is_refused_without_its_password),
    };
    return cmocka_run_group_tests_name("postgresql settings", tests, NULL, NULL);
}
