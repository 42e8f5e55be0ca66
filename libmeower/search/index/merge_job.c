/* merge_job.c - merges parts of a view. */
#include "search/index/merge_job.h"

static const struct view_part *part_of(const struct merge_job *job, size_t i)
{
    return &job->view->parts[job->first + i];
}

static bool begin_merger(struct merge_job *job)
{
    struct merge_input *inputs = calloc(job->count, sizeof(*inputs));
    bool has_memory = inputs != NULL;

    for (size_t i = 0; i < job->count && has_memory; i++) {
        const struct view_part *part = part_of(job, i);
        inputs[i] = (struct merge_input){part->segment, part->deletions == NULL ? NULL : part->deletions->bits};
    }
    has_memory = has_memory && merger_init(&job->merger, &job->writer, inputs, job->count);
    free(inputs);
    return has_memory;
}

/* False where there is nothing to write. */
static bool note_parts(struct merge_job *job)
{
    uint64_t documents = 0;

    for (size_t i = 0; i < job->count; i++) {
        documents += part_documents(part_of(job, i));
        job->has_files = job->has_files || part_of(job, i)->segment->number != 0;
    }
    job->is_empty = documents == 0;
    return !job->is_empty;
}

int merge_job_begin(struct merge_job **out, struct index_files *files, struct view *view, size_t first, size_t count,
                    bool to_file, meower_error *error)
{
    struct merge_job *job = calloc(1, sizeof(*job));
    int status = MEOWER_OK;

    if (job == NULL) {
        return index_files_memory_error(error);
    }
    job->files = files;
    job->view = view_hold(view);
    job->first = first;
    job->count = count;
    if (note_parts(job) && to_file && files->path != NULL) {
        status = index_files_begin(files, &job->writer, &job->number, error);
        job->has_files = true;
    } else {
        segment_writer_init(&job->writer, -1);
    }
    if (status == MEOWER_OK && !job->is_empty && !begin_merger(job)) {
        status = index_files_memory_error(error);
    }
    if (status != MEOWER_OK) {
        merge_job_free(job);
        return status;
    }
    *out = job;
    return MEOWER_OK;
}

bool merge_job_step(struct merge_job *job, uint64_t work)
{
    return job->is_empty || job->writer.system_errno != 0 || merger_step(&job->merger, work);
}

size_t merge_job_place(const struct merge_job *job, const struct view *view)
{
    size_t place = 0;

    while (place < view->count && view->parts[place].segment != part_of(job, 0)->segment) {
        place++;
    }
    return place;
}

/* What the present part has deleted since the job began. */
static bool carry_deletions(const struct merge_job *job, size_t i, const struct view_part *present,
                            struct view_part *merged)
{
    const struct view_part *before = part_of(job, i);

    for (uint32_t age = 0;
         part_deleted(present) > part_deleted(before) && age < present->segment->header.document_count; age++) {
        if (part_is_deleted(present, age) && !part_is_deleted(before, age) &&
            !view_part_delete(merged, segment_find_id(merged->segment, segment_id(present->segment, age)))) {
            return false;
        }
    }
    return true;
}

/* Writes the new part of what the merger has written; its segment is NULL when that is nothing. */
static int end_segment(struct merge_job *job, struct view_part *merged, meower_error *error)
{
    int status = MEOWER_OK;

    *merged = (struct view_part){0};
    if (job->is_empty) {
        return MEOWER_OK;
    }
    if (job->number != 0) {
        status = index_files_end(job->files, &job->writer, job->number, &merged->segment, error);
        job->number = 0; /* the file is closed, or gone */
        return status;
    }
    return segment_writer_end(&job->writer, &merged->segment) == MEOWER_OK ? MEOWER_OK
                                                                           : index_files_memory_error(error);
}

static int replace(const struct merge_job *job, const struct view *view, struct view_part *merged, struct view **next,
                   meower_error *error)
{
    struct view *copy = view_copy(view);
    size_t place = merge_job_place(job, view);
    size_t kept = merged->segment == NULL ? 0 : 1;

    for (size_t i = 0; i < job->count && copy != NULL && kept == 1; i++) {
        if (!carry_deletions(job, i, &view->parts[place + i], merged)) {
            view_release(copy);
            copy = NULL;
        }
    }
    if (copy == NULL) {
        return index_files_memory_error(error);
    }
    for (size_t i = 0; i < job->count; i++) {
        view_part_release(&copy->parts[place + i]);
    }
    memmove(&copy->parts[place + kept], &copy->parts[place + job->count],
            (copy->count - place - job->count) * sizeof(copy->parts[0]));
    copy->count -= job->count - kept;
    if (kept == 1) {
        copy->parts[place] = *merged;
    }
    *next = copy;
    return MEOWER_OK;
}

int merge_job_end(struct merge_job *job, const struct view *view, struct view **next, meower_error *error)
{
    struct view_part merged;
    int status = end_segment(job, &merged, error);

    if (status == MEOWER_OK) {
        status = replace(job, view, &merged, next, error);
        if (status != MEOWER_OK) {
            view_part_release(&merged);
        }
    }
    merge_job_free(job);
    return status;
}

void merge_job_free(struct merge_job *job)
{
    if (job == NULL) {
        return;
    }
    merger_free(&job->merger);
    if (job->number != 0) {
        index_files_abandon(job->files, &job->writer, job->number);
    } else {
        segment_writer_free(&job->writer);
    }
    view_release(job->view);
    free(job);
}
