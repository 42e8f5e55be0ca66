/* suite_bus.h - what every bus must do, whichever it is. An adapter's test_bus_NAME.c says how to reach one. */
#ifndef CONFORMANCE_SUITE_BUS_H
#define CONFORMANCE_SUITE_BUS_H

#include <stdbool.h>
#include <stddef.h>

struct bus_adapter {
    const char *name;
    bool carries_all; /* every message, payload by payload; otherwise a batch may arrive as its last position alone */
    /* Writes the URL of a bus. It may be the same each time: the tests tell their own messages by the epoch. */
    void (*make_url)(char *url, size_t url_size);
    /* Removes what make_url() made. All handles are closed. */
    void (*remove)(const char *url);
};

extern const struct bus_adapter bus_adapter;

#endif
