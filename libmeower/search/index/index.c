/* index.c - the search engine "index:PATH", an index of our own in the directory PATH, or "index:", the same in memory.
 *
 * One batch is applied at a time, beside the searches: each search holds the view that was there when it began, and
 * waits for nobody. */
#include "base/clock.h"
#include "port/schemes.h"
#include "search/index/hits.h"
#include "search/index/indexer.h"
#include "search/index/look.h"
#include "search/index/manifest.h"
#include "search/index/term_labels.h"

struct index {
    struct index_files files;
    const meower_clock *clock;
    bool only_looks;
    pthread_mutex_t writer_mutex; /* taken before the view's */
    pthread_mutex_t view_mutex;
    struct indexer live;
    struct indexer beside; /* that is built anew; its view is NULL while there is none */
};

/* ---- opening and closing ---------------------------------------------------------------------------------------- */

static void index_close(void *search)
{
    struct index *index = search;

    if (index->live.view != NULL && !index->only_looks && index->files.path != NULL) {
        indexer_flush(&index->live, NULL); /* what fails is indexed again */
    }
    indexer_stop(&index->live);
    indexer_stop(&index->beside);
    view_release(index->live.view);
    view_release(index->beside.view);
    index_files_close(&index->files);
    pthread_mutex_destroy(&index->writer_mutex);
    pthread_mutex_destroy(&index->view_mutex);
    free(index);
}

static void init_indexer(struct index *index, struct indexer *indexer)
{
    *indexer = (struct indexer){.files = &index->files, .mutex = &index->view_mutex};
}

static struct index *allocate(const meower_backend_config *config)
{
    struct index *index = calloc(1, sizeof(*index));

    if (index == NULL) {
        return NULL;
    }
    if (pthread_mutex_init(&index->writer_mutex, NULL) != 0) {
        free(index);
        return NULL;
    }
    if (pthread_mutex_init(&index->view_mutex, NULL) != 0) {
        pthread_mutex_destroy(&index->writer_mutex);
        free(index);
        return NULL;
    }
    index->clock = config->clock;
    index->only_looks = (config->flags & MEOWER_OPEN_TO_LOOK) != 0;
    index->files.directory = -1;
    index->files.lock = -1;
    init_indexer(index, &index->live);
    init_indexer(index, &index->beside);
    return index;
}

/* Begins with no segment. */
static int empty(struct indexer *indexer, meower_error *error)
{
    struct vocabulary *vocabulary = vocabulary_new();
    struct view *view = vocabulary == NULL ? NULL : view_new(0, vocabulary);

    vocabulary_release(vocabulary);
    if (view == NULL) {
        return index_files_memory_error(error);
    }
    indexer_stop(indexer);
    indexer->info = (meower_search_info){.position = 0};
    indexer->deleted_at_us = 0;
    indexer_replace(indexer, view);
    return MEOWER_OK;
}

/* Empties the index, in its files too. */
static int make_anew(struct index *index, meower_error *error)
{
    int status = empty(&index->live, error);

    if (status == MEOWER_OK) {
        index->live.has_unsaved = true;
        status = indexer_save(&index->live, index->beside.view, error);
    }
    return status;
}

/* An index of ours that is damaged or of another version is made anew: it is only a projection. */
static int load(struct index *index, meower_error *error)
{
    struct vocabulary *vocabulary = vocabulary_new();
    int status = vocabulary == NULL
                     ? index_files_memory_error(error)
                     : manifest_load(&index->files, vocabulary, &index->live.view, &index->live.info, error);

    vocabulary_release(vocabulary);
    if (status == MEOWER_ERROR_CORRUPT && !index->only_looks) {
        status = make_anew(index, error);
    } else if (status == MEOWER_OK && !index->only_looks) {
        index_files_clean(&index->files, index->live.view, NULL);
    }
    return status;
}

static void note_deleted(struct index *index)
{
    for (size_t i = 0; i < index->live.view->count; i++) {
        if (part_deleted(&index->live.view->parts[i]) > 0) {
            index->live.deleted_at_us = clock_monotonic_us(index->clock);
        }
    }
}

static int index_open(const meower_backend_config *config, void **search, meower_error *error)
{
    struct index *index = allocate(config);
    int status;

    if (index == NULL) {
        return index_files_memory_error(error);
    }
    status = index->only_looks ? index_files_find(&index->files, config->location, error)
                               : index_files_open(&index->files, config->location, error);
    if (status == MEOWER_OK) {
        status = load(index, error);
    }
    if (status != MEOWER_OK) {
        index_close(index);
        return status;
    }
    note_deleted(index);
    *search = index;
    return MEOWER_OK;
}

/* ---- changing --------------------------------------------------------------------------------------------------- */

static int index_info(void *search, meower_search_info *info, meower_error *error)
{
    struct index *index = search;

    (void)error;
    pthread_mutex_lock(&index->writer_mutex);
    *info = index->live.info;
    pthread_mutex_unlock(&index->writer_mutex);
    return MEOWER_OK;
}

static int index_reset(void *search, meower_error *error)
{
    struct index *index = search;

    pthread_mutex_lock(&index->writer_mutex);
    int status = make_anew(index, error);
    pthread_mutex_unlock(&index->writer_mutex);
    return status;
}

static int apply(struct index *index, struct indexer *indexer, const meower_search_document *documents, size_t count,
                 const meower_search_info *info, meower_error *error)
{
    const struct indexer *other = indexer == &index->live ? &index->beside : &index->live;
    int64_t now_us = clock_monotonic_us(index->clock);
    int status = indexer_apply(indexer, documents, count, info, now_us, error);

    if (status == MEOWER_OK) {
        status = indexer_tend(indexer, now_us, count, other->view, error);
    }
    return status;
}

static int index_documents(void *search, const meower_search_document *documents, size_t count,
                           const meower_search_info *info, meower_error *error)
{
    struct index *index = search;

    pthread_mutex_lock(&index->writer_mutex);
    int status = apply(index, &index->live, documents, count, info, error);
    pthread_mutex_unlock(&index->writer_mutex);
    return status;
}

static int index_tend(void *search, int64_t *wait_us, meower_error *error)
{
    struct index *index = search;
    int64_t now_us = clock_monotonic_us(index->clock);

    pthread_mutex_lock(&index->writer_mutex);
    int status = indexer_tend(&index->live, now_us, 0, index->beside.view, error);
    *wait_us = indexer_wait_us(&index->live, now_us);
    pthread_mutex_unlock(&index->writer_mutex);
    return status;
}

/* ---- building beside and swapping ------------------------------------------------------------------------------- */

/* Its files go with the next manifest where the present one is not of the live view: it may name others. */
static void drop_beside(struct index *index)
{
    indexer_stop(&index->beside);
    view_release(index->beside.view);
    init_indexer(index, &index->beside);
    if (!index->live.has_unsaved) {
        index_files_clean(&index->files, index->live.view, NULL);
    }
}

static int index_rebuild_begin(void *search, meower_error *error)
{
    struct index *index = search;

    pthread_mutex_lock(&index->writer_mutex);
    drop_beside(index);
    index->beside.is_beside = true;
    int status = empty(&index->beside, error);
    pthread_mutex_unlock(&index->writer_mutex);
    return status;
}

static int refuse_unbegun(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "no rebuild of the search index was begun");
}

static int index_rebuild_index(void *search, const meower_search_document *documents, size_t count,
                               const meower_search_info *info, meower_error *error)
{
    struct index *index = search;

    pthread_mutex_lock(&index->writer_mutex);
    int status = index->beside.view == NULL ? refuse_unbegun(error)
                                            : apply(index, &index->beside, documents, count, info, error);
    pthread_mutex_unlock(&index->writer_mutex);
    return status;
}

/* The manifest names the new segments first: a process that ends here has the new index. */
static int swap(struct index *index, meower_error *error)
{
    int status = manifest_save(&index->files, index->beside.view, &index->beside.info, error);

    if (status != MEOWER_OK) {
        return status;
    }
    indexer_stop(&index->live);
    index->live.has_unsaved = false;
    index->live.info = index->beside.info;
    index->live.deleted_at_us = index->beside.deleted_at_us;
    indexer_replace(&index->live, view_hold(index->beside.view));
    drop_beside(index);
    return MEOWER_OK;
}

static int index_rebuild_swap(void *search, meower_error *error)
{
    struct index *index = search;

    pthread_mutex_lock(&index->writer_mutex);
    int status = index->beside.view == NULL ? refuse_unbegun(error) : swap(index, error);
    pthread_mutex_unlock(&index->writer_mutex);
    return status;
}

static int index_rebuild_cancel(void *search, meower_error *error)
{
    struct index *index = search;

    (void)error;
    pthread_mutex_lock(&index->writer_mutex);
    drop_beside(index);
    pthread_mutex_unlock(&index->writer_mutex);
    return MEOWER_OK;
}

/* ---- searching -------------------------------------------------------------------------------------------------- */

static bool match_in(const struct view *view, const meower_search_request *request, struct arena *arena,
                     struct hits *hits)
{
    struct terms terms;

    if (!terms_init(&terms, view, request, arena) || !term_labels_find(&terms)) {
        return false;
    }
    if (term_labels_leave_nothing(&terms)) {
        return true;
    }
    for (int quality = MATCH_EXACT; quality < MATCH_NONE && hits_go_on(hits); quality++) {
        if (!terms_find(&terms, quality) || (terms.has_quality[quality] && !tiers_push(&terms, quality, hits))) {
            return false;
        }
    }
    /* Of one searched word some is all. */
    return request->word_count < 2 || !hits_go_on(hits) || relevance_push(&terms, hits);
}

static int index_match(void *search, unsigned lane, const meower_search_request *request, meower_hit_sink *sink,
                       meower_error *error)
{
    struct index *index = search;
    struct view *view = indexer_view(&index->live);
    struct arena arena = {0};
    struct hits hits = {.view = view, .sink = sink, .skip = request->skip, .take = request->take};

    (void)lane;
    bool has_memory = match_in(view, request, &arena, &hits);
    arena_free(&arena);
    view_release(view);
    return has_memory ? hits.status : index_files_memory_error(error);
}

/* ---- looking ---------------------------------------------------------------------------------------------------- */

static int index_list(void *search, unsigned lane, uint64_t after, size_t max, meower_document_sink *sink,
                      meower_error *error)
{
    struct index *index = search;
    struct view *view = indexer_view(&index->live);

    (void)lane;
    int status = look_list(view, after, max, sink);
    view_release(view);
    return status == MEOWER_ERROR_NO_MEMORY ? index_files_memory_error(error) : status;
}

static int index_inspect(void *search, unsigned lane, meower_text_sink *sink, meower_error *error)
{
    struct index *index = search;
    struct view *view = indexer_view(&index->live);

    (void)lane;
    (void)error;
    int status = look_inspect(view, sink);
    view_release(view);
    return status;
}

const meower_search_vtable index_search = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_search_vtable),
    .scheme = "index",
    .flags = MEOWER_SEARCH_EXCLUSIVE | MEOWER_SEARCH_LOOKS,
    .open = index_open,
    .close = index_close,
    .info = index_info,
    .reset = index_reset,
    .index = index_documents,
    .refresh = NULL,
    .match = index_match,
    .rebuild_begin = index_rebuild_begin,
    .rebuild_index = index_rebuild_index,
    .rebuild_swap = index_rebuild_swap,
    .rebuild_cancel = index_rebuild_cancel,
    .list = index_list,
    .inspect = index_inspect,
    .tend = index_tend,
};
