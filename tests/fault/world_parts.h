/* world_parts.h - what an instance is given: a clock that stands still, a bus that others may listen on, calls of
 * backends that fail. */
#ifndef FAULT_WORLD_PARTS_H
#define FAULT_WORLD_PARTS_H

#include "fault/world.h"

/* Chance begins anew. */
void world_parts_begin(void);

/* Lets the clock go on. */
void world_parts_pass(int ms);

/* Makes the options that the world is opened with. */
int world_parts_options(const struct world *world, meower_options **out, meower_error *error);

#endif
