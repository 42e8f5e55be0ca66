/* router.c - from a request to its handler, and from the library's results to their answers. */
#include "server/http/router.h"

#include "server/http/cors.h"
#include "server/http/parameters.h"
#include "server/http/response.h"
#include "server/live/pusher.h"
#include "server/live/sse.h"
#include "server/process/server.h"
#include "server/routes/files.h"
#include "server/routes/routes.h"
#include <string.h>

#define PATH_SIZE  256 /* bytes of a decoded path that a route may have, with a NUL */
#define ALLOW_SIZE 60

#define RESULTS_AT_ONCE 32

#define ALLOWS(method) (1U << (method))
#define ALLOWS_READING (ALLOWS(REQUEST_GET) | ALLOWS(REQUEST_HEAD))

/* Sets of methods: the bits 1 << method. */
struct target {
    char path[PATH_SIZE];
    const char *id;   /* behind "/meows/" */
    unsigned methods; /* that the API has at this path; 0: there is no such path, or another service has all of it */
    unsigned served;  /* those of them that are this server's */
};

static void allow(struct target *target, unsigned methods, bool is_served)
{
    target->methods |= methods;
    target->served |= is_served ? methods : 0;
}

/* Finds the methods of the path. The services behind a proxy share some paths; each of them names all methods, so that
 * it does not matter which one the proxy asks. */
static void find_methods(unsigned roles, struct target *target)
{
    const char *path = target->path;
    bool reads = (roles & SERVER_QUERY) != 0, writes = (roles & SERVER_COMMAND) != 0;
    if (strcmp(path, "/meows") == 0) {
        allow(target, ALLOWS_READING, reads);
        allow(target, ALLOWS(REQUEST_POST), writes);
    } else if (strncmp(path, "/meows/", 7) == 0 && path[7] != '\0' && strchr(path + 7, '/') == NULL) {
        target->id = path + 7;
        allow(target, ALLOWS_READING, reads);
        allow(target, ALLOWS(REQUEST_DELETE), writes);
    } else if (strcmp(path, "/search") == 0) {
        allow(target, ALLOWS_READING, reads);
    } else if (strcmp(path, "/pusher") == 0 || strcmp(path, "/events") == 0) {
        allow(target, ALLOWS_READING, (roles & SERVER_PUSHER) != 0);
    } else if (web_file_find(path) != NULL) {
        allow(target, ALLOWS_READING, (roles & SERVER_FILES) != 0);
    }
    if (target->served == 0) {
        target->methods = 0;
    }
}

/* "GET, HEAD, OPTIONS" and the like. */
static void write_allow(unsigned methods, char out[ALLOW_SIZE])
{
    static const char *const names[] = {"GET", "HEAD", "POST", "DELETE"};
    out[0] = '\0';
    for (unsigned method = 0; method < 4; method++) {
        if ((methods & ALLOWS(method)) == 0) {
            continue;
        }
        strcat(out, names[method]);
        strcat(out, ", ");
    }
    strcat(out, "OPTIONS");
}

static void answer_options(struct connection *connection, unsigned methods)
{
    struct server *server = connection->server;
    char allow[ALLOW_SIZE];
    write_allow(methods, allow);
    response_begin(connection, 204);
    response_field(connection, "Allow", allow);
    if (!cors_append_preflight(&server->answer, server->settings.cors_origin, connection->exchange.origin, allow)) {
        connection_abort(connection);
    }
    response_end(connection);
    response_send(connection);
}

static void refuse_method(struct connection *connection, unsigned methods)
{
    char allow[ALLOW_SIZE];
    write_allow(methods, allow);
    response_begin(connection, 405);
    response_field(connection, "Allow", allow);
    response_problem_content(connection, 405, NULL, "this path does not have that method; Allow names those it has");
}

static void handle(struct connection *connection, const struct request *request, const struct target *target)
{
    const char *path = target->path;
    struct slice condition = request->fields[REQUEST_IF_NONE_MATCH];
    if (condition.text != NULL && condition.len < sizeof(connection->exchange.condition)) {
        memcpy(connection->exchange.condition, condition.text, condition.len);
        connection->exchange.condition[condition.len] = '\0';
    }
    if (target->id != NULL && request->method == REQUEST_DELETE) {
        command_delete(connection, request, target->id);
    } else if (target->id != NULL) {
        query_get(connection, request, target->id);
    } else if (request->method == REQUEST_POST) {
        command_post(connection, request);
    } else if (strcmp(path, "/meows") == 0) {
        query_list(connection, request);
    } else if (strcmp(path, "/search") == 0) {
        query_search(connection, request);
    } else if (strcmp(path, "/pusher") == 0) {
        pusher_handle(connection, request);
    } else if (strcmp(path, "/events") == 0) {
        sse_handle(connection, request);
    } else {
        web_file_answer(connection, request, web_file_find(path));
    }
}

static enum route route_of(const struct target *target, enum request_method method)
{
    if (target->id != NULL) {
        return method == REQUEST_DELETE ? ROUTE_DELETE : ROUTE_GET;
    }
    if (method == REQUEST_POST) {
        return ROUTE_POST;
    }
    if (strcmp(target->path, "/meows") == 0) {
        return ROUTE_LIST;
    }
    if (strcmp(target->path, "/search") == 0) {
        return ROUTE_SEARCH;
    }
    if (strcmp(target->path, "/pusher") == 0) {
        return ROUTE_PUSHER;
    }
    return strcmp(target->path, "/events") == 0 ? ROUTE_EVENTS : ROUTE_FILE;
}

void router_dispatch(struct connection *connection, const struct request *request)
{
    struct target target;
    size_t path_len;

    if (slice_equals(request->path, "*")) {
        answer_options(connection, ALLOWS_READING | ALLOWS(REQUEST_POST) | ALLOWS(REQUEST_DELETE));
        return;
    }
    target.id = NULL;
    target.methods = target.served = 0;
    if (percent_decode(request->path, false, target.path, sizeof(target.path), &path_len) &&
        strlen(target.path) == path_len) {
        find_methods(connection->server->settings.roles, &target);
    }
    if (target.methods == 0) {
        response_problem(connection, 404, NULL, "there is nothing at this path");
    } else if (request->method == REQUEST_OPTIONS) {
        answer_options(connection, target.methods);
    } else if (request->method == REQUEST_OTHER || (target.methods & ALLOWS(request->method)) == 0) {
        refuse_method(connection, target.methods);
    } else if ((target.served & ALLOWS(request->method)) == 0) {
        response_problem(connection, 404, NULL, "another service of this feed answers that");
    } else {
        connection->exchange.route = route_of(&target, request->method);
        handle(connection, request, &target);
    }
}

void router_collect_pages(struct server *server)
{
    meower_page *page;
    while (server->query != NULL && meower_query_next(server->query, &page) == 1) {
        struct connection *connection = connection_of_tag(meower_page_tag(page));
        if (connection != NULL) {
            query_answer(connection, page);
        }
        meower_page_free(page);
    }
}

void router_collect_results(struct server *server)
{
    meower_command_result results[RESULTS_AT_ONCE];
    int count;
    do {
        count = server->command == NULL ? 0 : meower_command_next_many(server->command, results, RESULTS_AT_ONCE);
        for (int i = 0; i < count; i++) {
            struct connection *connection = connection_of_tag(results[i].tag);
            if (connection != NULL) {
                command_answer(connection, &results[i]);
            }
        }
    } while (count == RESULTS_AT_ONCE);
}
