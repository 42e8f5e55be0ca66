/* backoff.c - exponential backoff with jitter. */
#include "run/backoff.h"

#define PAUSE_FIRST_US 50000
#define PAUSE_MAX_US   2000000

int64_t backoff_pause_us(const meower_clock *clock, unsigned failures)
{
    int64_t pause_us = PAUSE_FIRST_US;
    uint32_t chance;

    while (failures > 1 && pause_us < PAUSE_MAX_US) {
        pause_us *= 2;
        failures--;
    }
    if (pause_us > PAUSE_MAX_US) {
        pause_us = PAUSE_MAX_US;
    }
    clock->random(clock->context, &chance, sizeof(chance));
    return pause_us / 2 + (int64_t)(chance % (uint64_t)(pause_us / 2));
}
