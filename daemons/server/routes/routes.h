/* routes.h - all routes of a loop, and the handles of the library that they ask. */
#ifndef SERVER_ROUTES_ROUTES_H
#define SERVER_ROUTES_ROUTES_H

#include "server/live/fanout.h"
#include "server/routes/command.h"
#include "server/routes/query.h"

struct routes_settings {
    unsigned roles; /* ROLE_... */
    struct commands_settings commands;
};

/* All zero: not open. */
struct routes {
    struct routes_settings settings;
    struct commands commands;
    struct queries queries;
    struct fanout fanout;
};

/* Adds the rows of all roles: a service of one role knows the paths of the others too. */
void routes_add(struct routes *routes, struct router *router);

/* Opens what the roles need, in a loop that is open. The texts of the settings outlive it. False
 * with error->message, which stays empty when errno says why; routes_close() follows then too. */
bool routes_open(struct routes *routes, const struct routes_settings *settings, meower_feed *feed, struct loop *loop,
                 struct live_metrics *metrics, meower_error *error);

/* Closes the handles, after the loop and all exchanges. */
void routes_close(struct routes *routes);

#endif
