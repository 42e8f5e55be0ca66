/* sqlite_filter.c - a leapfrog join (Veldhuizen, "Leapfrog Triejoin", ICDT 2014): each key in turn seeks its next meow
 * from where the last one has come to, until all have come to the same. So what is read is bounded by the rarest label,
 * however common the others are. */
#include "store/sqlite_filter.h"
#include "base/filter.h"
#include <stdio.h>
#include <string.h>

enum {          /* statements after the first one */
    SORTED = 1, /* in descending order; the next one is for ascending order */
    UNSORTED = 3
};

/* Steps a statement that gives one id at most; `id` is "" when it gives none. */
static int read_id(struct sqlite_connection *reader, int index, char id[MEOWER_ID_SIZE], meower_error *error)
{
    sqlite3_stmt *statement = reader->statements[index];
    int status = MEOWER_OK;
    int result = sqlite3_step(statement);
    const char *text = result == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;

    if (text != NULL) {
        snprintf(id, MEOWER_ID_SIZE, "%s", text);
    } else if (result == SQLITE_DONE) {
        id[0] = '\0';
    } else {
        status = sqlite_connection_error(reader, error);
    }
    sqlite3_reset(statement);
    return status;
}

int sqlite_filter_begin(struct sqlite_filter *filter, struct sqlite_connection *reader, int statement,
                        const meower_range *range, meower_error *error)
{
    const char *bound = range->ascending ? range->above : range->below;

    *filter = (struct sqlite_filter){.reader = reader, .statement = statement, .range = range};
    if (bound == NULL) {
        bound = range->ascending ? "" : "~"; /* every id is between them */
    }
    snprintf(filter->id, sizeof(filter->id), "%s", bound);
    return read_id(reader, statement, filter->sorted, error);
}

/* Whether the walk, in its direction, comes to `left` before `right`; "" is behind all. */
static bool is_before(const struct sqlite_filter *filter, const char *left, const char *right)
{
    if (left[0] == '\0' || right[0] == '\0') {
        return left[0] != '\0';
    }
    return filter->range->ascending ? strcmp(left, right) < 0 : strcmp(left, right) > 0;
}

/* Whether what is known of a term is still to come for a walk from `start` on. */
static bool is_ahead(const struct sqlite_filter *filter, const struct sqlite_filter_term *term, const char *start)
{
    if (!term->is_known || term->id[0] == '\0') {
        return term->is_known;
    }
    return filter->range->ascending ? strcmp(term->id, start) >= 0 : strcmp(term->id, start) < 0;
}

/* Finds the next meow of a label in one of the two tables. */
static int seek_label(struct sqlite_filter *filter, int table, const meower_label *label, const char *start,
                      char found[MEOWER_ID_SIZE], meower_error *error)
{
    int index = filter->statement + table + (filter->range->ascending ? 1 : 0);

    sqlite_connection_bind(filter->reader, index, 1, label->key);
    sqlite_connection_bind(filter->reader, index, 2, label->value);
    sqlite_connection_bind(filter->reader, index, 3, start);
    if (table == UNSORTED) {
        sqlite_connection_bind(filter->reader, index, 4, filter->sorted);
    }
    return read_id(filter->reader, index, found, error);
}

/* Whether a table can have what follows `start`. */
static bool may_have(const struct sqlite_filter *filter, int table, const char *start)
{
    bool is_ascending = filter->range->ascending != 0;
    bool is_behind_sorted = strcmp(start, filter->sorted) > 0;

    return table == SORTED ? !is_ascending || !is_behind_sorted : is_ascending || is_behind_sorted;
}

/* Finds the next meow of the term `number` from `start` on, which is as sqlite_filter.h says. */
static int seek_term(struct sqlite_filter *filter, size_t number, const char *start, meower_error *error)
{
    struct sqlite_filter_term *term = &filter->terms[number];
    const bool is_ascending = filter->range->ascending != 0;
    const int tables[] = {is_ascending ? SORTED : UNSORTED, is_ascending ? UNSORTED : SORTED};
    int status = MEOWER_OK;

    if (is_ahead(filter, term, start)) {
        return MEOWER_OK;
    }
    term->id[0] = '\0';
    for (int i = 0; i < 2 && status == MEOWER_OK && term->id[0] == '\0'; i++) {
        if (may_have(filter, tables[i], start)) {
            status = seek_label(filter, tables[i], &filter->range->terms[number], start, term->id, error);
        }
    }
    term->is_known = status == MEOWER_OK;
    return status;
}

/* Moves the walk to the next meow that has one of the alternatives, "" when there is none: past the one where it is, or
 * from it on. No id is between an id and the same one with a "!" behind it. */
static int seek_any(struct sqlite_filter *filter, size_t first, size_t count, bool is_past, meower_error *error)
{
    char start[MEOWER_ID_SIZE + 1];
    char nearest[MEOWER_ID_SIZE] = "";
    int status = MEOWER_OK;
    bool needs_mark = (filter->range->ascending != 0) == is_past;

    snprintf(start, sizeof(start), "%s%s", filter->id, needs_mark ? "!" : "");
    for (size_t i = first; i < first + count && status == MEOWER_OK; i++) {
        status = seek_term(filter, i, start, error);
        if (status == MEOWER_OK && is_before(filter, filter->terms[i].id, nearest)) {
            memcpy(nearest, filter->terms[i].id, sizeof(nearest));
        }
    }
    memcpy(filter->id, nearest, sizeof(nearest));
    return status;
}

static bool is_within(const struct sqlite_filter *filter)
{
    const meower_range *range = filter->range;
    const char *end = range->ascending ? range->below : range->above;

    return filter->id[0] != '\0' && (end == NULL || is_before(filter, filter->id, end));
}

int sqlite_filter_next(struct sqlite_filter *filter, bool *is_found, meower_error *error)
{
    const meower_range *range = filter->range;
    char last[MEOWER_ID_SIZE] = "";
    size_t term = 0;
    size_t agreed = 0; /* terms whose keys have come to where the walk is */
    int status = MEOWER_OK;

    *is_found = false;
    while (agreed < range->term_count) {
        size_t alternatives = filter_alternatives(&range->terms[term], range->term_count - term);
        status = seek_any(filter, term, alternatives, last[0] == '\0', error);
        if (status != MEOWER_OK || !is_within(filter)) {
            return status;
        }
        agreed = strcmp(filter->id, last) == 0 ? agreed + alternatives : alternatives;
        memcpy(last, filter->id, sizeof(last));
        term = (term + alternatives) % range->term_count;
    }
    *is_found = true;
    return MEOWER_OK;
}
