/* postgresql_batch.h - append() of the PostgreSQL store: one batch, one statement, one round trip. */
#ifndef STORE_POSTGRESQL_BATCH_H
#define STORE_POSTGRESQL_BATCH_H

#include "store/postgresql_array.h"
#include "store/postgresql_connection.h"

#define POSTGRESQL_BATCH_ARRAYS 11

/* The connection that writes, and what is kept from batch to batch. */
struct postgresql_writer {
    struct postgresql_connection connection;
    struct postgresql_array arrays[POSTGRESQL_BATCH_ARRAYS];
    char unfinished[POSTGRESQL_SESSION_SIZE]; /* a session that may still be storing a batch; "": none */
    bool is_in_doubt; /* the batch before this one may have been stored, and this one may be the same */
};

void postgresql_writer_init(struct postgresql_writer *writer, const char *conninfo);
void postgresql_writer_close(struct postgresql_writer *writer);

/* As append() in meower/backend.h. An operation of an earlier batch that comes again, with all as it was, is replayed.
 */
int postgresql_writer_append(struct postgresql_writer *writer, meower_store_operation *operations, size_t count,
                             meower_error *error);

#endif
