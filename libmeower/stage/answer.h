/* answer.h - what a reader finds: meows held by reference, and what is to be said about them. */
#ifndef STAGE_ANSWER_H
#define STAGE_ANSWER_H

#include "base/highlight.h"
#include "base/meow.h"

struct answer {
    bool is_fallback;
    bool has_older;
    bool has_newer;
    char cursor[MEOWER_CURSOR_SIZE];
    struct highlights *highlights; /* one a meow, or NULL */
    uint64_t total;                /* of a count */
    size_t count;
    struct meow **meows; /* given: room for as many as were asked for, all NULL */
};

/* Releases what it holds, but not the room. */
void answer_release(struct answer *answer);

/* Finds where the words of `query` stand in each meow. Returns 0 or MEOWER_ERROR_NO_MEMORY. */
int answer_highlight(struct answer *answer, const struct match_query *query);

#endif
