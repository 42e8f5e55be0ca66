/* sim.c - the program: runs seeds one after the other, on as many processes as asked for.
 *
 *     sim [--first N] [--seeds N] [--jobs N]   runs N seeds from the first on; the first one that is wrong ends it
 *     sim --seed N                             runs one and prints what happens in it
 *     sim --seed N --hash                      runs one and prints the hash of its trace
 *     sim --expect-violation ...               the status is 0 when one of the seeds is wrong (for mutants)
 */
#include "sim/world.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 64
/* A run hangs when it takes more processor time than this, or none for some minutes although a processor was free: then
 * it waits for a lock that it holds itself. Time in which the process is stopped or waits for a processor does not
 * count. (A call that waits for its answer for ever is found by the simulated time, see node.c.) */
#define SEED_S_MAX  60
#define LOOK_S      60     /* between two looks at the processor time that was taken */
#define LOOKS_MAX   5      /* in a row with none taken since the one before */
#define LOOK_NS_MIN 200000 /* less is no more than the looks themselves take */

#ifdef __SANITIZE_THREAD__
/* Here one thread plays all processes. While it is inside a call of one it goes on with another, so their locks have no
 * common order. They need none. */
MEOWER_API const char *__tsan_default_options(void);

const char *__tsan_default_options(void)
{
    return "detect_deadlocks=0";
}
#endif

struct arguments {
    uint64_t first;
    uint64_t seeds;
    unsigned jobs;
    bool is_single;
    bool is_hash;
    bool expects_violation;
    const char *replay; /* the command that runs this program */
};

/* What the processes tell their parent. */
struct report {
    uint64_t seed; /* under way */
    struct tally tally;
};

static int usage(void)
{
    fprintf(stderr, "usage: sim [--first N] [--seeds N] [--jobs N] [--expect-violation] | --seed N [--hash]\n");
    return 2;
}

static bool parse(int count, char **texts, struct arguments *arguments)
{
    *arguments = (struct arguments){.first = 1, .seeds = 1000, .jobs = 1, .replay = texts[0]};
#ifdef SIM_REPLAY
    arguments->replay = SIM_REPLAY;
#endif
    for (int i = 1; i < count; i++) {
        if (strcmp(texts[i], "--hash") == 0) {
            arguments->is_hash = true;
        } else if (strcmp(texts[i], "--expect-violation") == 0) {
            arguments->expects_violation = true;
        } else if (i + 1 == count) {
            return false;
        } else if (strcmp(texts[i], "--seed") == 0) {
            arguments->first = strtoull(texts[++i], NULL, 10);
            arguments->is_single = true;
        } else if (strcmp(texts[i], "--first") == 0) {
            arguments->first = strtoull(texts[++i], NULL, 10);
        } else if (strcmp(texts[i], "--seeds") == 0) {
            arguments->seeds = strtoull(texts[++i], NULL, 10);
        } else if (strcmp(texts[i], "--jobs") == 0) {
            arguments->jobs = (unsigned)strtoul(texts[++i], NULL, 10);
        } else {
            return false;
        }
    }
    return arguments->jobs >= 1 && arguments->jobs <= JOBS_MAX;
}

static int run_single(const struct arguments *arguments)
{
    struct tally tally = {0};
    uint64_t hash = world_run(arguments->first, arguments->replay, !arguments->is_hash, &tally);

    printf("seed %" PRIu64 ": nothing is wrong, hash %016" PRIx64 "\n", arguments->first, hash);
    return 0;
}

/* Ends a process that hangs: it used no processor time between several looks. One that was only stopped for a while
 * uses some before the next look. */
static void look(int number)
{
    static int64_t looked_ns;
    static unsigned looks;
    struct timespec taken;
    int64_t now_ns;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &taken);
    now_ns = (int64_t)taken.tv_sec * 1000000000 + taken.tv_nsec;
    looks = now_ns - looked_ns < LOOK_NS_MIN ? looks + 1 : 0;
    looked_ns = now_ns;
    if (looks == LOOKS_MAX) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

static void begin_looking(void)
{
    const struct sigaction action = {.sa_handler = look, .sa_flags = SA_RESTART};
    const struct itimerval each = {{LOOK_S, 0}, {LOOK_S, 0}};

    if (sigaction(SIGALRM, &action, NULL) != 0 || setitimer(ITIMER_REAL, &each, NULL) != 0) {
        abort();
    }
}

/* SIGPROF ends the process when the next run takes longer. */
static void limit_run(void)
{
    const struct itimerval limit = {.it_value.tv_sec = SEED_S_MAX};

    if (setitimer(ITIMER_PROF, &limit, NULL) != 0) {
        abort();
    }
}

/* Every job-th seed, on a process of its own. */
static void run_job(const struct arguments *arguments, unsigned job, struct report *report)
{
    begin_looking();
    for (uint64_t i = job; i < arguments->seeds; i += arguments->jobs) {
        report->seed = arguments->first + i;
        limit_run();
        (void)world_run(report->seed, arguments->replay, false, &report->tally);
    }
    _exit(0);
}

static void add(struct tally *sum, const struct tally *part)
{
    sum->runs += part->runs;
    sum->notes += part->notes;
    sum->posts += part->posts;
    sum->events += part->events;
    sum->pages += part->pages;
    sum->given += part->given;
    sum->resumed += part->resumed;
    sum->crashes += part->crashes;
    sum->faults += part->faults;
    sum->lives += part->lives;
    sum->rebuilds += part->rebuilds;
    sum->calls += part->calls;
    sum->manys += part->manys;
    sum->polled += part->polled;
    sum->simulated_us += part->simulated_us;
}

static void print_tally(const struct tally *tally, double seconds)
{
    printf("%" PRIu64 " seeds, 0 violations in %.0f s (%.2f ms a seed): %.1f hours of simulated time, %" PRIu64
           " meows, %" PRIu64 " events, %" PRIu64 " pages checked, %" PRIu64
           " events given to followers who came back %" PRIu64 " times, %" PRIu64 " meows seen by pollers, %" PRIu64
           " calls that posted several, %" PRIu64 " calls that waited, %" PRIu64 " restores, %" PRIu64
           " rebuilds, %" PRIu64 " crashes, %" PRIu64 " faults\n",
           tally->runs, seconds, seconds * 1000 / (double)(tally->runs > 0 ? tally->runs : 1),
           (double)tally->simulated_us / 3.6e9, tally->posts, tally->events, tally->pages, tally->given, tally->resumed,
           tally->polled, tally->manys, tally->calls, tally->lives, tally->rebuilds, tally->crashes, tally->faults);
}

static void print_signal(const struct arguments *arguments, uint64_t seed, int number)
{
    printf("seed %" PRIu64 ": ended by signal %d (%s)", seed, number, strsignal(number));
    if (number == SIGPROF) {
        printf(": it hangs, more than %d s of the processor", SEED_S_MAX);
    } else if (number == SIGALRM) {
        printf(": it hangs, and takes nothing of the processor for %d s", LOOK_S * LOOKS_MAX);
    }
    printf("\nreplay: %s --seed %" PRIu64 "\n", arguments->replay, seed);
}

/* Waits for all jobs; the first that is wrong ends the others. Returns how many were wrong. */
static unsigned wait_for_jobs(const struct arguments *arguments, pid_t *jobs, const struct report *reports)
{
    unsigned wrong = 0;
    int status;
    pid_t ended;

    while ((ended = wait(&status)) > 0) {
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            continue;
        }
        for (unsigned i = 0; i < arguments->jobs; i++) {
            if (jobs[i] == ended) {
                jobs[i] = 0;
            }
            if (jobs[i] == 0 && wrong == 0 && !WIFEXITED(status)) {
                print_signal(arguments, reports[i].seed, WTERMSIG(status));
            }
        }
        for (unsigned i = 0; i < arguments->jobs && wrong == 0; i++) {
            if (jobs[i] != 0) {
                kill(jobs[i], SIGTERM);
            }
        }
        wrong++;
    }
    return wrong;
}

static int run_jobs(const struct arguments *arguments)
{
    struct report *reports =
        mmap(NULL, JOBS_MAX * sizeof(*reports), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t jobs[JOBS_MAX];
    struct tally sum = {0};
    time_t started = time(NULL);
    unsigned wrong;

    if (reports == MAP_FAILED) {
        return 1;
    }
    for (unsigned i = 0; i < arguments->jobs; i++) {
        jobs[i] = fork();
        if (jobs[i] == 0) {
            run_job(arguments, i, &reports[i]);
        }
    }
    wrong = wait_for_jobs(arguments, jobs, reports);
    for (unsigned i = 0; i < arguments->jobs; i++) {
        add(&sum, &reports[i].tally);
    }
    if (wrong == 0) {
        print_tally(&sum, difftime(time(NULL), started));
    }
    return (wrong > 0) == arguments->expects_violation ? 0 : 1;
}

int main(int count, char **texts)
{
    struct arguments arguments;

    if (!parse(count, texts, &arguments)) {
        return usage();
    }
    return arguments.is_single ? run_single(&arguments) : run_jobs(&arguments);
}
