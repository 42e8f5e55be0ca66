/* every_call.c - plays each scenario again and again, each time with another single call failing, for every call there
 * is: allocations of the library and of SQLite, system calls, calls of backends, operations on files; once, and from
 * then on. After each run nothing may be left over, and the book must agree with what is there.
 *
 *     every_call [--jobs N] [--stride N] [--only BACKENDS/SCENARIO/FAULT/MODE/NTH]
 *
 * Of the calls that SQLite makes, which are by far the most, every Nth fails (--stride); of the library's own each one.
 * --only takes any beginning of the five parts; "-" stands for all of one. */
#include "fault/audit.h"
#include "fault/file_faults.h"
#include "fault/injector.h"
#include "fault/memory_faults.h"
#include "fault/scenarios.h"
#include "fault/world.h"
#include "fault/world_files.h"
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMBINATIONS_MAX 2000
#define RUN_MAX_S        60 /* a run that takes longer hangs */
#define ONLY_PARTS       5

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STRIDE_DEFAULT 151 /* ten times as slow */
#define STRIDE_OWN     7
#else
#define STRIDE_DEFAULT 37
#define STRIDE_OWN     1
#endif

/* A scenario with one kind of fault. In memory that all processes share. */
struct combination {
    enum backends backends;
    const struct scenario *scenario;
    enum fault_kind kind;
    enum fault_mode mode;
    pid_t process;
    bool has_failed;
    unsigned long runs;
    unsigned long refusals; /* calls of the library that failed, in all runs */
    char place[sizeof(world_place)];
};

static struct {
    struct combination *list;
    unsigned count;
    unsigned long stride;
    unsigned jobs;
    char *only[ONLY_PARTS]; /* NULL: all */
    char folder[PATH_SIZE];
    const char *program;
} all;

/* ---- one run ----------------------------------------------------------------------------------------------------- */

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

/* What must not be there any more after a run. */
struct leftovers {
    long blocks;
    sqlite3_int64 sqlite_bytes;
    unsigned descriptors;
};

static struct leftovers count_leftovers(void)
{
    return (struct leftovers){memory_live(), sqlite3_memory_used(), open_descriptors()};
}

static void check_leftovers(const struct leftovers *before)
{
    struct leftovers now = count_leftovers();
    if (now.blocks != before->blocks) {
        world_fail("%ld blocks of memory are not released", now.blocks - before->blocks);
    }
    if (now.sqlite_bytes != before->sqlite_bytes) {
        world_fail("SQLite keeps %lld bytes", (long long)(now.sqlite_bytes - before->sqlite_bytes));
    }
    if (now.descriptors != before->descriptors) {
        world_fail("%d descriptors are left open", (int)(now.descriptors - before->descriptors));
    }
}

/* Returns whether the fault was met. */
static bool run(struct combination *combination, unsigned long nth)
{
    static struct world world;
    bool is_open = combination->backends == BACKENDS_MEMORY;
    snprintf(world_place, sizeof(world_place), "%s --only %s/%s/%s/%s/%lu", all.program,
             backends_names[combination->backends], combination->scenario->name, fault_kind_names[combination->kind],
             fault_mode_names[combination->mode], nth);
    memcpy(combination->place, world_place, sizeof(world_place));
    alarm(RUN_MAX_S);
    world_begin(&world, combination->backends, combination->scenario->beginning);
    world.has_threads = combination->scenario->has_threads;
    injector_arm(combination->kind, combination->mode, nth);
    if (!is_open) {
        is_open = world_open(&world);
    }
    if (is_open && combination->scenario->play != NULL) {
        combination->scenario->play(&world);
    }
    if (is_open && combination->mode == MODE_ON) {
        world_close(&world);
    }
    injector_disarm();
    if (is_open && combination->mode != MODE_ON) {
        audit_instance(&world);
        world_close(&world);
    }
    if (combination->backends != BACKENDS_MEMORY) {
        world_open_soundly(&world);
        audit_instance(&world);
        world_close(&world);
        audit_files(&world);
    }
    combination->runs++;
    combination->refusals += world.refusals;
    return injector_met() > 0;
}

/* ---- one combination, in a process of its own -------------------------------------------------------------------- */

static unsigned long stride_of(const struct combination *combination)
{
    bool is_sqlites = combination->kind == FAULT_SQLITE_MEMORY || combination->kind >= FAULT_DISK_FULL;
    return is_sqlites ? all.stride : STRIDE_OWN;
}

/* Each combination begins with another call, so that together they reach more places. */
static unsigned long first_of(const struct combination *combination)
{
    size_t number = (size_t)(combination - all.list);
    return 1 + number % stride_of(combination);
}

static void play(struct combination *combination)
{
    struct leftovers before;
    char folder[PATH_SIZE];
    snprintf(folder, sizeof(folder), "%.60s/%d", all.folder, (int)getpid());
    if (mkdir(folder, 0700) != 0) {
        world_fail("%s cannot be made", folder);
    }
    world_prepare(folder);
    /* Twice without any fault: what the first run allocates for the whole process is not counted as left over. */
    run(combination, ULONG_MAX);
    before = count_leftovers();
    run(combination, ULONG_MAX);
    check_leftovers(&before);
    combination->runs = 0;
    if (all.only[4] != NULL) {
        run(combination, strtoul(all.only[4], NULL, 10));
        check_leftovers(&before);
    } else {
        for (unsigned long nth = first_of(combination); run(combination, nth); nth += stride_of(combination)) {
            check_leftovers(&before);
        }
        check_leftovers(&before);
    }
    world_files_remove(folder);
    rmdir(folder);
}

static void start(struct combination *combination)
{
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) {
        memory_faults_install();
        file_faults_install();
        play(combination);
        exit(0); /* and not _exit(): the leak sanitizer has its say */
    }
    combination->process = process;
}

/* Waits for one of the processes to end. */
static void await_one(void)
{
    int status;
    pid_t process = wait(&status);
    for (unsigned i = 0; i < all.count; i++) {
        struct combination *combination = &all.list[i];
        if (combination->process != process) {
            continue;
        }
        combination->process = 0;
        combination->has_failed = status != 0;
        if (WIFSIGNALED(status)) {
            fprintf(stderr, "%s\n    %s\n", combination->place,
                    WTERMSIG(status) == SIGALRM ? "hangs" : strsignal(WTERMSIG(status)));
        }
    }
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static bool is_wanted(unsigned part, const char *name)
{
    return all.only[part] == NULL || strcmp(all.only[part], "-") == 0 || strcmp(all.only[part], name) == 0;
}

/* Whether this kind of fault can happen in the scenario, and tests something that no other kind does. */
static bool makes_sense(enum backends backends, const struct scenario *scenario, enum fault_kind kind,
                        enum fault_mode mode)
{
    if (backends == BACKENDS_MEMORY && (scenario->needs_files || kind >= FAULT_DISK_FULL || kind == FAULT_SYSTEM)) {
        return false;
    }
    if (kind == FAULT_SHORT && mode == MODE_REPAIRED) {
        return false;
    }
    if (backends == BACKENDS_SHARED && (kind == FAULT_SHORT || kind == FAULT_LOCKED || kind == FAULT_DISK_FULL)) {
        return false;
    }
    return !scenario->has_threads || (backends == BACKENDS_FILES && kind == FAULT_SYSTEM && mode != MODE_REPAIRED);
}

static void add_combinations(enum backends backends, const struct scenario *scenario)
{
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        for (int mode = 0; mode < MODES; mode++) {
            if (is_wanted(0, backends_names[backends]) && is_wanted(1, scenario->name) &&
                is_wanted(2, fault_kind_names[kind]) && is_wanted(3, fault_mode_names[mode]) &&
                makes_sense(backends, scenario, (enum fault_kind)kind, (enum fault_mode)mode)) {
                all.list[all.count++] = (struct combination){.backends = backends,
                                                             .scenario = scenario,
                                                             .kind = (enum fault_kind)kind,
                                                             .mode = (enum fault_mode)mode};
            }
        }
    }
}

/* What came of all combinations of two kinds. */
static void report_kind(int backends, int kind)
{
    unsigned long runs = 0;
    unsigned long refusals = 0;
    unsigned failed = 0;
    for (unsigned i = 0; i < all.count; i++) {
        if ((int)all.list[i].backends != backends || (int)all.list[i].kind != kind) {
            continue;
        }
        runs += all.list[i].runs;
        refusals += all.list[i].refusals;
        failed += all.list[i].has_failed ? 1 : 0;
    }
    if (runs > 0) {
        printf("%-7s %-17s %7lu runs %8lu calls failed %s\n", backends_names[backends], fault_kind_names[kind], runs,
               refusals, failed == 0 ? "" : "and something is wrong");
    }
}

static int report(double seconds)
{
    unsigned long runs = 0;
    unsigned failed = 0;
    for (int backends = 0; backends < BACKENDS_COUNT; backends++) {
        for (int kind = 0; kind < FAULT_KINDS; kind++) {
            report_kind(backends, kind);
        }
    }
    for (unsigned i = 0; i < all.count; i++) {
        runs += all.list[i].runs;
        failed += all.list[i].has_failed ? 1 : 0;
    }
    printf("%lu runs in %.0f s: %u of %u combinations are sound\n", runs, seconds, all.count - failed, all.count);
    printf("tally: %u %u 0\n", all.count - failed, failed);
    return failed == 0 && all.count > 0 ? 0 : 1;
}

static void read_arguments(int count, char **arguments)
{
    all.program = arguments[0];
    all.stride = STRIDE_DEFAULT;
    all.jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(arguments[i], "--jobs") == 0) {
            all.jobs = (unsigned)strtoul(arguments[i + 1], NULL, 10);
        } else if (strcmp(arguments[i], "--stride") == 0) {
            all.stride = strtoul(arguments[i + 1], NULL, 10);
        } else if (strcmp(arguments[i], "--only") == 0) {
            for (unsigned part = 0; part < ONLY_PARTS; part++) {
                all.only[part] = strtok(part == 0 ? arguments[i + 1] : NULL, "/");
            }
        }
    }
    all.jobs = all.jobs == 0 ? 1 : all.jobs;
    all.stride = all.stride == 0 ? 1 : all.stride;
}

int main(int count, char **arguments)
{
    struct timespec begin;
    struct timespec end;
    unsigned running = 0;
    read_arguments(count, arguments);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    /* In memory where that is to be had: nothing here needs a disk. */
    snprintf(all.folder, sizeof(all.folder), "%s/meower-fault-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    all.list =
        mmap(NULL, COMBINATIONS_MAX * sizeof(*all.list), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (all.list == MAP_FAILED || mkdtemp(all.folder) == NULL) {
        world_fail("no memory or no folder");
    }
    for (int backends = 0; backends < BACKENDS_COUNT; backends++) {
        for (unsigned i = 0; i < scenario_count; i++) {
            add_combinations((enum backends)backends, &scenarios[i]);
        }
    }
    for (unsigned i = 0; i < all.count; i++) {
        if (running == all.jobs) {
            await_one();
            running--;
        }
        start(&all.list[i]);
        running++;
    }
    for (; running > 0; running--) {
        await_one();
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    rmdir(all.folder);
    return report((double)(end.tv_sec - begin.tv_sec));
}
