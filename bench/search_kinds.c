/* search_kinds.c - how long searches of several kinds take in a program in C, beside which tantivy stands.
 *
 * search_kinds MESSAGES QUERIES SEARCH
 *
 * Posts each line of the file MESSAGES into a feed in memory whose search engine is SEARCH, and waits until all of it
 * is found. Then asks each line of the file QUERIES, a kind and a query with a tab between, for twenty meows. Prints
 * one JSON object. */
#include "measure.h"
#include <meower/meower.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH_MAX = 4096,
    LINE_SIZE = 4096,
    KINDS_MAX = 20,
    KIND_SIZE = 40,
    SAMPLES_MAX = 100000
};

struct kind {
    char name[KIND_SIZE];
    struct samples spans;
};

static meower_error error;

static void check(int status)
{
    if (status != MEOWER_OK) {
        fprintf(stderr, "search_kinds: %s\n", error.message);
        exit(1);
    }
}

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        give_up(path);
    }
    return file;
}

/* The next line without its end. False after the last one. */
static bool read_line(FILE *file, char line[LINE_SIZE])
{
    if (fgets(line, LINE_SIZE, file) == NULL) {
        return false;
    }
    line[strcspn(line, "\n")] = '\0';
    return true;
}

/* Posts up to BATCH_MAX lines, and keeps the last one's cursor. Returns how many there were. */
static size_t post_lines(meower_command *command, FILE *messages, char cursor[MEOWER_CURSOR_SIZE])
{
    static char lines[BATCH_MAX][LINE_SIZE];
    static meower_post posts[BATCH_MAX];
    static meower_command_result results[BATCH_MAX] = {MEOWER_COMMAND_RESULT_INIT};
    struct pollfd readable = {.fd = meower_command_fd(command), .events = POLLIN};
    size_t count = 0;
    for (; count < BATCH_MAX && read_line(messages, lines[count]); count++) {
        posts[count] =
            (meower_post){.struct_size = sizeof(posts[0]), .body = lines[count], .body_len = strlen(lines[count])};
    }
    if (count > 0) {
        check(meower_command_submit_posts(command, posts, count, &error));
    }
    for (size_t left = count; left > 0;) {
        if (poll(&readable, 1, -1) < 0) {
            give_up("poll");
        }
        int taken = meower_command_next_many(command, results, BATCH_MAX, &error);
        check(taken < 0 ? taken : MEOWER_OK);
        left -= (size_t)taken;
        memcpy(cursor, results[taken - 1].cursor, MEOWER_CURSOR_SIZE);
    }
    return count;
}

/* Searches, once what the cursor tells can be found. */
static void search(meower_query *query, const char *text, const char *cursor)
{
    meower_search wanted = MEOWER_SEARCH_INIT;
    meower_page *page;
    int status;
    wanted.text = text;
    wanted.text_len = strlen(text);
    wanted.take = 20;
    wanted.cursor = cursor;
    do { /* the option wait_max_ms says how long one waits */
        status = meower_query_search(query, &wanted, -1, &page, &error);
    } while (status == MEOWER_ERROR_TIMEOUT);
    check(status);
    if (meower_page_is_fallback(page) == 1) {
        give_up("the engine did not answer");
    }
    meower_page_free(page);
}

static struct kind *find_kind(struct kind *kinds, size_t *count, const char *name)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    if (*count == KINDS_MAX) {
        give_up("more kinds of queries than expected");
    }
    struct kind *kind = &kinds[(*count)++];
    snprintf(kind->name, sizeof(kind->name), "%.*s", KIND_SIZE - 1, name);
    samples_init(&kind->spans, SAMPLES_MAX);
    return kind;
}

static void ask_all(meower_query *query, FILE *queries)
{
    static struct kind kinds[KINDS_MAX];
    static char line[LINE_SIZE];
    size_t count = 0;
    while (read_line(queries, line)) {
        char *text = strchr(line, '\t');
        if (text == NULL) {
            give_up("a query without a kind");
        }
        *text++ = '\0';
        int64_t start_us = now_us();
        search(query, text, NULL);
        samples_add(&find_kind(kinds, &count, line)->spans, now_us() - start_us);
    }
    for (size_t i = 0; i < count; i++) {
        printf(", ");
        samples_print(&kinds[i].spans, kinds[i].name);
        samples_free(&kinds[i].spans);
    }
}

static meower_feed *open_feed(const char *search_url)
{
    meower_options *options;
    meower_feed *feed;
    check(meower_options_new(&options, &error));
    check(meower_options_set(options, "store", "memory:", &error));
    check(meower_options_set(options, "search", search_url, &error));
    check(meower_open(options, &feed, &error));
    meower_options_free(options);
    return feed;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        give_up("usage: search_kinds MESSAGES QUERIES SEARCH");
    }
    FILE *messages = open_file(argv[1]);
    FILE *queries = open_file(argv[2]);
    meower_feed *feed = open_feed(argv[3]);
    meower_command *command;
    meower_query *query;
    char cursor[MEOWER_CURSOR_SIZE] = "";
    size_t posted = 0;
    check(meower_command_open(feed, &command, &error));
    check(meower_query_open(feed, &query, &error));
    int64_t start_us = now_us();
    for (size_t count; (count = post_lines(command, messages, cursor)) > 0;) {
        posted += count;
    }
    search(query, "meow", cursor);
    printf("{\"messages\": %zu, \"indexed_us\": %lld", posted, (long long)(now_us() - start_us));
    ask_all(query, queries);
    puts("}");
    meower_query_close(query);
    meower_command_close(command);
    (void)meower_close(feed, -1, &error);
    fclose(messages);
    fclose(queries);
    return 0;
}
