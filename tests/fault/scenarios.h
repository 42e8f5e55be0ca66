/* scenarios.h - what a user does with an instance, in short histories. */
#ifndef FAULT_SCENARIOS_H
#define FAULT_SCENARIOS_H

#include "fault/world.h"

struct scenario {
    const char *name;
    enum beginning beginning;
    bool needs_files;
    bool has_threads;
    void (*play)(struct world *world); /* after world_open(), unless that failed; NULL: nothing more */
};

extern const struct scenario scenarios[];
extern const unsigned scenario_count;

#endif
