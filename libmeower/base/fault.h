/* fault.h - the host's fault hook around one call of a backend (backend.h, meower_fault_hook). */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <meower/backend.h>

/* Before the call: anything but MEOWER_OK is the call's status, and it is not made. */
int fault_before(const meower_fault_hook *hook, const char *port, const char *call, meower_error *error);

/* Behind the call: the status to give instead of `status`. */
int fault_after(const meower_fault_hook *hook, const char *port, const char *call, int status, meower_error *error);

#endif
