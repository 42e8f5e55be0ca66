/* fork_guard.h - tells whether this process is the one that made the guard, or a child forked from it. */
#ifndef RUN_FORK_GUARD_H
#define RUN_FORK_GUARD_H

#include <stdbool.h>
#include <sys/types.h>

struct fork_guard {
    pid_t owner;         /* the process that made it */
    unsigned char *page; /* not 0 in that process; NULL: compare the owner */
};

void fork_guard_init(struct fork_guard *guard);
void fork_guard_destroy(struct fork_guard *guard);

/* Any thread. */
bool fork_guard_is_in_child(const struct fork_guard *guard);

#endif
