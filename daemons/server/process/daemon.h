/* daemon.h - a whole daemon: what the programs have in common. They differ in their roles and defaults. */
#ifndef SERVER_PROCESS_DAEMON_H
#define SERVER_PROCESS_DAEMON_H

#include "server/process/config.h"
#include "server/routes/role.h"

struct daemon {
    struct config_defaults defaults;
    unsigned roles; /* ROLE_... */
};

/* Reads the configuration and serves until SIGTERM. Returns the exit status: 0, 1 when it could not start, 2 when the
 * configuration is wrong. */
int daemon_run(const struct daemon *daemon, int argc, char **argv);

#endif
