/* support.h - what the tests of whole instances share: instances made of option pairs, a clock that stands still until
 * it is moved, and faults on command. A NULL member of `struct parts` means the library's own. */
#ifndef TESTS_FLOW_SUPPORT_H
#define TESTS_FLOW_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <meower/backend.h>
#include <meower/meower.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define PATIENCE_MS 20000 /* what a test waits for something that must come, before it fails */

/* ---- a clock that stands still ---------------------------------------------------------------------------------- */

struct fake_clock {
    atomic_int_fast64_t wall_us;
    atomic_int_fast64_t monotonic_us;
    atomic_int_fast64_t tick_us; /* each look at the monotonic time moves both on by it; 0 at first */
    atomic_uint_fast64_t chance; /* state of its randomness */
};

void fake_clock_init(struct fake_clock *clock, uint64_t seed);
void fake_clock_advance_ms(struct fake_clock *clock, int64_t ms);

/* ---- faults at the ports ---------------------------------------------------------------------------------------- */

/* Calls of a port that fail. `skip` matching calls pass first, then `count` fail. */
struct fault {
    const char *port; /* "store", "bus" or "search"; NULL: any */
    const char *call; /* such as "append"; NULL: any */
    unsigned skip;
    unsigned count;    /* UINT_MAX: all further ones */
    int status;        /* that they give */
    uint32_t flags;    /* of the error */
    bool is_performed; /* the call is made, and its MEOWER_OK becomes `status`; of an append: OUTCOME_UNKNOWN */
};

#define FAULTS_MAX       8
#define FAULTS_CALLS_MAX 24

struct faults {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct fault list[FAULTS_MAX];
    size_t count;
    struct {
        const char *port;
        const char *call;
        unsigned count;
    } calls[FAULTS_CALLS_MAX]; /* that were begun */
    const char *held_port;     /* calls that wait until they are let go */
    const char *held_call;
    bool is_held_after; /* when they have been made, and not before */
    unsigned held;      /* how many wait now */
    unsigned met;       /* calls that failed on command; read while nobody calls */
};

void faults_init(struct faults *faults);
void faults_destroy(struct faults *faults);
void faults_add(struct faults *faults, struct fault fault);
void faults_clear(struct faults *faults);

/* How many calls were begun since faults_init(). */
unsigned faults_calls(struct faults *faults, const char *port, const char *call);

/* Holds every such call back until faults_let_go(). */
void faults_hold(struct faults *faults, const char *port, const char *call);
void faults_hold_answers(struct faults *faults, const char *port, const char *call); /* of calls that are made */
void faults_wait_until_held(struct faults *faults);
void faults_let_go(struct faults *faults);

/* ---- instances -------------------------------------------------------------------------------------------------- */

struct shared_store;
struct wire;
struct toy_index;

/* What an instance is made of, apart from its options. */
struct parts {
    struct fake_clock *clock;
    struct faults *faults;
    struct shared_store *store; /* sets the option store */
    struct wire *wire;          /* sets the option bus */
    struct toy_index *index;    /* sets the option search */
};

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_OPTIONS   ((const char *const[]){NULL})

/* Opens an instance from names and values in turn. */
int feed_try_open(const struct parts *parts, const char *const *pairs, meower_feed **out, meower_error *error);
meower_feed *feed_open(const struct parts *parts, const char *const *pairs);

/* Closes it; nothing may be left over. */
void feed_close(meower_feed *feed);

/* Steps an instance without threads until it is idle. */
void feed_run(meower_feed *feed);

/* The value of a metric; fails the test when there is none of this name. */
double feed_metric(meower_feed *feed, const char *name);

/* ---- commands, pages, events ------------------------------------------------------------------------------------ */

meower_command *command_open(meower_feed *feed);
meower_query *query_open(meower_feed *feed);
meower_subscription *subscription_open(meower_feed *feed, const char *cursor);

/* Post and delete, wait, and must succeed. */
meower_command_result post(meower_command *command, const char *body);
meower_command_result post_with_key(meower_command *command, const char *body, const char *key);
meower_command_result erase(meower_command *command, const char *id);

/* Submit, and must succeed. */
void submit(meower_command *command, const char *body, void *tag);

/* Takes a result that must be there. Its error is that of the last one that failed. */
meower_command_result take_result(meower_command *command);

/* Lists and searches, wait, and must succeed. */
meower_page *list(meower_query *query, const meower_list *list);
meower_page *list_newest(meower_query *query, uint32_t take);
meower_page *search(meower_query *query, const char *text);
bool page_has(const meower_page *page, const char *id);

/* The page as JSON, NUL-terminated; the caller frees it. */
char *page_json(const meower_page *page);

/* Writes the token of a position in the epoch of `cursor`, which may be `out`. */
void write_cursor(const char *cursor, uint64_t position, char out[MEOWER_CURSOR_SIZE]);

/* Takes an event that must come. */
const meower_event *take_event(meower_subscription *subscription);

/* ---- all of it together ------------------------------------------------------------------------------------------ */

/* An instance with a clock that stands still, faults, and a handle for commands and one for queries. Other parts are
 * set between fixture_init() and fixture_open(). */
struct fixture {
    struct fake_clock clock;
    struct faults faults;
    struct parts parts;
    meower_feed *feed;
    meower_command *command;
    meower_query *query;
};

#define STEPPED "threads", "0"

void fixture_init(struct fixture *fixture);
void fixture_open(struct fixture *fixture, const char *const *pairs);
void fixture_close(struct fixture *fixture); /* what it was opened with stays */
void fixture_destroy(struct fixture *fixture);

/* Closes it without a look at what could not be finished. */
void fixture_end_late(struct fixture *fixture);

/* Both at once. */
void fixture_begin(struct fixture *fixture, const char *const *pairs);
void fixture_end(struct fixture *fixture);

/* Every list of the whole feed has so many meows. */
void assert_feed_has(struct fixture *fixture, size_t count);

/* Posts a meow with a label; NULL: without any. */
meower_command_result post_with_label(struct fixture *fixture, const char *body, const meower_label *label);

/* Posts `count` meows in few transactions; returns the last result. */
meower_command_result post_many(struct fixture *fixture, int count);

/* Runs the instance, moving the clock on, until a result waits, and takes it. */
meower_command_result run_until_answered(struct fixture *fixture);

/* ---- small things ------------------------------------------------------------------------------------------------ */

/* Whether a descriptor is readable now. */
bool is_readable(int fd);

/* Waits until it is; false when it does not become so within PATIENCE_MS. */
bool waits_until_readable(int fd);

void sleep_ms(unsigned ms);

/* Removes a folder and the files in it. */
void remove_tree(const char *path);

#endif
