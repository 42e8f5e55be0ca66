/* trace.c - a hash that tells runs apart: 64-bit FNV-1a over eight bytes at a time. */
#include "sim/trace.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FNV_PRIME UINT64_C(1099511628211)

static void mix(struct trace *trace, uint64_t value)
{
    trace->hash = (trace->hash ^ value) * FNV_PRIME;
    trace->hash ^= trace->hash >> 29;
}

void trace_note(struct trace *trace, int64_t now_us, int node, const char *what, uint64_t a, uint64_t b)
{
    uint64_t letters = 0;

    memcpy(&letters, what, strnlen(what, sizeof(letters)));
    mix(trace, letters);
    mix(trace, (uint64_t)now_us ^ (uint64_t)node << 56);
    mix(trace, a);
    mix(trace, b);
    trace->count++;
    if (trace->is_told) {
        printf("%6" PRIu64 "  %10.3f ms  ", trace->count, (double)now_us / 1000);
        printf(node == TRACE_NO_NODE ? "        " : "node %d  ", node);
        printf("%-28s %" PRIu64 " %" PRIu64 "\n", what, a, b);
    }
}
