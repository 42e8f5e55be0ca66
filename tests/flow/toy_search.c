/* toy_search.c - documents in an array under one lock; what was indexed since the last refresh cannot be found yet. */
#include "flow/toy_search.h"
#include "base/labels.h"
#include "base/labels_buffer.h"
#include "flow/joined_words.h"
#include "flow/support.h"
#include <stdlib.h>
#include <string.h>

#define WORDS_SIZE 4096 /* bytes of a document's words: 140 code points, folded, stay far below */

struct toy_document {
    uint64_t position;
    bool is_visible;
    bool is_deleted;
    char id[MEOWER_ID_SIZE];
    char words[WORDS_SIZE];
    size_t labels_len;
    char labels[LABELS_TEXT_MAX]; /* the run of them (base/labels.h) */
};

void toy_index_init(struct toy_index *index)
{
    *index = (struct toy_index){.count = 0};
    pthread_mutex_init(&index->mutex, NULL);
}

void toy_index_destroy(struct toy_index *index)
{
    if (index->beside != NULL) {
        toy_index_destroy(index->beside);
        free(index->beside);
    }
    free(index->documents);
    pthread_mutex_destroy(&index->mutex);
}

static int toy_open(const meower_backend_config *config, void **out, meower_error *error)
{
    (void)error;
    *out = config->context;
    return MEOWER_OK;
}

static void toy_close(void *backend)
{
    (void)backend; /* the engine goes on */
}

static int toy_info(void *backend, meower_search_info *info, meower_error *error)
{
    (void)error;
    *info = toy_index_info(backend);
    return MEOWER_OK;
}

static int toy_reset(void *backend, meower_error *error)
{
    struct toy_index *index = backend;

    (void)error;
    toy_index_drop(index);
    pthread_mutex_lock(&index->mutex);
    index->resets++;
    pthread_mutex_unlock(&index->mutex);
    return MEOWER_OK;
}

/* The document with this id, made when it is not there; NULL when memory is short. */
static struct toy_document *find_or_make(struct toy_index *index, const char *id)
{
    for (size_t i = 0; i < index->count; i++) {
        if (strcmp(index->documents[i].id, id) == 0) {
            return &index->documents[i];
        }
    }
    if (index->count == index->capacity) {
        size_t capacity = index->capacity * 2 + 16;
        struct toy_document *documents = realloc(index->documents, capacity * sizeof(*documents));
        if (documents == NULL) {
            return NULL;
        }
        index->documents = documents;
        index->capacity = capacity;
    }
    index->documents[index->count] = (struct toy_document){.position = 0};
    memcpy(index->documents[index->count].id, id, MEOWER_ID_SIZE);
    return &index->documents[index->count++];
}

static int toy_index_documents(void *backend, const meower_search_document *documents, size_t count,
                               const meower_search_info *info, meower_error *error)
{
    struct toy_index *index = backend;
    int status = MEOWER_OK;

    pthread_mutex_lock(&index->mutex);
    for (size_t i = 0; i < count && status == MEOWER_OK; i++) {
        struct toy_document *document = find_or_make(index, documents[i].id);
        if (document == NULL) {
            status = meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the index");
        } else if (documents[i].position > document->position) { /* as an external version does */
            document->position = documents[i].position;
            document->is_visible = false;
            document->is_deleted = documents[i].words == NULL;
            if (documents[i].words != NULL && documents[i].words_len < WORDS_SIZE) {
                memcpy(document->words, documents[i].words, documents[i].words_len);
                document->words[documents[i].words_len] = '\0';
            }
            meower_label labels[MEOWER_LABELS_MAX];
            labels_copy(documents[i].labels, documents[i].label_count, labels, document->labels);
            document->labels_len = labels_text_len(labels, documents[i].label_count);
        }
    }
    if (status == MEOWER_OK) {
        index->info = *info;
    }
    pthread_mutex_unlock(&index->mutex);
    return status;
}

static int toy_refresh(void *backend, meower_error *error)
{
    struct toy_index *index = backend;

    (void)error;
    pthread_mutex_lock(&index->mutex);
    for (size_t i = 0; i < index->count; i++) {
        index->documents[i].is_visible = true;
    }
    index->refreshes++;
    pthread_mutex_unlock(&index->mutex);
    return MEOWER_OK;
}

/* The documents that can be found, the newest first. Returns how many. */
static size_t list_visible(const struct toy_index *index, const struct toy_document **visible, const char **words)
{
    size_t count = 0;

    for (size_t i = 0; i < index->count; i++) {
        const struct toy_document *document = &index->documents[i];
        size_t at = count;
        if (!document->is_visible || document->is_deleted) {
            continue;
        }
        for (; at > 0 && visible[at - 1]->position < document->position; at--) {
            visible[at] = visible[at - 1];
        }
        visible[at] = document;
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        words[i] = visible[i]->words;
    }
    return count;
}

/* Leaves those that carry what the terms say. */
static size_t filter(const struct toy_document *const *visible, const meower_search_request *request, uint32_t *order,
                     size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct labels_buffer labels = {.count = 0};
        assert_true(labels_buffer_add_run(&labels, visible[order[i]]->labels, visible[order[i]]->labels_len, '\0'));
        if (meower_labels_match(request->terms, request->term_count, labels.labels, labels.count)) {
            order[kept++] = order[i];
        }
    }
    return kept;
}

static int toy_match(void *backend, unsigned lane, const meower_search_request *request, meower_hit_sink *sink,
                     meower_error *error)
{
    struct toy_index *index = backend;
    int status = MEOWER_OK;

    (void)lane;
    pthread_mutex_lock(&index->mutex);
    const struct toy_document **visible = calloc(index->count + 1, sizeof(*visible));
    const char **words = calloc(index->count + 1, sizeof(*words));
    uint32_t *order = calloc(index->count + 1, sizeof(*order));
    size_t found = 0;
    if (visible == NULL || words == NULL || order == NULL) {
        status = meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory to match");
    } else {
        found = joined_words_rank(words, list_visible(index, visible, words), request, order);
        found = filter((const struct toy_document *const *)visible, request, order, found);
    }
    for (size_t i = request->skip; i < found && i - request->skip < request->take && status == MEOWER_OK; i++) {
        status = sink->hit(sink, visible[order[i]]->id, visible[order[i]]->position);
    }
    free(visible);
    free(words);
    free(order);
    pthread_mutex_unlock(&index->mutex);
    return status;
}

/* ---- building beside -------------------------------------------------------------------------------------------- */

static void drop_beside(struct toy_index *index)
{
    if (index->beside != NULL) {
        toy_index_destroy(index->beside);
        free(index->beside);
        index->beside = NULL;
    }
}

static int toy_rebuild_begin(void *backend, meower_error *error)
{
    struct toy_index *index = backend;

    drop_beside(index);
    index->beside = malloc(sizeof(*index->beside));
    if (index->beside == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the index");
    }
    toy_index_init(index->beside);
    return MEOWER_OK;
}

static int toy_rebuild_index(void *backend, const meower_search_document *documents, size_t count,
                             const meower_search_info *info, meower_error *error)
{
    return toy_index_documents(((struct toy_index *)backend)->beside, documents, count, info, error);
}

static int toy_rebuild_swap(void *backend, meower_error *error)
{
    struct toy_index *index = backend;
    int status = toy_refresh(index->beside, error);

    pthread_mutex_lock(&index->mutex);
    free(index->documents);
    index->documents = index->beside->documents;
    index->count = index->beside->count;
    index->capacity = index->beside->capacity;
    index->info = index->beside->info;
    index->beside->documents = NULL;
    pthread_mutex_unlock(&index->mutex);
    drop_beside(index);
    return status;
}

static int toy_rebuild_cancel(void *backend, meower_error *error)
{
    (void)error;
    drop_beside(backend);
    return MEOWER_OK;
}

void toy_index_add(struct toy_index *index, meower_options *options)
{
    static const meower_search_vtable vtable = {
        .abi = MEOWER_BACKEND_ABI,
        .size = sizeof(meower_search_vtable),
        .scheme = "toy",
        .open = toy_open,
        .close = toy_close,
        .info = toy_info,
        .reset = toy_reset,
        .index = toy_index_documents,
        .refresh = toy_refresh,
        .match = toy_match,
        .rebuild_begin = toy_rebuild_begin,
        .rebuild_index = toy_rebuild_index,
        .rebuild_swap = toy_rebuild_swap,
        .rebuild_cancel = toy_rebuild_cancel,
    };

    assert_int_equal(meower_options_add_search(options, &vtable, index, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(options, "search", "toy:", NULL), MEOWER_OK);
}

void toy_index_set_epoch(struct toy_index *index, const char *epoch)
{
    pthread_mutex_lock(&index->mutex);
    memcpy(index->info.epoch, epoch, MEOWER_EPOCH_SIZE);
    pthread_mutex_unlock(&index->mutex);
}

void toy_index_drop(struct toy_index *index)
{
    pthread_mutex_lock(&index->mutex);
    index->count = 0;
    index->info = (meower_search_info){.position = 0};
    pthread_mutex_unlock(&index->mutex);
}

unsigned toy_index_resets(struct toy_index *index)
{
    unsigned resets;

    pthread_mutex_lock(&index->mutex);
    resets = index->resets;
    pthread_mutex_unlock(&index->mutex);
    return resets;
}

size_t toy_index_count(struct toy_index *index)
{
    size_t count = 0;

    pthread_mutex_lock(&index->mutex);
    for (size_t i = 0; i < index->count; i++) {
        count += index->documents[i].is_deleted ? 0 : 1;
    }
    pthread_mutex_unlock(&index->mutex);
    return count;
}

meower_search_info toy_index_info(struct toy_index *index)
{
    meower_search_info info;

    pthread_mutex_lock(&index->mutex);
    info = index->info;
    pthread_mutex_unlock(&index->mutex);
    return info;
}
