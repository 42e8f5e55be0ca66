/* shared_store.h - a store "shared:" that several instances of one process open at once, as processes share a database
 * server: the store in memory, without the promise that nobody else writes. */
#ifndef TESTS_FLOW_SHARED_STORE_H
#define TESTS_FLOW_SHARED_STORE_H

#include <meower/backend.h>
#include <pthread.h>

struct shared_store {
    pthread_mutex_t mutex;
    void *memory; /* the backend, from the first open on */
};

void shared_store_init(struct shared_store *store);

/* Drops what it holds; every instance has been closed. */
void shared_store_destroy(struct shared_store *store);

/* Adds it to the options and chooses it. */
void shared_store_add(struct shared_store *store, meower_options *options);

/* The position of the last event. */
uint64_t shared_store_head(struct shared_store *store);

/* The position of the checkpoint `name`. */
uint64_t shared_store_checkpoint(struct shared_store *store, const char *name);

#endif
