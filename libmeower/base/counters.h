/* counters.h - numbers that only grow: an instance has one set, its parts count in it, and meower_metric_at() shows it.
 */
#ifndef BASE_COUNTERS_H
#define BASE_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

struct counters {
    atomic_uint_fast64_t posts;
    atomic_uint_fast64_t replays;
    atomic_uint_fast64_t deletions;
    atomic_uint_fast64_t commands_failed;
    atomic_uint_fast64_t batches;
    atomic_uint_fast64_t pages_from_timeline;
    atomic_uint_fast64_t pages_from_store;
    atomic_uint_fast64_t searches;
    atomic_uint_fast64_t searches_fallback;
    atomic_uint_fast64_t events_relayed;
    atomic_uint_fast64_t events_indexed;
    atomic_uint_fast64_t events_caught_up;
    atomic_uint_fast64_t rebuilds;
    atomic_uint_fast64_t messages_undecodable;
};

#endif
