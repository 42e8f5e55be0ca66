/* one_process.c - a whole feed in one process: post, list, search and subscribe, in sixty lines.
 *
 *     one_process [STORE]        such as sqlite:feed.db; without one the feed lives in memory */
#include <err.h>
#include <meower/meower.h>
#include <stdio.h>
#include <string.h>

static meower_error error; /* says what was wrong and what would be right */

#define CHECK(call) ((call) == MEOWER_OK ? (void)0 : errx(1, "%s", error.message))

static void print_page(const char *title, meower_page *page)
{
    printf("%s\n", title);
    for (size_t i = 0; i < meower_page_count(page); i++) {
        printf("    %s\n", meower_page_meow(page, i)->body);
    }
    meower_page_free(page);
}

int main(int argc, char **argv)
{
    static const char *const bodies[] = {"The cat sat on the keyboard", "A dog barked", "The cat left"};
    meower_feed *feed;
    meower_options *options;
    meower_command *command;
    meower_query *query;
    meower_subscription *subscription;
    meower_page *page;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    CHECK(meower_options_new(&options, &error));
    CHECK(meower_options_set(options, "store", argc > 1 ? argv[1] : "memory:", &error));
    CHECK(meower_open(options, &feed, &error));
    CHECK(meower_command_open(feed, &command, &error));
    CHECK(meower_query_open(feed, &query, &error));
    CHECK(meower_subscription_open(feed, NULL, &subscription, &error)); /* what follows now */
    for (size_t i = 0; i < 3; i++) {
        CHECK(meower_command_post(command, bodies[i], strlen(bodies[i]), NULL, 1000, &posted, &error));
    }
    CHECK(meower_query_list(query, &(meower_list)MEOWER_LIST_INIT, 1000, &page, &error));
    print_page("Newest first:", page);
    meower_search search = MEOWER_SEARCH_INIT;
    search.text = "keybaord cat";
    search.text_len = strlen(search.text);
    search.cursor = posted.cursor; /* answer when the index has what was just posted */
    CHECK(meower_query_search(query, &search, 1000, &page, &error));
    print_page("Best first, typos forgiven:", page);
    printf("As it happened:\n");
    const meower_event *event;
    for (int i = 0; i < 3 && meower_subscription_wait(subscription, 1000, &event, &error) == 1; i++) {
        printf("    %llu: %s\n", (unsigned long long)event->position, event->meow->body);
    }
    meower_subscription_close(subscription);
    meower_query_close(query);
    meower_command_close(command);
    meower_options_free(options);
    CHECK(meower_close(feed, 1000, &error));
}
