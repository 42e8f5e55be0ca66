/* maintenance.h - meowctl's commands that look after a feed's data. */
#ifndef CTL_MAINTENANCE_H
#define CTL_MAINTENANCE_H

#include <stdbool.h>

/* Where the data are. */
struct maintenance {
    const char *store;  /* URL, or NULL */
    const char *search; /* URL, or NULL */
    const char *admin;  /* URL of a daemon's admin listener */
};

/* Whether `command` is one of them. */
bool maintenance_is_command(const char *command);

/* Carries it out with its argument (NULL: none). Returns 0, or 1 with a message on stderr. */
int maintenance_run(const struct maintenance *maintenance, const char *command, const char *argument);

#endif
