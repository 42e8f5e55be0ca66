/* consumer.c - a program outside that posts and reads back, in C99. `consumer SCHEME` says instead whether a store of
 * that scheme is built in. */
#include <meower/meower.h>
#include <stdio.h>
#include <string.h>

/* 0: built in, 1: not. */
static int has_store(const char *scheme)
{
    char url[64];
    meower_options *options;
    meower_error error;
    int status;
    snprintf(url, sizeof(url), "%s:x", scheme);
    if (meower_options_new(&options, NULL) != MEOWER_OK) {
        return 1;
    }
    status = meower_options_set(options, "store", url, &error);
    if (status == MEOWER_OK) {
        status = meower_options_check(options, &error);
    }
    meower_options_free(options);
    if (status != MEOWER_OK) {
        printf("%s\n", error.message);
    }
    return status != MEOWER_OK;
}

int main(int argc, char **argv)
{
    meower_feed *feed;
    meower_command *command;
    meower_query *query;
    meower_page *page;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower_error error;
    int is_there;

    if (argc > 1) {
        return has_store(argv[1]);
    }
    if (strcmp(meower_version(), MEOWER_VERSION) != 0 || meower_open(NULL, &feed, &error) != MEOWER_OK) {
        return 1;
    }
    if (meower_command_open(feed, &command, &error) != MEOWER_OK ||
        meower_command_post(command, "hello", 5, NULL, 1000, &posted, &error) != MEOWER_OK ||
        meower_query_open(feed, &query, &error) != MEOWER_OK ||
        meower_query_get(query, posted.id, NULL, 1000, &page, &error) != MEOWER_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    is_there = strcmp(meower_page_meow(page, 0)->body, "hello") == 0;
    meower_page_free(page);
    meower_query_close(query);
    meower_command_close(command);
    return meower_close(feed, 1000, &error) != MEOWER_OK || !is_there;
}
