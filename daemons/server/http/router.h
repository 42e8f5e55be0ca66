/* router.h - from a request to its handler, and from the library's results to their answers. */
#ifndef SERVER_HTTP_ROUTER_H
#define SERVER_HTTP_ROUTER_H

#include "server/http/request.h"
#include "server/net/connection.h"

/* Answers the request, or has the library do so. */
void router_dispatch(struct connection *connection, const struct request *request);

/* Answers what the library has ready of reading requests, and of writing ones. */
void router_collect_pages(struct server *server);
void router_collect_results(struct server *server);

#endif
