/* query.h - GET /meows, GET /meows/{id} and GET /search. */
#ifndef SERVER_ROUTES_QUERY_H
#define SERVER_ROUTES_QUERY_H

#include "server/http/router.h"
#include "server/net/loop.h"
#include <meower/meower.h>

/* What a loop asks the library to read. All zero: not open. */
struct queries {
    meower_query *handle;
    struct watch pages;
};

extern const struct route query_rows[]; /* for struct queries */

/* False when the library or the system refuses; queries_close() follows then too. */
bool queries_open(struct queries *queries, struct loop *loop, meower_feed *feed, meower_error *error);
void queries_close(struct queries *queries);

#endif
