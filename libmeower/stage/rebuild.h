/* rebuild.h - making the search index anew while it is searched and kept up to date: the projection reads the feed from
 * its beginning into a second index, and swaps when that has all that the live one has. */
#ifndef STAGE_REBUILD_H
#define STAGE_REBUILD_H

#include "stage/projection.h"
#include <meower/meower.h>

struct rebuild {
    /* Given before rebuild_init(). */
    struct projection *projection;
    struct feed *feed;
    struct search *search;
    struct counters *counters;
    const meower_clock *clock;
    bool is_stepped; /* the host calls the step, and sets the pace itself */

    /* Its own. */
    atomic_int state;              /* MEOWER_REBUILD_... */
    atomic_bool is_begun;          /* the engine has an index beside */
    atomic_uint_fast64_t position; /* what is in it */
    struct failure failure;
};

/* Becomes the projection's guest. */
void rebuild_init(struct rebuild *rebuild);
void rebuild_destroy(struct rebuild *rebuild);

/* Asks for a rebuild. Errors: UNSUPPORTED by the engine; BUSY while one is wanted or under way. Any thread. */
int rebuild_start(struct rebuild *rebuild, meower_error *error);

/* What became of the rebuild that was asked for last. Any thread. */
void rebuild_read(struct rebuild *rebuild, meower_rebuild *out);

/* Whether one is wanted or under way. Any thread. */
bool rebuild_is_active(const struct rebuild *rebuild);

/* Gives it up, after the workers have stopped. */
void rebuild_abandon(struct rebuild *rebuild);

#endif
