/* look.h - going through an index, to compare it with the store and with itself. */
#ifndef SEARCH_INDEX_LOOK_H
#define SEARCH_INDEX_LOOK_H

#include "search/index/view.h"

/* Pushes the documents after position `after`, at most `max`, in position order; without their words, which no segment
 * keeps in the order of a text. Returns the sink's status. */
int look_list(const struct view *view, uint64_t after, size_t max, meower_document_sink *sink);

/* Pushes what is wrong with the index. Returns the sink's status. */
int look_inspect(const struct view *view, meower_text_sink *sink);

#endif
