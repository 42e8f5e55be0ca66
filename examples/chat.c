/* chat.c - a chat in the terminal: the newest lines of a feed, then everything as it happens, and what you type. With
 * the store of lmdb_store.c several terminals on one machine talk to each other; with postgresql:// as store and bus
 * those of many machines do.
 *
 *     chat NAME [STORE [BUS]]    lmdb:chat.mdb and inproc: unless named; /search WORDS, /quit or Ctrl-D */
#include "lmdb_store.h"
#include <meower/meower.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HISTORY_LINES 10
#define TIMEOUT_MS    5000

struct chat {
    const char *name;
    meower_feed *feed;
    meower_command *command;
    meower_query *query;
    meower_subscription *subscription;
    char line[4096]; /* what was typed, and not ended by Enter yet */
    size_t line_len;
    int is_over;
};

static void check(int status, const meower_error *error)
{
    if (status >= 0) {
        return;
    }
    fprintf(stderr, "chat: %s: %s\n", meower_status_name(status), error->message);
    exit(1);
}

/* Texts come from anybody: the library refuses control characters, so none can drive the terminal. */
static void print_page_oldest_first(meower_page *page)
{
    for (size_t i = meower_page_count(page); i > 0; i--) {
        printf("%s\n", meower_page_meow(page, i - 1)->body);
    }
    meower_page_free(page);
}

/* The list says which position it reflects; the subscription goes on right after it. */
static void begin_with_history(struct chat *chat)
{
    meower_list list = MEOWER_LIST_INIT;
    meower_error error = {0};
    meower_page *page;
    list.take = HISTORY_LINES;
    check(meower_query_list(chat->query, &list, TIMEOUT_MS, &page, &error), &error);
    check(meower_subscription_open(chat->feed, meower_page_cursor(page), &chat->subscription, &error), &error);
    print_page_oldest_first(page);
}

static void search(struct chat *chat, const char *words)
{
    meower_search search = MEOWER_SEARCH_INIT;
    meower_error error = {0};
    meower_page *page;
    search.text = words;
    search.text_len = strlen(words);
    search.take = HISTORY_LINES;
    if (meower_query_search(chat->query, &search, TIMEOUT_MS, &page, &error) != MEOWER_OK) {
        printf("(%s)\n", error.message);
        return;
    }
    printf("(%zu found)\n", meower_page_count(page));
    print_page_oldest_first(page);
}

/* The event of what was said comes back by the subscription: on a terminal it takes the place of the typed line. */
static void say(struct chat *chat, const char *text)
{
    char body[sizeof(chat->line) + 64];
    meower_error error = {0};
    int len = snprintf(body, sizeof(body), "%.40s: %s", chat->name, text);
    if (isatty(STDOUT_FILENO)) {
        printf("\033[1A\033[2K"); /* up a line, and erase it: ECMA-48 CUU, EL */
    }
    if (meower_command_post(chat->command, body, (size_t)len, NULL, TIMEOUT_MS, NULL, &error) != MEOWER_OK) {
        printf("(%s)\n", error.message);
    }
}

static void obey(struct chat *chat, const char *line)
{
    if (strcmp(line, "/quit") == 0) {
        chat->is_over = 1;
    } else if (strncmp(line, "/search ", 8) == 0) {
        search(chat, line + 8);
    } else if (line[0] == '/') {
        printf("(there are /search WORDS and /quit)\n");
    } else if (line[0] != '\0') {
        say(chat, line);
    }
}

static void read_lines(struct chat *chat)
{
    char *newline;
    ssize_t len = read(STDIN_FILENO, chat->line + chat->line_len, sizeof(chat->line) - 1 - chat->line_len);
    if (len <= 0) {
        chat->is_over = 1;
        return;
    }
    chat->line_len += (size_t)len;
    chat->line[chat->line_len] = '\0';
    while (!chat->is_over && (newline = strchr(chat->line, '\n')) != NULL) {
        *newline = '\0';
        obey(chat, chat->line);
        chat->line_len -= (size_t)(newline + 1 - chat->line);
        memmove(chat->line, newline + 1, chat->line_len + 1);
    }
    if (chat->line_len == sizeof(chat->line) - 1) {
        chat->line_len = 0; /* nobody types that */
    }
}

static void print_events(struct chat *chat)
{
    const meower_event *event;
    meower_error error = {0};
    int taken;
    while ((taken = meower_subscription_next(chat->subscription, &event, &error)) == 1) {
        if (event->kind == MEOWER_EVENT_CREATED) {
            printf("%s\n", event->meow->body);
        }
    }
    check(taken, &error);
}

static void run(struct chat *chat)
{
    struct pollfd fds[] = {
        {STDIN_FILENO, POLLIN, 0},
        {meower_subscription_fd(chat->subscription), POLLIN, 0},
    };
    while (!chat->is_over) {
        fflush(stdout);
        if (poll(fds, 2, -1) < 0) {
            return;
        }
        if (fds[0].revents != 0) {
            read_lines(chat);
        }
        print_events(chat);
    }
}

static void set(meower_options *options, const char *name, const char *value)
{
    meower_error error = {0};
    check(meower_options_set(options, name, value, &error), &error);
}

static meower_feed *open_feed(const char *store, const char *bus)
{
    meower_error error = {0};
    meower_options *options;
    meower_feed *feed;
    check(meower_options_new(&options, &error), &error);
    check(meower_options_add_store(options, &lmdb_store, NULL, &error), &error);
    set(options, "store", store);
    set(options, "bus", bus);
    set(options, "escape_html", "false");
    set(options, "poll_interval_ms", "100"); /* without a bus others are heard this soon */
    check(meower_open(options, &feed, &error), &error);
    meower_options_free(options);
    return feed;
}

int main(int argc, char **argv)
{
    struct chat chat = {0};
    meower_error error = {0};

    if (argc < 2) {
        fprintf(stderr, "usage: chat NAME [STORE [BUS]]\n");
        return 2;
    }
    chat.name = argv[1];
    chat.feed = open_feed(argc > 2 ? argv[2] : "lmdb:chat.mdb", argc > 3 ? argv[3] : "inproc:");
    check(meower_command_open(chat.feed, &chat.command, &error), &error);
    check(meower_query_open(chat.feed, &chat.query, &error), &error);
    begin_with_history(&chat);

    run(&chat);

    meower_subscription_close(chat.subscription);
    meower_query_close(chat.query);
    meower_command_close(chat.command);
    check(meower_close(chat.feed, TIMEOUT_MS, &error), &error);
    return 0;
}
