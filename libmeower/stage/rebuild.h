/* rebuild.h - making the search index anew while it is searched and kept up to date: the projection reads the feed from
 * its beginning into a second index, and swaps when that has all that the live one has. */
#ifndef STAGE_REBUILD_H
#define STAGE_REBUILD_H

#include "stage/failure.h"
#include <meower/meower.h>
#include <stdatomic.h>
#include <stdbool.h>

struct projection;

struct rebuild {
    meower *instance;
    atomic_int state;              /* MEOWER_REBUILD_... */
    atomic_bool is_begun;          /* the engine has an index beside */
    atomic_uint_fast64_t position; /* what is in it */
    struct failure failure;        /* why it failed */
};

void rebuild_init(struct rebuild *rebuild, meower *instance);
void rebuild_destroy(struct rebuild *rebuild);

/* Does a part of it, on the projection's thread, when that has brought the live index up to date. Returns whether there
 * was anything to do. */
bool rebuild_step(struct rebuild *rebuild, struct projection *projection);

/* Whether one is wanted or under way. Any thread. */
bool rebuild_is_active(const struct rebuild *rebuild);

/* Gives it up, after the workers have stopped. */
void rebuild_abandon(struct rebuild *rebuild);

#endif
