/* latency.c - how long a post takes at low load: until it is answered (durable), until a WebSocket client has it, and
 * until GET /search finds it. One post at a time, with a pause between them; one clock for both ends of every span.
 *
 * latency PORT POSTS PAUSE_MS
 *
 * Each post carries a word of its own. The search is asked again and again from the moment the post was answered.
 * Prints one JSON object. */
#include "frame_reader.h"
#include "http_client.h"
#include "measure.h"
#include "sockets.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORD_LEN    12
#define GIVE_UP_US  3000000 /* what has not appeared by then counts as an error */
#define ID_SIZE     64
#define BODY_FORMAT "the+%s+cat+sat+on+the+mat"

struct probe {
    struct frame_sink sink; /* first: the sink is the probe */
    struct frame_reader reader;
    struct http_client poster;
    struct http_client searcher;
    char word[WORD_LEN + 1];
    bool seen; /* the frame with the word has come */
    unsigned random_state;
    long errors;
    struct samples answered;
    struct samples framed;
    struct samples found;
};

static void take_frame(struct frame_sink *sink, const char *payload, size_t len)
{
    struct probe *probe = (struct probe *)sink;
    if (memmem(payload, len, probe->word, WORD_LEN)) {
        probe->seen = true;
    }
}

/* A word that is not within two typos of an earlier one but by great chance. */
static void draw_word(struct probe *probe)
{
    for (size_t i = 0; i < WORD_LEN; i++) {
        probe->word[i] = (char)('a' + rand_r(&probe->random_state) % 26);
    }
    probe->word[WORD_LEN] = '\0';
}

/* Posts, and waits for the answer and the frame, whichever comes first. Returns when both are there, or too late. */
static bool post_and_see(struct probe *probe, int64_t *start_us)
{
    char body[128];
    snprintf(body, sizeof(body), BODY_FORMAT, probe->word);
    bool answered = false;
    probe->seen = false;
    *start_us = now_us();
    http_client_post(&probe->poster, body);
    while (!answered || !probe->seen) {
        struct pollfd fds[] = {{.fd = answered ? -1 : probe->poster.fd, .events = POLLIN},
                               {.fd = probe->reader.fd, .events = POLLIN}};
        if (poll(fds, 2, 100) < 0) {
            give_up("poll");
        }
        int64_t span_us = now_us() - *start_us;
        if (span_us > GIVE_UP_US || probe->reader.closed) {
            return false;
        }
        if (fds[1].revents && !probe->seen) {
            frame_reader_receive(&probe->reader, &probe->sink);
            if (probe->seen) {
                samples_add(&probe->framed, span_us);
            }
        }
        if (fds[0].revents && http_client_receive(&probe->poster)) {
            answered = true;
            samples_add(&probe->answered, span_us);
        }
    }
    return probe->poster.status == 200;
}

static bool search_until_found(struct probe *probe, int64_t start_us)
{
    char id[ID_SIZE];
    char target[128];
    if (!http_client_id(&probe->poster, id, sizeof(id))) {
        return false;
    }
    snprintf(target, sizeof(target), "/search?query=%s&take=10", probe->word);
    for (;;) {
        http_client_get(&probe->searcher, target);
        http_client_wait(&probe->searcher);
        int64_t span_us = now_us() - start_us;
        if (memmem(probe->searcher.body, probe->searcher.body_len, id, strlen(id))) {
            samples_add(&probe->found, span_us);
            return true;
        }
        if (span_us > GIVE_UP_US) {
            return false;
        }
    }
}

static void print_results(struct probe *probe)
{
    printf("{");
    samples_print(&probe->answered, "answered");
    printf(", ");
    samples_print(&probe->framed, "websocket");
    printf(", ");
    samples_print(&probe->found, "search");
    printf(", \"errors\": %ld}\n", probe->errors);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: latency PORT POSTS PAUSE_MS\n");
        return 2;
    }
    static struct probe probe = {.sink.frame = take_frame};
    uint16_t port = (uint16_t)parse_number(argv[1], 65535, "PORT");
    size_t posts = (size_t)parse_number(argv[2], 100000, "POSTS");
    useconds_t pause_us = 1000 * (useconds_t)parse_number(argv[3], 10000, "PAUSE_MS");

    probe.random_state = (unsigned)now_us();
    samples_init(&probe.answered, posts);
    samples_init(&probe.framed, posts);
    samples_init(&probe.found, posts);
    frame_reader_open(&probe.reader, port, "");
    http_client_open(&probe.poster, port);
    http_client_open(&probe.searcher, port);
    for (size_t i = 0; i < posts; i++) {
        int64_t start_us = 0;
        draw_word(&probe);
        if (!post_and_see(&probe, &start_us) || !search_until_found(&probe, start_us)) {
            probe.errors++;
        }
        usleep(pause_us);
    }
    print_results(&probe);
    samples_free(&probe.answered);
    samples_free(&probe.framed);
    samples_free(&probe.found);
    return 0;
}
