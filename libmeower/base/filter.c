/* filter.c - see filter.h. */
#include "base/filter.h"
#include <stdbool.h>
#include <stdlib.h>

static void drop_repeated(struct filter *filter)
{
    size_t kept = 1;

    for (size_t i = 1; i < filter->count; i++) {
        if (labels_compare(&filter->terms[kept - 1], &filter->terms[i]) != 0) {
            filter->terms[kept++] = filter->terms[i];
        }
    }
    filter->count = kept;
}

int filter_new(const meower_label *terms, size_t count, struct filter **out, meower_error *error)
{
    struct filter *filter;
    int status = labels_check_each("a filter", terms, count, error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (count == 0) {
        *out = NULL;
        return MEOWER_OK;
    }
    filter = malloc(sizeof(*filter) + labels_text_len(terms, count));
    if (filter == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a filter");
    }
    filter->count = count;
    labels_copy(terms, count, filter->terms, filter->text);
    drop_repeated(filter);
    *out = filter;
    return MEOWER_OK;
}

void filter_free(struct filter *filter)
{
    free(filter);
}

size_t filter_alternatives(const meower_label *terms, size_t count)
{
    size_t alternatives = 1;

    while (alternatives < count && labels_compare_keys(&terms[0], &terms[alternatives]) == 0) {
        alternatives++;
    }
    return alternatives;
}

int meower_labels_match(const meower_label *terms, size_t term_count, const meower_label *labels, size_t label_count)
{
    size_t at = 0; /* the labels before it are below the term that is looked at */
    size_t term = 0;

    while (term < term_count) {
        size_t end = term + filter_alternatives(&terms[term], term_count - term);
        bool holds = false;
        while (term < end && at < label_count && !holds) {
            int order = labels_compare(&labels[at], &terms[term]);
            holds = order == 0;
            at += order < 0 ? 1 : 0;
            term += order > 0 ? 1 : 0;
        }
        if (!holds) {
            return 0;
        }
        term = end;
    }
    return 1;
}
