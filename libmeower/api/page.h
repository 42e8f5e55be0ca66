/* page.h - an answer as a user holds it: what the reader has found, on its way through the inbox of a query handle. */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "api/inbox.h"
#include "stage/answer.h"

struct meower_page {
    struct inbox_item item; /* first: the query handle's inbox holds it by this */
    void *tag;
    int status;
    meower_error error;
    bool is_single;       /* of a get: an object instead of an array */
    struct answer answer; /* its room is the array below */
    struct meow *meows[];
};

/* An empty page with room for `take` meows. NULL when memory is short. */
struct meower_page *page_new(size_t take);

#endif
