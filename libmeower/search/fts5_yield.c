/* fts5_yield.c - sched_yield() from SQLite's progress handler.
 *
 * The scheduler lets a thread finish its slice of some milliseconds, however nice it is, and the threads that store and
 * answer posts need some microseconds each, a thousand times a second. */
#include "search/fts5_yield.h"
#include "base/clock.h"
#include <sched.h>
#include <time.h>

#define INSTRUCTIONS 200 /* of SQLite's virtual machine between two looks: about 40 us, mostly spent in FTS5 */

/* On a machine where others always want to run, a yield gives away whole slices of theirs. A thread that was kept away
 * for so long works on by itself for a quarter of that, by the processor's time. */
#define KEPT_AWAY_US 1000
#define SHARE        4

static int64_t processor_us(void)
{
    struct timespec used = {0, 0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

static int64_t stand_back(void)
{
    int64_t begun_us = clock_monotonic_us(clock_system());

    sched_yield();
    return clock_monotonic_us(clock_system()) - begun_us;
}

/* SQLite's progress handler. Returns 0: the statement goes on. */
static int let_others_go_first(void *context)
{
    struct fts5_yield *yield = context;

    if (yield->works_until_us != 0 && processor_us() < yield->works_until_us) {
        return 0;
    }
    int64_t away_us = stand_back();
    yield->works_until_us = away_us < KEPT_AWAY_US ? 0 : processor_us() + away_us / SHARE;
    return 0;
}

void fts5_yield_start(struct fts5_yield *yield, sqlite3 *db)
{
    *yield = (struct fts5_yield){0};
    sqlite3_progress_handler(db, INSTRUCTIONS, let_others_go_first, yield);
}
