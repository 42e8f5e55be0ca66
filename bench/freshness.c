/* freshness.c - how long after its post a meow can be searched, while others are posted at a steady rate. One clock for
 * both ends of every span.
 *
 * freshness POST_PORT SEARCH_PORT POSTS_PER_SECOND SECONDS
 *
 * Twenty posts a second are probes: such a post has a word of its own, and once it is answered, a search for that word
 * asks for the position that the answer named (Meower-Cursor). The span ends when the search answers with the meow. One
 * that answers without it, too late, or by a scan of the newest meows is an error.
 * Prints one JSON object. */
#include "http_client.h"
#include "measure.h"
#include "sockets.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define POSTERS           64
#define SEARCHERS         128 /* probes that may be waited for at once: 6 s of them */
#define PROBES_PER_SECOND 20
#define WORD_LEN          12
#define SAMPLES_MAX       100000
#define EVENTS_MAX        256
#define DRAIN_US          6000000 /* a search that waits is answered within 5 s */

/* A connection that posts or searches, and what it is about now. */
struct client {
    struct http_client http; /* first: the client is the connection */
    uint16_t port;
    bool is_open;
    bool is_searcher;
    bool is_busy;
    bool is_probe;
    int64_t posted_us;
    char word[WORD_LEN + 1];
    char id[64];
};

struct load {
    int epoll;
    struct client *posters;
    struct client *searchers;
    unsigned random_state;
    uint64_t posts;
    uint64_t probes;
    uint64_t late; /* posts for which no connection was free at their time */
    uint64_t errors;
    uint64_t missed; /* probes without a search: none was free */
    struct samples answered;
    struct samples found;
};

static void draw_word(struct load *load, char *word)
{
    for (size_t i = 0; i < WORD_LEN; i++) {
        word[i] = (char)('a' + rand_r(&load->random_state) % 26);
    }
    word[WORD_LEN] = '\0';
}

/* Six to eleven words of a vocabulary of 400, or for a probe its word among a few. */
static void write_body(struct load *load, const struct client *poster, char *body, size_t size)
{
    static const char *const syllables[] = {"mi", "au", "pur", "ro", "ta", "le", "shi", "no", "ka", "ve"};
    int len = snprintf(body, size, "%s", poster->is_probe ? poster->word : "meow");
    int words = 6 + rand_r(&load->random_state) % 6;
    for (int i = 0; i < words; i++) {
        len += snprintf(body + len, size - (size_t)len, "+%s%s%s", syllables[rand_r(&load->random_state) % 10],
                        syllables[rand_r(&load->random_state) % 10], syllables[rand_r(&load->random_state) % 4]);
    }
}

/* Connects it when it is first needed: a server closes connections that ask nothing. */
static struct client *open_client(const struct load *load, struct client *client)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (client->is_open) {
        return client;
    }
    client->is_open = true;
    http_client_open(&client->http, client->port);
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->http.fd, &event) != 0) {
        give_up("epoll_ctl");
    }
    return client;
}

/* An idle one, or NULL. */
static struct client *take_idle(const struct load *load, struct client *clients, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!clients[i].is_busy) {
            return open_client(load, &clients[i]);
        }
    }
    return NULL;
}

static bool post(struct load *load, bool is_probe)
{
    char body[256];
    struct client *poster = take_idle(load, load->posters, POSTERS);
    if (!poster) {
        return false;
    }
    poster->is_busy = true;
    poster->is_probe = is_probe;
    if (is_probe) {
        draw_word(load, poster->word);
        load->probes++;
    }
    write_body(load, poster, body, sizeof(body));
    poster->posted_us = now_us();
    http_client_post(&poster->http, body);
    load->posts++;
    return true;
}

static void search_for(struct load *load, struct client *poster)
{
    char cursor[64];
    char target[128];
    struct client *searcher = take_idle(load, load->searchers, SEARCHERS);
    if (!searcher) {
        load->missed++;
        return;
    }
    if (!http_client_id(&poster->http, searcher->id, sizeof(searcher->id)) ||
        !http_client_header(&poster->http, "Meower-Cursor", cursor, sizeof(cursor))) {
        load->errors++;
        return;
    }
    searcher->is_busy = true;
    searcher->posted_us = poster->posted_us;
    snprintf(target, sizeof(target), "/search?query=%s&take=10", poster->word);
    http_client_get_at(&searcher->http, target, cursor);
}

static void take_search(struct load *load, const struct client *searcher)
{
    char how[32];
    const struct http_client *http = &searcher->http;
    if (http->status == 200 && !http_client_header(http, "Meower-Search", how, sizeof(how)) &&
        memmem(http->body, http->body_len, searcher->id, strlen(searcher->id))) {
        samples_add(&load->found, now_us() - searcher->posted_us);
    } else {
        load->errors++;
    }
}

static void take_answer(struct load *load, struct client *client)
{
    if (!http_client_receive(&client->http)) {
        return;
    }
    client->is_busy = false;
    if (client->is_searcher) {
        take_search(load, client);
        return;
    }
    samples_add(&load->answered, now_us() - client->posted_us);
    if (client->http.status != 200) {
        load->errors++;
    } else if (client->is_probe) {
        search_for(load, client);
    }
}

static struct client *make_clients(size_t count, uint16_t port, bool is_searcher)
{
    struct client *clients = calloc(count, sizeof(*clients));
    if (!clients) {
        give_up("memory");
    }
    for (size_t i = 0; i < count; i++) {
        clients[i].port = port;
        clients[i].is_searcher = is_searcher;
    }
    return clients;
}

static void take_answers(struct load *load)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(load->epoll, events, EVENTS_MAX, 1);
    for (int i = 0; i < count; i++) {
        take_answer(load, events[i].data.ptr);
    }
}

/* Posts what is due by now; what finds no free connection is due later. */
static void run(struct load *load, long rate, int64_t seconds)
{
    int64_t start_us = now_us();
    int64_t end_us = start_us + seconds * 1000000;
    uint64_t probe_every = rate > PROBES_PER_SECOND ? (uint64_t)rate / PROBES_PER_SECOND : 1;
    while (now_us() < end_us) {
        uint64_t due = (uint64_t)((now_us() - start_us) * rate / 1000000);
        while (load->posts < due && post(load, load->posts % probe_every == 0)) {
            continue;
        }
        load->late += load->posts < due ? 1 : 0;
        take_answers(load);
    }
    end_us += DRAIN_US;
    while (now_us() < end_us && load->found.count + load->errors + load->missed < load->probes) {
        take_answers(load);
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: freshness POST_PORT SEARCH_PORT POSTS_PER_SECOND SECONDS\n");
        return 2;
    }
    struct load load = {.epoll = epoll_create1(EPOLL_CLOEXEC), .random_state = (unsigned)now_us()};
    uint16_t post_port = (uint16_t)parse_number(argv[1], 65535, "POST_PORT");
    uint16_t search_port = (uint16_t)parse_number(argv[2], 65535, "SEARCH_PORT");
    long rate = parse_number(argv[3], 1000000, "POSTS_PER_SECOND");
    int64_t seconds = parse_number(argv[4], 3600, "SECONDS");

    socket_limit_raise();
    samples_init(&load.answered, SAMPLES_MAX);
    samples_init(&load.found, SAMPLES_MAX);
    load.posters = make_clients(POSTERS, post_port, false);
    load.searchers = make_clients(SEARCHERS, search_port, true);
    run(&load, rate, seconds);
    for (size_t i = 0; i < SEARCHERS; i++) {
        load.errors += load.searchers[i].is_busy ? 1 : 0;
    }
    printf("{\"posts_per_second\": %.0f, \"late\": %llu, \"errors\": %llu, \"missed\": %llu, ",
           (double)load.posts / (double)seconds, (unsigned long long)load.late, (unsigned long long)load.errors,
           (unsigned long long)load.missed);
    samples_print(&load.answered, "answered");
    printf(", ");
    samples_print(&load.found, "found");
    printf("}\n");
    return 0;
}
