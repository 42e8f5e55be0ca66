/* wish.h - what a follower wants to be given: everything, or what has some labels and words. */
#ifndef TESTS_SIM_WISH_H
#define TESTS_SIM_WISH_H

#include "sim/authors.h"
#include "sim/chance.h"
#include "sim/ledger.h"

#define WISH_TEXT_SIZE 32

struct wish {
    meower_label terms[AUTHORS_LABELS_MAX];
    size_t term_count;         /* 0: any labels */
    const char *words[2];      /* both must be there; NULL: any */
    char text[WISH_TEXT_SIZE]; /* the words as a standing search; "": none */
};

/* Chooses one by chance, as often everything as not. */
void wish_choose(struct wish *wish, struct chance *chance);

/* How a subscription is asked for it. It points into the wish. */
meower_follow wish_follow(const struct wish *wish, const char *cursor);

/* Whether the meow is what is wanted. */
bool wish_holds(const struct wish *wish, const struct ledger_meow *meow);

#endif
