/* lmdb_store.h - a store of the examples: the scheme "lmdb:", for programs on one machine that share a feed. */
#ifndef EXAMPLES_LMDB_STORE_H
#define EXAMPLES_LMDB_STORE_H

#include <meower/backend.h>

/* Give it to meower_options_add_store(), then open "lmdb:FILE". */
extern const meower_store_vtable lmdb_store;

#endif
