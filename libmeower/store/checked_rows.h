/* checked_rows.h - the sink that stands between a store and who reads it: rows that no store may give are refused with
 * words, lest they spoil what is made of them. */
#ifndef STORE_CHECKED_ROWS_H
#define STORE_CHECKED_ROWS_H

#include <meower/backend.h>
#include <stdbool.h>

struct checked_rows {
    meower_row_sink sink; /* first: the row function casts back. checked_rows_event() or checked_rows_meow() */
    meower_row_sink *target;
    size_t max;    /* rows that were asked for */
    size_t count;  /* rows that came */
    bool is_wrong; /* a row was refused */
    meower_error error;
};

/* Passes an event on. Refused are one without an id, and one more than was asked for. */
int checked_rows_event(meower_row_sink *sink, const meower_row *row);

/* Passes a meow on. Refused is also one without a body. Of both kinds, refused are labels that no meow can have. */
int checked_rows_meow(meower_row_sink *sink, const meower_row *row);

/* What became of the store's call that ended with `status`: CORRUPT, with the reason, when a row was refused. */
int checked_rows_end(const struct checked_rows *rows, int status, meower_error *error);

#endif
