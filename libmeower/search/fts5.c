/* fts5.c - the search engine "fts5:PATH", SQLite's full-text search in a file of its own, or "fts5:", the same in
 * memory.
 *
 * One connection writes, and each lane has one that reads. Readers of a file see the state of one moment and wait for
 * nobody. A database in memory has no such states: there a batch and the searches take turns. */
#include "base/clock.h"
#include "base/options.h"
#include "port/schemes.h"
#include "run/rwlock.h"
#include "search/fts5_batch.h"
#include "search/fts5_look.h"
#include "search/fts5_match.h"
#include <stdatomic.h>
#include <stdlib.h>

struct fts5 {
    struct fts5_file file;
    const meower_clock *clock;
    pthread_mutex_t writer_mutex; /* taken before the gate */
    struct fts5_writer writer;
    /* Shared by searches. Held alone while connections are replaced and, in memory, while a batch is applied. */
    pthread_rwlock_t gate;
    struct fts5_reader *readers; /* one a lane, opened when it is first used */
    unsigned reader_count;
    struct fts5_dictionary dictionary;
    atomic_bool is_damaged; /* found so since it was opened: it must be reset */
    /* The index that is built beside, under the writer's mutex; its writer's db is NULL while there is none. */
    struct fts5_file beside;
    struct fts5_writer beside_writer;
    struct fts5_dictionary beside_dictionary;
    unsigned rebuild_number;
};

/* ---- opening and closing ---------------------------------------------------------------------------------------- */

/* An index of ours that is damaged or of another version is made anew: it is only a projection. */
static int open_writer(struct fts5 *fts5, meower_error *error)
{
    int status = fts5_writer_open(&fts5->writer, &fts5->file, &fts5->dictionary, error);

    if (status == MEOWER_ERROR_CORRUPT) {
        status = fts5_file_remove(&fts5->file, error);
        if (status == MEOWER_OK) {
            status = fts5_writer_open(&fts5->writer, &fts5->file, &fts5->dictionary, error);
        }
    }
    return status;
}

/* The readers first: the last connection to close empties the write-ahead log and removes it. */
static void close_connections(struct fts5 *fts5)
{
    for (unsigned i = 0; i < fts5->reader_count; i++) {
        fts5_reader_close(&fts5->readers[i]);
    }
    fts5_writer_close(&fts5->writer);
}

static int init_locks(struct fts5 *fts5)
{
    int status = rwlock_init(&fts5->gate);
    status = status == MEOWER_OK ? rwlock_init(&fts5->dictionary.lock) : status;
    status = status == MEOWER_OK ? rwlock_init(&fts5->beside_dictionary.lock) : status;
    if (status == MEOWER_OK && pthread_mutex_init(&fts5->writer_mutex, NULL) != 0) {
        status = MEOWER_ERROR_NO_MEMORY;
    }
    return status;
}

/* Drops the index beside, and what an earlier life left of one. */
static int drop_beside(struct fts5 *fts5, meower_error *error)
{
    int status = MEOWER_OK;

    fts5_writer_close(&fts5->beside_writer);
    fuzzy_clear(fts5->beside_dictionary.fuzzy);
    if (fts5->beside.name != NULL) {
        status = fts5_file_remove(&fts5->beside, error);
        fts5_file_release(&fts5->beside);
    }
    return status;
}

static void fts5_close(void *search)
{
    struct fts5 *fts5 = search;

    close_connections(fts5);
    drop_beside(fts5, NULL);
    if (atomic_load(&fts5->is_damaged)) {
        fts5_file_remove(&fts5->file, NULL);
    }
    fts5_file_release(&fts5->file);
    fuzzy_free(fts5->dictionary.fuzzy);
    fuzzy_free(fts5->beside_dictionary.fuzzy);
    pthread_rwlock_destroy(&fts5->dictionary.lock);
    pthread_rwlock_destroy(&fts5->beside_dictionary.lock);
    pthread_rwlock_destroy(&fts5->gate);
    pthread_mutex_destroy(&fts5->writer_mutex);
    free(fts5->readers);
    free(fts5);
}

static struct fts5 *allocate(const meower_backend_config *config)
{
    struct fts5 *fts5 = calloc(1, sizeof(*fts5));
    struct fts5_reader *readers = calloc(config->lanes + (size_t)1, sizeof(*readers));
    uint64_t seed;

    config->clock->random(config->clock->context, &seed, sizeof(seed));
    struct fuzzy *fuzzy = fuzzy_new(seed);
    struct fuzzy *beside = fuzzy_new(seed);
    if (fts5 == NULL || readers == NULL || fuzzy == NULL || beside == NULL || init_locks(fts5) != MEOWER_OK) {
        fuzzy_free(fuzzy);
        fuzzy_free(beside);
        free(readers);
        free(fts5);
        return NULL;
    }
    fts5->readers = readers;
    fts5->reader_count = config->lanes;
    fts5->dictionary.fuzzy = fuzzy;
    fts5->beside_dictionary.fuzzy = beside;
    fts5->clock = config->clock;
    fts5->file.lock = -1;
    fts5->beside.lock = -1;
    return fts5;
}

/* A batch in memory keeps searches waiting, and one on a host's own thread is the host's. */
static bool may_yield(const struct fts5 *fts5, const meower_backend_config *config)
{
    return !fts5->file.is_in_memory && config->options != NULL && options_number(config->options, "threads") > 0;
}

static int open_to_work(struct fts5 *fts5, const meower_backend_config *config, meower_error *error)
{
    int status = fts5_file_init(&fts5->file, config->location, fts5, error);

    fts5->file.yields = status == MEOWER_OK && may_yield(fts5, config);
    if (status == MEOWER_OK && !fts5->file.is_in_memory &&
        fts5_file_name_beside(&fts5->file, 0, &fts5->beside, NULL) == MEOWER_OK) {
        drop_beside(fts5, NULL);
    }
    return status == MEOWER_OK ? open_writer(fts5, error) : status;
}

static int open_to_look(struct fts5 *fts5, const meower_backend_config *config, meower_error *error)
{
    int status = fts5_file_find(&fts5->file, config->location, error);

    return status == MEOWER_OK ? fts5_writer_open_alone(&fts5->writer, &fts5->file, error) : status;
}

static int fts5_open(const meower_backend_config *config, void **search, meower_error *error)
{
    struct fts5 *fts5 = allocate(config);

    if (fts5 == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a search index");
    }
    bool only_looks = (config->flags & MEOWER_OPEN_TO_LOOK) != 0;
    int status = only_looks ? open_to_look(fts5, config, error) : open_to_work(fts5, config, error);
    if (status != MEOWER_OK) {
        fts5_close(fts5);
        return status;
    }
    if (!fts5->file.is_in_memory && !only_looks) {
        fts5_writer_tidy(&fts5->writer, clock_monotonic_us(fts5->clock)); /* what the last life left undone */
    }
    *search = fts5;
    return MEOWER_OK;
}

/* ---- changing --------------------------------------------------------------------------------------------------- */

static int refuse_damaged(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                            "the search index is damaged; it must be reset and made anew");
}

static bool is_usable(struct fts5 *fts5)
{
    return fts5->writer.db != NULL && !atomic_load(&fts5->is_damaged);
}

static void note_damage(struct fts5 *fts5, bool is_damaged)
{
    if (is_damaged) {
        atomic_store(&fts5->is_damaged, true);
    }
}

/* A damaged index holds nothing that counts. */
static int fts5_info(void *search, meower_search_info *info, meower_error *error)
{
    struct fts5 *fts5 = search;

    (void)error;
    pthread_mutex_lock(&fts5->writer_mutex);
    *info = is_usable(fts5) ? fts5->writer.info : (meower_search_info){0};
    pthread_mutex_unlock(&fts5->writer_mutex);
    return MEOWER_OK;
}

/* Begins a new file: that is quick, leaves nothing behind, and works whatever has happened to the old one. */
static int fts5_reset(void *search, meower_error *error)
{
    struct fts5 *fts5 = search;

    pthread_mutex_lock(&fts5->writer_mutex);
    pthread_rwlock_wrlock(&fts5->gate);
    close_connections(fts5);
    int status = fts5_file_remove(&fts5->file, error);
    if (status == MEOWER_OK) {
        status = fts5_writer_open(&fts5->writer, &fts5->file, &fts5->dictionary, error);
    }
    if (status == MEOWER_OK) {
        atomic_store(&fts5->is_damaged, false);
    }
    pthread_rwlock_unlock(&fts5->gate);
    pthread_mutex_unlock(&fts5->writer_mutex);
    return status;
}

static int index_in_memory(struct fts5 *fts5, const meower_search_document *documents, size_t count,
                           const meower_search_info *info, meower_error *error)
{
    pthread_rwlock_wrlock(&fts5->gate);
    int status = fts5_writer_index(&fts5->writer, &fts5->file, &fts5->dictionary, documents, count, info, error);
    pthread_rwlock_unlock(&fts5->gate);
    return status;
}

static int index_in_file(struct fts5 *fts5, const meower_search_document *documents, size_t count,
                         const meower_search_info *info, meower_error *error)
{
    int status = fts5_writer_index(&fts5->writer, &fts5->file, &fts5->dictionary, documents, count, info, error);
    if (status == MEOWER_OK) {
        fts5_writer_tidy(&fts5->writer, clock_monotonic_us(fts5->clock));
    }
    return status;
}

static int fts5_index(void *search, const meower_search_document *documents, size_t count,
                      const meower_search_info *info, meower_error *error)
{
    struct fts5 *fts5 = search;
    int status;

    pthread_mutex_lock(&fts5->writer_mutex);
    if (!is_usable(fts5)) {
        status = refuse_damaged(error);
    } else if (fts5->file.is_in_memory) {
        status = index_in_memory(fts5, documents, count, info, error);
    } else {
        status = index_in_file(fts5, documents, count, info, error);
    }
    note_damage(fts5, status == MEOWER_ERROR_CORRUPT);
    pthread_mutex_unlock(&fts5->writer_mutex);
    return status;
}

/* ---- building beside and swapping ------------------------------------------------------------------------------- */

static int fts5_rebuild_cancel(void *search, meower_error *error)
{
    struct fts5 *fts5 = search;

    pthread_mutex_lock(&fts5->writer_mutex);
    int status = drop_beside(fts5, error);
    pthread_mutex_unlock(&fts5->writer_mutex);
    return status;
}

static int fts5_rebuild_begin(void *search, meower_error *error)
{
    struct fts5 *fts5 = search;

    pthread_mutex_lock(&fts5->writer_mutex);
    int status = drop_beside(fts5, error);
    if (status == MEOWER_OK) {
        status = fts5_file_name_beside(&fts5->file, ++fts5->rebuild_number, &fts5->beside, error);
    }
    if (status == MEOWER_OK) {
        status = fts5_file_remove(&fts5->beside, error);
    }
    if (status == MEOWER_OK) {
        status = fts5_writer_open(&fts5->beside_writer, &fts5->beside, &fts5->beside_dictionary, error);
    }
    pthread_mutex_unlock(&fts5->writer_mutex);
    return status;
}

static int refuse_unbegun(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "no rebuild of the search index was begun");
}

/* Nobody searches it yet: no gate. */
static int fts5_rebuild_index(void *search, const meower_search_document *documents, size_t count,
                              const meower_search_info *info, meower_error *error)
{
    struct fts5 *fts5 = search;
    int status;

    pthread_mutex_lock(&fts5->writer_mutex);
    if (fts5->beside_writer.db == NULL) {
        status = refuse_unbegun(error);
    } else {
        status = fts5_writer_index(&fts5->beside_writer, &fts5->beside, &fts5->beside_dictionary, documents, count,
                                   info, error);
    }
    if (status == MEOWER_OK && !fts5->beside.is_in_memory) {
        fts5_writer_tidy(&fts5->beside_writer, clock_monotonic_us(fts5->clock));
    }
    pthread_mutex_unlock(&fts5->writer_mutex);
    return status;
}

/* Memory goes with its last connection, so that the writer moves with its memory. */
static void swap_memory(struct fts5 *fts5)
{
    free(fts5->file.name);
    fts5->file.name = fts5->beside.name;
    fts5->beside.name = NULL;
    fts5_writer_move(&fts5->writer, &fts5->beside_writer);
}

/* When the new index cannot be opened although it has its name, the whole is damaged, and made anew. */
static int swap_files(struct fts5 *fts5, meower_error *error)
{
    int status = fts5_file_replace(&fts5->file, &fts5->beside, error);
    int opened = fts5_writer_open_alone(&fts5->writer, &fts5->file, status == MEOWER_OK ? error : NULL);

    note_damage(fts5, opened != MEOWER_OK);
    return status == MEOWER_OK ? opened : status;
}

/* The gate is held alone, the index beside is closed or in memory. */
static int swap_behind_gate(struct fts5 *fts5, meower_error *error)
{
    struct fuzzy *fuzzy = fts5->dictionary.fuzzy;
    int status = MEOWER_OK;

    close_connections(fts5);
    if (fts5->file.is_in_memory) {
        swap_memory(fts5);
    } else {
        status = swap_files(fts5, error);
    }
    if (status == MEOWER_OK) {
        fts5->dictionary.fuzzy = fts5->beside_dictionary.fuzzy;
        fts5->beside_dictionary.fuzzy = fuzzy;
        atomic_store(&fts5->is_damaged, false);
    }
    return status;
}

/* All that takes time is done before searches are made to wait. */
static int fts5_rebuild_swap(void *search, meower_error *error)
{
    struct fts5 *fts5 = search;
    int status = MEOWER_OK;

    pthread_mutex_lock(&fts5->writer_mutex);
    if (fts5->beside_writer.db == NULL) {
        status = refuse_unbegun(error);
    } else {
        if (!fts5->file.is_in_memory) {
            fts5_writer_flush(&fts5->writer);
            fts5_writer_flush(&fts5->beside_writer);
            fts5_writer_close(&fts5->beside_writer);
        }
        pthread_rwlock_wrlock(&fts5->gate);
        status = swap_behind_gate(fts5, error);
        pthread_rwlock_unlock(&fts5->gate);
        drop_beside(fts5, NULL);
    }
    pthread_mutex_unlock(&fts5->writer_mutex);
    return status;
}

/* ---- searching -------------------------------------------------------------------------------------------------- */

static int match_on_lane(struct fts5 *fts5, unsigned lane, const meower_search_request *request, meower_hit_sink *sink,
                         meower_error *error)
{
    struct fts5_reader *reader = &fts5->readers[lane];

    if (!is_usable(fts5)) {
        return refuse_damaged(error);
    }
    if (reader->db == NULL) {
        int status = fts5_reader_open(reader, &fts5->file, error);
        if (status != MEOWER_OK) {
            note_damage(fts5, status == MEOWER_ERROR_CORRUPT);
            return status;
        }
    }
    int status = fts5_reader_match(reader, &fts5->file, &fts5->dictionary, request, sink, error);
    note_damage(fts5, reader->has_found_damage);
    return status;
}

static int fts5_match(void *search, unsigned lane, const meower_search_request *request, meower_hit_sink *sink,
                      meower_error *error)
{
    struct fts5 *fts5 = search;

    if (lane >= fts5->reader_count) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "the search index was opened with %u lanes",
                                fts5->reader_count);
    }
    pthread_rwlock_rdlock(&fts5->gate);
    int status = match_on_lane(fts5, lane, request, sink, error);
    pthread_rwlock_unlock(&fts5->gate);
    return status;
}

/* ---- looking ---------------------------------------------------------------------------------------------------- */

static int look(struct fts5 *fts5, unsigned lane,
                int (*take)(struct fts5_reader *reader, const struct fts5_file *file, struct fts5_look *look),
                struct fts5_look *wanted)
{
    struct fts5_reader *reader = &fts5->readers[lane];
    int status = MEOWER_OK;

    pthread_rwlock_rdlock(&fts5->gate);
    if (!is_usable(fts5)) {
        status = refuse_damaged(wanted->error);
    } else if (reader->db == NULL) {
        status = fts5_reader_open(reader, &fts5->file, wanted->error);
    }
    if (status == MEOWER_OK) {
        status = take(reader, &fts5->file, wanted);
    }
    pthread_rwlock_unlock(&fts5->gate);
    return status;
}

static int fts5_list(void *search, unsigned lane, uint64_t after, size_t max, meower_document_sink *sink,
                     meower_error *error)
{
    struct fts5_look wanted = {.after = after, .max = max, .documents = sink, .error = error};

    return look(search, lane, fts5_look_list, &wanted);
}

static int fts5_inspect(void *search, unsigned lane, meower_text_sink *sink, meower_error *error)
{
    struct fts5_look wanted = {.texts = sink, .error = error};

    return look(search, lane, fts5_look_inspect, &wanted);
}

const meower_search_vtable fts5_search = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_search_vtable),
    .scheme = "fts5",
    .flags = MEOWER_SEARCH_EXCLUSIVE | MEOWER_SEARCH_LOOKS,
    .open = fts5_open,
    .close = fts5_close,
    .info = fts5_info,
    .reset = fts5_reset,
    .index = fts5_index,
    .refresh = NULL,
    .match = fts5_match,
    .rebuild_begin = fts5_rebuild_begin,
    .rebuild_index = fts5_rebuild_index,
    .rebuild_swap = fts5_rebuild_swap,
    .rebuild_cancel = fts5_rebuild_cancel,
    .list = fts5_list,
    .inspect = fts5_inspect,
};
