/* store.h - a store "sim:" on the library's store in memory. It writes down in the ledger what is committed, may commit
 * a batch after its sender stopped listening, breaks off reads in the middle, and can go back to what it was when it
 * was backed up. */
#ifndef TESTS_SIM_STORE_H
#define TESTS_SIM_STORE_H

#include "sim/batch.h"
#include <meower/backend.h>
#include <stdbool.h>

struct world;
struct sim_late_commit;

struct sim_store {
    void *memory;                  /* the backend, from the first open on */
    char epoch[MEOWER_EPOCH_SIZE]; /* of its life; "" before the first open */
    unsigned sessions;             /* that have it open */
    bool is_kept;                  /* no node may open it now */
    struct sim_late_commit *late;
    struct sim_history history; /* all that was committed in this life and in those before it */
    bool has_copy;
    size_t copy; /* batches of the history that are in the copy */
    char copy_epoch[MEOWER_EPOCH_SIZE];
};

void sim_store_destroy(struct sim_store *store);

/* Adds it to the options and chooses it; the context of its backends is the node. */
int sim_store_add(void *node, meower_options *options);

/* What the engine was still at becomes committed, or is undone. */
void sim_store_finish_late(struct world *world);

/* The engine's own tools bring the store back to what it was when it was copied, and its epoch, too. */
void sim_store_go_back(struct world *world);

/* The position that the relay has remembered. */
uint64_t sim_store_checkpoint(const struct world *world);

#endif
