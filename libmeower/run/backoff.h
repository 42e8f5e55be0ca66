/* backoff.h - how long to leave a backend alone after it has failed. */
#ifndef RUN_BACKOFF_H
#define RUN_BACKOFF_H

#include <meower/backend.h>

/* Exponential from 50 ms to 2 s (the original's fixed pause), half of it drawn by chance, so that many processes do not
 * come back in one moment ("equal jitter": Brooker, Exponential Backoff and Jitter, AWS 2015). `failures` in a row,
 * from 1. */
int64_t backoff_pause_us(const meower_clock *clock, unsigned failures);

#endif
