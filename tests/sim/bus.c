/* bus.c - see bus.h. Every end has a list of messages by the time at which they arrive. */
#include "sim/bus.h"
#include "sim/world.h"
#include <stdlib.h>
#include <string.h>

struct sim_bus_message {
    struct sim_bus_message *next;
    int64_t due_us;
    size_t payload_len;
    char payload[];
};

struct sim_bus_end {
    struct sim_bus_end *next;
    struct node *node;
    struct sim_bus_message *first; /* the next to arrive */
};

/* ---- carrying --------------------------------------------------------------------------------------------------- */

static void send_copy(struct world *world, struct sim_bus_end *end, const char *payload, size_t payload_len)
{
    struct sim_bus *bus = &world->bus;
    struct sim_bus_message *copy = malloc(sizeof(*copy) + payload_len);
    struct sim_bus_message **link = &end->first;

    if (copy == NULL) {
        abort();
    }
    copy->due_us = world->now_us + (bus->delay_max_us > 0 ? chance_below(&world->chance, bus->delay_max_us) : 0);
    copy->payload_len = payload_len;
    memcpy(copy->payload, payload, payload_len);
    if (chance_permille(&world->chance, bus->garble_permille)) {
        copy->payload[chance_below(&world->chance, (unsigned)payload_len)] ^= 0x11;
    }
    while (*link != NULL && (*link)->due_us <= copy->due_us) {
        link = &(*link)->next;
    }
    copy->next = *link;
    *link = copy;
}

static void keep_last(struct sim_bus *bus, const meower_bus_message *message)
{
    bus->last = realloc(bus->last, sizeof(*bus->last) + message->payload_len);
    if (bus->last == NULL) {
        abort();
    }
    bus->last->payload_len = message->payload_len;
    memcpy(bus->last->payload, message->payload, message->payload_len);
}

static void carry(struct world *world, const meower_bus_message *message)
{
    for (struct sim_bus_end *end = world->bus.ends; end != NULL; end = end->next) {
        if (chance_permille(&world->chance, world->bus.lose_permille)) {
            continue;
        }
        send_copy(world, end, message->payload, message->payload_len);
        if (chance_permille(&world->chance, world->bus.repeat_permille)) {
            send_copy(world, end, message->payload, message->payload_len);
        }
    }
    keep_last(&world->bus, message);
}

/* ---- the foreign consumer --------------------------------------------------------------------------------------- */

/* A creation whose meow is gone may be left out. */
static bool may_be_left_out(const struct ledger *ledger, uint64_t position)
{
    const struct ledger_event *event = ledger_event_at(ledger, position);

    return event->kind == MEOWER_EVENT_CREATED && ledger->meows[event->meow].deleted != 0;
}

uint64_t sim_bus_first_untold(const struct world *world, uint64_t position)
{
    for (uint64_t at = 1; at <= position && at <= world->ledger.head; at++) {
        bool is_told = at <= world->bus.accepted_max && world->bus.is_accepted[at - 1];
        if (!is_told && !may_be_left_out(&world->ledger, at)) {
            return at;
        }
    }
    return position > world->ledger.head ? position : 0;
}

void sim_bus_go_back(struct world *world)
{
    for (uint64_t at = sim_store_checkpoint(world); at < world->bus.accepted_max; at++) {
        world->bus.is_accepted[at] = false;
    }
}

static void check_message(struct world *world, const meower_bus_message *message)
{
    const struct ledger_event *event = ledger_event_at(&world->ledger, message->position);
    uint64_t untold;

    if (event == NULL || event->kind != message->kind ||
        strcmp(world->ledger.meows[event->meow].id, message->id) != 0) {
        world_fail(world, "event %llu (meow %s) was announced on the bus, but is not committed",
                   (unsigned long long)message->position, message->id);
    }
    if (strcmp(message->epoch, world->store.epoch) != 0) {
        world_fail(world, "event %llu was announced on the bus with the epoch %s of a former life",
                   (unsigned long long)message->position, message->epoch);
    }
    untold = sim_bus_first_untold(world, message->position - 1);
    if (untold != 0) {
        world_fail(world, "event %llu was announced on the bus before event %llu",
                   (unsigned long long)message->position, (unsigned long long)untold);
    }
}

static void accept(struct world *world, const meower_bus_message *message)
{
    struct sim_bus *bus = &world->bus;

    check_message(world, message);
    if (message->position > bus->accepted_max) {
        uint64_t max = message->position * 2;
        bus->is_accepted = reallocarray(bus->is_accepted, max, sizeof(*bus->is_accepted));
        if (bus->is_accepted == NULL) {
            abort();
        }
        memset(bus->is_accepted + bus->accepted_max, 0, (max - bus->accepted_max) * sizeof(*bus->is_accepted));
        bus->accepted_max = max;
    }
    bus->is_accepted[message->position - 1] = true;
    carry(world, message);
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

static int sim_open(const meower_backend_config *config, void **out, meower_error *error)
{
    struct node *node = config->context;
    struct sim_bus_end *end = calloc(1, sizeof(*end));

    (void)error;
    if (end == NULL) {
        abort();
    }
    end->node = node;
    end->next = node->world->bus.ends;
    node->world->bus.ends = end;
    if (node->world->bus.last != NULL && chance_permille(&node->world->chance, node->world->bus.repeat_permille)) {
        send_copy(node->world, end, node->world->bus.last->payload, node->world->bus.last->payload_len);
    }
    *out = end;
    return MEOWER_OK;
}

static void sim_close(void *backend)
{
    struct sim_bus_end *end = backend;
    struct sim_bus_end **link = &end->node->world->bus.ends;

    while (*link != end) {
        link = &(*link)->next;
    }
    *link = end->next;
    while (end->first != NULL) {
        struct sim_bus_message *message = end->first;
        end->first = message->next;
        free(message);
    }
    free(end);
}

static int sim_publish(void *backend, const meower_bus_message *messages, size_t count, meower_error *error)
{
    struct world *world = ((struct sim_bus_end *)backend)->node->world;
    bool breaks = !world->is_calm && chance_permille(&world->chance, world->plan.fault_permille);
    size_t accepted = breaks ? chance_below(&world->chance, (unsigned)count) : count;

    for (size_t i = 0; i < accepted; i++) {
        accept(world, &messages[i]);
    }
    if (breaks) {
        return meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                "the connection broke after %zu messages", accepted);
    }
    return MEOWER_OK;
}

/* No event: only how far the feed is. */
static int sim_announce(void *backend, const meower_bus_message *last, meower_error *error)
{
    struct world *world = ((struct sim_bus_end *)backend)->node->world;

    (void)error;
    if (last->position > world->ledger.head) {
        world_fail(world, "the bus is told that the feed is at %llu, but only %llu is committed",
                   (unsigned long long)last->position, (unsigned long long)world->ledger.head);
    }
    carry(world, last);
    return MEOWER_OK;
}

static int sim_receive(void *backend, int timeout_ms, meower_bus_sink *sink, meower_error *error)
{
    struct sim_bus_end *end = backend;
    int status = MEOWER_OK;

    (void)timeout_ms; /* 0: the node has no threads */
    (void)error;
    while (status == MEOWER_OK && end->first != NULL && end->first->due_us <= end->node->world->now_us) {
        struct sim_bus_message *message = end->first;
        end->first = message->next;
        status = sink->message(sink, message->payload, message->payload_len);
        free(message);
    }
    return status;
}

static void sim_wake(void *backend)
{
    (void)backend; /* nobody waits */
}

int sim_bus_add(void *node, meower_options *options)
{
    static const meower_bus_vtable vtable = {
        .abi = MEOWER_BACKEND_ABI,
        .size = sizeof(meower_bus_vtable),
        .scheme = "sim",
        .open = sim_open,
        .close = sim_close,
        .publish = sim_publish,
        .receive = sim_receive,
        .wake = sim_wake,
        .announce = sim_announce,
    };
    int status = meower_options_add_bus(options, &vtable, node, NULL);

    return status == MEOWER_OK ? meower_options_set(options, "bus", "sim:", NULL) : status;
}

void sim_bus_destroy(struct sim_bus *bus)
{
    free(bus->is_accepted);
    free(bus->last);
}
