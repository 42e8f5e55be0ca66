/* sqlite_rows.h - an array of ours as a table of SQLite, so that one statement inserts all of it: INSERT INTO a table
 * SELECT from this one. SQLite then begins, seeks and ends once, not once a row. */
#ifndef STORE_SQLITE_ROWS_H
#define STORE_SQLITE_ROWS_H

#include <sqlite3.h>
#include <stddef.h>

/* What one statement reads. It must live as long as the statement is stepped. */
struct sqlite_rows {
    const void *items;
    size_t count;
    /* Hands a column of a row to SQLite, by a sqlite3_result_...(); the first column is 1. */
    void (*column)(sqlite3_context *context, const void *items, size_t row, int column);
};

/* Makes NAME(ROWS) a table-valued function of the connection (sqlite.org/vtab.html, 2.1.2), with these columns after a
 * hidden first one. Both texts must outlive the connection. Returns SQLite's result. */
int sqlite_rows_register(sqlite3 *db, const char *name, const char *declaration);

/* Binds the rows as the function's argument. Returns SQLite's result. */
int sqlite_rows_bind(sqlite3_stmt *statement, int parameter, struct sqlite_rows *rows);

#endif
