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

static bool reserve_labels(struct posts *posts, size_t more)
{
    if (more <= posts->label_max - posts->label_count) {
        return true;
    }
    size_t label_max = (posts->label_count + more) * 2;
    meower_label *labels = realloc(posts->labels, label_max * sizeof(*labels));
    if (labels == NULL) {
        return false;
    }
    posts->labels = labels;
    posts->label_max = label_max;
    return true;
}

static void append_text(struct buffer *texts, const char *text, size_t len)
{
    buffer_append(texts, text, len);
    buffer_append(texts, "", 1);
}

bool posts_add(struct posts *posts, const meower_post *post)
{
    size_t key_len = post->idempotency_key == NULL ? 0 : strlen(post->idempotency_key);
    size_t size = post->body_len + 1 + key_len + 1;
    for (size_t i = 0; i < post->label_count; i++) {
        size += post->labels[i].key_len + 1 + post->labels[i].value_len + 1;
    }
    if (!reserve_item(posts) || !reserve_labels(posts, post->label_count) || !buffer_reserve(&posts->texts, size)) {
        return false;
    }
    append_text(&posts->texts, post->body, post->body_len);
    if (post->idempotency_key != NULL) {
        append_text(&posts->texts, post->idempotency_key, key_len);
    }
    for (size_t i = 0; i < post->label_count; i++) {
        append_text(&posts->texts, post->labels[i].key, post->labels[i].key_len);
        append_text(&posts->texts, post->labels[i].value, post->labels[i].value_len);
        posts->labels[posts->label_count++] = post->labels[i];
    }
    posts->items[posts->count++] = *post;
    return true;
}

/* Points a post to its texts, which begin at `text`, and to its labels. Returns the byte after the texts. */
static const char *point(meower_post *post, meower_label *labels, const char *text)
{
    post->body = text;
    text += post->body_len + 1;
    if (post->idempotency_key != NULL) {
        post->idempotency_key = text;
        text += strlen(text) + 1;
    }
    post->labels = labels;
    for (size_t i = 0; i < post->label_count; i++) {
        labels[i].key = text;
        labels[i].value = text + labels[i].key_len + 1;
        text = labels[i].value + labels[i].value_len + 1;
    }
    return text;
}

const meower_post *posts_ready(struct posts *posts)
{
    const char *text = buffer_data(&posts->texts);
    meower_label *labels = posts->labels;
    for (size_t i = 0; i < posts->count; i++) {
        text = point(&posts->items[i], labels, text);
        labels += labels == NULL ? 0 : posts->items[i].label_count;
    }
    return posts->items;
}

void posts_clear(struct posts *posts)
{
    posts->count = 0;
    posts->label_count = 0;
    buffer_clear(&posts->texts);
}

void posts_free(struct posts *posts)
{
    free(posts->items);
    free(posts->labels);
    buffer_free(&posts->texts);
}
