/* counter.h - numbers that a service thread counts and any thread reads. */
#ifndef SERVER_NET_COUNTER_H
#define SERVER_NET_COUNTER_H

#include <stdatomic.h>

static inline void counter_add(atomic_ullong *counter, unsigned long long count)
{
    atomic_fetch_add_explicit(counter, count, memory_order_relaxed);
}

static inline void counter_subtract(atomic_ullong *counter, unsigned long long count)
{
    atomic_fetch_sub_explicit(counter, count, memory_order_relaxed);
}

#endif
