/* maintenance.h - looking after a feed's data: backups, another epoch, a search index made anew, and checking it all.
 */
#ifndef MEOWER_MAINTENANCE_H
#define MEOWER_MAINTENANCE_H

#include <meower/base.h>
#include <meower/options.h>

#ifdef __cplusplus
extern "C" {
#endif

struct meower;

/* ---- copies of the store ---------------------------------------------------------------------------------------- */

/* Writes a copy of the store that `options` name, of one moment, to the new file `path`. The store may be open, in this
 * process or another, and goes on meanwhile. Blocks, as long as it takes to write the file. Errors: UNSUPPORTED when
 * the store has no copies of its own (PostgreSQL: pg_dump), INVALID when the file exists, NOT_FOUND when there is no
 * store, FULL, IO, PERMISSION, CORRUPT; no file is left then. Any thread. Since 0.1. */
MEOWER_API int meower_backup(const meower_options *options, const char *path, meower_error *error);

/* Puts the copy `path`, which stays, in the place of the store that `options` name and nobody has open. Its positions
 * are those of another life: it gets a new epoch, so that no cursor of before is mistaken for one of its own, and the
 * search index is made anew when it is opened. A SQLite file that was there before is kept as PATH.replaced. Blocks.
 * Errors: UNSUPPORTED, LOCKED when the store is open, NOT_FOUND when there is no such copy, CORRUPT when it is damaged
 * or no copy of a store, FULL, IO, PERMISSION. Any thread. Since 0.1. */
MEOWER_API int meower_restore(const meower_options *options, const char *path, meower_error *error);

/* Draws a new epoch for the store that `options` name, which should not be open: an instance that has it open goes on
 * with the old one. For stores that were brought back to an earlier state by other means than meower_restore() and that
 * do not notice it themselves. Blocks. Errors: as meower_open(), and UNSUPPORTED. Any thread. Since 0.1. */
MEOWER_API int meower_new_epoch(const meower_options *options, meower_error *error);

/* ---- the search index made anew --------------------------------------------------------------------------------- */

/* What a rebuild is at. */
enum {
    MEOWER_REBUILD_NONE = 0,    /* there was none yet */
    MEOWER_REBUILD_RUNNING = 1, /* it waits for its turn or is under way */
    MEOWER_REBUILD_DONE = 2,    /* the new index has taken the place of the old one */
    MEOWER_REBUILD_FAILED = 3   /* the old index is still there; the reason says why */
};

/* The last rebuild of an instance. */
typedef struct meower_rebuild {
    int state;         /* MEOWER_REBUILD_... */
    uint64_t position; /* events up to it are in the new index */
    uint64_t head;     /* of the feed: where it is going */
    char reason[500];  /* why it failed, else empty; kept whole */
} meower_rebuild;

/* Starts to build a new search index beside the one that is searched, from the store; when it has all that the old one
 * has it takes its place at once. Posts and searches go on as ever, and no search finds less than before. What it is at
 * says meower_rebuild_state(). An instance that is closed meanwhile gives it up. Errors: UNSUPPORTED when the roles
 * lack "query" or the engine cannot do it, BUSY while one is running, CLOSED, FORKED. Any thread. Since 0.1. */
MEOWER_API int meower_rebuild_start(struct meower *instance, meower_error *error);

/* Writes what the last rebuild is at. Errors: FORKED. Any thread. Since 0.1. */
MEOWER_API int meower_rebuild_state(struct meower *instance, meower_rebuild *out);

#ifdef __cplusplus
}
#endif
#endif
