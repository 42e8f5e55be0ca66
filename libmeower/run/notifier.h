/* notifier.h - a file descriptor that is readable while there is something to take (Linux eventfd). */
#ifndef RUN_NOTIFIER_H
#define RUN_NOTIFIER_H

#include <stdatomic.h>

struct notifier {
    int fd;
    atomic_bool raised; /* spares a system call when it is readable already */
};

/* Returns 0 or a MEOWER_ERROR_ code. */
int notifier_open(struct notifier *notifier);
void notifier_close(struct notifier *notifier);

void notifier_raise(struct notifier *notifier); /* readable. Any thread. */
/* Not readable. Any thread; then look again whether there is something to take, and raise it if so. */
void notifier_clear(struct notifier *notifier);

/* Waits until it or `other` (NULL: it alone) is readable or `timeout_ms` ran out (-1: for ever). Returns 1 when one is
 * readable, 0 when none is, and 0 early when a signal came. */
int notifier_wait(const struct notifier *notifier, const struct notifier *other, int timeout_ms);

#endif
