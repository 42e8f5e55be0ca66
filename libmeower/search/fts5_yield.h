/* fts5_yield.h - lets other threads go first while a batch is written: an answer is waited for, the index is not. */
#ifndef SEARCH_FTS5_YIELD_H
#define SEARCH_FTS5_YIELD_H

#include <sqlite3.h>
#include <stdint.h>

struct fts5_yield {
    int64_t works_until_us; /* processor time of the thread until which it stands back for nobody; 0: it may */
};

/* From now on statements on `db` let others go first every now and then. `yield` stays where it is until the
 * connection is closed or another one is given. */
void fts5_yield_start(struct fts5_yield *yield, sqlite3 *db);

#endif
