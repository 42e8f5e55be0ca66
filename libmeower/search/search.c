/* search.c - the search port: finds the adapter by its scheme, and puts the fault hook before and behind every call. */
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
    for (size_t i = 0; i < sizeof builtin_searches / sizeof builtin_searches[0]; i++) {
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
    url_redact(config->url, redacted, sizeof redacted);
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

int search_open(struct search *search, const meower_options *options, unsigned lanes, meower_error *error)
{
    const meower_search_vtable *vtable = NULL;
    meower_backend_config config = {
        .size = sizeof config,
        .url = meower_options_get(options, "search"),
        .lanes = lanes,
        .clock = &options->clock,
        .options = options,
    };

    int status = find_table(options, &config, &vtable, error);
    if (status != MEOWER_OK) {
        return status;
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
