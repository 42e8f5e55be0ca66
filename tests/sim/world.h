/* world.h - one run: nodes on one store, a bus and search engines, those who use them, the time, and what is drawn from
 * the seed. Everything happens on one thread: while a node is inside a call of a backend, the others go on (call.c). */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "sim/authors.h"
#include "sim/bus.h"
#include "sim/chance.h"
#include "sim/followers.h"
#include "sim/ledger.h"
#include "sim/node.h"
#include "sim/pollers.h"
#include "sim/readers.h"
#include "sim/search.h"
#include "sim/store.h"
#include "sim/trace.h"

#define NODES_MAX    4
#define COMMANDS_MAX 4000 /* of a run */
#define ACT_COUNT    10

/* What kind of run the seed has drawn. */
struct plan {
    unsigned nodes;
    unsigned actions;
    bool is_exclusive;     /* one node that nobody else writes beside */
    bool has_bus;          /* the nodes have a bus between them */
    bool shares_search;    /* the nodes share one index */
    bool knows_repetition; /* the store replays a batch that comes again after a doubt, as PostgreSQL does; else it
                              refuses its ids */
    unsigned interleave_permille; /* calls during which others go on */
    unsigned fault_permille;      /* calls that fail, before the work or after it */
    unsigned late_permille;       /* batches that are committed or indexed after their sender stopped listening */
    unsigned crash_permille;      /* calls in which the node dies */
    unsigned loss_permille;       /* actions that lose an index */
    unsigned outage_permille;     /* actions that take an engine away for a while */
    unsigned slow_permille;       /* calls that take long */
    unsigned key_permille;        /* posts with an idempotency key */
    unsigned many_permille;       /* those who post that submit several with one call */
    unsigned search_permille;     /* requests that are searches */
    unsigned poll_permille;       /* requests that are a poller's */
    unsigned skew_unit;           /* seconds by which a clock of a node may be wrong, either way */
    unsigned history;             /* meows that are there before anything goes wrong */
    unsigned weights[ACT_COUNT];  /* how often each kind of action comes: step, write, read, take answers, follow, let
                                     time pass, make trouble, write and wait, rebuild, copy or restore */
};

enum {
    PORT_STORE,
    PORT_BUS,
    PORT_SEARCH,
    PORT_COUNT
};

struct world {
    uint64_t seed;
    const char *replay; /* printed before the seed when something is wrong */
    struct plan plan;
    struct chance chance;
    struct trace trace;
    int64_t now_us;
    bool is_calm;   /* nothing fails any more */
    unsigned acts;  /* so far */
    unsigned depth; /* of calls during which others go on */
    int64_t outage_until_us[PORT_COUNT];
    struct ledger ledger;
    struct sim_store store;
    struct sim_bus bus;
    struct sim_index indexes[NODES_MAX];
    struct node nodes[NODES_MAX];
    struct node keeper; /* never opened */
    struct authors authors;
    struct readers readers;
    struct followers followers;
    struct pollers pollers;
    uint64_t crashes;
    uint64_t faults;
    uint64_t lives;    /* of the store, after the first */
    uint64_t rebuilds; /* indexes that took the place of another one */
};

/* What runs have done, added up. */
struct tally {
    uint64_t runs;
    uint64_t notes;
    uint64_t posts; /* answered */
    uint64_t events;
    uint64_t pages;
    uint64_t given; /* to followers */
    uint64_t resumed;
    uint64_t crashes;
    uint64_t faults;
    uint64_t lives;
    uint64_t rebuilds;
    uint64_t calls;  /* that waited for their answer */
    uint64_t manys;  /* calls that submitted several posts */
    uint64_t polled; /* meows that pollers have seen */
    int64_t simulated_us;
};

/* Runs a seed to its end and returns the hash of its trace. Ends the program when something is wrong (world_fail). */
uint64_t world_run(uint64_t seed, const char *replay, bool is_told, struct tally *tally);

/* Status of the program when a run is wrong. */
#define WORLD_VIOLATED 3

/* Says what is wrong and how to see it again, and ends the program. */
_Noreturn void world_fail(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One thing happens, chosen by chance. */
void world_act(struct world *world);

/* The store is again what it was at the position `head`; all nodes are down. */
void world_go_back(struct world *world, uint64_t head);

/* It has another epoch, and nobody has it open. */
void world_begin_life(struct world *world);

/* By how much a wall clock is wrong, in this run. */
int64_t world_draw_skew_us(struct world *world);

/* A node that is up, chosen by chance and fit for a role; NULL: none. */
struct node *world_command_node(struct world *world);
struct node *world_query_node(struct world *world);
struct node *world_subscription_node(struct world *world);

void world_note(struct world *world, int node, const char *what, uint64_t a, uint64_t b);

/* The fault hook around every call of a backend (call.c); the context is the node. */
int call_before(void *context, const char *port, const char *call, meower_error *error);
int call_after(void *context, const char *port, const char *call, int status, meower_error *error);

#endif
