/* bus.c - the bus port: finds the adapter by its scheme, and calls the fault hook before and after every call. */
#include "bus/bus.h"
#include "base/fault.h"
#include "base/url.h"
#include <string.h>

#ifdef MEOWER_WITH_POSTGRESQL
#define POSTGRESQL_BUS &postgresql_bus
#else
#define POSTGRESQL_BUS NULL
#endif
#ifdef MEOWER_WITH_NATS
#define NATS_BUS &nats_bus
#else
#define NATS_BUS NULL
#endif
#ifdef MEOWER_WITH_KAFKA
#define KAFKA_BUS &kafka_bus
#else
#define KAFKA_BUS NULL
#endif

/* Schemes this version knows. Those that are compiled out have no table, so that "not built in" differs from "unknown".
 */
static const struct {
    const char *scheme;
    const meower_bus_vtable *vtable;
} builtin_buses[] = {
    {"inproc", &inproc_bus}, {"postgresql", POSTGRESQL_BUS}, {"postgres", POSTGRESQL_BUS},
    {"nats", NATS_BUS},      {"kafka", KAFKA_BUS},
};

static int find_builtin(meower_backend_config *config, const meower_bus_vtable **vtable, meower_error *error)
{
    char redacted[200];

    for (size_t i = 0; i < sizeof(builtin_buses) / sizeof(builtin_buses[0]); i++) {
        if (!url_has_scheme(config->url, builtin_buses[i].scheme, &config->location)) {
            continue;
        }
        if (builtin_buses[i].vtable == NULL) {
            return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                    "the bus \"%s:\" is not built into this library; choose inproc:, or a build that "
                                    "has it",
                                    builtin_buses[i].scheme);
        }
        *vtable = builtin_buses[i].vtable;
        return MEOWER_OK;
    }
    url_redact(config->url, redacted, sizeof(redacted));
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                            "unknown bus \"%s\"; it must begin with inproc:, postgresql:, nats: or kafka:", redacted);
}

/* What the host has added comes first. */
static int find_table(const meower_options *options, meower_backend_config *config, const meower_bus_vtable **vtable,
                      meower_error *error)
{
    for (size_t i = 0; i < options->bus_count; i++) {
        if (url_has_scheme(config->url, options->buses[i].vtable.scheme, &config->location)) {
            *vtable = &options->buses[i].vtable;
            config->context = options->buses[i].context;
            return MEOWER_OK;
        }
    }
    return find_builtin(config, vtable, error);
}

int bus_check(const meower_options *options, meower_error *error)
{
    const meower_bus_vtable *vtable;
    meower_backend_config config = {.url = meower_options_get(options, "bus")};

    return find_table(options, &config, &vtable, error);
}

int bus_open(struct bus *bus, const meower_options *options, meower_error *error)
{
    const meower_bus_vtable *vtable = NULL;
    meower_backend_config config = {
        .size = sizeof(config),
        .url = meower_options_get(options, "bus"),
        .clock = &options->clock,
        .options = options,
    };
    int status = find_table(options, &config, &vtable, error);

    if (status != MEOWER_OK) {
        return status;
    }
    *bus = (struct bus){.vtable = *vtable, .hook = options->fault_hook};
    status = fault_before(&bus->hook, "bus", "open", error);
    return status == MEOWER_OK ? bus->vtable.open(&config, &bus->backend, error) : status;
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
    int status = fault_before(&bus->hook, "bus", "publish", error);

    if (status != MEOWER_OK) {
        return status;
    }
    return fault_after(&bus->hook, "bus", "publish", bus->vtable.publish(bus->backend, messages, count, error), error);
}

int bus_announce(struct bus *bus, const meower_bus_message *last, meower_error *error)
{
    if (bus->vtable.announce == NULL) {
        return MEOWER_OK;
    }
    int status = fault_before(&bus->hook, "bus", "announce", error);
    if (status != MEOWER_OK) {
        return status;
    }
    return fault_after(&bus->hook, "bus", "announce", bus->vtable.announce(bus->backend, last, error), error);
}

int bus_receive(struct bus *bus, int timeout_ms, meower_bus_sink *sink, meower_error *error)
{
    int status = fault_before(&bus->hook, "bus", "receive", error);

    if (status != MEOWER_OK) {
        return status;
    }
    return fault_after(&bus->hook, "bus", "receive", bus->vtable.receive(bus->backend, timeout_ms, sink, error), error);
}

void bus_wake(struct bus *bus)
{
    bus->vtable.wake(bus->backend);
}
