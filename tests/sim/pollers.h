/* pollers.h - those who follow the feed by lists alone: each asks any node for what is newer than the newest id it has
 * seen, by min_id or by since_id. It must see every meow that stays, and each once. */
#ifndef TESTS_SIM_POLLERS_H
#define TESTS_SIM_POLLERS_H

#include <meower/meower.h>
#include <stdbool.h>

#define POLLERS_MAX 2 /* one by min_id, one by since_id */

struct world;
struct node;

struct poller {
    char newest_id[MEOWER_ID_SIZE]; /* that it has seen */
    bool *has_seen;                 /* by the index of the ledger's meow */
    size_t capacity;
    bool is_waiting; /* for a page */
};

struct pollers {
    struct poller list[POLLERS_MAX];
    uint64_t seen; /* meows */
};

void pollers_destroy(struct pollers *pollers);

/* One of them, chosen by chance, asks `node`. */
void pollers_ask(struct world *world, struct node *node);

/* Both ask `node`, unless they wait. */
void pollers_ask_all(struct world *world, struct node *node);

/* The poller's page has come; NULL: it never will, or is a failure. */
void pollers_take(struct world *world, struct poller *poller, const meower_page *page);

/* The store has another epoch, as the pages' cursors say: they begin anew. */
void pollers_begin_life(struct world *world);

/* Whether both have seen all that stays. */
bool pollers_are_done(const struct world *world);

#endif
