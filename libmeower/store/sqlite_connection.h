/* sqlite_connection.h - one connection to a SQLite file with its prepared statements, the lock that keeps the file to
 * one store, and SQLite's results as errors of ours. */
#ifndef STORE_SQLITE_CONNECTION_H
#define STORE_SQLITE_CONNECTION_H

#include <meower/backend.h>
#include <sqlite3.h>

#define SQLITE_CONNECTION_STATEMENTS_MAX 20

/* How long a statement waits for a foreign program that has locked the file. */
#define SQLITE_CONNECTION_BUSY_TIMEOUT_MS 5000

/* Used by one thread at a time. */
struct sqlite_connection {
    const char *path; /* its opener's, which outlives it */
    sqlite3 *db;
    sqlite3_stmt *statements[SQLITE_CONNECTION_STATEMENTS_MAX];
};

/* The absolute path of the file, whatever the working directory and symbolic links; the file need not exist. Released
 * by free(). */
int sqlite_path_resolve(const char *location, char **path, meower_error *error);

/* Says `what` failed with which file, and why by errno's number: "cannot rename \"feed.db\": ...". Returns the code:
 * PERMISSION, FULL, NO_MEMORY or IO. */
int sqlite_system_error(int system_errno, const char *what, const char *path, meower_error *error);

/* Takes the lock beside the file: a file PATH.lock, which stays (its content: sqlite_identity.h). Sets *lock to a
 * descriptor; closing it, or the end of the process however it comes, gives the lock back. Not the database file
 * itself: closing a descriptor of it would drop the POSIX locks that SQLite holds in this process
 * (sqlite.org/howtocorrupt.html, 2.2). Errors: LOCKED, also when this process holds it. */
int sqlite_lock_take(const char *path, int *lock, meower_error *error);

/* Opens a connection; `flags` as of sqlite3_open_v2(). */
int sqlite_connection_open(struct sqlite_connection *connection, const char *path, int flags, meower_error *error);

/* Prepares statements[0] to statements[count - 1]. */
int sqlite_connection_prepare(struct sqlite_connection *connection, const char *const *sql, size_t count,
                              meower_error *error);

/* Does nothing when it is not open. */
void sqlite_connection_close(struct sqlite_connection *connection);

/* Runs statements that give no rows. */
int sqlite_connection_execute(struct sqlite_connection *connection, const char *sql, meower_error *error);

/* Runs a query; *number is the first column of its first row, untouched when there is no row. */
int sqlite_connection_number(struct sqlite_connection *connection, const char *sql, int64_t *number,
                             meower_error *error);

/* The same for a text, cut to fit. */
int sqlite_connection_text(struct sqlite_connection *connection, const char *sql, char *text, size_t text_size,
                           meower_error *error);

/* Binds a NUL-terminated text, which must live until the statement is bound anew or no longer stepped. */
void sqlite_connection_bind(struct sqlite_connection *connection, int statement, int parameter, const char *text);

/* Steps a prepared statement that gives no rows, and resets it. */
int sqlite_connection_step(struct sqlite_connection *connection, int statement, meower_error *error);

/* Makes an error of what the connection failed with last. Returns its code. */
int sqlite_connection_error(struct sqlite_connection *connection, meower_error *error);

#endif
