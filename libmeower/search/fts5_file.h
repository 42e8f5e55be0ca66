/* fts5_file.h - where an FTS5 index lives: its file or memory, the lock beside the file, its tables, and SQLite's
 * results as errors of ours. */
#ifndef SEARCH_FTS5_FILE_H
#define SEARCH_FTS5_FILE_H

#include <meower/backend.h>
#include <sqlite3.h>
#include <stdbool.h>

struct fts5_file {
    char *name; /* what SQLite opens: an absolute path, or the URI of a database in memory */
    bool is_in_memory;
    bool only_looks; /* nothing is created or changed */
    bool yields;     /* its batches let other threads go first */
    int lock;        /* descriptor, or -1 */
};

/* Finds out what `location` means: "" is memory that belongs to `owner` alone (any address of this process), all else a
 * path. Takes the lock of a file (PATH.lock, which stays), and refuses a file that is not recognisably an index of
 * ours. Errors: LOCKED, CORRUPT, INVALID, PERMISSION, IO, FULL, NO_MEMORY; nothing stays open then. */
int fts5_file_init(struct fts5_file *file, const char *location, const void *owner, meower_error *error);
void fts5_file_release(struct fts5_file *file);

/* Finds the file at `location` to look at it: takes no lock. Errors: NOT_FOUND when there is none, also for memory. */
int fts5_file_find(struct fts5_file *file, const char *location, meower_error *error);

/* Names the index that is built beside `file`: PATH.rebuild, under the lock of `file`, or other memory, told apart by
 * `number`. Refuses a file that is not ours. Released by fts5_file_release(). */
int fts5_file_name_beside(const struct fts5_file *file, unsigned number, struct fts5_file *beside, meower_error *error);

/* Gives the index `beside` the name of `file`, whose place it takes. No connection to either is open. */
int fts5_file_replace(const struct fts5_file *file, const struct fts5_file *beside, meower_error *error);

/* Opens the connection that does every write and every checkpoint, and creates the tables when they are not there.
 * Errors: CORRUPT when they are damaged or of another version. */
int fts5_file_open_writer(const struct fts5_file *file, sqlite3 **db, meower_error *error);

/* Opens a connection that only reads. The writer's is open. */
int fts5_file_open_reader(const struct fts5_file *file, sqlite3 **db, meower_error *error);

/* Removes the index. No connection is open. Memory needs no removing. */
int fts5_file_remove(const struct fts5_file *file, meower_error *error);

/* Makes an error of what the connection failed with last. Returns its code. */
int fts5_file_error(const struct fts5_file *file, sqlite3 *db, meower_error *error);

/* Runs statements that give no rows. */
int fts5_file_execute(const struct fts5_file *file, sqlite3 *db, const char *sql, meower_error *error);

/* Prepares statements[0] to statements[count - 1], to be released by fts5_file_close(). */
int fts5_file_prepare(const struct fts5_file *file, sqlite3 *db, const char *const *sql, sqlite3_stmt **statements,
                      size_t count, meower_error *error);

/* Releases the statements and the connection, and sets *db to NULL. Does nothing when it is NULL. */
void fts5_file_close(sqlite3 **db, sqlite3_stmt **statements, size_t count);

#endif
