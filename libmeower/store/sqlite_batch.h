/* sqlite_batch.h - append() of the SQLite store: one batch, one transaction. */
#ifndef STORE_SQLITE_BATCH_H
#define STORE_SQLITE_BATCH_H

#include "store/sqlite_connection.h"

/* One batch under way. */
struct sqlite_batch {
    uint64_t position;              /* of the last event before the batch; then of its own last one */
    int64_t post_at_us;             /* when its last post was made; 0: it has none */
    size_t deletion_count;          /* meows that it deleted */
    size_t unsorted_labels;         /* of the store before the batch (sqlite_labels.h); then after it, or more */
    char newest_id[MEOWER_ID_SIZE]; /* of the store before the batch; then of its own last post, or one that exists */
};

/* Prepares the statements of the writer's connection. */
int sqlite_batch_prepare(struct sqlite_connection *writer, meower_error *error);

/* Carries out the operations and commits them. After an error nothing was stored, and the connection is as before.
 * CONFLICT: the ids are not above the newest one, which operations[0].stored_id then is. */
int sqlite_batch_append(struct sqlite_connection *writer, struct sqlite_batch *batch,
                        meower_store_operation *operations, size_t count, meower_error *error);

#endif
