/* page.h - an answer: meows held by reference, and what is to be said about them. */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "api/inbox.h"
#include "base/match.h"
#include "base/meow.h"

/* Where the searched words stand in one meow. */
struct page_highlights {
    uint32_t (*ranges)[2];
    size_t count;
};

struct meower_page {
    struct inbox_item item; /* first: the query handle's inbox holds it by this */
    void *tag;
    int status;
    meower_error error;
    bool is_single; /* of a get: an object instead of an array */
    bool is_fallback;
    bool has_older;
    bool has_newer;
    char cursor[MEOWER_CURSOR_SIZE];
    struct page_highlights *highlights; /* one a meow, or NULL */
    size_t count;
    struct meow *meows[]; /* room for as many as were asked for */
};

/* An empty page with room for `take` meows. NULL when memory is short. */
struct meower_page *page_new(size_t take);

/* Finds where the words of `query` stand in each meow. Returns 0 or MEOWER_ERROR_NO_MEMORY. */
int page_highlight(struct meower_page *page, const struct match_query *query);

#endif
