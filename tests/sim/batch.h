/* batch.h - copies of the batches that a store is given: of those that it is still at when their sender stops
 * listening, and of all that were committed, from which the store is made as it was at a backup. */
#ifndef TESTS_SIM_BATCH_H
#define TESTS_SIM_BATCH_H

#include <meower/backend.h>

#define SIM_BATCH_MAX 64 /* operations: more than any node's option batch_max */

struct sim_batch {
    size_t count;
    meower_store_operation operations[];
};

struct sim_batch *sim_batch_new(const meower_store_operation *operations, size_t count);
void sim_batch_free(struct sim_batch *batch);

/* Copies labels into one block, which the caller frees. */
meower_label *sim_labels_copy(const meower_label *labels, size_t count);

/* Batches in their order. */
struct sim_history {
    struct sim_batch **batches;
    size_t count;
    size_t capacity;
};

void sim_history_add(struct sim_history *history, const meower_store_operation *operations, size_t count);

/* Forgets all but the first `count`. */
void sim_history_cut(struct sim_history *history, size_t count);

void sim_history_destroy(struct sim_history *history);

#endif
