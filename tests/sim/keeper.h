/* keeper.h - the one who looks after the feed: copies the store, brings it back to a copy when all nodes are down, and
 * has search indexes made anew. A node that never opens lends it its options. */
#ifndef TESTS_SIM_KEEPER_H
#define TESTS_SIM_KEEPER_H

struct world;

/* The keeper does something: rebuilds, or copies the store, or goes back to a copy. */
void keeper_rebuild(struct world *world);
void keeper_copy_or_restore(struct world *world);

/* Ends what it has begun; in the calm nothing can prevent that. */
void keeper_finish(struct world *world);

/* Has the index of every node made anew. */
void keeper_rebuild_all(struct world *world);

#endif
