/* doubles.c - stands in for the loop, for libwebsockets and for the sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include "server/posts.h"
#include "server/watch.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PEERS_MAX        16
#define DESCRIPTOR_FIRST 1000000 /* no descriptor of this process has such a number */

static struct peer *peers[PEERS_MAX];

static struct peer *peer_of(struct lws *lws)
{
    return (struct peer *)(void *)lws;
}

/* ---- libwebsockets and the sockets ------------------------------------------------------------------------------ */

lws_sockfd_type lws_get_socket_fd(struct lws *lws)
{
    return peer_of(lws)->descriptor;
}

int lws_callback_on_writable(struct lws *lws)
{
    peer_of(lws)->is_awaited = true;
    return 1;
}

int lws_rx_flow_control(struct lws *lws, int enable)
{
    peer_of(lws)->is_paused = enable == 0;
    return 0;
}

void lws_set_timeout(struct lws *lws, enum pending_timeout reason, int seconds)
{
    (void)reason;
    (void)seconds;
    peer_of(lws)->is_dropped = true;
}

ssize_t send(int descriptor, const void *bytes, size_t len, int flags)
{
    (void)flags;
    assert_in_range(descriptor, DESCRIPTOR_FIRST, DESCRIPTOR_FIRST + PEERS_MAX - 1);
    struct peer *peer = peers[descriptor - DESCRIPTOR_FIRST];
    size_t taken = len < peer->takes ? len : peer->takes;
    if (taken == 0) {
        errno = EAGAIN;
        return -1;
    }
    assert_true(peer->len + taken < PEER_RECEIVED_MAX);
    memcpy(peer->received + peer->len, bytes, taken);
    peer->len += taken;
    peer->received[peer->len] = '\0';
    if (peer->takes != SIZE_MAX) {
        peer->takes -= taken;
    }
    return (ssize_t)taken;
}

/* ---- the loop --------------------------------------------------------------------------------------------------- */

bool watch_open(struct watch *watch, struct server *server, int descriptor, void (*readable)(struct watch *watch))
{
    *watch = (struct watch){.lws = (struct lws *)(void *)watch, .readable = readable, .server = server};
    return descriptor >= 0;
}

void watch_pause(struct watch *watch, bool pause)
{
    watch->is_paused = pause;
}

void watch_close(struct watch *watch)
{
    watch->lws = NULL;
}

/* ---- the room --------------------------------------------------------------------------------------------------- */

void room_begin(struct room *room)
{
    memset(room, 0, sizeof(*room));
    room->server.metrics = &room->metrics;
    room->server.log = &room->log;
    room->server.settings.tokens = "";
    room->server.settings.cors_origin = "";
    list_init(&room->server.connections);
    list_init(&room->server.ready);
    list_init(&room->server.unsent);
    deadlines_init(&room->server.deadlines, 10000, 60000);
}

void room_end(struct room *room)
{
    while (!list_is_empty(&room->server.connections)) {
        struct connection *connection = LIST_OWNER(room->server.connections.next, struct connection, all);
        connection->phase = CONNECTION_READING; /* no answer of the library will come for it */
        connection_closed(connection);
    }
    buffer_free(&room->server.answer);
    posts_free(&room->server.posts);
    memset(peers, 0, sizeof(peers));
}

struct connection *room_connect(struct room *room, struct peer *peer)
{
    int number = 0;
    while (number < PEERS_MAX && peers[number] != NULL) {
        number++;
    }
    assert_int_not_equal(number, PEERS_MAX);
    *peer = (struct peer){
        .received = calloc(1, PEER_RECEIVED_MAX), .takes = SIZE_MAX, .descriptor = DESCRIPTOR_FIRST + number};
    assert_non_null(peer->received);
    peers[number] = peer;
    struct connection *connection = connection_new(&room->server, (struct lws *)(void *)peer);
    assert_non_null(connection);
    connection->exchange.keep_alive = true;
    return connection;
}

void peer_forget(struct peer *peer)
{
    peer->len = 0;
    peer->received[0] = '\0';
}

void peer_free(struct peer *peer)
{
    free(peer->received);
    peer->received = NULL;
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

bool peer_field(const struct peer *peer, const char *name, char *out, size_t size)
{
    char start[100];
    snprintf(start, sizeof(start), "\r\n%s: ", name);
    const char *head_end = strstr(peer->received, "\r\n\r\n");
    const char *found = strstr(peer->received, start);
    if (head_end == NULL || found == NULL || found > head_end) {
        return false;
    }
    found += strlen(start);
    snprintf(out, size, "%.*s", (int)strcspn(found, "\r"), found);
    return true;
}

int peer_status(const struct peer *peer)
{
    assert_memory_equal(peer->received, "HTTP/1.1 ", 9);
    return atoi(peer->received + 9);
}

const char *peer_content(const struct peer *peer)
{
    const char *head_end = strstr(peer->received, "\r\n\r\n");
    assert_non_null(head_end);
    return head_end + 4;
}
