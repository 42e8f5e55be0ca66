/* router.h - from a request to its handler, by one table. What a path allows, what is refused and under which name an
 * answer is counted all follow from the table. */
#ifndef SERVER_HTTP_ROUTER_H
#define SERVER_HTTP_ROUTER_H

#include "server/http/exchange.h"
#include "server/http/request.h"

#define ROUTE_METHOD(method) (1U << (method))
#define ROUTE_READING        (ROUTE_METHOD(REQUEST_GET) | ROUTE_METHOD(REQUEST_HEAD))

/* A row of the table. */
struct route {
    const char *path;              /* "{...}" at its end stands for a segment that is not empty */
    bool (*has)(const char *path); /* not NULL: this says which paths are meant, if no row before has the path */
    unsigned methods;              /* set of ROUTE_METHOD() */
    unsigned role;                 /* the server answers only routes of its roles; a proxy knows who has the others */
    const char *name;              /* in the metrics */
    /* Answers the request, now or later. `argument` is what stands for "{...}", or else the path. `context` is what
     * router_add() was given. */
    void (*handle)(void *context, struct exchange *exchange, const struct request *request, const char *argument);
};

struct router {
    unsigned roles;
    struct http_metrics *metrics;
    size_t count;
    struct {
        const struct route *route;
        void *context;
    } rows[HTTP_ROUTES_MAX];
};

void router_init(struct router *router, unsigned roles, struct http_metrics *metrics);

/* Adds rows, up to one without a path; HTTP_ROUTES_MAX at most, all together. */
void router_add(struct router *router, const struct route *routes, void *context);

/* Answers the request, or has its handler do so. */
void router_dispatch(const struct router *router, struct exchange *exchange, const struct request *request);

#endif
