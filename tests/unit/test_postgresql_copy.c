/* test_postgresql_copy.c - a PostgreSQL database that is a copy of another one, or was restored in its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "servers/postgresql.h"
#include "store/store.h"

static void open_and_close(const char *url, meower_store_info *info)
{
    struct store store;
    meower_options *options;
    meower_error error;
    assert_int_equal(meower_options_new(&options, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(options, "store", url, NULL), MEOWER_OK);
    if (store_open(&store, options, 1, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
    *info = store.info;
    store_close(&store);
    meower_options_free(options);
}

static void a_copied_database_begins_another_life(void **state)
{
    char original[512];
    char copy[512];
    meower_store_info before;
    meower_store_info after;
    meower_store_info again;
    (void)state;
    postgresql_server_make_database(original, sizeof(original));
    open_and_close(original, &before);
    open_and_close(original, &again);
    assert_string_equal(again.epoch, before.epoch);

    postgresql_server_make_database(copy, sizeof(copy));
    postgresql_server_drop_database(copy);
    postgresql_server_execute(postgresql_server_url(), "CREATE DATABASE %s TEMPLATE %s", strstr(copy, "dbname=") + 7,
                              strstr(original, "dbname=") + 7);
    open_and_close(copy, &after);
    assert_string_not_equal(after.epoch, before.epoch);
    open_and_close(copy, &again);
    assert_string_equal(again.epoch, after.epoch);
    open_and_close(original, &again);
    assert_string_equal(again.epoch, before.epoch);
    postgresql_server_drop_database(copy);
    postgresql_server_drop_database(original);
}

/* As pg_restore --clean does: the same database, other tables. */
static void tables_made_anew_in_the_same_database_begin_another_life(void **state)
{
    char url[512];
    meower_store_info before;
    meower_store_info after;
    (void)state;
    postgresql_server_make_database(url, sizeof(url));
    open_and_close(url, &before);
    postgresql_server_execute(url, "CREATE TABLE head AS TABLE meower_head; DROP TABLE meower_head; "
                                   "ALTER TABLE head RENAME TO meower_head");
    open_and_close(url, &after);
    assert_string_not_equal(after.epoch, before.epoch);
    postgresql_server_drop_database(url);
}

static void without_the_right_to_ask_for_the_cluster_the_database_still_tells(void **state)
{
    char url[512];
    char user_url[600];
    meower_store_info before;
    meower_store_info after;
    (void)state;
    postgresql_server_make_database(url, sizeof(url));
    postgresql_server_execute(url,
                              "CREATE ROLE %s_user LOGIN PASSWORD 'meower'; GRANT ALL ON SCHEMA public TO %s_user; "
                              "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC",
                              strstr(url, "dbname=") + 7, strstr(url, "dbname=") + 7);
    snprintf(user_url, sizeof(user_url), "%s&user=%s_user", url, strstr(url, "dbname=") + 7);
    open_and_close(user_url, &before);
    open_and_close(user_url, &after);
    assert_string_equal(after.epoch, before.epoch);
    postgresql_server_execute(url, "UPDATE meower_meta SET value = '1.2' WHERE name = 'identity'");
    open_and_close(user_url, &after);
    assert_string_not_equal(after.epoch, before.epoch);
    postgresql_server_execute(url, "DROP OWNED BY %s_user; DROP ROLE %s_user", strstr(url, "dbname=") + 7,
                              strstr(url, "dbname=") + 7);
    postgresql_server_drop_database(url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copied_database_begins_another_life),
        cmocka_unit_test(tables_made_anew_in_the_same_database_begin_another_life),
        cmocka_unit_test(without_the_right_to_ask_for_the_cluster_the_database_still_tells),
    };
    postgresql_server_url();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
