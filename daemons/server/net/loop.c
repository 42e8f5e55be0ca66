/* loop.c - libwebsockets: its loop (epoll, by its libev plug-in), its sockets and its callbacks.
 *
 * Its HTTP parser is not used: it accepts what RFC 9112 forbids, and what it refuses it refuses in words of its own or
 * in none (docs/decisions). Connections are descriptors that it watches, and their bytes are read by their owner: its
 * own raw sockets are closed by the first end of a stream, also when the peer still waits for an answer. */
#include "server/net/loop.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define TICK_US       (250 * 1000) /* how exact deadlines are */
#define PROTOCOL_NAME "meower"
#define WATCH_NAME    "watch"

/* ---- jobs ------------------------------------------------------------------------------------------------------- */

static void run_jobs(struct list *jobs)
{
    while (!list_is_empty(jobs)) {
        struct job *job = LIST_OWNER(jobs->next, struct job, node);
        list_remove(&job->node);
        job->run(job);
    }
}

void loop_run_soon(struct loop *loop, struct job *job)
{
    list_append(&loop->soon, &job->node);
}

void loop_run_at_turn_end(struct loop *loop, struct job *job)
{
    if (!list_holds(&job->node)) {
        list_append(&loop->turn_end, &job->node);
    }
}

void loop_run_every_tick(struct loop *loop, struct job *job)
{
    list_append(&loop->ticks, &job->node);
}

/* Before the loop waits for the next events. What was put off to the end of the turn may put off more. */
static void end_turn(struct ev_loop *events, ev_prepare *before_wait, int revents)
{
    struct loop *loop = before_wait->data;
    (void)events;
    (void)revents;
    while (!list_is_empty(&loop->turn_end) || !list_is_empty(&loop->soon)) {
        run_jobs(&loop->turn_end);
        run_jobs(&loop->soon);
    }
}

/* ---- deadlines -------------------------------------------------------------------------------------------------- */

int64_t loop_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void loop_add_timeout(struct loop *loop, struct timeout *timeout, int64_t length_ms,
                      void (*expired)(struct deadline *deadline))
{
    *timeout = (struct timeout){.length_ms = length_ms, .expired = expired};
    list_init(&timeout->deadlines);
    list_append(&loop->timeouts, &timeout->node);
}

void deadline_set(struct deadline *deadline, struct timeout *timeout)
{
    deadline->timeout = timeout;
    deadline->due_ms = loop_now_ms() + timeout->length_ms;
    list_append(&timeout->deadlines, &deadline->node);
}

void deadline_clear(struct deadline *deadline)
{
    list_remove(&deadline->node);
}

static void expire_due(struct timeout *timeout, int64_t now_ms)
{
    while (!list_is_empty(&timeout->deadlines)) {
        struct deadline *first = LIST_OWNER(timeout->deadlines.next, struct deadline, node);
        if (first->due_ms > now_ms) {
            return;
        }
        deadline_clear(first);
        timeout->expired(first);
    }
}

static void tick(lws_sorted_usec_list_t *timer)
{
    struct loop *loop = lws_container_of(timer, struct loop, tick);
    int64_t now_ms = loop_now_ms();
    for (struct list *node = loop->timeouts.next; node != &loop->timeouts; node = node->next) {
        expire_due(LIST_OWNER(node, struct timeout, node), now_ms);
    }
    for (struct list *node = loop->ticks.next; node != &loop->ticks; node = node->next) {
        struct job *job = LIST_OWNER(node, struct job, node);
        job->run(job);
    }
    run_jobs(&loop->soon);
    lws_sul_schedule(loop->lws, 0, &loop->tick, tick, TICK_US);
}

/* ---- callbacks of libwebsockets --------------------------------------------------------------------------------- */

static struct loop *loop_of(struct lws *lws)
{
    return lws_context_user(lws_get_context(lws));
}

static int handle_socket(struct lws *lws, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    (void)in;
    (void)len;
    if (reason != LWS_CALLBACK_RAW_ADOPT_FILE && reason != LWS_CALLBACK_RAW_RX_FILE &&
        reason != LWS_CALLBACK_RAW_WRITEABLE_FILE && reason != LWS_CALLBACK_RAW_CLOSE_FILE) {
        return 0;
    }
    struct loop *loop = loop_of(lws);
    void *socket = lws_get_opaque_user_data(lws);
    bool stays_open = true;
    if (reason == LWS_CALLBACK_RAW_ADOPT_FILE) {
        socket = loop->socket_calls->opened(loop->socket_owner, lws);
        lws_set_opaque_user_data(lws, socket);
        return socket == NULL ? -1 : 0;
    }
    if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
        if (socket != NULL) {
            loop->socket_calls->closed(socket);
        }
        lws_set_opaque_user_data(lws, NULL);
        return 0;
    }
    if (reason == LWS_CALLBACK_RAW_RX_FILE) {
        stays_open = loop->socket_calls->readable(socket);
    } else {
        loop->socket_calls->writable(socket);
    }
    run_jobs(&loop->soon);
    return stays_open ? 0 : -1;
}

static int handle_watch(struct lws *lws, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    (void)in;
    (void)len;
    if (reason != LWS_CALLBACK_RAW_RX_FILE && reason != LWS_CALLBACK_RAW_CLOSE_FILE) {
        return 0;
    }
    struct watch *watch = lws_get_opaque_user_data(lws);
    if (watch == NULL) {
        return 0;
    }
    if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
        watch->lws = NULL;
        return 0;
    }
    struct loop *loop = watch->loop; /* the watch may be gone after the call */
    watch->readable(watch);
    run_jobs(&loop->soon);
    return 0;
}

static const struct lws_protocols protocols[] = {
    {PROTOCOL_NAME, handle_socket, 0, 0, 0, NULL, 0},
    {WATCH_NAME, handle_watch, 0, 0, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

/* ---- watches ---------------------------------------------------------------------------------------------------- */

bool watch_open(struct watch *watch, struct loop *loop, int descriptor, void (*readable)(struct watch *watch))
{
    lws_adopt_desc_t adopt = {
        .vh = loop->vhost, .type = LWS_ADOPT_RAW_FILE_DESC, .vh_prot_name = WATCH_NAME, .opaque = watch};
    *watch = (struct watch){.readable = readable, .loop = loop};
    adopt.fd.filefd = dup(descriptor);
    if (adopt.fd.filefd < 0) {
        return false;
    }
    watch->lws = lws_adopt_descriptor_vhost_via_info(&adopt);
    return watch->lws != NULL;
}

void watch_pause(struct watch *watch, bool pause)
{
    if (watch->lws == NULL || watch->is_paused == pause) {
        return;
    }
    watch->is_paused = pause;
    lws_rx_flow_control(watch->lws, pause ? 0 : 1);
}

void watch_close(struct watch *watch)
{
    if (watch->lws == NULL) {
        return;
    }
    lws_set_opaque_user_data(watch->lws, NULL);
    lws_set_timeout(watch->lws, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    watch->lws = NULL;
}

/* ---- beginning and end ------------------------------------------------------------------------------------------ */

bool loop_open(struct loop *loop)
{
    struct lws_context_creation_info info;
    void *event_loops[] = {ev_loop_new(EVBACKEND_EPOLL)};
    memset(&info, 0, sizeof(info));
    *loop = (struct loop){.events = event_loops[0]};
    list_init(&loop->soon);
    list_init(&loop->turn_end);
    list_init(&loop->ticks);
    list_init(&loop->timeouts);
    lws_set_log_level(0, NULL);
    if (loop->events == NULL) {
        return false;
    }
    info.foreign_loops = event_loops;
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBEV;
    info.user = loop;
    info.gid = info.uid = -1; /* stay who we are */
    loop->lws = lws_create_context(&info);
    if (loop->lws != NULL) {
        loop->vhost = lws_create_vhost(loop->lws, &info);
    }
    if (loop->vhost == NULL) {
        return false;
    }
    lws_sul_schedule(loop->lws, 0, &loop->tick, tick, TICK_US);
    return true;
}

void loop_run(struct loop *loop)
{
    ev_prepare_init(&loop->before_wait, end_turn);
    loop->before_wait.data = loop;
    ev_prepare_start(loop->events, &loop->before_wait);
    lws_cancel_service(loop->lws); /* the timer of the ticks starts with the first event */
    ev_run(loop->events, 0);
}

void loop_end(struct loop *loop)
{
    ev_break(loop->events, EVBREAK_ALL);
}

void loop_handle_sockets(struct loop *loop, const struct socket_calls *calls, void *owner)
{
    loop->socket_calls = calls;
    loop->socket_owner = owner;
}

void loop_adopt(struct loop *loop, int descriptor)
{
    lws_adopt_desc_t adopt = {.vh = loop->vhost, .type = LWS_ADOPT_RAW_FILE_DESC, .vh_prot_name = PROTOCOL_NAME};
    adopt.fd.filefd = descriptor;
    lws_adopt_descriptor_vhost_via_info(&adopt);
}

void loop_close(struct loop *loop)
{
    if (loop->lws != NULL) {
        lws_context_destroy(loop->lws);
    }
    if (loop->events != NULL) {
        ev_loop_destroy(loop->events);
    }
}
