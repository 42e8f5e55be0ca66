/* merger.h - makes one segment of several, without the documents that are deleted. */
#ifndef SEARCH_INDEX_MERGER_H
#define SEARCH_INDEX_MERGER_H

#include "search/index/segment_writer.h"

/* A segment, and which of its documents are deleted. */
struct merge_input {
    const struct segment *segment;
    const uint64_t *deleted; /* bit age % 64 of number age / 64; NULL: none */
};

/* One merge on its way. */
struct merger {
    struct segment_writer *writer;
    struct merge_source *sources; /* the newest first, as ages are */
    struct merge_source **found;  /* those that stand at the first word of all */
    size_t count;
    size_t at; /* the source whose documents are written after all words are */
};

/* Begins to write what is left of the inputs, which come in the order of their positions, to a writer that has just
 * begun. The inputs' segments and bits outlive it. False when memory is short. Freed by merger_free() in either case.
 */
bool merger_init(struct merger *merger, struct segment_writer *writer, const struct merge_input *inputs, size_t count);

/* Goes on until about `work` documents of words were written. Returns true when all is written. What goes wrong in the
 * writer, that tells at its end. */
bool merger_step(struct merger *merger, uint64_t work);
void merger_free(struct merger *merger);

#endif
