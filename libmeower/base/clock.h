/* clock.h - the system's clock and randomness, and time as text. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <meower/backend.h>
#include <time.h>

/* CLOCK_REALTIME, CLOCK_MONOTONIC and getrandom(). Static storage. */
const meower_clock *clock_system(void);

int64_t clock_wall_us(const meower_clock *clock);
int64_t clock_monotonic_us(const meower_clock *clock);

/* The moment `wait_us` from now on CLOCK_MONOTONIC, as pthread_cond_timedwait() takes it. The system's clock, not an
 * instance's: threads sleep in real time. */
struct timespec clock_deadline(int64_t wait_us);

/* "2026-11-23T23:49:58.620261Z" with its NUL: RFC 3339, UTC, microseconds. */
#define CLOCK_TEXT_SIZE 28

/* Writes `wall_us` as such text; years outside 0000 to 9999 are clamped. */
void clock_format(int64_t wall_us, char out[CLOCK_TEXT_SIZE]);

#endif
