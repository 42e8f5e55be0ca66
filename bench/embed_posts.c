/* embed_posts.c - how many meows a program in C posts through the library: what the Python binding is measured beside.
 *
 * embed_posts STORE BATCH SECONDS ROOMS AUTHORS
 *
 * With BATCH 0 by synchronous calls, one after the other; otherwise BATCH posts are submitted at once, then all their
 * results are taken through the descriptor, and so on. Where ROOMS is not 0, each meow carries two labels: a room, one
 * of so many, and an author, likewise. Prints one JSON object. */
#include "measure.h"
#include <meower/meower.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH_MAX = 4096,
    BODY_SIZE = 128,
    NAME_SIZE = 24
};

/* What a meow of the load is. */
struct load {
    long rooms;
    long authors;
};

static struct load load;

static meower_error error;

static void check(int status)
{
    if (status != MEOWER_OK) {
        fprintf(stderr, "embed_posts: %s\n", error.message);
        exit(1);
    }
}

/* Each body is another one, of the length that bench/python_posts.py uses too. */
static size_t make_body(char *body, size_t size, long number)
{
    return (size_t)snprintf(body, size, "meow number %09ld: the cat sat on the keyboard", number);
}

/* A post with the memory of its texts. */
struct text {
    char body[BODY_SIZE];
    char room[NAME_SIZE];
    char author[NAME_SIZE];
    meower_label labels[2];
};

static meower_label make_label(const char *key, char value[NAME_SIZE], long number)
{
    int len = snprintf(value, NAME_SIZE, "%s %ld", key, number);
    return (meower_label){key, strlen(key), value, (size_t)len};
}

/* Rooms and authors come in no order. */
static void make_post(meower_post *post, struct text *text, long number)
{
    long mixed = number * 7919;
    post->body = text->body;
    post->body_len = make_body(text->body, BODY_SIZE, number);
    if (load.rooms > 0) {
        text->labels[0] = make_label("author", text->author, mixed % load.authors);
        text->labels[1] = make_label("room", text->room, mixed / 31 % load.rooms);
        post->labels = text->labels;
        post->label_count = 2;
    }
}

static void post_and_wait(meower_command *command, long number)
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_post post = MEOWER_POST_INIT;
    struct text text;
    make_post(&post, &text, number);
    check(meower_command_post_one(command, &post, -1, &result, &error));
}

static void submit(meower_command *command, long first, long count)
{
    static struct text texts[BATCH_MAX];
    static meower_post posts[BATCH_MAX] = {MEOWER_POST_INIT};
    for (long i = 0; i < count; i++) {
        make_post(&posts[i], &texts[i], first + i);
    }
    check(meower_command_submit_posts(command, posts, (size_t)count, &error));
}

/* Waits for so many results. */
static void take(meower_command *command, long count)
{
    struct pollfd readable = {.fd = meower_command_fd(command), .events = POLLIN};
    static meower_command_result results[BATCH_MAX] = {MEOWER_COMMAND_RESULT_INIT};
    for (int i = 0; i < BATCH_MAX; i++) {
        results[i].error = &error;
    }
    while (count > 0) {
        if (poll(&readable, 1, -1) < 0) {
            give_up("poll");
        }
        int taken = meower_command_next_many(command, results, BATCH_MAX, &error);
        check(taken < 0 ? taken : MEOWER_OK);
        for (int i = 0; i < taken; i++) {
            check(results[i].status);
        }
        count -= taken;
    }
}

static meower_feed *open_feed(const char *store)
{
    meower_options *options;
    meower_feed *feed;
    check(meower_options_new(&options, &error));
    check(meower_options_set(options, "store", store, &error));
    check(meower_open(options, &feed, &error));
    meower_options_free(options);
    return feed;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        give_up("usage: embed_posts STORE BATCH SECONDS ROOMS AUTHORS");
    }
    long batch = parse_number(argv[2], BATCH_MAX, "BATCH");
    int64_t span_us = parse_number(argv[3], 3600, "SECONDS") * 1000000;
    load = (struct load){parse_number(argv[4], 1000000, "ROOMS"), parse_number(argv[5], 1000000, "AUTHORS")};
    meower_feed *feed = open_feed(argv[1]);
    meower_command *command;
    check(meower_command_open(feed, &command, &error));
    long posted = 0;
    int64_t start_us = now_us(), spent_before_us = spent_us();
    while (now_us() - start_us < span_us) {
        if (batch == 0) {
            post_and_wait(command, posted++);
            continue;
        }
        submit(command, posted, batch);
        take(command, batch);
        posted += batch;
    }
    int64_t duration_us = now_us() - start_us;
    printf("{\"posts\": %ld, \"duration_us\": %lld, \"spent_us\": %lld}\n", posted, (long long)duration_us,
           (long long)(spent_us() - spent_before_us));
    meower_command_close(command);
    (void)meower_close(feed, 0, &error); /* the index may be made another time */
}
