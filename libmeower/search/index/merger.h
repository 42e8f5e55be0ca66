/* merger.h - makes one segment of several, without the documents that are deleted. */
#ifndef SEARCH_INDEX_MERGER_H
#define SEARCH_INDEX_MERGER_H

#include "search/index/segment_writer.h"

/* A segment, and which of its documents are deleted. */
struct merge_input {
    const struct segment *segment;
    const uint64_t *deleted; /* bit age % 64 of number age / 64; NULL: none */
};

/* Writes what is left of the inputs, which come in the order of their positions, to a writer that has just begun. What
 * goes wrong in the writer, that tells at its end. Returns false when memory is short. */
bool merger_write(struct segment_writer *writer, const struct merge_input *inputs, size_t count);

#endif
