/* filter.h - which meows a list or a stream is about: terms KEY=VALUE, of which values of one key are alternatives, and
 * different keys must all hold. Compiled once, it only compares neighbours (meower_labels_match() in backend.h). */
#ifndef BASE_FILTER_H
#define BASE_FILTER_H

#include "base/labels.h"
#include <meower/backend.h>

/* Immutable: any thread may read it. */
struct filter {
    size_t count;                          /* 1 at least */
    meower_label terms[MEOWER_LABELS_MAX]; /* in order (base/labels.h), none twice */
    char text[];                           /* of the terms */
};

/* Checks the terms and compiles them. *out is released by filter_free(); it is NULL when there are none, which lets
 * everything through. A term that comes twice is one term. Errors: INVALID, whose message names the term; NO_MEMORY. */
int filter_new(const meower_label *terms, size_t count, struct filter **out, meower_error *error);

/* Releases it; NULL is left alone. */
void filter_free(struct filter *filter);

/* How many of `count` terms, from the first on, have its key: they are alternatives. */
size_t filter_alternatives(const meower_label *terms, size_t count);

#endif
