/* merge_job.h - puts one segment in the place of several that stand side by side in a view, without the documents that
 * are deleted. It may be done at once, or a piece at a time while the view goes on: what is deleted meanwhile is
 * deleted in the new segment too. */
#ifndef SEARCH_INDEX_MERGE_JOB_H
#define SEARCH_INDEX_MERGE_JOB_H

#include "search/index/files.h"
#include "search/index/merger.h"

struct merge_job {
    struct index_files *files;
    struct view *view; /* of the moment in which it began; held */
    size_t first;      /* of its parts */
    size_t count;
    bool is_empty;   /* no document is left: nothing is written */
    bool has_files;  /* some of the parts, or the new one, are in files */
    uint64_t number; /* of the file; 0: it goes to memory */
    struct segment_writer writer;
    struct merger merger;
};

/* Begins with `count` parts of the view from `first` on. Freed by merge_job_end() or merge_job_free(). */
int merge_job_begin(struct merge_job **out, struct index_files *files, struct view *view, size_t first, size_t count,
                    bool to_file, meower_error *error);

/* Goes on for so much work (merger.h). Returns whether it is time to end it. */
bool merge_job_step(struct merge_job *job, uint64_t work);

/* Makes *next of the present view, which still has the parts. After an error there is no new segment. The job is freed
 * either way. */
int merge_job_end(struct merge_job *job, const struct view *view, struct view **next, meower_error *error);

/* Gives up. NULL is fine. */
void merge_job_free(struct merge_job *job);

/* Where its parts are in a view. */
size_t merge_job_place(const struct merge_job *job, const struct view *view);

#endif
