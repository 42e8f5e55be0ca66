/* frame_clients.c - many listening WebSocket clients in one thread: how many frames a second reach them, and how long
 * after its post. It posts itself, so that both ends of a time span are one clock.
 *
 * frame_clients PORT CLIENTS SECONDS post WINDOW    posts as fast as frames arrive, at most WINDOW posts ahead of them
 * frame_clients PORT CLIENTS SECONDS rate POSTS     so many posts a second, whatever happens
 * frame_clients PORT CLIENTS SECONDS rooms POSTS PID  each client follows a room of its own; so many posts a second go
 *                                                   to one room after the other. PID is the server's
 * frame_clients PORT CLIENTS SECONDS bare 0         only counts what frame_sender sends
 *
 * Prints one JSON object. The first half second is not counted. */
#include "frame_reader.h"
#include "http_client.h"
#include "measure.h"
#include "sockets.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define WARM_UP_US    500000
#define DRAIN_US      3000000
#define POSTERS       16     /* connections that post */
#define SAMPLE_EVERY  10     /* every tenth client reads the time in its frames */
#define SAMPLES_MAX   400000 /* time spans kept */
#define EVENTS_MAX    256
#define BODY_MARK     "bench " /* followed by the time of the post in microseconds */
#define BODY_TAIL     "+the+quick+brown+cat+sat+on+the+mat+and+purred"
#define IDLE_WAIT_MS  10
#define PACED_WAIT_MS 1

enum mode {
    MODE_POST,
    MODE_RATE,
    MODE_ROOMS,
    MODE_BARE
};

struct load {
    struct frame_sink sink; /* first: the sink is the load */
    enum mode mode;
    int epoll;
    struct frame_reader *readers;
    size_t reader_count;
    struct http_client *posters;
    bool busy[POSTERS];  /* waits for its answer */
    uint64_t window;     /* posts ahead of the frames, MODE_POST */
    int64_t interval_us; /* between two posts, MODE_RATE */
    int64_t next_us;     /* of the next post, MODE_RATE */
    pid_t server;        /* MODE_ROOMS */
    uint64_t posts;
    uint64_t errors;  /* posts refused, and clients that were disconnected */
    uint64_t frames;  /* all that came */
    uint64_t bytes;   /* in them */
    int64_t read_us;  /* when the present client's bytes were read */
    bool is_sampling; /* the present client's frames are timed */
    struct samples spans;
};

static void take_frame(struct frame_sink *sink, const char *payload, size_t len)
{
    struct load *load = (struct load *)sink;
    load->frames++;
    load->bytes += len;
    if (!load->is_sampling) {
        return;
    }
    const char *mark = memmem(payload, len, BODY_MARK, sizeof(BODY_MARK) - 1);
    if (mark) {
        samples_add(&load->spans, load->read_us - strtoll(mark + sizeof(BODY_MARK) - 1, NULL, 10));
    }
}

static void watch(struct load *load, int fd, uint64_t tag)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        give_up("epoll_ctl");
    }
}

/* The parameter that names the room of a client. */
static const char *room_of(size_t client)
{
    static char parameter[48];
    snprintf(parameter, sizeof(parameter), "label.room=room%zu", client);
    return parameter;
}

static void open_all(struct load *load, uint16_t port)
{
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->readers = calloc(load->reader_count, sizeof(*load->readers));
    load->posters = calloc(POSTERS, sizeof(*load->posters));
    if (load->epoll < 0 || !load->readers || !load->posters) {
        give_up("clients");
    }
    for (size_t i = 0; i < load->reader_count; i++) {
        if (load->mode == MODE_BARE) {
            frame_reader_open_bare(&load->readers[i], port);
        } else {
            frame_reader_open(&load->readers[i], port, load->mode == MODE_ROOMS ? room_of(i) : "");
        }
        watch(load, load->readers[i].fd, POSTERS + i);
    }
    for (size_t i = 0; i < POSTERS && load->mode != MODE_BARE; i++) {
        http_client_open(&load->posters[i], port);
        socket_set_nonblocking(load->posters[i].fd);
        watch(load, load->posters[i].fd, i);
    }
}

/* Whether the mode wants a post now. */
static bool post_is_due(struct load *load, int64_t at_us)
{
    if (load->mode == MODE_POST) {
        return load->posts * load->reader_count < load->frames + load->window * load->reader_count;
    }
    return (load->mode == MODE_RATE || load->mode == MODE_ROOMS) && at_us >= load->next_us;
}

static void post_what_is_due(struct load *load)
{
    int64_t at_us = now_us();
    for (size_t i = 0; i < POSTERS && post_is_due(load, at_us); i++) {
        if (load->busy[i]) {
            continue;
        }
        char body[192];
        bool has_room = load->mode == MODE_ROOMS;
        snprintf(body, sizeof(body), "bench+%lld" BODY_TAIL "%s%s", (long long)at_us, has_room ? "&" : "",
                 has_room ? room_of(load->posts % load->reader_count) : "");
        http_client_post(&load->posters[i], body);
        load->busy[i] = true;
        load->posts++;
        load->next_us += load->interval_us;
    }
}

static void take_answer(struct load *load, size_t poster)
{
    if (!http_client_receive(&load->posters[poster])) {
        return;
    }
    load->busy[poster] = false;
    if (load->posters[poster].status != 200) {
        load->errors++;
    }
}

static void take_frames(struct load *load, size_t index)
{
    struct frame_reader *reader = &load->readers[index];
    load->is_sampling = load->mode == MODE_ROOMS || index % SAMPLE_EVERY == 0;
    if (load->is_sampling) {
        load->read_us = now_us();
    }
    frame_reader_receive(reader, &load->sink);
    if (reader->closed) {
        load->errors++;
        epoll_ctl(load->epoll, EPOLL_CTL_DEL, reader->fd, NULL);
    }
}

static void turn(struct load *load)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(load->epoll, events, EVENTS_MAX, load->interval_us > 0 ? PACED_WAIT_MS : IDLE_WAIT_MS);
    if (count < 0 && errno != EINTR) {
        give_up("epoll_wait");
    }
    for (int i = 0; i < count; i++) {
        uint64_t tag = events[i].data.u64;
        if (tag < POSTERS) {
            take_answer(load, tag);
        } else {
            take_frames(load, tag - POSTERS);
        }
    }
}

static void run_until(struct load *load, int64_t end_us)
{
    while (now_us() < end_us) {
        post_what_is_due(load);
        turn(load);
    }
}

/* Frames that all posts give together. */
static uint64_t frames_of_posts(const struct load *load)
{
    return load->mode == MODE_ROOMS ? load->posts : load->posts * load->reader_count;
}

/* Posts no more, and waits for the frames still under way. */
static void drain(struct load *load)
{
    int64_t end_us = now_us() + DRAIN_US;
    while (load->frames < frames_of_posts(load) && now_us() < end_us) {
        turn(load);
    }
}

static void measure(struct load *load, int64_t span_us)
{
    load->next_us = now_us();
    run_until(load, now_us() + WARM_UP_US);
    load->spans.count = 0;
    uint64_t frames_before = load->frames;
    uint64_t posts_before = load->posts;
    int64_t start_us = now_us();
    int64_t spent_before_us = spent_us();
    int64_t server_before_us = load->mode == MODE_ROOMS ? spent_by_us(load->server) : 0;
    run_until(load, start_us + span_us);
    double spent_seconds = (double)(spent_us() - spent_before_us) / 1e6;
    int64_t server_us = load->mode == MODE_ROOMS ? spent_by_us(load->server) - server_before_us : 0;
    double seconds = (double)(now_us() - start_us) / 1e6;
    uint64_t frames = load->frames - frames_before;
    uint64_t posts = load->posts - posts_before;
    uint64_t missing = 0;
    if (load->mode != MODE_BARE) {
        drain(load);
        missing = frames_of_posts(load) - load->frames;
    }
    printf("{\"frames_per_second\": %.0f, \"posts_per_second\": %.0f, \"clients_busy\": %.2f, ",
           (double)frames / seconds, (double)posts / seconds, spent_seconds / seconds);
    printf("\"frames\": %llu, \"payload_bytes\": %.0f, \"errors\": %llu, \"missing\": %llu, ",
           (unsigned long long)load->frames, load->frames ? (double)load->bytes / (double)load->frames : 0.0,
           (unsigned long long)load->errors, (unsigned long long)missing);
    printf("\"server_us_per_post\": %.2f, ", posts ? (double)server_us / (double)posts : 0.0);
    samples_print(&load->spans, "frame");
    printf("}\n");
}

static enum mode parse_mode(const char *text)
{
    if (strcmp(text, "post") == 0) {
        return MODE_POST;
    }
    if (strcmp(text, "rate") == 0) {
        return MODE_RATE;
    }
    if (strcmp(text, "rooms") == 0) {
        return MODE_ROOMS;
    }
    if (strcmp(text, "bare") != 0) {
        give_up("the mode is post, rate, rooms or bare");
    }
    return MODE_BARE;
}

int main(int argc, char **argv)
{
    if (argc < 6 || argc != (strcmp(argv[4], "rooms") == 0 ? 7 : 6)) {
        fprintf(stderr, "usage: frame_clients PORT CLIENTS SECONDS post|rate|rooms|bare WINDOW|POSTS|0 [PID]\n");
        return 2;
    }
    struct load load = {.sink.frame = take_frame, .mode = parse_mode(argv[4])};
    load.reader_count = (size_t)parse_number(argv[2], 100000, "CLIENTS");
    load.window = (uint64_t)parse_number(argv[5], 100000, "WINDOW or POSTS");
    load.interval_us = load.window && load.mode != MODE_POST ? 1000000 / (int64_t)load.window : 0;
    load.server = argc == 7 ? (pid_t)parse_number(argv[6], INT_MAX, "PID") : 0;
    samples_init(&load.spans, SAMPLES_MAX);
    socket_limit_raise();
    open_all(&load, (uint16_t)parse_number(argv[1], 65535, "PORT"));
    measure(&load, 1000000 * (int64_t)parse_number(argv[3], 60, "SECONDS"));
    samples_free(&load.spans);
    free(load.readers);
    free(load.posters);
    return 0;
}
