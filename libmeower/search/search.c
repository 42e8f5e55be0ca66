/* search.c - the search port: finds the adapter by its scheme, and calls the fault hook before and after every call. */
#include "search/search.h"
#include "base/fault.h"
#include "base/url.h"

#ifdef MEOWER_WITH_ELASTICSEARCH
#define ELASTICSEARCH_SEARCH &elasticsearch_search
#else
#define ELASTICSEARCH_SEARCH NULL
#endif

/* Schemes this version knows. Those that are compiled out have no table, so that "not built in" differs from "unknown".
 */
static const struct {
    const char *scheme;
    const meower_search_vtable *vtable;
} builtin_searches[] = {
    {"fts5", &fts5_search},
    {"elasticsearch", ELASTICSEARCH_SEARCH},
    {"opensearch", ELASTICSEARCH_SEARCH},
};

static int find_builtin(meower_backend_config *config, const meower_search_vtable **vtable, meower_error *error)
{
    for (size_t i = 0; i < sizeof(builtin_searches) / sizeof(builtin_searches[0]); i++) {
        if (!url_has_scheme(config->url, builtin_searches[i].scheme, &config->location)) {
            continue;
        }
        if (builtin_searches[i].vtable == NULL) {
            return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                    "the search engine \"%s:\" is not built into this library; choose fts5:, or a "
                                    "build that has it",
                                    builtin_searches[i].scheme);
        }
        *vtable = builtin_searches[i].vtable;
        return MEOWER_OK;
    }
    char redacted[200];
    url_redact(config->url, redacted, sizeof(redacted));
    return meower_error_set(
        error, MEOWER_ERROR_INVALID, 0, 0,
        "unknown search engine \"%s\"; it must begin with fts5:, elasticsearch: or opensearch:", redacted);
}

/* What the host has added comes first. */
static int find_table(const meower_options *options, meower_backend_config *config, const meower_search_vtable **vtable,
                      meower_error *error)
{
    for (size_t i = 0; i < options->search_count; i++) {
        if (url_has_scheme(config->url, options->searches[i].vtable.scheme, &config->location)) {
            *vtable = &options->searches[i].vtable;
            config->context = options->searches[i].context;
            return MEOWER_OK;
        }
    }
    return find_builtin(config, vtable, error);
}

int search_check(const meower_options *options, meower_error *error)
{
    const meower_search_vtable *vtable;
    meower_backend_config config = {.url = meower_options_get(options, "search")};

    return find_table(options, &config, &vtable, error);
}

static int open_with(struct search *search, const meower_options *options, unsigned lanes, uint32_t flags,
                     meower_error *error)
{
    const meower_search_vtable *vtable = NULL;
    meower_backend_config config = {
        .size = sizeof(config),
        .url = meower_options_get(options, "search"),
        .lanes = lanes,
        .clock = &options->clock,
        .options = options,
        .flags = flags,
    };

    int status = find_table(options, &config, &vtable, error);
    if (status != MEOWER_OK) {
        return status;
    }
    if (flags == MEOWER_OPEN_TO_LOOK && (vtable->flags & MEOWER_SEARCH_LOOKS) == 0) {
        return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                "the search engine \"%s:\" cannot be opened to look only", vtable->scheme);
    }
    struct search opened = {.vtable = *vtable, .hook = options->fault_hook};
    status = fault_before(&opened.hook, "search", "open", error);
    if (status != MEOWER_OK) {
        return status;
    }
    int open_status = opened.vtable.open(&config, &opened.backend, error);
    status = fault_after(&opened.hook, "search", "open", open_status, error);
    if (status == MEOWER_OK) {
        *search = opened;
    } else if (open_status == MEOWER_OK) {
        opened.vtable.close(opened.backend);
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
    int status = fault_before(&search->hook, "search", "info", error);

    if (status != MEOWER_OK) {
        return status;
    }
    return fault_after(&search->hook, "search", "info", search->vtable.info(search->backend, info, error), error);
}

int search_reset(struct search *search, meower_error *error)
{
    int status = fault_before(&search->hook, "search", "reset", error);

    if (status != MEOWER_OK) {
        return status;
    }
    return fault_after(&search->hook, "search", "reset", search->vtable.reset(search->backend, error), error);
}

int search_index(struct search *search, const meower_search_document *documents, size_t count,
                 const meower_search_info *info, meower_error *error)
{
    int status = fault_before(&search->hook, "search", "index", error);

    if (status != MEOWER_OK) {
        return status;
    }
    status = search->vtable.index(search->backend, documents, count, info, error);
    return fault_after(&search->hook, "search", "index", status, error);
}

int search_refresh(struct search *search, meower_error *error)
{
    if (search->vtable.refresh == NULL) {
        return MEOWER_OK;
    }
    int status = fault_before(&search->hook, "search", "refresh", error);
    if (status != MEOWER_OK) {
        return status;
    }
    return fault_after(&search->hook, "search", "refresh", search->vtable.refresh(search->backend, error), error);
}

int search_match(struct search *search, unsigned lane, const meower_search_request *request, meower_hit_sink *sink,
                 meower_error *error)
{
    int status = fault_before(&search->hook, "search", "match", error);

    if (status != MEOWER_OK) {
        return status;
    }
    return fault_after(&search->hook, "search", "match",
                       search->vtable.match(search->backend, lane, request, sink, error), error);
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
    int status = fault_before(&search->hook, "search", "rebuild_begin", error);

    if (status != MEOWER_OK) {
        return status;
    }
    return fault_after(&search->hook, "search", "rebuild_begin", search->vtable.rebuild_begin(search->backend, error),
                       error);
}

int search_rebuild_index(struct search *search, const meower_search_document *documents, size_t count,
                         const meower_search_info *info, meower_error *error)
{
    int status = fault_before(&search->hook, "search", "rebuild_index", error);

    if (status != MEOWER_OK) {
        return status;
    }
    status = search->vtable.rebuild_index(search->backend, documents, count, info, error);
    return fault_after(&search->hook, "search", "rebuild_index", status, error);
}

int search_rebuild_swap(struct search *search, meower_error *error)
{
    int status = fault_before(&search->hook, "search", "rebuild_swap", error);

    if (status != MEOWER_OK) {
        return status;
    }
    return fault_after(&search->hook, "search", "rebuild_swap", search->vtable.rebuild_swap(search->backend, error),
                       error);
}

int search_rebuild_cancel(struct search *search, meower_error *error)
{
    int status = fault_before(&search->hook, "search", "rebuild_cancel", error);

    if (status != MEOWER_OK) {
        return status;
    }
    return fault_after(&search->hook, "search", "rebuild_cancel", search->vtable.rebuild_cancel(search->backend, error),
                       error);
}

/* ---- looking ---------------------------------------------------------------------------------------------------- */

int search_list(struct search *search, unsigned lane, uint64_t after, size_t max, meower_document_sink *sink,
                meower_error *error)
{
    if (search->vtable.list == NULL) {
        return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                "the search engine \"%s:\" cannot list its documents", search->vtable.scheme);
    }
    int status = fault_before(&search->hook, "search", "list", error);
    if (status != MEOWER_OK) {
        return status;
    }
    return fault_after(&search->hook, "search", "list",
                       search->vtable.list(search->backend, lane, after, max, sink, error), error);
}

int search_inspect(struct search *search, unsigned lane, meower_text_sink *sink, meower_error *error)
{
    if (search->vtable.inspect == NULL) {
        return MEOWER_OK;
    }
    int status = fault_before(&search->hook, "search", "inspect", error);
    if (status != MEOWER_OK) {
        return status;
    }
    return fault_after(&search->hook, "search", "inspect", search->vtable.inspect(search->backend, lane, sink, error),
                       error);
}
