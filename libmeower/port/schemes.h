/* schemes.h - every scheme that the URL of a backend may begin with, and the table that it means. */
#ifndef PORT_SCHEMES_H
#define PORT_SCHEMES_H

#include "base/options.h"

/* The adapters. Each file exports its table alone. */
extern const meower_store_vtable memory_store;
extern const meower_store_vtable sqlite_store;
extern const meower_store_vtable postgresql_store;
extern const meower_bus_vtable inproc_bus;
extern const meower_bus_vtable postgresql_bus;
extern const meower_bus_vtable nats_bus;
extern const meower_bus_vtable kafka_bus;
extern const meower_search_vtable index_search;
extern const meower_search_vtable elasticsearch_search;

enum port {
    STORE_PORT = 0,
    BUS_PORT = 1,
    SEARCH_PORT = 2
};

/* Whether the scheme is the library's own, compiled in or not. */
bool schemes_has(enum port port, const char *scheme);

/* Fills *config for the URL that the options give the port, and sets *vtable to the table that its scheme means: the
 * host's come before the library's own. Opens nothing. Errors: INVALID for an unknown scheme, UNSUPPORTED for one that
 * is not built in. */
int schemes_find(const meower_options *options, enum port port, meower_backend_config *config, const void **vtable,
                 meower_error *error);

#endif
