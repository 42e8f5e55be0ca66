/* maintenance.h - looking after a feed's data: backups, another epoch, a search index made anew, and checking it all.
 */
#ifndef MEOWER_MAINTENANCE_H
#define MEOWER_MAINTENANCE_H

#include <meower/base.h>
#include <meower/options.h>

#ifdef __cplusplus
extern "C" {
#endif

struct meower_feed;

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

/* The last rebuild of an instance. Initialise with MEOWER_REBUILD_INIT; it may be used again. */
typedef struct meower_rebuild {
    size_t struct_size; /* sizeof(meower_rebuild) */
    uint64_t position;  /* events up to it are in the new index */
    uint64_t head;      /* of the feed: where it is going */
    int state;          /* MEOWER_REBUILD_... */
    char reason[500];   /* why it failed, else empty; kept whole */
} meower_rebuild;
#define MEOWER_REBUILD_INIT                                                                                            \
    {                                                                                                                  \
        sizeof(meower_rebuild), 0, 0, 0, ""                                                                            \
    }

/* Starts to build a new search index beside the one that is searched, from the store; when it has all that the old one
 * has it takes its place at once. Posts and searches go on as ever, and no search finds less than before. What it is at
 * says meower_rebuild_state(). An instance that is closed meanwhile gives it up. Errors: UNSUPPORTED when the roles
 * lack "query" or the engine cannot do it, BUSY while one is running, CLOSED, FORKED. Any thread. Since 0.1. */
MEOWER_API int meower_rebuild_start(struct meower_feed *instance, meower_error *error);

/* Writes to `out` what the last rebuild is at. Errors: INVALID or UNSUPPORTED when it does not fit (base.h, "Structs"),
 * FORKED. Any thread. Since 0.1. */
MEOWER_API int meower_rebuild_state(struct meower_feed *instance, meower_rebuild *out, meower_error *error);

/* ---- checking --------------------------------------------------------------------------------------------------- */

/* What can be wrong. */
enum {
    MEOWER_FINDING_STORE_DAMAGED = 1,     /* the store's own check says so */
    MEOWER_FINDING_EVENT_MISSING = 2,     /* positions have a hole, or end before the head */
    MEOWER_FINDING_MEOW_MISSING = 3,      /* created and not deleted, but not there */
    MEOWER_FINDING_MEOW_LEFT = 4,         /* deleted, but still there */
    MEOWER_FINDING_MEOW_UNKNOWN = 5,      /* there, but never created */
    MEOWER_FINDING_CHECKPOINT_AHEAD = 6,  /* a checkpoint is beyond the head */
    MEOWER_FINDING_INDEX_MISSING = 7,     /* there is no index of that name */
    MEOWER_FINDING_INDEX_DAMAGED = 8,     /* the engine's own check says so */
    MEOWER_FINDING_INDEX_FOREIGN = 9,     /* the index was made from another life of the store */
    MEOWER_FINDING_INDEX_AHEAD = 10,      /* the index says it has more than the store */
    MEOWER_FINDING_DOCUMENT_MISSING = 11, /* a meow that the index should have */
    MEOWER_FINDING_DOCUMENT_EXTRA = 12,   /* the index finds what is not in the feed (any more) */
    MEOWER_FINDING_DOCUMENT_STALE = 13    /* the index has a meow under another position or with other words */
};

/* One thing that is wrong. The check's; lives as long as it. */
typedef struct meower_finding {
    int kind;          /* MEOWER_FINDING_... */
    uint64_t position; /* of the event, 0 when it concerns none */
    const char *id;    /* of the meow, "" when it concerns none */
    const char *text;  /* English, one sentence without a full stop, for people */
} meower_finding;

/* What was looked at. Initialise with MEOWER_CHECK_TOTALS_INIT. */
typedef struct meower_check_totals {
    size_t struct_size;      /* sizeof(meower_check_totals) */
    int has_index;           /* 0: the options name no index that outlives its instance */
    uint64_t head;           /* position of the last event */
    uint64_t meows;          /* that are there */
    uint64_t documents;      /* in the index */
    uint64_t index_position; /* how far the index is; behind the head is no fault: it follows when a daemon runs */
    uint64_t findings;       /* that were found; at most MEOWER_FINDINGS_MAX of them are kept */
} meower_check_totals;
#define MEOWER_CHECK_TOTALS_INIT                                                                                       \
    {                                                                                                                  \
        sizeof(meower_check_totals), 0, 0, 0, 0, 0, 0                                                                  \
    }

#define MEOWER_FINDINGS_MAX 10000

/* What a check has found. Immutable: any thread may read it. Released by meower_check_free(). */
typedef struct meower_check meower_check;

/* Compares the store that `options` name, its positions, checkpoints and the search index with each other. Reads all of
 * it and changes nothing; daemons may work on it meanwhile, and what they do is not taken for damage. Blocks, and needs
 * about 50 bytes of memory a meow. Errors: NOT_FOUND when there is no store, UNSUPPORTED when it or the engine cannot
 * be opened to look only, and as meower_open(). Finding something is none. Any thread. Since 0.1. */
MEOWER_API int meower_check_run(const meower_options *options, meower_check **out, meower_error *error);

/* Writes to *out what `check` has looked at, and how much of it is wrong. Errors: INVALID when one is
 * NULL; INVALID or UNSUPPORTED when *out does not fit (base.h, "Structs"). Any thread. Since 0.1. */
MEOWER_API int meower_check_read_totals(const meower_check *check, meower_check_totals *out, meower_error *error);

/* Finding `index` (from 0) of `check`, by position; NULL past the last one that was kept. Any thread. Since 0.1. */
MEOWER_API const meower_finding *meower_check_finding(const meower_check *check, size_t index);

/* Releases the check. One thread at a time. Since 0.1. */
MEOWER_API void meower_check_free(meower_check *check);

#ifdef __cplusplus
}
#endif
#endif
