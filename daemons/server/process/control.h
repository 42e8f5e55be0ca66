/* control.h - the main thread's loop (libevent): signals, the admin listener, opening the feed, starting the public
 * listener, and the order in which all of that ends. */
#ifndef SERVER_PROCESS_CONTROL_H
#define SERVER_PROCESS_CONTROL_H

#include "server/process/log.h"
#include "server/process/service.h"

#define CONTROL_WRONG_CONFIG 2 /* exit status when a setting is wrong */

struct control_settings {
    const char *program;
    struct service_settings service; /* with its listener */
    int admin_listener;
    const char *address; /* of the public listener, for the log */
    const char *admin_address;
    const char *place;      /* where the data is, for the log and for messages */
    bool has_own_directory; /* that is a folder of this daemon's own */
    const meower_options *options;
    const struct log *log;
};

/* Runs until SIGTERM or SIGINT, or until it cannot. Returns the exit status. Closes both listeners. */
int control_run(const struct control_settings *settings);

#endif
