/* options_backends.c - what a host adds to the options of one instance: backends of its own, a clock, a fault hook. */
#include "base/clock.h"
#include "port/schemes.h"
#include <string.h>

#define MEMBERS_MAX 10

/* A member that a table must have. */
struct member {
    const char *name;
    size_t offset;
};

/* What a port asks of a table. */
struct port_rules {
    enum port port;
    const char *name;
    size_t size;                         /* of the first version of this ABI's table: later members may be missing */
    struct member required[MEMBERS_MAX]; /* ends with a NULL name */
};

static const struct port_rules store_rules = {
    STORE_PORT,
    "store",
    offsetof(meower_store_vtable, new_epoch),
    {
        {"open", offsetof(meower_store_vtable, open)},
        {"close", offsetof(meower_store_vtable, close)},
        {"info", offsetof(meower_store_vtable, info)},
        {"append", offsetof(meower_store_vtable, append)},
        {"head", offsetof(meower_store_vtable, head)},
        {"read_events", offsetof(meower_store_vtable, read_events)},
        {"list", offsetof(meower_store_vtable, list)},
        {"get", offsetof(meower_store_vtable, get)},
        {"checkpoint", offsetof(meower_store_vtable, checkpoint)},
    },
};

static const struct port_rules bus_rules = {
    BUS_PORT,
    "bus",
    offsetof(meower_bus_vtable, announce),
    {
        {"open", offsetof(meower_bus_vtable, open)},
        {"close", offsetof(meower_bus_vtable, close)},
        {"publish", offsetof(meower_bus_vtable, publish)},
        {"receive", offsetof(meower_bus_vtable, receive)},
        {"wake", offsetof(meower_bus_vtable, wake)},
    },
};

/* refresh may be NULL. */
static const struct port_rules search_rules = {
    SEARCH_PORT,
    "search",
    offsetof(meower_search_vtable, rebuild_begin),
    {
        {"open", offsetof(meower_search_vtable, open)},
        {"close", offsetof(meower_search_vtable, close)},
        {"info", offsetof(meower_search_vtable, info)},
        {"reset", offsetof(meower_search_vtable, reset)},
        {"index", offsetof(meower_search_vtable, index)},
        {"match", offsetof(meower_search_vtable, match)},
    },
};

/* Function pointers all have one size here, and NULL is all zero bits (POSIX), whatever they point to. */
static bool is_missing(const void *vtable, size_t offset)
{
    void (*function)(void);
    memcpy(&function, (const char *)vtable + offset, sizeof(function));
    return function == NULL;
}

static int check_table(const struct port_rules *rules, const void *vtable, uint32_t abi, uint32_t size,
                       meower_error *error)
{
    if (abi != MEOWER_BACKEND_ABI) {
        return meower_error_set(error, MEOWER_ERROR_ABI, 0, 0,
                                "the %s's table is of ABI %u; this library takes ABI %u: build it against its headers",
                                rules->name, (unsigned)abi, (unsigned)MEOWER_BACKEND_ABI);
    }
    if (size < rules->size) {
        return meower_error_set(error, MEOWER_ERROR_ABI, 0, 0,
                                "the %s's table says it has %u bytes; it must have at least %zu: set size to the "
                                "table's sizeof",
                                rules->name, (unsigned)size, rules->size);
    }
    for (const struct member *member = rules->required; member->name != NULL; member++) {
        if (is_missing(vtable, member->offset)) {
            return meower_error_set(error, MEOWER_ERROR_ABI, 0, 0,
                                    "the %s's table lacks its member \"%s\", which is required", rules->name,
                                    member->name);
        }
    }
    return MEOWER_OK;
}

/* RFC 3986, 3.1, in lower case. */
static bool is_scheme(const char *scheme)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    static const char all[] = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
    return scheme != NULL && strspn(scheme, letters) > 0 && scheme[strspn(scheme, all)] == '\0';
}

static int check_scheme(const struct port_rules *rules, const char *scheme, meower_error *error)
{
    if (!is_scheme(scheme)) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "the %s's scheme is \"%.40s\"; it must be lower-case letters, then also digits, +, - "
                                "and .",
                                rules->name, scheme == NULL ? "" : scheme);
    }
    if (schemes_has(rules->port, scheme)) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "the scheme \"%s\" is the library's own; give the %s another one", scheme, rules->name);
    }
    return MEOWER_OK;
}

static int refuse_taken(const struct port_rules *rules, const char *scheme, meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                            "a %s with the scheme \"%s\" has been added before; give this one another scheme",
                            rules->name, scheme);
}

static int check_count(const struct port_rules *rules, size_t count, meower_error *error)
{
    if (count < OPTIONS_BACKENDS_MAX) {
        return MEOWER_OK;
    }
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "at most %d backends can be added as a %s",
                            OPTIONS_BACKENDS_MAX, rules->name);
}

/* Copies min(size, ours) bytes: of a table of a later version what we do not know is left out, and of an earlier one
 * the members that came since are NULL. Our size is noted (see the callers). */
static void copy_table(void *out, size_t out_size, const void *vtable, uint32_t size)
{
    memset(out, 0, out_size);
    memcpy(out, vtable, size < out_size ? size : out_size);
}

static int refuse_null(const struct port_rules *rules, meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                            "adding a %s needs options and a table; one of them is NULL", rules->name);
}

int meower_options_add_store(meower_options *options, const meower_store_vtable *vtable, void *context,
                             meower_error *error)
{
    if (options == NULL || vtable == NULL) {
        return refuse_null(&store_rules, error);
    }
    int status = check_table(&store_rules, vtable, vtable->abi, vtable->size, error);
    if (status == MEOWER_OK) {
        status = check_scheme(&store_rules, vtable->scheme, error);
    }
    if (status == MEOWER_OK) {
        status = check_count(&store_rules, options->store_count, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    for (size_t i = 0; i < options->store_count; i++) {
        if (strcmp(options->stores[i].vtable.scheme, vtable->scheme) == 0) {
            return refuse_taken(&store_rules, vtable->scheme, error);
        }
    }

    struct options_store *added = &options->stores[options->store_count++];
    copy_table(&added->vtable, sizeof(added->vtable), vtable, vtable->size);
    added->vtable.size = sizeof(added->vtable);
    added->context = context;
    return MEOWER_OK;
}

int meower_options_add_bus(meower_options *options, const meower_bus_vtable *vtable, void *context, meower_error *error)
{
    if (options == NULL || vtable == NULL) {
        return refuse_null(&bus_rules, error);
    }
    int status = check_table(&bus_rules, vtable, vtable->abi, vtable->size, error);
    if (status == MEOWER_OK) {
        status = check_scheme(&bus_rules, vtable->scheme, error);
    }
    if (status == MEOWER_OK) {
        status = check_count(&bus_rules, options->bus_count, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    for (size_t i = 0; i < options->bus_count; i++) {
        if (strcmp(options->buses[i].vtable.scheme, vtable->scheme) == 0) {
            return refuse_taken(&bus_rules, vtable->scheme, error);
        }
    }

    struct options_bus *added = &options->buses[options->bus_count++];
    copy_table(&added->vtable, sizeof(added->vtable), vtable, vtable->size);
    added->vtable.size = sizeof(added->vtable);
    added->context = context;
    return MEOWER_OK;
}

int meower_options_add_search(meower_options *options, const meower_search_vtable *vtable, void *context,
                              meower_error *error)
{
    if (options == NULL || vtable == NULL) {
        return refuse_null(&search_rules, error);
    }
    int status = check_table(&search_rules, vtable, vtable->abi, vtable->size, error);
    if (status == MEOWER_OK) {
        status = check_scheme(&search_rules, vtable->scheme, error);
    }
    if (status == MEOWER_OK) {
        status = check_count(&search_rules, options->search_count, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    for (size_t i = 0; i < options->search_count; i++) {
        if (strcmp(options->searches[i].vtable.scheme, vtable->scheme) == 0) {
            return refuse_taken(&search_rules, vtable->scheme, error);
        }
    }

    struct options_search *added = &options->searches[options->search_count++];
    copy_table(&added->vtable, sizeof(added->vtable), vtable, vtable->size);
    added->vtable.size = sizeof(added->vtable);
    added->context = context;
    return MEOWER_OK;
}

void meower_options_set_clock(meower_options *options, const meower_clock *clock)
{
    if (options != NULL) {
        options->clock = clock != NULL ? *clock : *clock_system();
    }
}

void meower_options_set_fault_hook(meower_options *options, const meower_fault_hook *hook)
{
    if (options != NULL) {
        options->fault_hook = hook != NULL ? *hook : (meower_fault_hook){NULL, NULL, NULL};
    }
}
