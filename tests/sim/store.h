/* store.h - a store "sim:" on the library's store in memory. It writes down in the ledger what is committed, may commit
 * a batch after its sender stopped listening, and breaks off reads in the middle. */
#ifndef TESTS_SIM_STORE_H
#define TESTS_SIM_STORE_H

#include <meower/backend.h>
#include <stdbool.h>

struct world;
struct sim_late_commit;

struct sim_store {
    void *memory; /* the backend, from the first open on */
    struct sim_late_commit *late;
};

void sim_store_destroy(struct sim_store *store);

/* Adds it to the options and chooses it; the context of its backends is the node. */
int sim_store_add(void *node, meower_options *options);

/* What the engine was still at becomes committed, or is undone. */
void sim_store_finish_late(struct world *world);

#endif
