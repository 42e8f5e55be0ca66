/* custom_store.c - a program that brings its own store, lmdb_store.c, and keeps a feed in it. Everything above the
 * store (search, timeline, subscriptions) is the library's and works as with any other.
 *
 *     custom_store FILE [TEXT]   posts TEXT if there is one, and prints the newest meows */
#include "lmdb_store.h"
#include <meower/meower.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int status, const meower_error *error)
{
    if (status == MEOWER_OK) {
        return;
    }
    fprintf(stderr, "custom_store: %s: %s\n", meower_status_name(status), error->message);
    exit(1);
}

static meower_feed *open_feed(const char *path)
{
    char url[4096];
    meower_error error = {0};
    meower_options *options;
    meower_feed *feed;
    snprintf(url, sizeof(url), "lmdb:%s", path);
    check(meower_options_new(&options, &error), &error);
    check(meower_options_add_store(options, &lmdb_store, NULL, &error), &error);
    check(meower_options_set(options, "store", url, &error), &error);
    check(meower_open(options, &feed, &error), &error);
    meower_options_free(options);
    return feed;
}

static void post(meower_feed *feed, const char *text)
{
    meower_error error = {0};
    meower_command *command;
    check(meower_command_open(feed, &command, &error), &error);
    check(meower_command_post(command, text, strlen(text), NULL, 5000, NULL, &error), &error);
    meower_command_close(command);
}

static void print_newest(meower_feed *feed)
{
    meower_list list = MEOWER_LIST_INIT;
    meower_error error = {0};
    meower_query *query;
    meower_page *page;
    check(meower_query_open(feed, &query, &error), &error);
    check(meower_query_list(query, &list, 5000, &page, &error), &error);
    for (size_t i = 0; i < meower_page_count(page); i++) {
        printf("%s %s\n", meower_page_meow(page, i)->id, meower_page_meow(page, i)->body);
    }
    meower_page_free(page);
    meower_query_close(query);
}

int main(int argc, char **argv)
{
    meower_error error = {0};

    if (argc < 2) {
        fprintf(stderr, "usage: custom_store FILE [TEXT]\n");
        return 2;
    }
    meower_feed *feed = open_feed(argv[1]);
    if (argc > 2) {
        post(feed, argv[2]);
    }
    print_newest(feed);
    check(meower_close(feed, 5000, &error), &error);
    return 0;
}
