/* posts.c - posts that are going to be submitted together. */
#include "server/routes/posts.h"

#include <stdlib.h>
#include <string.h>

static bool reserve_item(struct posts *posts)
{
    if (posts->count < posts->item_max) {
        return true;
    }
    size_t item_max = posts->item_max == 0 ? 16 : posts->item_max * 2;
    meower_post *items = realloc(posts->items, item_max * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    posts->items = items;
    posts->item_max = item_max;
    return true;
}

bool posts_add(struct posts *posts, const char *body, size_t body_len, const char *idempotency_key, void *tag)
{
    size_t key_size = idempotency_key == NULL ? 0 : strlen(idempotency_key) + 1;
    if (!reserve_item(posts) || !buffer_reserve(&posts->texts, body_len + 1 + key_size)) {
        return false;
    }
    buffer_append(&posts->texts, body, body_len);
    buffer_append(&posts->texts, "", 1);
    buffer_append(&posts->texts, idempotency_key == NULL ? "" : idempotency_key, key_size);
    posts->items[posts->count++] = (meower_post){sizeof(meower_post), NULL, body_len, idempotency_key, tag, NULL, 0};
    return true;
}

const meower_post *posts_ready(struct posts *posts)
{
    const char *text = buffer_data(&posts->texts);
    for (size_t i = 0; i < posts->count; i++) {
        meower_post *post = &posts->items[i];
        post->body = text;
        text += post->body_len + 1;
        if (post->idempotency_key == NULL) {
            continue;
        }
        post->idempotency_key = text;
        text += strlen(text) + 1;
    }
    return posts->items;
}

void posts_clear(struct posts *posts)
{
    posts->count = 0;
    buffer_clear(&posts->texts);
}

void posts_free(struct posts *posts)
{
    free(posts->items);
    buffer_free(&posts->texts);
}
