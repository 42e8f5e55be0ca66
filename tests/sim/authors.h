/* authors.h - those who post and delete: one by one and several with one call, with and without idempotency keys, at
 * any node, and again when they did not hear what became of it. Each answer is compared with what is committed. */
#ifndef TESTS_SIM_AUTHORS_H
#define TESTS_SIM_AUTHORS_H

#include "sim/ledger.h"
#include <meower/meower.h>
#include <stdbool.h>

#define AUTHORS_MANY_MAX 8 /* posts in one call; more than some queues hold, and than some transactions */

#define AUTHORS_LABELS_MAX 2

struct world;
struct node;

enum {
    ATTEMPT_PENDING,
    ATTEMPT_DONE,    /* answered: it is stored */
    ATTEMPT_REFUSED, /* answered: it is not */
    ATTEMPT_UNKNOWN  /* it may be stored */
};

/* A text that somebody wants stored once. */
struct intent {
    unsigned key;      /* its idempotency key; 0: none */
    size_t meow;       /* 1 + its index in the ledger; 0: not stored */
    bool is_promised;  /* an answer said that it is stored */
    bool may_be_there; /* unless every attempt was refused */
    uint64_t together; /* the call that submitted it first, with others, by its number; 0: it came alone */
};

/* One command. */
struct attempt {
    int kind;                /* MEOWER_STORE_POST or _DELETE */
    size_t intent;           /* POST */
    char id[MEOWER_ID_SIZE]; /* DELETE */
    int state;               /* ATTEMPT_... */
    int node;                /* that was asked */
    unsigned life;           /* of it */
};

struct authors {
    struct intent *intents;
    size_t intent_count;
    struct attempt *attempts;
    size_t attempt_count;
    size_t max;        /* room for intents and for attempts */
    size_t *key_meows; /* at index key - 1: 1 + the index in the ledger of the meow stored with it */
    unsigned key_count;
    uint64_t answered;               /* the greatest position in an answer, or the one that was restored */
    char cursor[MEOWER_CURSOR_SIZE]; /* of it; "" before the first */
    char former[MEOWER_CURSOR_SIZE]; /* the one before the store was restored; "": it never was */
    size_t pending;
    uint64_t calls; /* that waited for their answer */
    uint64_t manys; /* calls that submitted several posts */
};

void authors_init(struct authors *authors, size_t max);
void authors_destroy(struct authors *authors);

/* The body of the post with an intent's number. */
void authors_write_body(size_t number, char out[LEDGER_BODY_SIZE]);

/* One of the words that bodies are made of. */
const char *authors_word(size_t number);

/* Its labels, in order. Returns how many. */
size_t authors_choose_labels(size_t number, meower_label labels[AUTHORS_LABELS_MAX]);

/* Somebody posts, or deletes, at `node`. */
void authors_post(struct world *world, struct node *node);
void authors_delete(struct world *world, struct node *node);

/* Somebody submits several posts, or none, with one call: some of them the same ones, or such as may not be posted. */
void authors_post_many(struct world *world, struct node *node);

/* Somebody posts or deletes, and waits for the answer. */
void authors_call(struct world *world, struct node *node);

/* The store has gone back: what was answered since is gone with it. */
void authors_go_back(struct world *world);

/* The store has another epoch. */
void authors_begin_life(struct world *world);

/* Takes the answers that wait at `node`. */
void authors_take(struct world *world, struct node *node);

/* The node is gone: nobody hears what became of what it was asked. */
void authors_lose(struct world *world, const struct node *node);

/* The store has committed a post. */
void authors_note_commit(struct world *world, const char *body, size_t meow);

/* Fails the run unless every promise is kept. */
void authors_check(struct world *world);

#endif
