/* fts5_yield.h - lets other threads go first while a batch is written: an answer is waited for, the index is not. */
#ifndef SEARCH_FTS5_YIELD_H
#define SEARCH_FTS5_YIELD_H

#include <sqlite3.h>
#include <stdint.h>

/* All zero at first. */
struct fts5_yield {
    int64_t worked_us;    /* processor time of the thread at the last look */
    int64_t allowance_us; /* for which it may still stand back; negative: it has stood back for longer than that */
};

/* From now on statements on `db` let others go first every now and then. `yield` stays where it is until the
 * connection is closed or another one is given. */
void fts5_yield_start(struct fts5_yield *yield, sqlite3 *db);

#endif
