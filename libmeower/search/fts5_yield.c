/* fts5_yield.c - sched_yield() from SQLite's progress handler.
 *
 * The scheduler lets a thread finish its slice of some milliseconds, however nice it is, and the threads that store and
 * answer posts need some microseconds each, a thousand times a second. */
#include "search/fts5_yield.h"
#include "base/clock.h"
#include <sched.h>
#include <time.h>

#define INSTRUCTIONS 200 /* of SQLite's virtual machine between two looks: about 30 us, mostly spent in FTS5 */

/* On a machine where others always want to run, a yield gives away a whole slice: it stands back for so many times as
 * long as it has worked, by the processor's time, and not longer. */
#define SHARE            4
#define ALLOWANCE_MAX_US 10000

static int64_t processor_us(void)
{
    struct timespec used = {0, 0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

/* Notes what was worked since the last look, which may have been another thread's. */
static void add_allowance(struct fts5_yield *yield)
{
    int64_t worked_us = processor_us();

    if (worked_us > yield->worked_us) {
        yield->allowance_us += (worked_us - yield->worked_us) * SHARE;
    }
    if (yield->allowance_us > ALLOWANCE_MAX_US) {
        yield->allowance_us = ALLOWANCE_MAX_US;
    }
    yield->worked_us = worked_us;
}

/* SQLite's progress handler. Returns 0: the statement goes on. */
static int let_others_go_first(void *context)
{
    struct fts5_yield *yield = context;

    add_allowance(yield);
    if (yield->allowance_us > 0) {
        int64_t begun_us = clock_monotonic_us(clock_system());
        sched_yield();
        yield->allowance_us -= clock_monotonic_us(clock_system()) - begun_us;
    }
    return 0;
}

void fts5_yield_start(struct fts5_yield *yield, sqlite3 *db)
{
    *yield = (struct fts5_yield){.worked_us = processor_us()};
    sqlite3_progress_handler(db, INSTRUCTIONS, let_others_go_first, yield);
}
