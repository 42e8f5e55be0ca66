/* sqlite_rows.c - the virtual table that reads an array (sqlite.org/vtab.html). The array comes as a pointer, which no
 * SQL can make up (sqlite.org/bindptr.html). */
#include "store/sqlite_rows.h"
#include <string.h>

#define POINTER_TYPE "meower_rows"
#define ROWS_COLUMN  0 /* the hidden one, which takes the argument */

struct cursor {
    sqlite3_vtab_cursor base; /* first: SQLite hands it back by this */
    const struct sqlite_rows *rows;
    size_t row;
};

static int rows_connect(sqlite3 *db, void *declaration, int argc, const char *const *argv, sqlite3_vtab **out,
                        char **error)
{
    sqlite3_vtab *table;
    int result = sqlite3_declare_vtab(db, declaration);

    (void)argc;
    (void)argv;
    (void)error;
    if (result != SQLITE_OK) {
        return result;
    }
    table = sqlite3_malloc(sizeof(*table));
    if (table == NULL) {
        return SQLITE_NOMEM;
    }
    memset(table, 0, sizeof(*table));
    *out = table;
    return SQLITE_OK;
}

static int rows_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

/* Has the argument handed to rows_filter(); without one there is nothing to read. */
static int rows_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    for (int i = 0; i < info->nConstraint; i++) {
        if (info->aConstraint[i].iColumn == ROWS_COLUMN && info->aConstraint[i].usable) {
            info->aConstraintUsage[i].argvIndex = 1;
            info->aConstraintUsage[i].omit = 1;
            return SQLITE_OK;
        }
    }
    return SQLITE_CONSTRAINT;
}

static int rows_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    struct cursor *cursor = sqlite3_malloc(sizeof(*cursor));

    (void)table;
    if (cursor == NULL) {
        return SQLITE_NOMEM;
    }
    *cursor = (struct cursor){.rows = NULL};
    *out = &cursor->base;
    return SQLITE_OK;
}

static int rows_close(sqlite3_vtab_cursor *base)
{
    sqlite3_free(base);
    return SQLITE_OK;
}

static int rows_filter(sqlite3_vtab_cursor *base, int plan, const char *plan_text, int argc, sqlite3_value **argv)
{
    struct cursor *cursor = (struct cursor *)base;

    (void)plan;
    (void)plan_text;
    (void)argc;
    cursor->rows = sqlite3_value_pointer(argv[0], POINTER_TYPE);
    cursor->row = 0;
    return SQLITE_OK;
}

static int rows_next(sqlite3_vtab_cursor *base)
{
    ((struct cursor *)base)->row++;
    return SQLITE_OK;
}

static int rows_eof(sqlite3_vtab_cursor *base)
{
    const struct cursor *cursor = (const struct cursor *)base;

    return cursor->rows == NULL || cursor->row >= cursor->rows->count;
}

static int rows_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const struct cursor *cursor = (const struct cursor *)base;

    if (column != ROWS_COLUMN) {
        cursor->rows->column(context, cursor->rows->items, cursor->row, column);
    }
    return SQLITE_OK;
}

static int rows_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid)
{
    *rowid = (sqlite3_int64)((const struct cursor *)base)->row;
    return SQLITE_OK;
}

/* Without xCreate it is there for every statement of the connection, and in no file. */
static const sqlite3_module rows_module = {
    .xConnect = rows_connect,
    .xBestIndex = rows_best_index,
    .xDisconnect = rows_disconnect,
    .xOpen = rows_open,
    .xClose = rows_close,
    .xFilter = rows_filter,
    .xNext = rows_next,
    .xEof = rows_eof,
    .xColumn = rows_column,
    .xRowid = rows_rowid,
};

int sqlite_rows_register(sqlite3 *db, const char *name, const char *declaration)
{
    return sqlite3_create_module(db, name, &rows_module, (void *)declaration);
}

int sqlite_rows_bind(sqlite3_stmt *statement, int parameter, struct sqlite_rows *rows)
{
    return sqlite3_bind_pointer(statement, parameter, rows, POINTER_TYPE, NULL);
}
