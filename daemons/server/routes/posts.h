/* posts.h - posts that are going to be submitted together. */
#ifndef SERVER_ROUTES_POSTS_H
#define SERVER_ROUTES_POSTS_H

#include "server/net/buffer.h"
#include <meower/meower.h>

/* All zero: none. */
struct posts {
    meower_post *items; /* posts_ready() sets their texts, which move while posts are added */
    size_t count;
    size_t item_max;
    struct buffer texts; /* of each: its body, '\0', and its key if it has one, '\0' */
};

/* Adds a post whose answer bears the tag. Its texts are copied. False when memory is short. */
bool posts_add(struct posts *posts, const char *body, size_t body_len, const char *idempotency_key, void *tag);

/* Makes the items complete, until the next one is added. */
const meower_post *posts_ready(struct posts *posts);

void posts_clear(struct posts *posts); /* empties them, keeps their memory */
void posts_free(struct posts *posts);

#endif
