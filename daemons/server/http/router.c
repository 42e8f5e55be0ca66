/* router.c - from a request to its handler, by one table. */
#include "server/http/router.h"

#include "server/http/cors.h"
#include "server/http/parameters.h"
#include "server/http/response.h"
#include <string.h>

#define PATH_SIZE  256 /* bytes of a decoded path that a route may have, with a NUL */
#define ALLOW_SIZE 60

void router_init(struct router *router, unsigned roles, struct http_metrics *metrics)
{
    *router = (struct router){.roles = roles, .metrics = metrics};
    metrics->routes[0].route = "none";
}

void router_add(struct router *router, const struct route *routes, void *context)
{
    for (; routes->path != NULL && router->count < HTTP_ROUTES_MAX; routes++) {
        router->rows[router->count].route = routes;
        router->rows[router->count].context = context;
        router->metrics->routes[++router->count].route = routes->name;
    }
}

/* ---- paths ------------------------------------------------------------------------------------------------------ */

/* What the table says of a path. */
struct target {
    unsigned methods; /* that the API has at this path; 0: there is no such path, or another service has all of it */
    size_t row;       /* that answers the request; router->count: none of this server's */
    const char *argument; /* for its handler */
};

/* What stands for "{...}" in the path, or the path itself when the route has none; NULL: the route is another. */
static const char *match(const char *pattern, const char *path)
{
    const char *brace = strchr(pattern, '{');
    if (brace == NULL) {
        return strcmp(pattern, path) == 0 ? path : NULL;
    }
    size_t len = (size_t)(brace - pattern);
    if (strncmp(pattern, path, len) != 0 || path[len] == '\0' || strchr(path + len, '/') != NULL) {
        return NULL;
    }
    return path + len;
}

/* The services behind a proxy share some paths; each of them names all methods, so that it does not matter which one
 * the proxy asks. */
static struct target find(const struct router *router, const char *path, unsigned method)
{
    struct target target = {.row = router->count};
    bool is_served = false;
    for (size_t i = 0; i < router->count; i++) {
        const struct route *route = router->rows[i].route;
        const char *argument = NULL;
        if (route->has == NULL) {
            argument = match(route->path, path);
        } else if (target.methods == 0 && route->has(path)) {
            argument = path;
        }
        if (argument == NULL) {
            continue;
        }
        target.methods |= route->methods;
        if ((route->role & router->roles) == 0) {
            continue;
        }
        is_served = true;
        if ((route->methods & method) != 0) {
            target.row = i;
            target.argument = argument;
        }
    }
    if (!is_served) {
        target.methods = 0;
    }
    return target;
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

/* "GET, HEAD, OPTIONS" and the like. */
static void write_allow(unsigned methods, char out[ALLOW_SIZE])
{
    static const char *const names[] = {"GET", "HEAD", "POST", "DELETE"};
    out[0] = '\0';
    for (unsigned method = 0; method < 4; method++) {
        if ((methods & ROUTE_METHOD(method)) == 0) {
            continue;
        }
        strcat(out, names[method]);
        strcat(out, ", ");
    }
    strcat(out, "OPTIONS");
}

static void answer_options(struct exchange *exchange, unsigned methods)
{
    struct http *http = exchange->http;
    char allow[ALLOW_SIZE];
    write_allow(methods, allow);
    response_begin(exchange, 204);
    response_field(exchange, "Allow", allow);
    if (!cors_append_preflight(&http->answer, http->settings.cors_origin, exchange->origin, allow)) {
        connection_abort(&exchange->connection);
    }
    response_end(exchange);
    response_send(exchange);
}

static void answer_all_options(const struct router *router, struct exchange *exchange)
{
    unsigned methods = 0;
    for (size_t i = 0; i < router->count; i++) {
        methods |= router->rows[i].route->methods;
    }
    answer_options(exchange, methods);
}

static void refuse_method(struct exchange *exchange, unsigned methods)
{
    char allow[ALLOW_SIZE];
    write_allow(methods, allow);
    response_begin(exchange, 405);
    response_field(exchange, "Allow", allow);
    response_problem_content(exchange, 405, NULL, "this path does not have that method; Allow names those it has");
}

/* Keeps the lines of If-None-Match as one. A line too long to be kept names no entity tag of ours. */
static void keep_condition(struct exchange *exchange, const struct request_list *list)
{
    size_t used = 0;
    for (size_t i = 0; i < REQUEST_LIST_LINES; i++) {
        struct slice line = list->lines[i];
        size_t comma = used > 0 ? 1 : 0;
        if (line.text == NULL || used + comma + line.len >= sizeof(exchange->condition)) {
            continue;
        }
        if (comma != 0) {
            exchange->condition[used++] = ',';
        }
        memcpy(exchange->condition + used, line.text, line.len);
        used += line.len;
    }
    exchange->condition[used] = '\0';
}

void router_dispatch(const struct router *router, struct exchange *exchange, const struct request *request)
{
    struct target target = {.methods = 0};
    char path[PATH_SIZE];
    size_t path_len;

    if (slice_equals(request->path, "*")) {
        answer_all_options(router, exchange);
        return;
    }
    if (percent_decode(request->path, false, path, sizeof(path), &path_len) && strlen(path) == path_len) {
        target = find(router, path, ROUTE_METHOD(request->method));
    }
    if (target.methods == 0) {
        response_problem(exchange, 404, NULL, "there is nothing at this path");
    } else if (request->method == REQUEST_OPTIONS) {
        answer_options(exchange, target.methods);
    } else if ((target.methods & ROUTE_METHOD(request->method)) == 0) {
        refuse_method(exchange, target.methods);
    } else if (target.row == router->count) {
        response_problem(exchange, 404, NULL, "another service of this feed answers that");
    } else {
        exchange->counts = &router->metrics->routes[target.row + 1];
        keep_condition(exchange, &request->lists[REQUEST_IF_NONE_MATCH]);
        router->rows[target.row].route->handle(router->rows[target.row].context, exchange, request, target.argument);
    }
}
