/* chance.h - everything random in a run comes from here, and all of it from the seed. */
#ifndef TESTS_SIM_CHANCE_H
#define TESTS_SIM_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

uint64_t chance_next(struct chance *chance);

/* A number from 0 to `below` - 1; `below` is at least 1. */
unsigned chance_below(struct chance *chance, unsigned below);

/* True so many times in a thousand. */
bool chance_permille(struct chance *chance, unsigned permille);

void chance_fill(struct chance *chance, void *out, size_t len);

#endif
