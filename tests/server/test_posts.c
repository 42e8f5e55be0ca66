/* test_posts.c - the posts of a turn: their bodies and keys keep apart in the one buffer that holds them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/routes/posts.h"
#include <stdio.h>
#include <string.h>

static void assert_post(const meower_post *post, const char *body, const char *key, void *tag)
{
    assert_int_equal(post->body_len, strlen(body));
    assert_string_equal(post->body, body);
    assert_ptr_equal(post->tag, tag);
    if (key == NULL) {
        assert_null(post->idempotency_key);
    } else {
        assert_string_equal(post->idempotency_key, key);
    }
}

/* Adds a post from memory that changes at once. */
static void add(struct posts *posts, const char *body, const char *key, void *tag)
{
    char body_copy[100], key_copy[300];
    snprintf(body_copy, sizeof(body_copy), "%s", body);
    snprintf(key_copy, sizeof(key_copy), "%s", key == NULL ? "" : key);
    const meower_post post = {.struct_size = sizeof(post),
                              .body = body_copy,
                              .body_len = strlen(body),
                              .idempotency_key = key == NULL ? NULL : key_copy,
                              .tag = tag};
    assert_true(posts_add(posts, &post));
    memset(body_copy, '#', sizeof(body_copy));
    memset(key_copy, '#', sizeof(key_copy));
}

static void a_post_keeps_its_body_its_key_and_its_tag(void **state)
{
    (void)state;
    struct posts posts = {.count = 0};
    int tag;
    add(&posts, "hello", "a-key", &tag);
    assert_int_equal(posts.count, 1);
    assert_post(posts_ready(&posts), "hello", "a-key", &tag);
    posts_free(&posts);
}

static void a_key_after_a_post_without_one_stays_with_its_post(void **state)
{
    (void)state;
    struct posts posts = {.count = 0};
    add(&posts, "without", NULL, NULL);
    add(&posts, "with", "key-1", NULL);
    add(&posts, "without again", NULL, NULL);
    add(&posts, "", NULL, NULL);
    add(&posts, "with another", "key-2", NULL);
    add(&posts, "with a third", "k", NULL);
    const meower_post *items = posts_ready(&posts);
    assert_post(&items[0], "without", NULL, NULL);
    assert_post(&items[1], "with", "key-1", NULL);
    assert_post(&items[2], "without again", NULL, NULL);
    assert_post(&items[3], "", NULL, NULL);
    assert_post(&items[4], "with another", "key-2", NULL);
    assert_post(&items[5], "with a third", "k", NULL);
    posts_free(&posts);
}

static void a_body_may_hold_zero_bytes(void **state)
{
    (void)state;
    struct posts posts = {.count = 0};
    const meower_post first = {.struct_size = sizeof(first), .body = "a\0b", .body_len = 3, .idempotency_key = "key"};
    assert_true(posts_add(&posts, &first));
    add(&posts, "c", "other", NULL);
    const meower_post *items = posts_ready(&posts);
    assert_int_equal(items[0].body_len, 3);
    assert_memory_equal(items[0].body, "a\0b", 4);
    assert_string_equal(items[0].idempotency_key, "key");
    assert_post(&items[1], "c", "other", NULL);
    posts_free(&posts);
}

static void labels_stay_with_their_post(void **state)
{
    (void)state;
    struct posts posts = {.count = 0};
    char value[] = "garden";
    meower_label labels[] = {{"room", 4, value, 6}, MEOWER_LABEL("tag", "cats")};
    meower_post post = {.struct_size = sizeof(post), .body = "one", .body_len = 3, .labels = labels, .label_count = 2};
    assert_true(posts_add(&posts, &post));
    add(&posts, "two", "key", NULL);
    post.idempotency_key = "other";
    post.labels = &labels[1];
    post.label_count = 1;
    assert_true(posts_add(&posts, &post));
    memset(value, '#', 6);
    memset(labels, '#', sizeof(labels));
    const meower_post *items = posts_ready(&posts);
    assert_int_equal(items[0].label_count, 2);
    assert_string_equal(items[0].labels[0].key, "room");
    assert_string_equal(items[0].labels[0].value, "garden");
    assert_string_equal(items[0].labels[1].value, "cats");
    assert_post(&items[1], "two", "key", NULL);
    assert_int_equal(items[1].label_count, 0);
    assert_post(&items[2], "one", "other", NULL);
    assert_int_equal(items[2].label_count, 1);
    assert_string_equal(items[2].labels[0].value, "cats");
    posts_clear(&posts);
    post.labels = (const meower_label[]){MEOWER_LABEL("zone", "1")};
    assert_true(posts_add(&posts, &post));
    assert_string_equal(posts_ready(&posts)[0].labels[0].key, "zone");
    assert_int_equal(posts_ready(&posts)[0].labels[0].value_len, 1);
    posts_free(&posts);
}

static void any_number_of_posts_may_be_gathered(void **state)
{
    (void)state;
    struct posts posts = {.count = 0};
    char body[100], key[100];
    for (size_t i = 0; i < 200; i++) {
        snprintf(body, sizeof(body), "body of post %zu", i);
        snprintf(key, sizeof(key), "key of post %zu", i);
        add(&posts, body, i % 3 == 0 ? NULL : key, &posts);
    }
    const meower_post *items = posts_ready(&posts);
    assert_int_equal(posts.count, 200);
    for (size_t i = 0; i < 200; i++) {
        snprintf(body, sizeof(body), "body of post %zu", i);
        snprintf(key, sizeof(key), "key of post %zu", i);
        assert_post(&items[i], body, i % 3 == 0 ? NULL : key, &posts);
    }
    posts_free(&posts);
}

static void what_was_cleared_leaves_nothing_behind(void **state)
{
    (void)state;
    struct posts posts = {.count = 0};
    add(&posts, "a long body of the first turn", "a long key of the first turn", NULL);
    posts_ready(&posts);
    posts_clear(&posts);
    assert_int_equal(posts.count, 0);
    add(&posts, "short", NULL, NULL);
    add(&posts, "b", "key", NULL);
    const meower_post *items = posts_ready(&posts);
    assert_post(&items[0], "short", NULL, NULL);
    assert_post(&items[1], "b", "key", NULL);
    posts_free(&posts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_keeps_its_body_its_key_and_its_tag),
        cmocka_unit_test(a_key_after_a_post_without_one_stays_with_its_post),
        cmocka_unit_test(a_body_may_hold_zero_bytes),
        cmocka_unit_test(labels_stay_with_their_post),
        cmocka_unit_test(any_number_of_posts_may_be_gathered),
        cmocka_unit_test(what_was_cleared_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
