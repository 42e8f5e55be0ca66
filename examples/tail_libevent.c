/* tail_libevent.c - a feed followed in a libevent loop, beside signals and standard input. Every event is printed with
 * its cursor; started with the last one, the program goes on after it and misses nothing.
 *
 *     tail_libevent STORE [CURSOR]     lines of standard input are posted; Ctrl-C or its end stops the program */
#include <event2/buffer.h>
#include <event2/event.h>
#include <meower/meower.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tail {
    struct event_base *base;
    struct event *input;
    struct evbuffer *lines;
    meower_command *command;
    meower_subscription *subscription;
    uint64_t posted;     /* position of the last post that was answered */
    uint64_t seen;       /* and of the last event that was printed */
    unsigned unanswered; /* posts that were not */
    int input_ended;
};

static void check(int status, const meower_error *error)
{
    if (status >= 0) {
        return;
    }
    fprintf(stderr, "tail_libevent: %s: %s\n", meower_status_name(status), error->message);
    exit(1);
}

static void stop_when_done(struct tail *tail)
{
    if (tail->input_ended && tail->unanswered == 0 && tail->seen >= tail->posted) {
        event_base_loopbreak(tail->base);
    }
}

/* The descriptor stays readable while events wait: taking some and returning would be right as well. */
static void on_events(evutil_socket_t fd, short what, void *context)
{
    struct tail *tail = context;
    const meower_event *event;
    meower_error error = {0};
    int taken;
    (void)fd;
    (void)what;
    while ((taken = meower_subscription_next(tail->subscription, &event, &error)) == 1) {
        tail->seen = event->position;
        printf("%s %s\n", event->cursor, event->kind == MEOWER_EVENT_CREATED ? event->meow->body : "(deleted)");
    }
    fflush(stdout);
    check(taken, &error);
    stop_when_done(tail);
}

static void on_results(evutil_socket_t fd, short what, void *context)
{
    struct tail *tail = context;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_error error;
    (void)fd;
    (void)what;
    result.error = &error;
    while (meower_command_next(tail->command, &result, NULL) == 1) {
        check(result.status, &error);
        tail->posted = result.position;
        tail->unanswered--;
    }
    stop_when_done(tail);
}

static void on_input(evutil_socket_t fd, short what, void *context)
{
    struct tail *tail = context;
    meower_error error = {0};
    size_t len;
    char *line;
    (void)what;
    if (evbuffer_read(tail->lines, fd, -1) <= 0) {
        event_del(tail->input);
        tail->input_ended = 1;
    }
    while ((line = evbuffer_readln(tail->lines, &len, EVBUFFER_EOL_LF)) != NULL) {
        if (len > 0) {
            check(meower_command_submit_post(tail->command, line, len, NULL, NULL, &error), &error);
            tail->unanswered++;
        }
        free(line);
    }
    stop_when_done(tail);
}

static void on_signal(evutil_socket_t number, short what, void *context)
{
    struct tail *tail = context;
    (void)number;
    (void)what;
    event_base_loopbreak(tail->base);
}

static void run(struct tail *tail)
{
    tail->base = event_base_new();
    tail->lines = evbuffer_new();
    struct event *events[] = {
        event_new(tail->base, meower_subscription_fd(tail->subscription), EV_READ | EV_PERSIST, on_events, tail),
        event_new(tail->base, meower_command_fd(tail->command), EV_READ | EV_PERSIST, on_results, tail),
        event_new(tail->base, SIGINT, EV_SIGNAL | EV_PERSIST, on_signal, tail),
        event_new(tail->base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, tail),
    };
    tail->input = events[3];
    for (size_t i = 0; i < 4; i++) {
        event_add(events[i], NULL);
    }
    event_base_dispatch(tail->base);
    for (size_t i = 0; i < 4; i++) {
        event_free(events[i]);
    }
    evbuffer_free(tail->lines);
    event_base_free(tail->base);
}

int main(int argc, char **argv)
{
    struct tail tail = {0};
    meower_error error = {0};
    meower_options *options;
    meower_feed *feed;

    if (argc < 2) {
        fprintf(stderr, "usage: tail_libevent STORE [CURSOR]\n");
        return 2;
    }
    check(meower_options_new(&options, &error), &error);
    check(meower_options_set(options, "store", argv[1], &error), &error);
    check(meower_open(options, &feed, &error), &error);
    meower_options_free(options);
    check(meower_command_open(feed, &tail.command, &error), &error);
    check(meower_subscription_open(feed, argc > 2 ? argv[2] : NULL, &tail.subscription, &error), &error);
    if (!meower_subscription_recovered(tail.subscription)) {
        printf("(that cursor is of another feed: what follows now)\n");
    }

    run(&tail);

    meower_subscription_close(tail.subscription);
    meower_command_close(tail.command);
    check(meower_close(feed, 5000, &error), &error);
    return 0;
}
