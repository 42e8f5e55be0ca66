/* term_labels.h - what the filter of a search is in an index: for each of its keys, the documents that have one of the
 * labels it names. */
#ifndef SEARCH_INDEX_TERM_LABELS_H
#define SEARCH_INDEX_TERM_LABELS_H

#include "search/index/terms.h"

/* Finds them in every part, and notes which parts the filter leaves out; without a filter there is nothing to do. False
 * when memory is short. */
bool term_labels_find(struct terms *terms);

/* Whether the filter leaves out every part there is. */
bool term_labels_leave_nothing(const struct terms *terms);

#endif
