/* router.h - from a request to its handler, and from the library's results to their answers. */
#ifndef SERVER_ROUTER_H
#define SERVER_ROUTER_H

#include "server/connection.h"
#include "server/request.h"

/* Answers the request, or has the library do so. */
void router_dispatch(struct connection *connection, const struct request *request);

/* Answers what the library has ready of reading requests, and of writing ones. */
void router_collect_pages(struct server *server);
void router_collect_results(struct server *server);

#endif
