/* label_pages.c - how long a page of what carries some labels takes in a program in C, in a feed of many meows.
 *
 * label_pages STORE MEOWS PAGES
 *
 * Posts MEOWS meows, each with a room, one of 1,000, an author, one of 7, and a device, one of 3; a single one in the
 * middle of them also has the tag "rare". Then takes PAGES pages of each kind, of a hundred meows each. Prints one JSON
 * object. */
#include "measure.h"
#include <meower/meower.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 4096,
    TEXT_SIZE = 64,
    LABELS = 4,
    ROOMS = 1000,
    SAMPLES_MAX = 1000000
};

struct text {
    char body[TEXT_SIZE];
    char values[3][TEXT_SIZE];
    meower_label labels[LABELS];
};

static meower_error error;

static void check(int status)
{
    if (status != MEOWER_OK) {
        fprintf(stderr, "label_pages: %s\n", error.message);
        exit(1);
    }
}

static meower_label make_label(const char *key, const char *value)
{
    return (meower_label){key, strlen(key), value, strlen(value)};
}

static void make_post(meower_post *post, struct text *text, long number, long rare)
{
    static const char *const keys[] = {"room", "author", "device"};
    const long values[] = {number * 7919 % ROOMS, number % 7, number % 3};
    post->body = text->body;
    post->body_len = (size_t)snprintf(text->body, TEXT_SIZE, "meow number %ld", number);
    for (int i = 0; i < 3; i++) {
        snprintf(text->values[i], TEXT_SIZE, "%s %ld", keys[i], values[i]);
        text->labels[i] = make_label(keys[i], text->values[i]);
    }
    text->labels[3] = make_label("tag", "rare");
    post->labels = text->labels;
    post->label_count = number == rare ? LABELS : LABELS - 1;
}

static void post_some(meower_command *command, long first, long count, long rare)
{
    static struct text texts[BATCH];
    static meower_post posts[BATCH] = {MEOWER_POST_INIT};
    static meower_command_result results[BATCH] = {MEOWER_COMMAND_RESULT_INIT};
    struct pollfd readable = {.fd = meower_command_fd(command), .events = POLLIN};
    for (long i = 0; i < count; i++) {
        make_post(&posts[i], &texts[i], first + i, rare);
    }
    check(meower_command_submit_posts(command, posts, (size_t)count, &error));
    for (long left = count; left > 0;) {
        if (poll(&readable, 1, -1) < 0) {
            give_up("poll");
        }
        int taken = meower_command_next_many(command, results, BATCH, &error);
        check(taken < 0 ? taken : MEOWER_OK);
        left -= taken;
    }
}

static void take_pages(meower_query *query, const char *name, const meower_label *labels, size_t count, long pages)
{
    struct samples spans;
    meower_list list = MEOWER_LIST_INIT;
    size_t meows = 0;
    list.labels = labels;
    list.label_count = count;
    samples_init(&spans, SAMPLES_MAX);
    for (long i = 0; i < pages; i++) {
        meower_page *page;
        int64_t start_us = now_us();
        check(meower_query_list(query, &list, -1, &page, &error));
        samples_add(&spans, now_us() - start_us);
        meows = meower_page_count(page);
        meower_page_free(page);
    }
    printf(", \"%s_meows\": %zu, ", name, meows);
    samples_print(&spans, name);
    samples_free(&spans);
}

int main(int argc, char **argv)
{
    const meower_label labels[] = {MEOWER_LABEL("author", "author 5"), MEOWER_LABEL("device", "device 2"),
                                   MEOWER_LABEL("room", "room 17"), MEOWER_LABEL("tag", "rare"),
                                   MEOWER_LABEL("room", "nowhere")};
    meower_options *options;
    meower_feed *feed;
    meower_command *command;
    meower_query *query;
    if (argc != 4) {
        give_up("usage: label_pages STORE MEOWS PAGES");
    }
    long meows = parse_number(argv[2], 100000000, "MEOWS");
    long pages = parse_number(argv[3], SAMPLES_MAX, "PAGES");
    check(meower_options_new(&options, &error));
    check(meower_options_set(options, "store", argv[1], &error));
    check(meower_options_set(options, "roles", "command,query", &error));
    check(meower_open(options, &feed, &error));
    meower_options_free(options);
    check(meower_command_open(feed, &command, &error));
    check(meower_query_open(feed, &query, &error));
    int64_t start_us = now_us();
    for (long first = 0; first < meows; first += BATCH) {
        post_some(command, first, meows - first < BATCH ? meows - first : BATCH, meows / 2);
    }
    printf("{\"meows\": %ld, \"duration_us\": %lld", meows, (long long)(now_us() - start_us));
    take_pages(query, "thousandth", &labels[2], 1, pages);
    take_pages(query, "single", &labels[3], 1, pages);
    take_pages(query, "three", labels, 3, pages);
    take_pages(query, "none", &labels[4], 1, pages);
    printf("}\n");
    meower_query_close(query);
    meower_command_close(command);
    (void)meower_close(feed, 0, &error); /* the index may be made another time */
    return 0;
}
