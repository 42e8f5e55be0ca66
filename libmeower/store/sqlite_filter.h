/* sqlite_filter.h - which meows of a SQLite store carry what the terms of a range say. */
#ifndef STORE_SQLITE_FILTER_H
#define STORE_SQLITE_FILTER_H

#include "store/sqlite_connection.h"
#include "store/sqlite_labels.h"
#include <stdbool.h>

/* The next meow of one label, below or from an id on; NULL when there is none. The meows whose labels are not
 * sorted are newer than the others (sqlite_labels.h), and the second half is not run when the first one has found
 * something. Two statements, of which the one for ascending order is the one behind the other. */
#define SQLITE_FILTER_LABEL "WHERE key = ?1 AND value = ?2 AND meow_id "
#define SQLITE_FILTER_DOWN                                                                                             \
    "SELECT coalesce((SELECT meow_id FROM meower_meow_labels " SQLITE_FILTER_LABEL "< ?3 AND " SQLITE_LABELS_UNSORTED  \
    " ORDER BY meow_id DESC LIMIT 1), (SELECT meow_id FROM meower_labels " SQLITE_FILTER_LABEL                         \
    "< ?3 ORDER BY meow_id DESC LIMIT 1))"
#define SQLITE_FILTER_UP                                                                                               \
    "SELECT coalesce((SELECT meow_id FROM meower_labels " SQLITE_FILTER_LABEL                                          \
    ">= ?3 ORDER BY meow_id LIMIT 1), (SELECT meow_id FROM meower_meow_labels " SQLITE_FILTER_LABEL                    \
    ">= ?3 AND " SQLITE_LABELS_UNSORTED " ORDER BY meow_id LIMIT 1))"

/* What is known of a term: the next meow that carries it. */
struct sqlite_filter_term {
    bool is_known;
    char id[MEOWER_ID_SIZE]; /* "" when none follows */
};

/* Where a walk through the meows of a range is. */
struct sqlite_filter {
    struct sqlite_connection *reader;
    int statement; /* SQLITE_FILTER_DOWN; the next one is SQLITE_FILTER_UP */
    const meower_range *range;
    char id[MEOWER_ID_SIZE]; /* of the meow that was found last; at first the bound that the walk begins at */
    struct sqlite_filter_term terms[MEOWER_LABELS_MAX]; /* of the range's */
};

/* Begins before the first meow of the range, which outlives the walk, and has terms. */
void sqlite_filter_begin(struct sqlite_filter *filter, struct sqlite_connection *reader, int statement,
                         const meower_range *range);

/* Goes on to the next one. *is_found is false behind the last; filter->id says which it is. */
int sqlite_filter_next(struct sqlite_filter *filter, bool *is_found, meower_error *error);

#endif
