/* sqlite_labels.h - the labels of meows in the SQLite store, in two tables beside that of the meows.
 *
 * meower_meow_labels has the labels of each meow: new ones are appended to it. meower_labels has the meows of each
 * label, which a filter reads. There a row goes to the place of its label, so that a batch of posts would write a page
 * of the file for nearly every label that it has. So the labels are sorted into it later, many at once: those of the
 * meows up to the id that meower_meta has under SQLITE_LABELS_SORTED. Ids rise with positions, so that every
 * new meow has a greater id. */
#ifndef STORE_SQLITE_LABELS_H
#define STORE_SQLITE_LABELS_H

#include "base/labels_buffer.h"
#include "store/sqlite_connection.h"

#define SQLITE_LABELS_SORTED "'labels_sorted'"

/* They are sorted when there are more than this. Until then a filter looks at them row by row, which takes half a
 * millisecond for so many. */
#define SQLITE_LABELS_UNSORTED_MAX 4096

#define SQLITE_LABELS_UNSORTED "meow_id > (SELECT value FROM meower_meta WHERE name = " SQLITE_LABELS_SORTED ")"

/* Two statements that sort them. All that were unsorted may have been deleted meanwhile. */
#define SQLITE_LABELS_SORT                                                                                             \
    "INSERT INTO meower_labels(key, value, meow_id) SELECT key, value, meow_id FROM meower_meow_labels "               \
    "WHERE " SQLITE_LABELS_UNSORTED " ORDER BY key, value, meow_id ON CONFLICT DO NOTHING"
#define SQLITE_LABELS_NOTE_SORTED                                                                                      \
    "UPDATE meower_meta SET value = coalesce((SELECT max(meow_id) FROM meower_meow_labels), value) WHERE name "        \
    "= " SQLITE_LABELS_SORTED

/* Inserts all labels of posts; the argument is bound by sqlite_labels_insert(). What another program has left under an
 * id that it took away does no harm. */
#define SQLITE_LABELS_INSERT                                                                                           \
    "INSERT INTO meower_meow_labels(meow_id, key, value) SELECT id, key, value FROM meower_post_labels(?1) "           \
    "WHERE true ON CONFLICT DO NOTHING"

/* The rows of meower_labels that the meow `id` has. */
#define SQLITE_LABELS_SORTED_OF(id)                                                                                    \
    "(key, value, meow_id) IN (SELECT key, value, meow_id FROM meower_meow_labels WHERE meow_id = " id ")"

/* The labels of the meow ?1. */
#define SQLITE_LABELS_OF_MEOW "SELECT key, value FROM meower_meow_labels WHERE meow_id = ?1"

/* Makes the table that SQLITE_LABELS_INSERT reads known to a connection. Returns SQLite's result. */
int sqlite_labels_register(sqlite3 *db);

/* Inserts the labels of `posts`, `label_count` in all, one at least, by statements[`statement`], which is
 * SQLITE_LABELS_INSERT. */
int sqlite_labels_insert(struct sqlite_connection *writer, int statement, const meower_store_operation *posts,
                         size_t count, size_t label_count, meower_error *error);

/* Fills `labels` with those of the meow `id`, by statements[`statement`], which is SQLITE_LABELS_OF_MEOW. Errors: also
 * CORRUPT when there are more than a meow can have. */
int sqlite_labels_read(struct sqlite_connection *reader, int statement, const char *id, struct labels_buffer *labels,
                       meower_error *error);

#endif
