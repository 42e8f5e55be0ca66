/* search.c - the search port: opens the adapter that the URL means, and makes every call of it. */
#include "search/search.h"
#include "port/call.h"
#include "port/schemes.h"

static int open_with(struct search *search, const meower_options *options, unsigned lanes, uint32_t flags,
                     meower_error *error)
{
    meower_backend_config config;
    const void *table = NULL;
    const meower_search_vtable *vtable;
    struct port_call call = {.hook = &options->fault_hook, .port = "search", .name = "open"};
    bool is_open = false;
    int status = schemes_find(options, SEARCH_PORT, &config, &table, error);

    if (status != MEOWER_OK) {
        return status;
    }
    vtable = table;
    if (flags == MEOWER_OPEN_TO_LOOK && (vtable->flags & MEOWER_SEARCH_LOOKS) == 0) {
        return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                "the search engine \"%s:\" cannot be opened to look only", vtable->scheme);
    }
    config.lanes = lanes;
    config.flags = flags;
    struct search opened = {.vtable = *vtable, .hook = options->fault_hook};
    if (port_call_begin(&call)) {
        call.status = vtable->open(&config, &opened.backend, &call.detail);
        is_open = call.status == MEOWER_OK;
    }
    status = port_call_end(&call, error);
    if (status == MEOWER_OK) {
        *search = opened;
    } else if (is_open) {
        search_close(&opened);
    }
    return status;
}

int search_open(struct search *search, const meower_options *options, unsigned lanes, meower_error *error)
{
    return open_with(search, options, lanes, 0, error);
}

int search_open_to_look(struct search *search, const meower_options *options, unsigned lanes, meower_error *error)
{
    return open_with(search, options, lanes, MEOWER_OPEN_TO_LOOK, error);
}

void search_close(struct search *search)
{
    search->vtable.close(search->backend);
}

int search_info(struct search *search, meower_search_info *info, meower_error *error)
{
    struct port_call call = {.hook = &search->hook, .port = "search", .name = "info"};

    if (port_call_begin(&call)) {
        call.status = search->vtable.info(search->backend, info, &call.detail);
    }
    return port_call_end(&call, error);
}

int search_reset(struct search *search, meower_error *error)
{
    struct port_call call = {.hook = &search->hook, .port = "search", .name = "reset"};

    if (port_call_begin(&call)) {
        call.status = search->vtable.reset(search->backend, &call.detail);
    }
    return port_call_end(&call, error);
}

int search_index(struct search *search, const meower_search_document *documents, size_t count,
                 const meower_search_info *info, meower_error *error)
{
    struct port_call call = {.hook = &search->hook, .port = "search", .name = "index"};

    if (port_call_begin(&call)) {
        call.status = search->vtable.index(search->backend, documents, count, info, &call.detail);
    }
    return port_call_end(&call, error);
}

int search_refresh(struct search *search, meower_error *error)
{
    if (search->vtable.refresh == NULL) {
        return MEOWER_OK;
    }
    struct port_call call = {.hook = &search->hook, .port = "search", .name = "refresh"};

    if (port_call_begin(&call)) {
        call.status = search->vtable.refresh(search->backend, &call.detail);
    }
    return port_call_end(&call, error);
}

/* Stands between the engine and who takes its hits: one without an id can be no hit. */
struct checked_hits {
    meower_hit_sink sink; /* first: the hit function casts back */
    meower_hit_sink *target;
    bool is_wrong;
};

static int check_hit(meower_hit_sink *sink, const char *id, uint64_t position)
{
    struct checked_hits *hits = (struct checked_hits *)sink;

    hits->is_wrong |= id == NULL || id[0] == '\0';
    return hits->is_wrong ? MEOWER_ERROR_CORRUPT : hits->target->hit(hits->target, id, position);
}

int search_match(struct search *search, unsigned lane, const meower_search_request *request, meower_hit_sink *sink,
                 meower_error *error)
{
    struct port_call call = {.hook = &search->hook, .port = "search", .name = "match"};
    struct checked_hits hits = {.sink.hit = check_hit, .target = sink};

    if (port_call_begin(&call)) {
        call.status = search->vtable.match(search->backend, lane, request, &hits.sink, &call.detail);
    }
    if (hits.is_wrong) {
        call.status = meower_error_set(&call.detail, MEOWER_ERROR_CORRUPT, 0, 0,
                                       "the search engine \"%s:\" gave a hit without an id", search->vtable.scheme);
    }
    return port_call_end(&call, error);
}

/* ---- rebuilding ------------------------------------------------------------------------------------------------- */

bool search_can_rebuild(const struct search *search)
{
    const meower_search_vtable *vtable = &search->vtable;

    return vtable->rebuild_begin != NULL && vtable->rebuild_index != NULL && vtable->rebuild_swap != NULL &&
           vtable->rebuild_cancel != NULL;
}

int search_rebuild_begin(struct search *search, meower_error *error)
{
    struct port_call call = {.hook = &search->hook, .port = "search", .name = "rebuild_begin"};

    if (port_call_begin(&call)) {
        call.status = search->vtable.rebuild_begin(search->backend, &call.detail);
    }
    return port_call_end(&call, error);
}

int search_rebuild_index(struct search *search, const meower_search_document *documents, size_t count,
                         const meower_search_info *info, meower_error *error)
{
    struct port_call call = {.hook = &search->hook, .port = "search", .name = "rebuild_index"};

    if (port_call_begin(&call)) {
        call.status = search->vtable.rebuild_index(search->backend, documents, count, info, &call.detail);
    }
    return port_call_end(&call, error);
}

int search_rebuild_swap(struct search *search, meower_error *error)
{
    struct port_call call = {.hook = &search->hook, .port = "search", .name = "rebuild_swap"};

    if (port_call_begin(&call)) {
        call.status = search->vtable.rebuild_swap(search->backend, &call.detail);
    }
    return port_call_end(&call, error);
}

int search_rebuild_cancel(struct search *search, meower_error *error)
{
    struct port_call call = {.hook = &search->hook, .port = "search", .name = "rebuild_cancel"};

    if (port_call_begin(&call)) {
        call.status = search->vtable.rebuild_cancel(search->backend, &call.detail);
    }
    return port_call_end(&call, error);
}

/* ---- looking ---------------------------------------------------------------------------------------------------- */

/* Stands between the engine and who takes its documents, which relies on their order. */
struct checked_documents {
    meower_document_sink sink; /* first: the document function casts back */
    meower_document_sink *target;
    uint64_t position; /* of the last document; at first the one after which documents were asked for */
    size_t count;      /* documents so far */
    size_t max;
    const char *fault; /* NULL: none so far */
};

static int check_document(meower_document_sink *sink, const meower_search_document *document)
{
    struct checked_documents *documents = (struct checked_documents *)sink;

    if (documents->fault != NULL) { /* it does not stop when it is told to */
        return MEOWER_ERROR_CORRUPT;
    }
    documents->count++;
    if (documents->count > documents->max) {
        documents->fault = "more documents than it was asked for";
    } else if (document->id == NULL || document->id[0] == '\0') {
        documents->fault = "a document without an id";
    } else if (document->position <= documents->position) {
        documents->fault = "a document whose position is not above that of the one before";
    } else {
        documents->position = document->position;
        return documents->target->document(documents->target, document);
    }
    return MEOWER_ERROR_CORRUPT;
}

int search_list(struct search *search, unsigned lane, uint64_t after, size_t max, meower_document_sink *sink,
                meower_error *error)
{
    struct checked_documents documents = {
        .sink.document = check_document, .target = sink, .position = after, .max = max};

    if (search->vtable.list == NULL) {
        return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                "the search engine \"%s:\" cannot list its documents", search->vtable.scheme);
    }
    struct port_call call = {.hook = &search->hook, .port = "search", .name = "list"};

    if (port_call_begin(&call)) {
        call.status = search->vtable.list(search->backend, lane, after, max, &documents.sink, &call.detail);
    }
    if (documents.fault != NULL) {
        call.status = meower_error_set(&call.detail, MEOWER_ERROR_CORRUPT, 0, 0,
                                       "the search engine \"%s:\" gave %s: document %zu of a call",
                                       search->vtable.scheme, documents.fault, documents.count);
    }
    return port_call_end(&call, error);
}

int search_inspect(struct search *search, unsigned lane, meower_text_sink *sink, meower_error *error)
{
    if (search->vtable.inspect == NULL) {
        return MEOWER_OK;
    }
    struct port_call call = {.hook = &search->hook, .port = "search", .name = "inspect"};

    if (port_call_begin(&call)) {
        call.status = search->vtable.inspect(search->backend, lane, sink, &call.detail);
    }
    return port_call_end(&call, error);
}

int search_tend(struct search *search, int64_t *wait_us, meower_error *error)
{
    *wait_us = 0;
    if (search->vtable.tend == NULL) {
        return MEOWER_OK;
    }
    struct port_call call = {.hook = &search->hook, .port = "search", .name = "tend"};

    if (port_call_begin(&call)) {
        call.status = search->vtable.tend(search->backend, wait_us, &call.detail);
    }
    return port_call_end(&call, error);
}
