/* fts5_yield.c - sched_yield() from SQLite's progress handler.
 *
 * The scheduler lets a thread finish its slice of some milliseconds, however nice it is, and the threads that store and
 * answer posts need some microseconds each, a thousand times a second. */
#include "search/fts5_yield.h"
#include "base/clock.h"
#include <sched.h>

#define INSTRUCTIONS 200 /* of SQLite's virtual machine between two looks: about 30 us, mostly spent in FTS5 */

/* On a machine where others always want to run, a yield gives away a whole slice: it stands back for so many times as
 * long as it works, and not longer. */
#define SHARE            4
#define ALLOWANCE_MAX_US 10000

static int64_t now_us(void)
{
    return clock_monotonic_us(clock_system());
}

/* SQLite's progress handler. Returns 0: the statement goes on. */
static int let_others_go_first(void *context)
{
    struct fts5_yield *yield = context;
    int64_t begun_us = now_us();

    yield->allowance_us += (begun_us - yield->resumed_us) * SHARE;
    if (yield->allowance_us > ALLOWANCE_MAX_US) {
        yield->allowance_us = ALLOWANCE_MAX_US;
    }
    yield->resumed_us = begun_us;
    if (yield->allowance_us > 0) {
        sched_yield();
        yield->resumed_us = now_us();
        yield->allowance_us -= yield->resumed_us - begun_us;
    }
    return 0;
}

void fts5_yield_start(struct fts5_yield *yield, sqlite3 *db)
{
    *yield = (struct fts5_yield){.resumed_us = now_us()};
    sqlite3_progress_handler(db, INSTRUCTIONS, let_others_go_first, yield);
}
