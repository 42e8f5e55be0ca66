/* schemes.c - the one table of schemes. A scheme that is compiled out stays in it without an adapter, so that "not
 * built in" differs from "unknown". */
#include "port/schemes.h"
#include "base/url.h"
#include <stdio.h>
#include <string.h>

#define SCHEMES_TEXT_SIZE 200 /* bytes of all schemes joined in a message */
#define REDACTED_SIZE     200 /* bytes of a URL in a message */

#ifdef MEOWER_WITH_POSTGRESQL
#define POSTGRESQL(vtable) &(vtable)
#else
#define POSTGRESQL(vtable) NULL
#endif
#ifdef MEOWER_WITH_NATS
#define NATS(vtable) &(vtable)
#else
#define NATS(vtable) NULL
#endif
#ifdef MEOWER_WITH_KAFKA
#define KAFKA(vtable) &(vtable)
#else
#define KAFKA(vtable) NULL
#endif
#ifdef MEOWER_WITH_ELASTICSEARCH
#define ELASTICSEARCH(vtable) &(vtable)
#else
#define ELASTICSEARCH(vtable) NULL
#endif

static const struct scheme {
    enum port port;
    const char *name;
    const void *vtable;       /* NULL: not built in */
    const char *build_option; /* that builds it in */
} schemes[] = {
    {STORE_PORT, "memory", &memory_store, NULL},
    {STORE_PORT, "sqlite", &sqlite_store, NULL},
    {STORE_PORT, "postgresql", POSTGRESQL(postgresql_store), "MEOWER_WITH_POSTGRESQL"},
    {STORE_PORT, "postgres", POSTGRESQL(postgresql_store), "MEOWER_WITH_POSTGRESQL"},
    {BUS_PORT, "inproc", &inproc_bus, NULL},
    {BUS_PORT, "postgresql", POSTGRESQL(postgresql_bus), "MEOWER_WITH_POSTGRESQL"},
    {BUS_PORT, "postgres", POSTGRESQL(postgresql_bus), "MEOWER_WITH_POSTGRESQL"},
    {BUS_PORT, "nats", NATS(nats_bus), "MEOWER_WITH_NATS"},
    {BUS_PORT, "kafka", KAFKA(kafka_bus), "MEOWER_WITH_KAFKA"},
    {SEARCH_PORT, "index", &index_search, NULL},
    {SEARCH_PORT, "elasticsearch", ELASTICSEARCH(elasticsearch_search), "MEOWER_WITH_ELASTICSEARCH"},
    {SEARCH_PORT, "opensearch", ELASTICSEARCH(elasticsearch_search), "MEOWER_WITH_ELASTICSEARCH"},
};

#define SCHEME_COUNT (sizeof(schemes) / sizeof(schemes[0]))

static const struct {
    const char *option;
    const char *name; /* in messages */
} ports[] = {
    [STORE_PORT] = {"store", "store"},
    [BUS_PORT] = {"bus", "bus"},
    [SEARCH_PORT] = {"search", "search engine"},
};

bool schemes_has(enum port port, const char *scheme)
{
    for (size_t i = 0; i < SCHEME_COUNT; i++) {
        if (schemes[i].port == port && strcmp(schemes[i].name, scheme) == 0) {
            return true;
        }
    }
    return false;
}

/* A backend that the host has added. */
struct host_backend {
    const char *scheme;
    const void *vtable;
    void *context;
};

/* The one at `index` of the port. Returns false after the last. */
static bool host_backend_at(const meower_options *options, enum port port, size_t index, struct host_backend *out)
{
    switch (port) {
    case STORE_PORT: {
        const struct options_store *store = &options->stores[index];
        *out = (struct host_backend){store->vtable.scheme, &store->vtable, store->context};
        return index < options->store_count;
    }
    case BUS_PORT: {
        const struct options_bus *bus = &options->buses[index];
        *out = (struct host_backend){bus->vtable.scheme, &bus->vtable, bus->context};
        return index < options->bus_count;
    }
    default: {
        const struct options_search *search = &options->searches[index];
        *out = (struct host_backend){search->vtable.scheme, &search->vtable, search->context};
        return index < options->search_count;
    }
    }
}

static void join_scheme(char text[SCHEMES_TEXT_SIZE], const char *scheme, const char *remark)
{
    size_t len = strlen(text);

    snprintf(text + len, SCHEMES_TEXT_SIZE - len, "%s%s:%s", len == 0 ? "" : ", ", scheme, remark);
}

static int refuse_unknown(const meower_options *options, enum port port, const char *url, meower_error *error)
{
    char known[SCHEMES_TEXT_SIZE] = "";
    char redacted[REDACTED_SIZE];
    struct host_backend host;

    for (size_t i = 0; i < OPTIONS_BACKENDS_MAX && host_backend_at(options, port, i, &host); i++) {
        join_scheme(known, host.scheme, "");
    }
    for (size_t i = 0; i < SCHEME_COUNT; i++) {
        if (schemes[i].port == port) {
            join_scheme(known, schemes[i].name, schemes[i].vtable == NULL ? " (not built in)" : "");
        }
    }
    url_redact(url, redacted, sizeof(redacted));
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "unknown %s \"%s\"; it must begin with one of %s",
                            ports[port].name, redacted, known);
}

/* The engine of before 0.2. Its files are left alone. */
static int refuse_fts5(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                            "the search engine \"fts5:\" was replaced by \"index:PATH\", which keeps its index in the "
                            "directory PATH; the old file is not needed any more, and may be removed");
}

static int find_own(const meower_options *options, enum port port, meower_backend_config *config, const void **vtable,
                    meower_error *error)
{
    for (size_t i = 0; i < SCHEME_COUNT; i++) {
        const struct scheme *scheme = &schemes[i];
        if (scheme->port != port || !url_has_scheme(config->url, scheme->name, &config->location)) {
            continue;
        }
        if (scheme->vtable == NULL) {
            return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                    "the %s \"%s:\" is not built into this library; build it with -D%s=ON",
                                    ports[port].name, scheme->name, scheme->build_option);
        }
        *vtable = scheme->vtable;
        return MEOWER_OK;
    }
    return port == SEARCH_PORT && url_has_scheme(config->url, "fts5", &config->location)
               ? refuse_fts5(error)
               : refuse_unknown(options, port, config->url, error);
}

int schemes_find(const meower_options *options, enum port port, meower_backend_config *config, const void **vtable,
                 meower_error *error)
{
    struct host_backend host;

    *config = (meower_backend_config){
        .size = sizeof(*config),
        .url = meower_options_get(options, ports[port].option),
        .clock = &options->clock,
        .options = options,
    };
    for (size_t i = 0; i < OPTIONS_BACKENDS_MAX && host_backend_at(options, port, i, &host); i++) {
        if (url_has_scheme(config->url, host.scheme, &config->location)) {
            *vtable = host.vtable;
            config->context = host.context;
            return MEOWER_OK;
        }
    }
    return find_own(options, port, config, vtable, error);
}
