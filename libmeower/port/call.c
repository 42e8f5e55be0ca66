/* call.c - see call.h. Without a hook nothing happens before and after a call. */
#include "port/call.h"
#include <meower/meower.h>

bool port_call_begin(struct port_call *call)
{
    const meower_fault_hook *hook = call->hook;

    call->status =
        hook->before == NULL ? MEOWER_OK : hook->before(hook->context, call->port, call->name, &call->detail);
    call->is_made = call->status == MEOWER_OK;
    return call->is_made;
}

int port_call_end(struct port_call *call, meower_error *error)
{
    const meower_fault_hook *hook = call->hook;

    if (call->is_made && hook->after != NULL) {
        call->status = hook->after(hook->context, call->port, call->name, call->status, &call->detail);
    }
    if (call->status > 0) {
        call->status = meower_error_set(&call->detail, MEOWER_ERROR_INTERNAL, 0, 0,
                                        "the %s's call \"%s\" ended with %d, which is no status; the backend must "
                                        "return 0 or a negative MEOWER_ERROR_ code",
                                        call->port, call->name, call->status);
    }
    if (call->status == MEOWER_OK || error == NULL) {
        return call->status;
    }
    if (call->detail.code == call->status) {
        *error = call->detail;
        return call->status;
    }
    return meower_error_set(error, call->status, 0, 0, "the %s's call \"%s\" ended with: %s", call->port, call->name,
                            meower_status_name(call->status));
}
