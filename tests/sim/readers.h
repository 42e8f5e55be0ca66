/* readers.h - those who list, get and search, with and without a cursor. A page must be a state of the feed not older
 * than any answer that anybody had when it was asked for, nor than its own cursor. */
#ifndef TESTS_SIM_READERS_H
#define TESTS_SIM_READERS_H

#include "sim/authors.h"
#include <meower/meower.h>
#include <stdbool.h>

#define READS_MAX 64 /* under way at once */

struct world;
struct node;
struct poller;

/* A request under way. */
struct read {
    bool is_used;
    int kind; /* READING_... */
    int node;
    unsigned life;
    uint64_t floor; /* the greatest position that anybody had been answered */
    uint64_t wait_for;
    bool is_calm;               /* asked when nothing failed any more */
    char bound[MEOWER_ID_SIZE]; /* LIST: max_id, since_id or min_id; GET: the id */
    int bound_kind;             /* BOUND_... */
    uint64_t skip;
    uint32_t take;
    meower_label terms[AUTHORS_LABELS_MAX]; /* LIST, SEARCH: what the meows carry */
    size_t term_count;
    char text[16];         /* SEARCH */
    struct poller *poller; /* who asked; NULL: somebody else */
};

struct readers {
    struct read reads[READS_MAX];
    size_t pending;
    uint64_t pages;
    uint64_t scans; /* searches asked for in the calm and answered by a scan all the same */
};

/* Somebody asks `node`. */
void readers_ask(struct world *world, struct node *node);

/* Asks it for everything that the store holds, and for each meow by its own word. */
void readers_ask_for_all(struct world *world, struct node *node);

/* A poller asks it for a list; its page, or NULL, comes to pollers_take(). False when it was not asked. */
bool readers_poll(struct world *world, struct node *node, const meower_list *list, struct poller *poller);

/* Takes the pages that wait at `node`. */
void readers_take(struct world *world, struct node *node);

/* The node is gone, with what it was asked. */
void readers_lose(struct world *world, const struct node *node);

#endif
