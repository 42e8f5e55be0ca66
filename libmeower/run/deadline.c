/* deadline.c - see deadline.h. */
#include "run/deadline.h"
#include "base/clock.h"

int64_t deadline_after_ms(const meower_clock *clock, int timeout_ms)
{
    return timeout_ms < 0 ? DEADLINE_NEVER : clock_monotonic_us(clock) + (int64_t)timeout_ms * 1000;
}

int deadline_rest_ms(int64_t deadline_us, int64_t now_us)
{
    int64_t rest_us = deadline_us - now_us;
    int64_t rest_ms = rest_us / 1000 + (rest_us % 1000 > 0);

    if (deadline_us == DEADLINE_NEVER) {
        return -1;
    }
    if (rest_us <= 0) {
        return 0;
    }
    return rest_ms > INT32_MAX ? INT32_MAX : (int)rest_ms;
}
