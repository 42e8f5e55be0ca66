/* routes.h - the handlers of requests that the library answers, and of its answers. */
#ifndef SERVER_ROUTES_ROUTES_H
#define SERVER_ROUTES_ROUTES_H

#include "server/http/request.h"
#include "server/net/connection.h"
#include <meower/meower.h>

/* command_routes.c */
void command_post(struct connection *connection, const struct request *request);
void command_delete(struct connection *connection, const struct request *request, const char *id);
void command_submit(struct server *server); /* what command_post() gathered */
void command_answer(struct connection *connection, const meower_command_result *result);

/* query_routes.c */
void query_list(struct connection *connection, const struct request *request);
void query_get(struct connection *connection, const struct request *request, const char *id);
void query_search(struct connection *connection, const struct request *request);
void query_answer(struct connection *connection, const meower_page *page);

#endif
