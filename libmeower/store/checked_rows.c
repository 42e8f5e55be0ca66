/* checked_rows.c - see checked_rows.h. */
#include "store/checked_rows.h"

static int refuse(struct checked_rows *rows, const char *fault)
{
    rows->is_wrong = true;
    return meower_error_set(&rows->error, MEOWER_ERROR_CORRUPT, 0, 0, "the store gave %s: row %zu of a call", fault,
                            rows->count);
}

int checked_rows_event(meower_row_sink *sink, const meower_row *row)
{
    struct checked_rows *rows = (struct checked_rows *)sink;

    rows->count++;
    if (rows->count > rows->max) {
        return refuse(rows, "more rows than it was asked for");
    }
    if (row->id == NULL || row->id[0] == '\0') {
        return refuse(rows, "a row without an id");
    }
    if (row->label_count > 0 && meower_labels_check(row->labels, row->label_count, NULL) != MEOWER_OK) {
        return refuse(rows, "labels that no meow can have");
    }
    return rows->target->row(rows->target, row);
}

int checked_rows_meow(meower_row_sink *sink, const meower_row *row)
{
    struct checked_rows *rows = (struct checked_rows *)sink;

    if (row->body == NULL) {
        rows->count++;
        return refuse(rows, "a meow without a body");
    }
    return checked_rows_event(sink, row);
}

int checked_rows_end(const struct checked_rows *rows, int status, meower_error *error)
{
    if (!rows->is_wrong) {
        return status;
    }
    *error = rows->error;
    return MEOWER_ERROR_CORRUPT;
}
