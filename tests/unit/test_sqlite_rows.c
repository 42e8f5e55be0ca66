/* test_sqlite_rows.c - an array as a table of SQLite. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/sqlite_rows.h"

/* ---- the fixture: a connection that knows the table of cats ------------------------------------------------------ */

struct cat {
    const char *name;
    int lives;
};

static const struct cat cats[] = {{"Tom", 9}, {"Felix", 7}, {"Garfield", 9}};

static void cat_column(sqlite3_context *context, const void *items, size_t row, int column)
{
    const struct cat *cat = (const struct cat *)items + row;
    if (column == 1) {
        sqlite3_result_text(context, cat->name, -1, SQLITE_STATIC);
    } else {
        sqlite3_result_int(context, cat->lives);
    }
}

static int set_up(void **state)
{
    sqlite3 *db;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
        sqlite_rows_register(db, "cats", "CREATE TABLE cats(cats HIDDEN, name, lives)") != SQLITE_OK ||
        sqlite3_exec(db, "CREATE TABLE kept(name TEXT PRIMARY KEY, lives INTEGER) WITHOUT ROWID", NULL, NULL, NULL) !=
            SQLITE_OK) {
        return -1;
    }
    *state = db;
    return 0;
}

static int tear_down(void **state)
{
    return sqlite3_close(*state) == SQLITE_OK ? 0 : -1; /* BUSY: a statement was left open */
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    return statement;
}

static sqlite3_int64 number_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = prepare(db, sql);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    sqlite3_int64 number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

/* ---- tests ------------------------------------------------------------------------------------------------------ */

static void rows_come_in_their_order(void **state)
{
    struct sqlite_rows rows = {.items = cats, .count = 3, .column = cat_column};
    sqlite3_stmt *statement = prepare(*state, "SELECT name, lives FROM cats(?1)");
    assert_int_equal(sqlite_rows_bind(statement, 1, &rows), SQLITE_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(statement, 0), cats[i].name);
        assert_int_equal(sqlite3_column_int(statement, 1), cats[i].lives);
    }
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
}

static void one_statement_inserts_all_and_counts_them(void **state)
{
    sqlite3 *db = *state;
    struct sqlite_rows rows = {.items = cats, .count = 3, .column = cat_column};
    sqlite3_stmt *statement =
        prepare(db, "INSERT INTO kept SELECT name, lives FROM cats(?1) WHERE true ON CONFLICT DO NOTHING");
    sqlite_rows_bind(statement, 1, &rows);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    assert_int_equal(sqlite3_changes(db), 3);
    assert_int_equal(number_of(db, "SELECT sum(lives) FROM kept"), 25);
    sqlite3_reset(statement);

    /* The same statement with other rows, of which one is known. */
    const struct cat more[] = {{"Silvester", 1}, {"Tom", 2}};
    struct sqlite_rows other = {.items = more, .count = 2, .column = cat_column};
    sqlite_rows_bind(statement, 1, &other);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    assert_int_equal(sqlite3_changes(db), 1);
    assert_int_equal(number_of(db, "SELECT sum(lives) FROM kept"), 26);
    sqlite3_finalize(statement);
}

static void without_rows_there_are_none(void **state)
{
    struct sqlite_rows none = {.items = cats, .count = 0, .column = cat_column};
    sqlite3_stmt *statement = prepare(*state, "SELECT name FROM cats(?1)");
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_reset(statement);
    sqlite_rows_bind(statement, 1, &none);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
}

/* Nothing that SQL can write, and no pointer of others, is taken for rows. */
static void only_our_own_pointer_is_read(void **state)
{
    sqlite3 *db = *state;
    static int stranger = 1;
    assert_int_equal(number_of(db, "SELECT count(*) FROM cats(140000000000)"), 0);
    assert_int_equal(number_of(db, "SELECT count(*) FROM cats('Tom')"), 0);
    sqlite3_stmt *statement = prepare(db, "SELECT name FROM cats(?1)");
    sqlite3_bind_pointer(statement, 1, &stranger, "carray", NULL);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
}

static void a_statement_without_the_argument_is_refused(void **state)
{
    sqlite3_stmt *statement = NULL;
    assert_int_not_equal(sqlite3_prepare_v2(*state, "SELECT name FROM cats", -1, &statement, NULL), SQLITE_OK);
    assert_null(statement);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_come_in_their_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_statement_inserts_all_and_counts_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_rows_there_are_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_our_own_pointer_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_statement_without_the_argument_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
