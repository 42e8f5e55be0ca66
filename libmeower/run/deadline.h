/* deadline.h - moments on an instance's monotonic clock until which somebody waits. */
#ifndef RUN_DEADLINE_H
#define RUN_DEADLINE_H

#include <meower/backend.h>

#define DEADLINE_NEVER INT64_MAX

/* The moment `timeout_ms` from now; DEADLINE_NEVER for -1. */
int64_t deadline_after_ms(const meower_clock *clock, int timeout_ms);

/* Milliseconds from `now_us` to the deadline, as poll() takes them: rounded up, because a rest below a millisecond must
 * not spin; 0 when it is over; -1 for DEADLINE_NEVER. */
int deadline_rest_ms(int64_t deadline_us, int64_t now_us);

#endif
