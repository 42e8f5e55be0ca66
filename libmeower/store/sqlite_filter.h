/* sqlite_filter.h - which meows of a SQLite store carry what the terms of a range say. */
#ifndef STORE_SQLITE_FILTER_H
#define STORE_SQLITE_FILTER_H

#include "store/sqlite_connection.h"
#include "store/sqlite_labels.h"
#include <stdbool.h>

/* Five statements in this order: up to which meow the labels are sorted (sqlite_labels.h); and the next meow
 * of one label below or from an id on, of those that are sorted, and of those that are not, which come after ?4. */
#define SQLITE_FILTER_SORTED "SELECT value FROM meower_meta WHERE name = " SQLITE_LABELS_SORTED
#define SQLITE_FILTER_SORTED_DOWN                                                                                      \
    "SELECT meow_id FROM meower_labels WHERE key = ?1 AND value = ?2 AND meow_id < ?3 ORDER BY meow_id DESC LIMIT 1"
#define SQLITE_FILTER_SORTED_UP                                                                                        \
    "SELECT meow_id FROM meower_labels WHERE key = ?1 AND value = ?2 AND meow_id >= ?3 ORDER BY meow_id LIMIT 1"
#define SQLITE_FILTER_UNSORTED_DOWN                                                                                    \
    "SELECT meow_id FROM meower_meow_labels WHERE key = ?1 AND value = ?2 AND meow_id < ?3 AND meow_id > ?4 "          \
    "ORDER BY meow_id DESC LIMIT 1"
#define SQLITE_FILTER_UNSORTED_UP                                                                                      \
    "SELECT meow_id FROM meower_meow_labels WHERE key = ?1 AND value = ?2 AND meow_id >= ?3 AND meow_id > ?4 "         \
    "ORDER BY meow_id LIMIT 1"

/* What is known of a term: the next meow that carries it. */
struct sqlite_filter_term {
    bool is_known;
    char id[MEOWER_ID_SIZE]; /* "" when none follows */
};

/* Where a walk through the meows of a range is. */
struct sqlite_filter {
    struct sqlite_connection *reader;
    int statement; /* SQLITE_FILTER_SORTED; the others follow it */
    const meower_range *range;
    char sorted[MEOWER_ID_SIZE]; /* the labels of the meows up to it are sorted */
    char id[MEOWER_ID_SIZE];     /* of the meow that was found last; at first the bound that the walk begins at */
    struct sqlite_filter_term terms[MEOWER_LABELS_MAX]; /* of the range's */
};

/* Begins before the first meow of the range, which outlives the walk, and has terms. The reader is in a transaction
 * until the walk has ended. */
int sqlite_filter_begin(struct sqlite_filter *filter, struct sqlite_connection *reader, int statement,
                        const meower_range *range, meower_error *error);

/* Goes on to the next one. *is_found is false behind the last; filter->id says which it is. */
int sqlite_filter_next(struct sqlite_filter *filter, bool *is_found, meower_error *error);

#endif
