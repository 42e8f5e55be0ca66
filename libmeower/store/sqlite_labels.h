/* sqlite_labels.h - the labels of meows in the SQLite store: rows of meower_labels beside the table of meows. */
#ifndef STORE_SQLITE_LABELS_H
#define STORE_SQLITE_LABELS_H

#include "base/labels_buffer.h"
#include "store/sqlite_connection.h"

/* Inserts all labels of posts; the argument is bound by sqlite_labels_insert(). What another program has left under an
 * id that it took away does no harm. */
#define SQLITE_LABELS_INSERT                                                                                           \
    "INSERT INTO meower_labels(key, value, meow_id) SELECT key, value, id FROM meower_post_labels(?1) WHERE true "     \
    "ON CONFLICT DO NOTHING"

/* The labels of the meow ?1. */
#define SQLITE_LABELS_OF_MEOW "SELECT key, value FROM meower_labels WHERE meow_id = ?1 ORDER BY key, value"

/* Makes the table that SQLITE_LABELS_INSERT reads known to a connection. Returns SQLite's result. */
int sqlite_labels_register(sqlite3 *db);

/* Inserts the labels of `posts` by statements[`statement`], which is SQLITE_LABELS_INSERT; does nothing when there are
 * none. */
int sqlite_labels_insert(struct sqlite_connection *writer, int statement, const meower_store_operation *posts,
                         size_t count, meower_error *error);

/* Fills `labels` with those of the meow `id`, by statements[`statement`], which is SQLITE_LABELS_OF_MEOW. Errors: also
 * CORRUPT when there are more than a meow can have. */
int sqlite_labels_read(struct sqlite_connection *reader, int statement, const char *id, struct labels_buffer *labels,
                       meower_error *error);

#endif
