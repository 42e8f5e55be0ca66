/* search.h - a search engine "sim:" that may lose its index, hold a batch back and apply it later, or apply a part of
 * it. Several nodes may share one index, as they do with an engine of its own, which goes on when nodes crash. An index
 * that a node has for itself is in it, as the embedded one is: a crash leaves what was sealed last, or nothing where a
 * seal is torn or a segment lost. Beside it there is room for one that is being built. */
#ifndef TESTS_SIM_SEARCH_H
#define TESTS_SIM_SEARCH_H

#include <meower/backend.h>
#include <stdbool.h>

struct world;
struct sim_late_batch;

/* What the index has of one meow. */
struct sim_document {
    uint64_t position; /* of the last event applied: earlier ones are refused, as an external version does; 0: none */
    char *words;       /* NULL: none, or deleted and no longer found */
    bool is_deleted;   /* found no more after the next refresh */
    bool is_visible;
};

struct sim_index {
    struct sim_document *documents; /* by the meow's index in the ledger */
    size_t count;                   /* of documents, with or without words */
    meower_search_info info;
    unsigned life; /* changes when the index is emptied, lost or replaced: who knew the one before is told so */
    struct sim_late_batch *late;
    uint64_t advanced_at;     /* the note at which its position rose last */
    bool is_embedded;         /* in a node, and not beside another one */
    struct sim_index *sealed; /* as a crash leaves it; NULL: nothing was sealed */
    struct sim_index *beside; /* being built; NULL: none */
    unsigned besides;         /* that were begun: their lives */
};

void sim_index_destroy(struct sim_index *index);

/* Adds it to the options and chooses it; the context of its backends is the node. */
int sim_search_add(void *node, meower_options *options);

/* The engine loses the index; whoever uses it is told at the next call. */
void sim_index_lose(struct sim_index *index);

/* Its node has crashed. */
void sim_index_crash(struct world *world, struct sim_index *index);

/* What was on its way arrives. */
void sim_index_arrive(struct world *world, struct sim_index *index);

/* Fails the run unless the index holds what it says it holds. */
void sim_index_check(struct world *world, const struct sim_index *index);

#endif
