/* node.h - one process of the feed: an instance without threads, its clock and its handles. It can die in the middle of
 * any call of a backend; what it had in memory is then gone, and nothing it does any more has an effect. */
#ifndef TESTS_SIM_NODE_H
#define TESTS_SIM_NODE_H

#include "sim/chance.h"
#include "sim/search.h"
#include <meower/backend.h>
#include <meower/meower.h>

struct world;

struct node {
    struct world *world;
    int number;
    bool has_command;
    bool has_query;
    bool has_subscription;
    meower_options *options;
    meower_feed *feed; /* NULL: down */
    meower_command *command;
    meower_command *caller; /* for commands that wait for their answer; made when it is needed */
    meower_query *query;
    size_t queue_max; /* its option */
    unsigned life;    /* counts its starts */
    bool is_dead;     /* died inside a call; it is cleared away when that call has returned */
    bool is_closing;
    bool is_waiting; /* it is closing, or somebody waits for an answer: each look moves its clock on */
    int64_t waiting_since_us;
    unsigned stages;          /* under way now: bits of STAGE_... */
    struct chance chance;     /* its own randomness */
    int64_t wall_skew_us;     /* of its wall clock */
    struct sim_index *index;  /* its search index */
    unsigned index_life;      /* of the index as it knows it */
    unsigned beside_life;     /* of the index that it builds beside */
    uint64_t beside_at;       /* the note at which the last batch came into that */
    uint64_t log_checked;     /* checks.c: the event log up to here */
    uint64_t timeline_loaded; /* checks.c: the ledger's head when it had opened */
    uint64_t timeline_checked;
};

/* Makes its options. */
void node_init(struct node *node, struct world *world, int number);
void node_destroy(struct node *node);

bool node_is_up(const struct node *node);

/* Starts it; it stays down when a backend fails. */
void node_open(struct node *node);

/* It dies, now or in the middle of what it does. */
void node_die(struct node *node);

/* Stops it in good order. */
void node_close(struct node *node);

/* Runs all stages once, as meower_step() does. Returns whether any had work. */
bool node_step(struct node *node);

/* Around a call at `caller` that waits, and steps the node itself. It may have died in it. */
void node_begin_call(struct node *node);
void node_end_call(struct node *node);

/* Runs one stage, also while another one of this node is under way, as threads do. */
void node_step_stage(struct node *node);

#endif
