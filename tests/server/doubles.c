/* doubles.c - stands in for libwebsockets and for the sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PEERS_MAX        16
#define DESCRIPTOR_FIRST 1000000 /* no descriptor of this process has such a number */

/* A descriptor that the loop was given. */
struct lws {
    struct list node;  /* in `adopted` */
    struct peer *peer; /* NULL: a descriptor that is watched, or one whose peer is freed */
    lws_callback_function *callback;
    void *opaque;
    int descriptor;
};

bool lws_refuses_to_start;

static struct peer *peers[PEERS_MAX];
static struct list adopted = {&adopted, &adopted};
static struct lws_context_creation_info creation;
static lws_sorted_usec_list_t *timer;
static sul_cb_t run_timer;

/* ---- the loop of libwebsockets ---------------------------------------------------------------------------------- */

struct lws_context *lws_create_context(const struct lws_context_creation_info *info)
{
    creation = *info;
    return (struct lws_context *)(void *)&creation;
}

struct lws_vhost *lws_create_vhost(struct lws_context *context, const struct lws_context_creation_info *info)
{
    (void)info;
    return lws_refuses_to_start ? NULL : (struct lws_vhost *)(void *)context;
}

void *lws_context_user(struct lws_context *context)
{
    (void)context;
    return creation.user;
}

struct lws_context *lws_get_context(const struct lws *lws)
{
    (void)lws;
    return (struct lws_context *)(void *)&creation;
}

void lws_sul_schedule(struct lws_context *context, int thread, lws_sorted_usec_list_t *sul, sul_cb_t callback,
                      lws_usec_t after_us)
{
    (void)context;
    (void)thread;
    (void)after_us;
    timer = sul;
    run_timer = callback;
}

static void close_lws(struct lws *lws)
{
    lws->callback(lws, LWS_CALLBACK_RAW_CLOSE_FILE, NULL, NULL, 0);
    list_remove(&lws->node);
    if (lws->descriptor < DESCRIPTOR_FIRST) {
        close(lws->descriptor);
    }
    if (lws->peer != NULL) {
        lws->peer->lws = NULL;
    }
    free(lws);
}

void lws_context_destroy(struct lws_context *context)
{
    (void)context;
    while (!list_is_empty(&adopted)) {
        close_lws(LIST_OWNER(adopted.next, struct lws, node));
    }
}

struct lws *lws_adopt_descriptor_vhost_via_info(const lws_adopt_desc_t *info)
{
    const struct lws_protocols *protocol = creation.protocols;
    struct lws *lws = calloc(1, sizeof(*lws));
    assert_non_null(lws);
    while (strcmp(protocol->name, info->vh_prot_name) != 0) {
        protocol++;
    }
    lws->callback = protocol->callback;
    lws->opaque = info->opaque;
    lws->descriptor = info->fd.filefd;
    if (lws->descriptor >= DESCRIPTOR_FIRST) {
        lws->peer = peers[lws->descriptor - DESCRIPTOR_FIRST];
        lws->peer->lws = lws;
    }
    list_append(&adopted, &lws->node);
    assert_int_equal(lws->callback(lws, LWS_CALLBACK_RAW_ADOPT_FILE, NULL, NULL, 0), 0);
    return lws;
}

void *lws_get_opaque_user_data(const struct lws *lws)
{
    return lws->opaque;
}

void lws_set_opaque_user_data(struct lws *lws, void *data)
{
    lws->opaque = data;
}

/* ---- the sockets ------------------------------------------------------------------------------------------------ */

lws_sockfd_type lws_get_socket_fd(struct lws *lws)
{
    return lws->descriptor;
}

void lws_cancel_service(struct lws_context *context)
{
    (void)context;
}

int lws_callback_on_writable(struct lws *lws)
{
    lws->peer->is_awaited = true;
    return 1;
}

int lws_rx_flow_control(struct lws *lws, int enable)
{
    if (lws->peer != NULL) {
        lws->peer->is_paused = enable == 0;
    }
    return 0;
}

void lws_set_timeout(struct lws *lws, enum pending_timeout reason, int seconds)
{
    (void)reason;
    (void)seconds;
    if (lws->peer != NULL) {
        lws->peer->is_dropped = true;
    }
}

static struct peer *peer_of(int descriptor)
{
    assert_in_range(descriptor, DESCRIPTOR_FIRST, DESCRIPTOR_FIRST + PEERS_MAX - 1);
    assert_non_null(peers[descriptor - DESCRIPTOR_FIRST]);
    return peers[descriptor - DESCRIPTOR_FIRST];
}

int setsockopt(int descriptor, int level, int name, const void *value, socklen_t len)
{
    if (descriptor < DESCRIPTOR_FIRST) {
        return (int)syscall(SYS_setsockopt, descriptor, level, name, value, len);
    }
    struct peer *peer = peer_of(descriptor);
    int number;
    assert_int_equal(len, sizeof(number));
    memcpy(&number, value, sizeof(number));
    if (level == IPPROTO_TCP && name == TCP_NODELAY) {
        peer->is_undelayed = number != 0;
    } else if (level == SOL_SOCKET && name == SO_SNDBUF) {
        peer->send_buffer = number;
    }
    return 0;
}

ssize_t send(int descriptor, const void *bytes, size_t len, int flags)
{
    if (descriptor < DESCRIPTOR_FIRST) {
        return sendto(descriptor, bytes, len, flags, NULL, 0);
    }
    struct peer *peer = peer_of(descriptor);
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

ssize_t recv(int descriptor, void *bytes, size_t size, int flags)
{
    if (descriptor < DESCRIPTOR_FIRST) {
        return recvfrom(descriptor, bytes, size, flags, NULL, NULL);
    }
    struct peer *peer = peer_of(descriptor);
    size_t len = peer->sends_len < size ? peer->sends_len : size;
    memcpy(bytes, peer->sends, len);
    peer->sends += len;
    peer->sends_len -= len;
    return (ssize_t)len;
}

/* The loop says so to the owner of the socket, which may have it closed. */
static void tell(struct lws *lws, enum lws_callback_reasons reason)
{
    if (lws->callback(lws, reason, NULL, NULL, 0) != 0) {
        close_lws(lws);
    }
}

/* ---- the room --------------------------------------------------------------------------------------------------- */

void room_begin(struct room *room)
{
    static const struct http_settings settings = {
        .cors_origin = "", .request_timeout_ms = 10000, .idle_timeout_ms = 60000};
    memset(room, 0, sizeof(*room));
    assert_true(loop_open(&room->loop));
    router_init(&room->router, 0, &room->metrics.http);
    http_init(&room->http, &settings, &room->loop, &room->router, &room->metrics.http);
}

void room_end(struct room *room)
{
    loop_close(&room->loop);
    http_free(&room->http);
    memset(peers, 0, sizeof(peers));
}

meower_feed *open_stepped_feed(void)
{
    meower_options *options;
    meower_feed *feed;
    assert_int_equal(meower_options_new(&options, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(options, "threads", "0", NULL), MEOWER_OK);
    assert_int_equal(meower_open(options, &feed, NULL), MEOWER_OK);
    meower_options_free(options);
    return feed;
}

void run_feed(meower_feed *feed)
{
    while (meower_step(feed, NULL) > 0) {
        continue;
    }
}

void room_tick(struct room *room)
{
    assert_ptr_equal(timer, &room->loop.tick);
    run_timer(timer);
}

struct turn_end {
    struct job job;
    struct loop *loop;
};

static void end_turn(struct job *job)
{
    loop_end(LIST_OWNER(job, struct turn_end, job)->loop);
}

void room_turn(struct room *room)
{
    struct turn_end end = {{.run = end_turn}, &room->loop};
    loop_run_at_turn_end(&room->loop, &end.job);
    loop_run(&room->loop);
    ev_prepare_stop(room->loop.events, &room->loop.before_wait);
}

void watch_is_readable(struct watch *watch)
{
    tell(watch->lws, LWS_CALLBACK_RAW_RX_FILE);
}

struct exchange *room_connect(struct room *room, struct peer *peer)
{
    int number = 0;
    while (number < PEERS_MAX && peers[number] != NULL) {
        number++;
    }
    assert_int_not_equal(number, PEERS_MAX);
    *peer = (struct peer){.sends = "",
                          .received = calloc(1, PEER_RECEIVED_MAX),
                          .takes = SIZE_MAX,
                          .descriptor = DESCRIPTOR_FIRST + number};
    assert_non_null(peer->received);
    peers[number] = peer;
    http_adopt(&room->http, peer->descriptor);
    assert_non_null(peer->lws);
    struct exchange *exchange = exchange_of(peer->lws->opaque);
    exchange->counts = &room->metrics.http.routes[0];
    exchange->keep_alive = true;
    return exchange;
}

void peer_send(struct peer *peer, const char *bytes, size_t len)
{
    peer->sends = bytes;
    peer->sends_len = len;
    while (peer->sends_len > 0 && peer->lws != NULL && !peer->is_paused) {
        tell(peer->lws, LWS_CALLBACK_RAW_RX_FILE);
    }
}

void peer_end(struct peer *peer)
{
    tell(peer->lws, LWS_CALLBACK_RAW_RX_FILE);
}

void peer_take(struct peer *peer, size_t takes)
{
    peer->takes = takes;
    if (peer->is_awaited) {
        peer->is_awaited = false;
        tell(peer->lws, LWS_CALLBACK_RAW_WRITEABLE_FILE);
    }
}

void peer_hang_up(struct peer *peer)
{
    close_lws(peer->lws);
}

void peer_forget(struct peer *peer)
{
    peer->len = 0;
    peer->received[0] = '\0';
}

void peer_free(struct peer *peer)
{
    if (peer->lws != NULL) {
        peer->lws->peer = NULL;
    }
    peers[peer->descriptor - DESCRIPTOR_FIRST] = NULL;
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
