/* indexer.h - the writer of an index: applies batches, and keeps the segments few.
 *
 * Every batch becomes a small segment in memory. Where MERGE_COUNT of about the same size have gathered at the end,
 * they are merged to one, so that a document is copied a few times only (a log-structured merge: O'Neil and others,
 * Acta Informatica 33, 1996). When SEALED_DOCUMENTS are in memory alone, they go to a file: what a killed process had
 * in memory is indexed again: the manifest says how far the files are. */
#ifndef SEARCH_INDEX_INDEXER_H
#define SEARCH_INDEX_INDEXER_H

#include "search/index/merge_job.h"
#include <pthread.h>

struct indexer {
    struct index_files *files;
    pthread_mutex_t *mutex; /* is held for the moment in which the view is replaced or held */
    struct view *view;
    struct merge_job *job; /* a large merge on its way, or NULL */
    meower_search_info info;
    bool is_beside;            /* no manifest names its files until it is put in the place of another one */
    bool has_unsaved;          /* the manifest does not name all files */
    int64_t deleted_at_us;     /* monotonic: when the oldest deletion came that is still in a segment; 0: none is */
    int64_t idle_merged_at_us; /* monotonic: when it was last merged because nothing was to be indexed */
};

/* Applies documents in their order. Those at or before the position that the index has reached (of the same epoch) are
 * in it already, and are left out. After an error nothing of the batch is in the index. */
int indexer_apply(struct indexer *indexer, const meower_search_document *documents, size_t count,
                  const meower_search_info *info, int64_t now_us, meower_error *error);

/* Merges, and clears away deleted documents: what is due. `applied` documents have just been applied; 0: nothing is to
 * be indexed. `beside` is another indexer's view on the same files, or
 * NULL. After an error the index holds what it held before. */
int indexer_tend(struct indexer *indexer, int64_t now_us, size_t applied, const struct view *beside,
                 meower_error *error);

/* When it is to be tended again though nothing is applied: so many microseconds from now; 0: not at all. */
int64_t indexer_wait_us(const struct indexer *indexer, int64_t now_us);

/* Gives up the large merge: before its view is replaced by one that has not the same segments. */
void indexer_stop(struct indexer *indexer);

/* Brings all of it into files, without what is deleted. */
int indexer_flush(struct indexer *indexer, meower_error *error);

/* Makes the manifest name what the index has in files, and removes the other files. */
int indexer_save(struct indexer *indexer, const struct view *beside, meower_error *error);

/* The present view, held once more. Any thread. */
struct view *indexer_view(struct indexer *indexer);

/* Puts another view in its place, and releases the old one. */
void indexer_replace(struct indexer *indexer, struct view *view);

#endif
