/* fault.c - see fault.h. Without a hook nothing happens. */
#include "base/fault.h"

int fault_before(const meower_fault_hook *hook, const char *port, const char *call, meower_error *error)
{
    return hook->before == NULL ? MEOWER_OK : hook->before(hook->context, port, call, error);
}

int fault_after(const meower_fault_hook *hook, const char *port, const char *call, int status, meower_error *error)
{
    return hook->after == NULL ? status : hook->after(hook->context, port, call, status, error);
}
