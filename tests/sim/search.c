/* search.c - see search.h. The rules for what comes late are those of Elasticsearch with external versions: an older
 * version of a document, and an older position of the index, change nothing. */
#include "sim/search.h"
#include "base/match.h"
#include "base/words.h"
#include "flow/joined_words.h"
#include "sim/batch.h"
#include "sim/world.h"
#include <stdlib.h>
#include <string.h>

#define SEAL_PERMILLE 250 /* batches after which what is indexed is sealed */

struct sim_late_batch {
    struct sim_late_batch *next;
    unsigned life;
    meower_search_info info;
    size_t count;
    meower_search_document documents[];
};

static void drop_late(struct sim_index *index)
{
    while (index->late != NULL) {
        struct sim_late_batch *late = index->late;
        index->late = late->next;
        for (size_t i = 0; i < late->count; i++) {
            free((char *)late->documents[i].id);
            free((char *)late->documents[i].words);
            free((meower_label *)(uintptr_t)late->documents[i].labels);
        }
        free(late);
    }
}

static void clear(struct sim_index *index)
{
    for (size_t i = 0; i < index->count; i++) {
        free(index->documents[i].words);
    }
    free(index->documents);
    index->documents = NULL;
    index->count = 0;
    index->info = (meower_search_info){.position = 0};
}

static void drop_beside(struct sim_index *index)
{
    if (index->beside != NULL) {
        sim_index_destroy(index->beside);
        free(index->beside);
        index->beside = NULL;
    }
}

static void drop_sealed(struct sim_index *index)
{
    if (index->sealed != NULL) {
        clear(index->sealed);
        free(index->sealed);
        index->sealed = NULL;
    }
}

void sim_index_destroy(struct sim_index *index)
{
    drop_beside(index);
    drop_late(index);
    drop_sealed(index);
    clear(index);
}

void sim_index_lose(struct sim_index *index)
{
    drop_sealed(index);
    clear(index);
    index->life++;
}

/* ---- what a crash leaves ---------------------------------------------------------------------------------------- */

/* What is there now is what a crash leaves. */
static void seal(struct sim_index *index)
{
    struct sim_index *sealed = calloc(1, sizeof(*sealed));

    drop_sealed(index);
    if (sealed == NULL) {
        abort();
    }
    sealed->documents = calloc(index->count + 1, sizeof(*sealed->documents));
    if (sealed->documents == NULL) {
        abort();
    }
    sealed->count = index->count;
    sealed->info = index->info;
    for (size_t i = 0; i < index->count; i++) {
        sealed->documents[i] = index->documents[i];
        if (index->documents[i].words != NULL) {
            sealed->documents[i].words = strdup(index->documents[i].words);
        }
    }
    index->sealed = sealed;
}

/* What is deleted is no longer found, what was indexed is. */
static void show(struct sim_index *index)
{
    for (size_t i = 0; i < index->count; i++) {
        struct sim_document *document = &index->documents[i];
        document->is_visible = document->position != 0 && !document->is_deleted;
        if (document->is_deleted) {
            free(document->words);
            document->words = NULL;
        }
    }
}

void sim_index_crash(struct world *world, struct sim_index *index)
{
    bool is_torn = chance_permille(&world->chance, world->plan.loss_permille);
    struct sim_index *sealed = is_torn ? NULL : index->sealed;

    if (!index->is_embedded) {
        return;
    }
    if (!is_torn) {
        index->sealed = NULL;
    }
    drop_beside(index);
    sim_index_lose(index);
    if (sealed != NULL) {
        index->documents = sealed->documents;
        index->count = sealed->count;
        index->info = sealed->info;
        show(index);
        free(sealed);
        seal(index);
    }
    world_note(world, TRACE_NO_NODE, "index falls back", index->info.position, is_torn);
}

/* ---- what an index holds ---------------------------------------------------------------------------------------- */

/* The document of a meow of the ledger, made when it is not there. */
static struct sim_document *document_at(struct sim_index *index, size_t meow)
{
    if (meow >= index->count) {
        size_t count = meow * 2 + 16;
        struct sim_document *grown = reallocarray(index->documents, count, sizeof(*grown));
        if (grown == NULL) {
            abort();
        }
        memset(grown + index->count, 0, (count - index->count) * sizeof(*grown));
        index->documents = grown;
        index->count = count;
    }
    return &index->documents[meow];
}

static void check_document(struct world *world, const struct ledger_meow *meow, const meower_search_document *document)
{
    size_t len;
    char *words = words_join(meow->body, strlen(meow->body), &len);

    if (words == NULL || len != document->words_len || memcmp(words, document->words, len) != 0) {
        world_fail(world, "the index is given other words for meow %s than those of its body", meow->id);
    }
    if (!ledger_has_labels(meow, document->labels, document->label_count)) {
        world_fail(world, "the index is given other labels for meow %s than it was posted with", meow->id);
    }
    free(words);
}

static void apply(struct world *world, struct sim_index *index, const meower_search_document *document)
{
    const struct ledger_meow *meow = ledger_find(&world->ledger, document->id);
    struct sim_document *own;

    if (meow == NULL || meow->created > document->position) {
        world_fail(world, "the index is given meow %s at position %llu, which is not committed", document->id,
                   (unsigned long long)document->position);
    }
    own = document_at(index, (size_t)(meow - world->ledger.meows));
    if (document->position <= own->position) {
        return;
    }
    own->position = document->position;
    own->is_deleted = document->words == NULL;
    if (document->words != NULL) {
        check_document(world, meow, document);
        free(own->words);
        own->words = strndup(document->words, document->words_len);
        own->is_visible = false;
    }
}

static void apply_info(struct world *world, struct sim_index *index, const meower_search_info *info)
{
    if (index->info.epoch[0] == '\0' || info->position > index->info.position) {
        index->info = *info;
        index->advanced_at = world->trace.count;
    }
    if (index->is_embedded && chance_permille(&world->chance, SEAL_PERMILLE)) {
        seal(index);
    }
    sim_index_check(world, index);
}

void sim_index_check(struct world *world, const struct sim_index *index)
{
    if (strcmp(index->info.epoch, world->store.epoch) != 0) {
        return; /* of a former life: it will be emptied */
    }
    for (size_t i = 0; i < world->ledger.meow_count; i++) {
        const struct ledger_meow *meow = &world->ledger.meows[i];
        const struct sim_document *document = i < index->count ? &index->documents[i] : NULL;
        bool is_there = document != NULL && document->position != 0 && !document->is_deleted;
        if (meow->created == LEDGER_NEVER && is_there) {
            world_fail(world, "the index holds meow %s, which a restored store does not have", meow->id);
        }
        if (meow->created <= index->info.position && meow->deleted == 0 && !is_there) {
            world_fail(world, "the index says that it is at position %llu, but lacks meow %s of position %llu",
                       (unsigned long long)index->info.position, meow->id, (unsigned long long)meow->created);
        }
        if (meow->deleted != 0 && meow->deleted <= index->info.position && is_there) {
            world_fail(world, "the index says that it is at position %llu, but holds meow %s deleted at %llu",
                       (unsigned long long)index->info.position, meow->id, (unsigned long long)meow->deleted);
        }
    }
}

/* ---- what comes late -------------------------------------------------------------------------------------------- */

static void keep_for_later(struct sim_index *index, const meower_search_document *documents, size_t count,
                           const meower_search_info *info)
{
    struct sim_late_batch *late = calloc(1, sizeof(*late) + count * sizeof(*documents));

    if (late == NULL) {
        abort();
    }
    *late = (struct sim_late_batch){.next = index->late, .life = index->life, .info = *info, .count = count};
    for (size_t i = 0; i < count; i++) {
        late->documents[i] = documents[i];
        late->documents[i].id = strdup(documents[i].id);
        if (documents[i].words != NULL) {
            late->documents[i].words = strndup(documents[i].words, documents[i].words_len);
        }
        late->documents[i].labels = sim_labels_copy(documents[i].labels, documents[i].label_count);
    }
    index->late = late;
}

static void arrive(struct world *world, struct sim_index *index)
{
    for (const struct sim_late_batch *late = index->late; late != NULL; late = late->next) {
        world_note(world, TRACE_NO_NODE, "index late", late->count, late->info.position);
        for (size_t i = 0; i < late->count && late->life == index->life; i++) {
            apply(world, index, &late->documents[i]);
        }
        if (late->life == index->life) {
            apply_info(world, index, &late->info);
        }
    }
    drop_late(index);
}

void sim_index_arrive(struct world *world, struct sim_index *index)
{
    arrive(world, index);
    if (index->beside != NULL) {
        arrive(world, index->beside);
    }
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

static int sim_open(const meower_backend_config *config, void **out, meower_error *error)
{
    struct node *node = config->context;

    (void)error;
    node->index_life = node->index->life;
    *out = node;
    return MEOWER_OK;
}

static void sim_close(void *backend)
{
    (void)backend; /* the engine goes on */
}

static int check_life(const struct node *node, meower_error *error)
{
    if (node->index_life != node->index->life) {
        return meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0, "the index was removed or replaced");
    }
    return MEOWER_OK;
}

static int sim_info(void *backend, meower_search_info *info, meower_error *error)
{
    struct node *node = backend;

    (void)error;
    node->index_life = node->index->life;
    *info = node->index->info;
    return MEOWER_OK;
}

static int sim_reset(void *backend, meower_error *error)
{
    struct node *node = backend;
    bool is_new = node->index_life == node->index->life && node->index->info.epoch[0] == '\0';

    (void)error;
    if (!is_new) {
        sim_index_lose(node->index);
        node->index_life = node->index->life;
    }
    return MEOWER_OK;
}

/* A batch on its way to an index that is there. */
static int take_documents(struct world *world, struct sim_index *index, const meower_search_document *documents,
                          size_t count, const meower_search_info *info, meower_error *error)
{
    size_t applied = count;
    bool breaks = !world->is_calm && chance_permille(&world->chance, world->plan.fault_permille);
    bool is_late = !world->is_calm && chance_permille(&world->chance, world->plan.late_permille);

    if (is_late) {
        keep_for_later(index, documents, count, info);
        return meower_error_set(error, MEOWER_ERROR_TIMEOUT, 0, MEOWER_ERROR_FLAG_RETRIABLE, "no answer in time");
    }
    if (breaks) {
        applied = chance_below(&world->chance, (unsigned)count + 1);
    }
    for (size_t i = 0; i < applied; i++) {
        apply(world, index, &documents[i]);
    }
    if (breaks) {
        return meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                "the connection broke after %zu documents", applied);
    }
    apply_info(world, index, info);
    return MEOWER_OK;
}

static int sim_index_documents(void *backend, const meower_search_document *documents, size_t count,
                               const meower_search_info *info, meower_error *error)
{
    struct node *node = backend;
    int status = check_life(node, error);

    return status != MEOWER_OK ? status : take_documents(node->world, node->index, documents, count, info, error);
}

static int sim_refresh(void *backend, meower_error *error)
{
    struct node *node = backend;
    int status = check_life(node, error);

    if (status == MEOWER_OK) {
        show(node->index);
    }
    return status;
}

/* ---- an index beside --------------------------------------------------------------------------------------------- */

static int sim_rebuild_begin(void *backend, meower_error *error)
{
    struct node *node = backend;
    struct sim_index *index = node->index;

    (void)error;
    drop_beside(index);
    index->beside = calloc(1, sizeof(*index->beside));
    if (index->beside == NULL) {
        abort();
    }
    index->beside->life = ++index->besides;
    node->beside_life = index->beside->life;
    return MEOWER_OK;
}

/* Another node may have begun its own in the same place. */
static int check_beside(const struct node *node, meower_error *error)
{
    if (node->index->beside == NULL || node->index->beside->life != node->beside_life) {
        return meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0, "the index beside was removed or begun anew");
    }
    return MEOWER_OK;
}

static int sim_rebuild_index(void *backend, const meower_search_document *documents, size_t count,
                             const meower_search_info *info, meower_error *error)
{
    struct node *node = backend;
    int status = check_beside(node, error);

    if (status == MEOWER_OK) {
        status = take_documents(node->world, node->index->beside, documents, count, info, error);
        node->beside_at = node->world->trace.count;
    }
    return status;
}

/* Whatever was in the live index when the last batch came into the new one must be in that. */
static void check_complete(const struct node *node)
{
    const struct sim_index *live = node->index;
    const struct sim_index *beside = live->beside;

    sim_index_check(node->world, beside);
    if (strcmp(live->info.epoch, beside->info.epoch) == 0 && live->info.position > beside->info.position &&
        live->advanced_at <= node->beside_at) {
        world_fail(node->world, "node %d: an index rebuilt up to %llu takes the place of one that is at %llu",
                   node->number, (unsigned long long)beside->info.position, (unsigned long long)live->info.position);
    }
}

static int sim_rebuild_swap(void *backend, meower_error *error)
{
    struct node *node = backend;
    struct sim_index *live = node->index;
    struct sim_index *beside = live->beside;
    int status = check_beside(node, error);

    if (status != MEOWER_OK) {
        return status;
    }
    check_complete(node);
    show(beside);
    drop_late(live);
    clear(live);
    live->documents = beside->documents;
    live->count = beside->count;
    live->info = beside->info;
    live->advanced_at = beside->advanced_at;
    live->life++;
    node->index_life = live->life;
    beside->documents = NULL;
    beside->count = 0;
    drop_beside(live);
    if (live->is_embedded) {
        seal(live);
    }
    node->world->rebuilds++;
    return MEOWER_OK;
}

static int sim_rebuild_cancel(void *backend, meower_error *error)
{
    struct node *node = backend;
    meower_error foreign;

    (void)error;
    if (check_beside(node, &foreign) == MEOWER_OK) {
        drop_beside(node->index);
    }
    return MEOWER_OK;
}

/* ---- searching --------------------------------------------------------------------------------------------------- */

/* Leaves the documents with what the terms say. Their labels are those of the ledger: apply() has compared them. */
static size_t filter(const struct node *node, const meower_search_request *request, uint32_t *order, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        const struct ledger_meow *meow = &node->world->ledger.meows[node->index->count - 1 - order[i]];
        if (ledger_matches(meow, request->terms, request->term_count)) {
            order[kept++] = order[i];
        }
    }
    return kept;
}

static int sim_match(void *backend, unsigned lane, const meower_search_request *request, meower_hit_sink *sink,
                     meower_error *error)
{
    struct node *node = backend;
    const struct sim_index *index = node->index;
    const char **words = calloc(index->count + 1, sizeof(*words)); /* the newest first */
    uint32_t *order = calloc(index->count + 1, sizeof(*order));
    int status = check_life(node, error);

    (void)lane;
    if (words == NULL || order == NULL) {
        abort();
    }
    for (size_t i = 0; i < index->count; i++) {
        const struct sim_document *document = &index->documents[index->count - 1 - i];
        words[i] = document->is_visible ? document->words : NULL;
    }
    size_t found = filter(node, request, order, joined_words_rank(words, index->count, request, order));
    for (size_t i = request->skip; i < found && i - request->skip < request->take && status == MEOWER_OK; i++) {
        size_t at = index->count - 1 - order[i];
        status = sink->hit(sink, node->world->ledger.meows[at].id, index->documents[at].position);
    }
    free(words);
    free(order);
    return status;
}

int sim_search_add(void *node, meower_options *options)
{
    static const meower_search_vtable vtable = {
        .abi = MEOWER_BACKEND_ABI,
        .size = sizeof(meower_search_vtable),
        .scheme = "sim",
        .open = sim_open,
        .close = sim_close,
        .info = sim_info,
        .reset = sim_reset,
        .index = sim_index_documents,
        .refresh = sim_refresh,
        .match = sim_match,
        .rebuild_begin = sim_rebuild_begin,
        .rebuild_index = sim_rebuild_index,
        .rebuild_swap = sim_rebuild_swap,
        .rebuild_cancel = sim_rebuild_cancel,
    };
    int status = meower_options_add_search(options, &vtable, node, NULL);

    return status == MEOWER_OK ? meower_options_set(options, "search", "sim:", NULL) : status;
}
