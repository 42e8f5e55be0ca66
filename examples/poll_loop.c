/* poll_loop.c - posting, asking and following at once, in one thread, with plain poll(): each handle is a queue with a
 * descriptor. Submit, wait until the descriptor is readable, take with _next(); no call in the loop blocks.
 *
 *     poll_loop [COUNT [STORE]]   posts COUNT meows (1000), follows them, and searches each hundredth */
#include <meower/meower.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT_MAX 256 /* posts that are submitted and not answered */

struct loop {
    meower_feed *feed;
    meower_command *command;
    meower_query *query;
    meower_subscription *subscription;
    unsigned wanted;
    unsigned submitted;
    unsigned answered;
    unsigned searches; /* submitted and not answered */
    unsigned found;    /* meows that searches found */
    unsigned events;
};

static void check(int status, const meower_error *error)
{
    if (status >= 0) {
        return;
    }
    fprintf(stderr, "poll_loop: %s: %s\n", meower_status_name(status), error->message);
    exit(1);
}

static void submit_posts(struct loop *loop)
{
    meower_error error = {0};
    while (loop->submitted < loop->wanted && loop->submitted - loop->answered < IN_FLIGHT_MAX) {
        char body[64];
        int len = snprintf(body, sizeof(body), "meow number %u", loop->submitted + 1);
        check(meower_command_submit_post(loop->command, body, (size_t)len, NULL, NULL, &error), &error);
        loop->submitted++;
    }
}

/* Asks for what was just posted: with its cursor the answer waits until the index has it. */
static void submit_search(struct loop *loop, const char *cursor)
{
    meower_error error = {0};
    char text[32];
    meower_search search = MEOWER_SEARCH_INIT;
    search.text = text;
    search.text_len = (size_t)snprintf(text, sizeof(text), "%u", loop->answered);
    search.take = 1;
    search.cursor = cursor;
    check(meower_query_submit_search(loop->query, &search, NULL, &error), &error);
    loop->searches++;
}

static void take_results(struct loop *loop)
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_error error;
    result.error = &error;
    while (meower_command_next(loop->command, &result, NULL) == 1) {
        check(result.status, &error);
        if (++loop->answered % 100 == 0) {
            submit_search(loop, result.cursor);
        }
    }
}

static void take_pages(struct loop *loop)
{
    meower_page *page;
    while (meower_query_next(loop->query, &page, NULL) == 1) {
        check(meower_page_status(page), meower_page_error(page));
        loop->found += (unsigned)meower_page_count(page);
        loop->searches--;
        meower_page_free(page);
    }
}

static void take_events(struct loop *loop)
{
    const meower_event *event;
    meower_error error = {0};
    int taken;
    while ((taken = meower_subscription_next(loop->subscription, &event, &error)) == 1) {
        loop->events++;
    }
    check(taken, &error);
}

static void run(struct loop *loop)
{
    struct pollfd fds[] = {
        {meower_command_fd(loop->command), POLLIN, 0},
        {meower_query_fd(loop->query), POLLIN, 0},
        {meower_subscription_fd(loop->subscription), POLLIN, 0},
    };
    while (loop->answered < loop->wanted || loop->searches > 0 || loop->events < loop->wanted) {
        submit_posts(loop);
        if (poll(fds, 3, 10000) <= 0) {
            fprintf(stderr, "poll_loop: nothing happened for ten seconds\n");
            exit(1);
        }
        if (fds[0].revents != 0) {
            take_results(loop);
        }
        if (fds[1].revents != 0) {
            take_pages(loop);
        }
        if (fds[2].revents != 0) {
            take_events(loop);
        }
    }
}

int main(int argc, char **argv)
{
    struct loop loop = {.wanted = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000};
    meower_error error = {0};
    meower_options *options;

    check(meower_options_new(&options, &error), &error);
    check(meower_options_set(options, "store", argc > 2 ? argv[2] : "memory:", &error), &error);
    check(meower_open(options, &loop.feed, &error), &error);
    meower_options_free(options);
    check(meower_command_open(loop.feed, &loop.command, &error), &error);
    check(meower_query_open(loop.feed, &loop.query, &error), &error);
    check(meower_subscription_open(loop.feed, NULL, &loop.subscription, &error), &error);

    run(&loop);
    printf("%u posted, %u events, %u found\n", loop.answered, loop.events, loop.found);

    meower_subscription_close(loop.subscription);
    meower_query_close(loop.query);
    meower_command_close(loop.command);
    check(meower_close(loop.feed, 5000, &error), &error);
    return 0;
}
