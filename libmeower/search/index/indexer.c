/* indexer.c - the writer of an index. */
#include "search/index/indexer.h"
#include "search/index/builder.h"
#include "search/index/manifest.h"

#define MERGE_COUNT       8 /* segments of about the same size that are merged to one */
#define IDLE_MERGE_COUNT  2 /* where nothing is to be indexed */
#define IDLE_MERGE_US     200000
#define SEALED_DOCUMENTS  4096
#define SEGMENT_DOCUMENTS (UINT32_C(1) << 23) /* a segment that has as many is merged no more */
#define SMALL_DOCUMENTS   8192                /* in memory: written anew at once without what is deleted in it */
#define PURGE_AFTER_US    20000000            /* another one after so long */

/* A merge of more documents is done in pieces: of PIECE_WORK when nothing is to be indexed, else in proportion
 * to what was indexed. A document has about 14 words, and is merged by pieces at most three times. */
#define LARGE_MERGE       32768
#define PIECE_WORK        32768
#define WORK_PER_DOCUMENT 56

/* ---- views ------------------------------------------------------------------------------------------------------ */

struct view *indexer_view(struct indexer *indexer)
{
    pthread_mutex_lock(indexer->mutex);
    struct view *view = view_hold(indexer->view);
    pthread_mutex_unlock(indexer->mutex);
    return view;
}

void indexer_replace(struct indexer *indexer, struct view *view)
{
    pthread_mutex_lock(indexer->mutex);
    struct view *old = indexer->view;
    indexer->view = view;
    pthread_mutex_unlock(indexer->mutex);
    view_release(old);
}

/* ---- applying --------------------------------------------------------------------------------------------------- */

/* A batch on its way into the next view. */
struct batch {
    struct view *view;
    struct new_document *documents; /* those that are new; words is NULL for one that is gone again */
    size_t count;
    unsigned char greatest_id[KSUID_BYTES]; /* of them */
    bool has_deleted;
};

/* Deletes what the batch has under this id. Most ids are above all before them. */
static void delete_in_batch(struct batch *batch, const unsigned char id[KSUID_BYTES])
{
    bool is_new = memcmp(id, batch->greatest_id, KSUID_BYTES) > 0;

    for (size_t i = 0; i < batch->count && !is_new; i++) {
        if (batch->documents[i].words != NULL && memcmp(batch->documents[i].id, id, KSUID_BYTES) == 0) {
            batch->documents[i].words = NULL;
        }
    }
}

/* Deletes what the index has under this id. False when memory is short. */
static bool delete_id(struct batch *batch, const unsigned char id[KSUID_BYTES])
{
    delete_in_batch(batch, id);
    for (size_t i = batch->view->count; i > 0; i--) {
        uint32_t age = segment_find_id(batch->view->parts[i - 1].segment, id);
        if (age == SEGMENT_NO_AGE || part_is_deleted(&batch->view->parts[i - 1], age)) {
            continue;
        }
        batch->has_deleted = true;
        return view_part_delete(&batch->view->parts[i - 1], age);
    }
    return true;
}

static int add_document(struct batch *batch, const meower_search_document *document, meower_error *error)
{
    struct new_document added = {.position = document->position,
                                 .words = document->words,
                                 .words_len = document->words_len,
                                 .labels = document->labels,
                                 .label_count = document->label_count};

    if (!ksuid_parse(document->id, strlen(document->id), added.id)) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "\"%.40s\" is no id of a meow", document->id);
    }
    if (!delete_id(batch, added.id)) {
        return index_files_memory_error(error);
    }
    if (document->words != NULL) {
        batch->documents[batch->count++] = added;
        if (memcmp(added.id, batch->greatest_id, KSUID_BYTES) > 0) {
            memcpy(batch->greatest_id, added.id, KSUID_BYTES);
        }
    }
    return MEOWER_OK;
}

/* Makes a segment of the new documents, and of it a part. */
static int add_part(struct batch *batch, meower_error *error)
{
    size_t left = 0;

    for (size_t i = 0; i < batch->count; i++) {
        if (batch->documents[i].words != NULL) {
            batch->documents[left++] = batch->documents[i];
        }
    }
    if (left == 0) {
        return MEOWER_OK;
    }
    struct segment *segment = builder_make(batch->documents, left);
    if (segment == NULL || !vocabulary_add_segment(batch->view->vocabulary, segment)) {
        segment_release(segment);
        return index_files_memory_error(error);
    }
    batch->view->parts[batch->view->count++] = (struct view_part){.segment = segment};
    return MEOWER_OK;
}

/* Whether the position is one that the index has reached. */
static bool is_known(const struct indexer *indexer, const meower_search_info *info, uint64_t position)
{
    return strcmp(indexer->info.epoch, info->epoch) == 0 && position <= indexer->info.position;
}

int indexer_apply(struct indexer *indexer, const meower_search_document *documents, size_t count,
                  const meower_search_info *info, int64_t now_us, meower_error *error)
{
    struct batch batch = {
        .view = view_copy(indexer->view),
        .documents = malloc((count + 1) * sizeof(*batch.documents)),
    };
    int status = batch.view == NULL || batch.documents == NULL ? index_files_memory_error(error) : MEOWER_OK;

    for (size_t i = 0; i < count && status == MEOWER_OK; i++) {
        if (!is_known(indexer, info, documents[i].position)) {
            status = add_document(&batch, &documents[i], error);
        }
    }
    if (status == MEOWER_OK) {
        status = add_part(&batch, error);
    }
    free(batch.documents);
    if (status != MEOWER_OK) {
        view_release(batch.view);
        return status;
    }
    if (!is_known(indexer, info, info->position)) {
        indexer->info = *info;
    }
    if (batch.has_deleted && indexer->deleted_at_us == 0) {
        indexer->deleted_at_us = now_us;
    }
    indexer_replace(indexer, batch.view);
    return MEOWER_OK;
}

/* ---- merging ---------------------------------------------------------------------------------------------------- */

static int end_job(struct indexer *indexer, struct merge_job *job, meower_error *error)
{
    bool has_files = job->has_files;
    struct view *next;
    int status = merge_job_end(job, indexer->view, &next, error);

    if (status == MEOWER_OK) {
        indexer->has_unsaved = indexer->has_unsaved || has_files;
        indexer_replace(indexer, next);
    }
    return status;
}

/* Puts one segment, or none, in the place of some parts. */
static int replace_parts(struct indexer *indexer, size_t first, size_t count, bool to_file, meower_error *error)
{
    struct merge_job *job;
    int status = merge_job_begin(&job, indexer->files, indexer->view, first, count, to_file, error);

    if (status == MEOWER_OK) {
        merge_job_step(job, UINT64_MAX);
        status = end_job(indexer, job, error);
    }
    return status;
}

/* Goes on with the large merge, if there is one. */
static int go_on(struct indexer *indexer, uint64_t work, meower_error *error)
{
    struct merge_job *job = indexer->job;

    if (job == NULL || !merge_job_step(job, work)) {
        return MEOWER_OK;
    }
    indexer->job = NULL;
    return end_job(indexer, job, error);
}

void indexer_stop(struct indexer *indexer)
{
    merge_job_free(indexer->job);
    indexer->job = NULL;
}

/* The parts before it are of the large merge, or older than those. */
static size_t first_free(const struct indexer *indexer)
{
    return indexer->job == NULL ? 0 : merge_job_place(indexer->job, indexer->view) + indexer->job->count;
}

static bool is_being_merged(const struct indexer *indexer, size_t part)
{
    size_t end = first_free(indexer);

    return indexer->job != NULL && part < end && part >= end - indexer->job->count;
}

/* The power of eight that a number of documents has reached. */
static unsigned level_of(uint32_t documents)
{
    unsigned level = 0;

    for (; documents >= MERGE_COUNT; documents /= MERGE_COUNT) {
        level++;
    }
    return level;
}

/* How many of the last parts are to be merged: the nearest `merge_count` of one size, with smaller ones that are newer.
 * A smaller one that is older counts as one of that size: it cannot be merged without them. Those before `first` stay.
 */
static size_t due_at_end(const struct view *view, size_t first, size_t merge_count)
{
    size_t of_level = 0;
    unsigned level = 0;

    for (size_t i = view->count; i > first; i--) {
        uint32_t documents = view->parts[i - 1].segment->header.document_count;
        unsigned reached = level_of(documents);
        if (documents >= SEGMENT_DOCUMENTS) {
            break;
        }
        if (reached > level) {
            level = reached;
            of_level = 0;
        }
        if (++of_level == merge_count) {
            return view->count - i + 1;
        }
    }
    return 0;
}

/* The first of the last parts that have no file; the number of all where each has one. */
static size_t first_unsealed(const struct view *view)
{
    size_t first = 0;

    while (first < view->count && view->parts[first].segment->number != 0) {
        first++;
    }
    return first;
}

static uint64_t count_documents(const struct view *view, size_t first, size_t count)
{
    uint64_t documents = 0;

    for (size_t i = first; i < first + count; i++) {
        documents += view->parts[i].segment->header.document_count;
    }
    return documents;
}

/* Begins a large merge: in files, of those parts that are in files. */
static int begin_large(struct indexer *indexer, size_t first, size_t count, meower_error *error)
{
    size_t sealed = first_unsealed(indexer->view) - first;
    bool to_file = indexer->files->path != NULL;

    return merge_job_begin(&indexer->job, indexer->files, indexer->view, first, to_file ? sealed : count, to_file,
                           error);
}

static int merge_end(struct indexer *indexer, size_t merge_count, meower_error *error)
{
    int status = MEOWER_OK;

    for (size_t due; status == MEOWER_OK && (due = due_at_end(indexer->view, first_free(indexer), merge_count)) > 0;) {
        size_t first = indexer->view->count - due;
        if (count_documents(indexer->view, first, due) > LARGE_MERGE) {
            return indexer->job != NULL ? MEOWER_OK : begin_large(indexer, first, due, error);
        }
        status = replace_parts(indexer, first, due, first < first_unsealed(indexer->view), error);
    }
    return status;
}

/* Brings what is in memory only into a file when it has become much: after a kill it is indexed again. So what is left
 * in memory is never a large merge. */
static int seal(struct indexer *indexer, meower_error *error)
{
    size_t first = first_unsealed(indexer->view);
    size_t count = indexer->view->count - first;

    if (indexer->files->path == NULL || count_documents(indexer->view, first, count) < SEALED_DOCUMENTS) {
        return MEOWER_OK;
    }
    return replace_parts(indexer, first, count, true, error);
}

/* ---- clearing away ---------------------------------------------------------------------------------------------- */

/* Whether a part is to be written anew without what is deleted in it. */
static bool is_due(const struct indexer *indexer, const struct view_part *part, int64_t now_us)
{
    uint32_t documents = part->segment->header.document_count;
    uint32_t deleted = part_deleted(part);
    bool is_small = part->segment->number == 0 && documents <= SMALL_DOCUMENTS;

    return is_small || deleted > documents / 2 || now_us - indexer->deleted_at_us >= PURGE_AFTER_US;
}

static int purge(struct indexer *indexer, int64_t now_us, meower_error *error)
{
    int status = MEOWER_OK;
    bool is_left = false;

    for (size_t i = indexer->view->count; i > 0 && status == MEOWER_OK; i--) {
        const struct view_part *part = &indexer->view->parts[i - 1];
        if (part_deleted(part) == 0) {
            continue;
        }
        if (is_being_merged(indexer, i - 1) || !is_due(indexer, part, now_us)) {
            is_left = true;
        } else if (part->segment->header.document_count <= LARGE_MERGE) {
            status = replace_parts(indexer, i - 1, 1, part->segment->number != 0, error);
        } else {
            is_left = true;
            status = indexer->job != NULL ? MEOWER_OK : begin_large(indexer, i - 1, 1, error);
        }
    }
    if (status == MEOWER_OK && !is_left) {
        indexer->deleted_at_us = 0;
    }
    return status;
}

int indexer_save(struct indexer *indexer, const struct view *beside, meower_error *error)
{
    int status = manifest_save(indexer->files, indexer->view, &indexer->info, error);

    if (status == MEOWER_OK) {
        indexer->has_unsaved = false;
        index_files_clean(indexer->files, indexer->view, beside);
    }
    return status;
}

/* Where nothing is to be indexed, more is merged, but not for every single document that comes. */
static size_t merge_count_now(struct indexer *indexer, int64_t now_us, size_t applied)
{
    if (applied > 0 || now_us < indexer->idle_merged_at_us + IDLE_MERGE_US) {
        return MERGE_COUNT;
    }
    indexer->idle_merged_at_us = now_us;
    return IDLE_MERGE_COUNT;
}

int indexer_tend(struct indexer *indexer, int64_t now_us, size_t applied, const struct view *beside,
                 meower_error *error)
{
    int status = go_on(indexer, applied > 0 ? applied * WORK_PER_DOCUMENT : PIECE_WORK, error);

    if (status == MEOWER_OK) {
        status = seal(indexer, error);
    }
    if (status == MEOWER_OK) {
        status = merge_end(indexer, merge_count_now(indexer, now_us, applied), error);
    }
    if (status == MEOWER_OK && indexer->deleted_at_us != 0) {
        status = purge(indexer, now_us, error);
    }
    if (status == MEOWER_OK && indexer->has_unsaved && !indexer->is_beside) {
        status = indexer_save(indexer, beside, error);
    }
    return status;
}

static int64_t wait_until(int64_t due_us, int64_t now_us)
{
    return due_us > now_us ? due_us - now_us : 1;
}

int64_t indexer_wait_us(const struct indexer *indexer, int64_t now_us)
{
    int64_t purge_us = wait_until(indexer->deleted_at_us + PURGE_AFTER_US, now_us);
    int64_t merge_us = wait_until(indexer->idle_merged_at_us + IDLE_MERGE_US, now_us);

    if (indexer->job != NULL) {
        return 1;
    }
    if (due_at_end(indexer->view, 0, IDLE_MERGE_COUNT) == 0) {
        return indexer->deleted_at_us == 0 ? 0 : purge_us;
    }
    return indexer->deleted_at_us == 0 || merge_us < purge_us ? merge_us : purge_us;
}

int indexer_flush(struct indexer *indexer, meower_error *error)
{
    size_t first = first_unsealed(indexer->view);
    int status = MEOWER_OK;

    indexer_stop(indexer);
    if (first < indexer->view->count) {
        status = replace_parts(indexer, first, indexer->view->count - first, true, error);
    }
    for (size_t i = first; i > 0 && status == MEOWER_OK; i--) {
        if (part_deleted(&indexer->view->parts[i - 1]) > 0) {
            status = replace_parts(indexer, i - 1, 1, true, error);
        }
    }
    if (status == MEOWER_OK) {
        indexer->deleted_at_us = 0;
        status = indexer_save(indexer, NULL, error);
    }
    return status;
}
