/* trace.h - what happened in a run, as a number that is the same for the same run, and as text when somebody reads. */
#ifndef TESTS_SIM_TRACE_H
#define TESTS_SIM_TRACE_H

#include <stdbool.h>
#include <stdint.h>

struct trace {
    uint64_t hash;  /* of all notes */
    uint64_t count; /* notes */
    bool is_told;   /* each note is printed */
};

#define TRACE_NO_NODE (-1)

/* Notes that `what` happened at node `node`; a and b say more about it. */
void trace_note(struct trace *trace, int64_t now_us, int node, const char *what, uint64_t a, uint64_t b);

#endif
