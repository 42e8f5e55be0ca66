/* options.h - the set of options as the library's own files see it. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <meower/backend.h>
#include <stdbool.h>

#define OPTIONS_BACKENDS_MAX 8 /* backends of one kind that a host can add */

/* Backends added by the host. */
struct options_store {
    meower_store_vtable vtable;
    void *context;
};
struct options_bus {
    meower_bus_vtable vtable;
    void *context;
};
struct options_search {
    meower_search_vtable vtable;
    void *context;
};

struct meower_options {
    char **values; /* in the order of the table; never NULL */
    struct options_store stores[OPTIONS_BACKENDS_MAX];
    size_t store_count;
    struct options_bus buses[OPTIONS_BACKENDS_MAX];
    size_t bus_count;
    struct options_search searches[OPTIONS_BACKENDS_MAX];
    size_t search_count;
    meower_clock clock;
    meower_fault_hook fault_hook; /* before is NULL: none */
};

/* A deep copy. NULL when memory is short. */
meower_options *options_copy(const meower_options *options);

/* The value of a number or boolean option; the name must be in the table. */
int64_t options_number(const meower_options *options, const char *name);
bool options_boolean(const meower_options *options, const char *name);

/* True when the comma-separated list in option `name` has `word`. */
bool options_list_has(const meower_options *options, const char *name, const char *word);

#endif
