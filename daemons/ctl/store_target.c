/* store_target.c - meowctl on a store of its own: the library without a server. */
#include "ctl/print.h"
#include "ctl/target.h"
#include <meower/meower.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAIT_MS 30000 /* for an answer of the store */

struct store_target {
    struct target target; /* first: the operations cast back */
    meower_feed *feed;
};

static int fail(const meower_error *error)
{
    fprintf(stderr, "meowctl: %s\n", error->message);
    return 1;
}

static void format_time(int64_t created_at_us, char out[32])
{
    time_t seconds = (time_t)(created_at_us / 1000000);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &utc);
}

static void print_one(const meower_meow *meow)
{
    char created_at[32];

    format_time(meow->created_at_us, created_at);
    print_meow(meow->id, created_at, meow->body, meow->labels, meow->label_count);
}

static int print_page(const struct target *target, meower_page *page)
{
    size_t len = meower_page_json_len(page);
    char *json = target->as_json ? malloc(len) : NULL;

    if (json != NULL) {
        meower_page_write_json(page, json);
        print_json(json, len);
    } else {
        for (size_t i = 0; i < meower_page_count(page); i++) {
            print_one(meower_page_meow(page, i));
        }
    }
    free(json);
    meower_page_free(page);
    return 0;
}

static int store_post(struct target *target, const char *body)
{
    meower_feed *feed = ((struct store_target *)target)->feed;
    meower_command *command;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_post post = MEOWER_POST_INIT;
    meower_error error;
    int status = meower_command_open(feed, &command, &error);

    if (status != MEOWER_OK) {
        return fail(&error);
    }
    post.body = body;
    post.body_len = strlen(body);
    post.labels = target->labels;
    post.label_count = target->label_count;
    status = meower_command_post_one(command, &post, WAIT_MS, &result, &error);
    meower_command_close(command);
    if (status != MEOWER_OK) {
        return fail(&error);
    }
    puts(result.id);
    return 0;
}

static int store_remove(struct target *target, const char *id)
{
    meower_feed *feed = ((struct store_target *)target)->feed;
    meower_command *command;
    meower_error error;
    int status = meower_command_open(feed, &command, &error);

    if (status != MEOWER_OK) {
        return fail(&error);
    }
    status = meower_command_delete(command, id, WAIT_MS, NULL, &error);
    meower_command_close(command);
    return status == MEOWER_OK ? 0 : fail(&error);
}

static int store_list(struct target *target, uint64_t skip, uint32_t take)
{
    meower_list list = MEOWER_LIST_INIT;
    meower_query *query;
    meower_page *page;
    meower_error error;
    int status = meower_query_open(((struct store_target *)target)->feed, &query, &error);

    if (status != MEOWER_OK) {
        return fail(&error);
    }
    list.skip = skip;
    list.take = take;
    list.labels = target->labels;
    list.label_count = target->label_count;
    status = meower_query_list(query, &list, WAIT_MS, &page, &error);
    meower_query_close(query);
    return status == MEOWER_OK ? print_page(target, page) : fail(&error);
}

/* The cursor of the feed's head, so that the search waits until the index has all of it. */
static int find_head(meower_feed *feed, char cursor[MEOWER_CURSOR_SIZE], meower_error *error)
{
    meower_subscription *subscription;
    int status = meower_subscription_open(feed, NULL, &subscription, error);

    if (status == MEOWER_OK) {
        snprintf(cursor, MEOWER_CURSOR_SIZE, "%s", meower_subscription_cursor(subscription));
        meower_subscription_close(subscription);
    }
    return status;
}

static int store_search(struct target *target, const char *text, uint32_t take)
{
    meower_feed *feed = ((struct store_target *)target)->feed;
    meower_search search = MEOWER_SEARCH_INIT;
    char cursor[MEOWER_CURSOR_SIZE];
    meower_query *query;
    meower_page *page;
    meower_error error;
    int status;

    if (find_head(feed, cursor, &error) != MEOWER_OK || meower_query_open(feed, &query, &error) != MEOWER_OK) {
        return fail(&error);
    }
    search.text = text;
    search.text_len = strlen(text);
    search.take = take;
    search.cursor = cursor;
    search.labels = target->labels;
    search.label_count = target->label_count;
    status = meower_query_search(query, &search, WAIT_MS, &page, &error);
    meower_query_close(query);
    return status == MEOWER_OK ? print_page(target, page) : fail(&error);
}

static void print_event(const struct target *target, const meower_event *event)
{
    if (target->with_cursors && !target->as_json) {
        print_cursor(event->cursor);
    }
    if (target->as_json) {
        print_json(event->json, event->json_len);
    } else if (event->kind == MEOWER_EVENT_CREATED) {
        print_one(event->meow);
    } else {
        print_deletion(event->meow->id);
    }
    print_flush();
}

static int store_tail(struct target *target, const char *cursor)
{
    meower_follow follow = MEOWER_FOLLOW_INIT;
    meower_subscription *subscription;
    const meower_event *event;
    meower_error error;
    int status;

    follow.cursor = cursor;
    follow.labels = target->labels;
    follow.label_count = target->label_count;
    follow.text = target->query;
    follow.text_len = target->query == NULL ? 0 : strlen(target->query);
    status = meower_subscription_follow(((struct store_target *)target)->feed, &follow, &subscription, &error);
    if (status != MEOWER_OK) {
        return fail(&error);
    }
    if (!meower_subscription_recovered(subscription)) {
        print_not_recovered();
    }
    while ((status = meower_subscription_wait(subscription, -1, &event, &error)) >= 0) {
        if (status == 0) {
            continue;
        }
        print_event(target, event);
    }
    meower_subscription_close(subscription);
    return fail(&error);
}

static void store_close(struct target *target)
{
    meower_error error;

    if (meower_close(((struct store_target *)target)->feed, WAIT_MS, &error) != MEOWER_OK) {
        (void)fail(&error);
    }
    free(target);
}

static const struct target_operations operations = {
    .post = store_post,
    .remove = store_remove,
    .list = store_list,
    .search = store_search,
    .tail = store_tail,
    .close = store_close,
};

struct target *store_target_open(const char *store_url, const char *search_url)
{
    struct store_target *target = calloc(1, sizeof(*target));
    meower_options *options = NULL;
    meower_error error = {.message = "no memory"};
    bool opened = target != NULL && meower_options_new(&options, &error) == MEOWER_OK &&
                  meower_options_set(options, "store", store_url, &error) == MEOWER_OK &&
                  meower_options_set(options, "threads", "1", &error) == MEOWER_OK &&
                  (search_url == NULL || meower_options_set(options, "search", search_url, &error) == MEOWER_OK) &&
                  meower_open(options, &target->feed, &error) == MEOWER_OK;

    meower_options_free(options);
    if (!opened) {
        (void)fail(&error);
        free(target);
        return NULL;
    }
    target->target.operations = &operations;
    return &target->target;
}
