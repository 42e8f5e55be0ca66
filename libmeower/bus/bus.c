/* bus.c - the bus port: opens the adapter that the URL means, and makes every call of it. */
#include "bus/bus.h"
#include "port/call.h"
#include "port/schemes.h"

int bus_open(struct bus *bus, const meower_options *options, meower_error *error)
{
    meower_backend_config config;
    const void *vtable = NULL;
    struct port_call call = {.hook = &options->fault_hook, .port = "bus", .name = "open"};
    bool is_open = false;
    int status = schemes_find(options, BUS_PORT, &config, &vtable, error);

    if (status != MEOWER_OK) {
        return status;
    }
    struct bus opened = {.vtable = *(const meower_bus_vtable *)vtable, .hook = options->fault_hook};
    if (port_call_begin(&call)) {
        call.status = opened.vtable.open(&config, &opened.backend, &call.detail);
        is_open = call.status == MEOWER_OK;
    }
    status = port_call_end(&call, error);
    if (status == MEOWER_OK) {
        *bus = opened;
    } else if (is_open) {
        bus_close(&opened);
    }
    return status;
}

void bus_close(struct bus *bus)
{
    bus->vtable.close(bus->backend);
}

bool bus_is_process_local(const struct bus *bus)
{
    return (bus->vtable.flags & MEOWER_BUS_PROCESS_LOCAL) != 0;
}

int bus_publish(struct bus *bus, const meower_bus_message *messages, size_t count, meower_error *error)
{
    struct port_call call = {.hook = &bus->hook, .port = "bus", .name = "publish"};

    if (port_call_begin(&call)) {
        call.status = bus->vtable.publish(bus->backend, messages, count, &call.detail);
    }
    return port_call_end(&call, error);
}

int bus_announce(struct bus *bus, const meower_bus_message *last, meower_error *error)
{
    if (bus->vtable.announce == NULL) {
        return MEOWER_OK;
    }
    struct port_call call = {.hook = &bus->hook, .port = "bus", .name = "announce"};

    if (port_call_begin(&call)) {
        call.status = bus->vtable.announce(bus->backend, last, &call.detail);
    }
    return port_call_end(&call, error);
}

int bus_receive(struct bus *bus, int timeout_ms, meower_bus_sink *sink, meower_error *error)
{
    struct port_call call = {.hook = &bus->hook, .port = "bus", .name = "receive"};

    if (port_call_begin(&call)) {
        call.status = bus->vtable.receive(bus->backend, timeout_ms, sink, &call.detail);
    }
    return port_call_end(&call, error);
}

void bus_wake(struct bus *bus)
{
    bus->vtable.wake(bus->backend);
}
