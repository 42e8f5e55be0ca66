/* routes.c - all routes of a loop. */
#include "server/routes/routes.h"

#include "server/routes/files.h"
#include "server/routes/live.h"
#include "server/routes/role.h"

void routes_add(struct routes *routes, struct router *router)
{
    router_add(router, command_rows, &routes->commands);
    router_add(router, query_rows, &routes->queries);
    router_add(router, live_rows, &routes->fanout);
    router_add(router, file_rows, NULL);
}

bool routes_open(struct routes *routes, const struct routes_settings *settings, meower_feed *feed, struct loop *loop,
                 struct live_metrics *metrics, meower_error *error)
{
    unsigned roles = settings->roles;
    routes->settings = *settings;
    return ((roles & ROLE_COMMAND) == 0 ||
            commands_open(&routes->commands, loop, feed, &routes->settings.commands, error)) &&
           ((roles & ROLE_QUERY) == 0 || queries_open(&routes->queries, loop, feed, error)) &&
           ((roles & ROLE_PUSHER) == 0 || fanout_open(&routes->fanout, loop, feed, metrics));
}

void routes_close(struct routes *routes)
{
    if ((routes->settings.roles & ROLE_PUSHER) != 0) {
        fanout_close(&routes->fanout);
    }
    queries_close(&routes->queries);
    commands_close(&routes->commands);
}
