/* bus.h - a bus "sim:" between the nodes, which loses, repeats, delays (and so reorders) and garbles messages, and a
 * consumer that is not of this library: it must be told every event, in order, and nothing that is not committed. */
#ifndef TESTS_SIM_BUS_H
#define TESTS_SIM_BUS_H

#include "sim/chance.h"
#include <meower/backend.h>

struct world;
struct sim_bus_end;
struct sim_bus_message;

struct sim_bus {
    struct sim_bus_end *ends;     /* of the nodes that are up */
    struct sim_bus_message *last; /* that was carried: an end that is opened may be given it once more */
    bool *is_accepted;            /* at index position - 1 */
    uint64_t accepted_max;        /* room in is_accepted */
    unsigned lose_permille;
    unsigned repeat_permille;
    unsigned garble_permille;
    unsigned delay_max_us;
};

void sim_bus_destroy(struct sim_bus *bus);

/* Adds it to the options and chooses it; the context of its backends is the node. */
int sim_bus_add(void *node, meower_options *options);

/* The store has gone back: the consumer must be told again what comes after its checkpoint. */
void sim_bus_go_back(struct world *world);

/* The first event up to `position` that the consumer should have been told and was not; 0: none. */
uint64_t sim_bus_first_untold(const struct world *world, uint64_t position);

#endif
