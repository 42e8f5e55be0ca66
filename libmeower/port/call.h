/* call.h - one call of a backend, of whichever port. The host's fault hook (backend.h, meower_fault_hook) comes before
 * and after it, and the backend writes its detail into an error of the call's own: the caller's may be NULL, and is
 * written only when the call fails.
 *
 *     struct port_call call = {.hook = &bus->hook, .port = "bus", .name = "publish"};
 *
 *     if (port_call_begin(&call)) {
 *         call.status = bus->vtable.publish(bus->backend, messages, count, &call.detail);
 *     }
 *     return port_call_end(&call, error);
 */
#ifndef PORT_CALL_H
#define PORT_CALL_H

#include <meower/backend.h>
#include <stdbool.h>

struct port_call {
    const meower_fault_hook *hook;
    const char *port;
    const char *name;
    bool is_made;
    int status;
    meower_error detail;
};

/* Returns whether the call is to be made: the hook may have a fault take its place. */
bool port_call_begin(struct port_call *call);

/* Returns what became of the call. A status that came without detail, such as one by which a sink has stopped it, gets
 * some. A positive one, which is none, becomes INTERNAL. */
int port_call_end(struct port_call *call, meower_error *error);

#endif
