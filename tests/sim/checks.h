/* checks.h - what must hold in every node after every step, and everywhere when all is quiet. */
#ifndef TESTS_SIM_CHECKS_H
#define TESTS_SIM_CHECKS_H

struct world;
struct node;

/* What has opened holds what the store held. */
void checks_begin(struct node *node);

/* The event log and the timeline of a node are a part of what is committed. */
void checks_node(struct node *node);

/* Everything is the same everywhere. */
void checks_end(struct world *world);

#endif
