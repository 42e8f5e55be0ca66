/* followers.h - those who follow the feed, leave and come back with their cursor, here or elsewhere, and may want
 * something else then. Each must be given every event once and in order, but for creations whose meow is gone or not
 * wanted. */
#ifndef TESTS_SIM_FOLLOWERS_H
#define TESTS_SIM_FOLLOWERS_H

#include "sim/wish.h"
#include <meower/meower.h>
#include <stdbool.h>

#define FOLLOWERS_MAX 6

struct world;
struct node;

struct follower {
    meower_subscription *subscription; /* NULL: away */
    int node;                          /* that it is at */
    bool is_foreign;                   /* it came with a cursor of another feed */
    bool is_former;                    /* its cursor is one of a former life of the store */
    bool has_begun;                    /* it has a cursor */
    bool is_started;                   /* its subscription knows where it starts */
    struct wish wish;                  /* what it wants, this time */
    uint64_t position;                 /* of the last event it was given or need not be, or where it began */
    uint64_t committed_at;             /* the store's head when it came */
    uint64_t opened_at;                /* the node's head when it came: later deletions may reach it late */
    char cursor[MEOWER_CURSOR_SIZE];
};

struct followers {
    struct follower list[FOLLOWERS_MAX];
    uint64_t events;
    uint64_t resumed; /* they came back, and everything followed */
};

/* One of them, chosen by chance, does something: comes, takes events, or leaves. */
void followers_act(struct world *world);

/* All that are here take what there is; in the end everybody comes back. */
void followers_take_all(struct world *world);

/* The node is gone; its followers keep their cursors. */
void followers_lose(struct world *world, const struct node *node);

/* The store has another epoch: nobody can go on from where he was. */
void followers_begin_life(struct world *world);

/* Whether all are here and have everything. */
bool followers_are_done(const struct world *world);

#endif
