/* chance.c - SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
#include "sim/chance.h"

uint64_t chance_next(struct chance *chance)
{
    uint64_t mixed = chance->state += UINT64_C(0x9E3779B97F4A7C15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ mixed >> 31;
}

unsigned chance_below(struct chance *chance, unsigned below)
{
    return (unsigned)((chance_next(chance) >> 32) * below >> 32);
}

bool chance_permille(struct chance *chance, unsigned permille)
{
    return permille > 0 && chance_below(chance, 1000) < permille;
}

void chance_fill(struct chance *chance, void *out, size_t len)
{
    unsigned char *at = out;

    for (size_t i = 0; i < len; i++) {
        at[i] = (unsigned char)(chance_next(chance) >> 56);
    }
}
