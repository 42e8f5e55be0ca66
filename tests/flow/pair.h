/* pair.h - two instances on one store, each with a clock and faults of its own, and a wire between them. */
#ifndef TESTS_FLOW_PAIR_H
#define TESTS_FLOW_PAIR_H

#include "flow/shared_store.h"
#include "flow/support.h"
#include "flow/wire_bus.h"

struct pair {
    struct shared_store store;
    struct wire wire;
    struct fixture one;
    struct fixture two;
};

void pair_init(struct pair *pair);
void pair_init_on_index(struct pair *pair, struct toy_index *index); /* makes the index, which both share */
void pair_init_apart(struct pair *pair, struct toy_index *index); /* the same without a wire: no news comes at once */
void pair_destroy(struct pair *pair);                             /* both are closed */

/* The same with both instances opened, or still open. */
void pair_begin(struct pair *pair, const char *const *pairs);
void pair_end(struct pair *pair);

/* Steps both until neither has work. */
void run_both(struct pair *pair);

/* The same while `ms` pass, in slices short enough for every timer. */
void run_both_for(struct pair *pair, int ms);

/* Takes what is there; every event must be the one after *position, which goes on with it. */
void take_all(meower_subscription *subscription, uint64_t *position);

#endif
