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
    meower_label *labels; /* of all of them, in their order; as the items */
    size_t label_count;
    size_t label_max;
    struct buffer
        texts; /* of each: its body, '\0', its key if it has one, '\0', and its labels: key, '\0', value, '\0' */
};

/* Adds a post, whose labels were checked. Its texts are copied. False when memory is short. */
bool posts_add(struct posts *posts, const meower_post *post);

/* Makes the items complete, until the next one is added. */
const meower_post *posts_ready(struct posts *posts);

void posts_clear(struct posts *posts); /* empties them, keeps their memory */
void posts_free(struct posts *posts);

#endif
