/* injector.h - which call fails: the Nth of its kind, once or from then on. One for the whole program. */
#ifndef FAULT_INJECTOR_H
#define FAULT_INJECTOR_H

#include <stdbool.h>

/* What fails. */
enum fault_kind {
    FAULT_MEMORY,        /* an allocation by the library */
    FAULT_SQLITE_MEMORY, /* an allocation by SQLite */
    FAULT_SYSTEM, /* a system call that the library makes itself: open, flock, read, map, a thread, a descriptor */
    FAULT_PORT_UNAVAILABLE, /* a call of a backend: "not now, try again" */
    FAULT_PORT_IO,          /* a call of a backend: "no" */
    FAULT_PORT_AFTERWARDS,  /* a call of a backend that was made, and reported as failed */
    FAULT_DISK_FULL,        /* SQLite or the index writes or makes a file: ENOSPC */
    FAULT_DISK_ERROR,       /* any operation of SQLite on a file: EIO, also to sync, truncate and lock */
    FAULT_UNREADABLE,       /* SQLite reads a file: EIO, which it takes for damage */
    FAULT_LOCKED,           /* SQLite locks a file: somebody else has it */
    FAULT_SHORT,            /* a read or a write of a file moves half of what was asked, which is no error */
    FAULT_KINDS
};

/* How long it fails. */
enum fault_mode {
    MODE_ONCE,     /* that one call */
    MODE_ON,       /* it and all further ones; the instance is closed meanwhile */
    MODE_REPAIRED, /* it and all further ones, until the scenario has ended */
    MODES
};

extern const char *const fault_kind_names[FAULT_KINDS];
extern const char *const fault_mode_names[MODES];

/* From now on call number `nth` (from 1) of this kind fails. */
void injector_arm(enum fault_kind kind, enum fault_mode mode, unsigned long nth);

/* From now on nothing fails. */
void injector_disarm(void);

/* How many calls have failed since it was armed. */
unsigned long injector_met(void);

/* Asked by what can fail, before each call: whether it does. Any thread. */
bool injector_hits(enum fault_kind kind);

/* What is armed; FAULT_KINDS when nothing is. */
enum fault_kind injector_kind(void);

#endif
