/* bus.h - the bus port: the only caller of a bus's table. Every call but wake passes the fault hook. */
#ifndef BUS_BUS_H
#define BUS_BUS_H

#include "base/options.h"
#include <stdbool.h>

struct bus {
    meower_bus_vtable vtable;
    void *backend;
    meower_fault_hook hook;
};

/* Opens what options say under "bus". */
int bus_open(struct bus *bus, const meower_options *options, meower_error *error);
void bus_close(struct bus *bus);

/* What is published reaches this instance alone. */
bool bus_is_process_local(const struct bus *bus);

/* As the table's members (backend.h). */
int bus_publish(struct bus *bus, const meower_bus_message *messages, size_t count, meower_error *error);

/* Tells the other processes how far the feed is, where the bus can; it may be lost. On the thread of bus_publish(). */
int bus_announce(struct bus *bus, const meower_bus_message *last, meower_error *error);

int bus_receive(struct bus *bus, int timeout_ms, meower_bus_sink *sink, meower_error *error);
void bus_wake(struct bus *bus);

#endif
