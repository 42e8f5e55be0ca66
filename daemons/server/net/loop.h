/* loop.h - the loop of a service thread: libwebsockets over epoll. It watches descriptors, does what was put off until
 * later in a turn, and knows whose time is up. Everything in a loop belongs to its thread. */
#ifndef SERVER_NET_LOOP_H
#define SERVER_NET_LOOP_H

#include "server/net/list.h"
#include <ev.h>
#include <libwebsockets.h>
#include <stdint.h>

/* Something to do later. Embedded in its owner, which takes it back with list_remove(&job->node). */
struct job {
    struct list node; /* all zero: the job does not wait */
    void (*run)(struct job *job);
};

/* What the loop tells about the sockets it adopted. `socket` is what opened() returned. */
struct socket_calls {
    void *(*opened)(void *owner, struct lws *lws); /* NULL: the socket is closed */
    bool (*readable)(void *socket);                /* false: the socket is closed */
    void (*writable)(void *socket);
    void (*closed)(void *socket); /* the last call */
};

struct loop {
    struct ev_loop *events; /* epoll: poll(), the default of libwebsockets, costs by the number of connections */
    struct lws_context *lws;
    struct lws_vhost *vhost;
    const struct socket_calls *socket_calls;
    void *socket_owner;
    struct list soon;     /* jobs for the end of the running callback */
    struct list turn_end; /* jobs for the end of the turn */
    struct list ticks;    /* jobs of every tick */
    struct list timeouts;
    lws_sorted_usec_list_t tick;
    ev_prepare before_wait;
};

/* Makes the loop. False when libwebsockets does not start; loop_close() follows then too. */
bool loop_open(struct loop *loop);

void loop_run(struct loop *loop); /* until loop_end() */
void loop_end(struct loop *loop); /* from within the loop */

/* Closes what is left in it; the sockets' owners are told. */
void loop_close(struct loop *loop);

/* Says who is told about the sockets of loop_adopt(). */
void loop_handle_sockets(struct loop *loop, const struct socket_calls *calls, void *owner);

/* Takes an accepted socket over, or closes it. */
void loop_adopt(struct loop *loop, int descriptor);

/* Runs the job as soon as the callback that is running has returned. A job that waits already waits once. */
void loop_run_soon(struct loop *loop, struct job *job);

/* Runs the job before the loop waits for the next events. */
void loop_run_at_turn_end(struct loop *loop, struct job *job);

/* Runs the job four times a second. */
void loop_run_every_tick(struct loop *loop, struct job *job);

/* ---- descriptors that are not connections: handles of the library, listeners ------------------------------------ */

/* Embedded in its owner. All zero: closed. */
struct watch {
    struct lws *lws;
    struct loop *loop;
    void (*readable)(struct watch *watch);
    bool is_paused;
};

/* Calls `readable` whenever `descriptor` is. Works on a duplicate, because libwebsockets closes what it is given. */
bool watch_open(struct watch *watch, struct loop *loop, int descriptor, void (*readable)(struct watch *watch));

/* While it is paused the loop does not look at the descriptor. */
void watch_pause(struct watch *watch, bool pause);

/* Any time, also from `readable` itself. */
void watch_close(struct watch *watch);

/* ---- deadlines -------------------------------------------------------------------------------------------------- */

struct deadline;

/* A length of time with its deadlines, the earliest first: setting one costs the same however many there are. */
struct timeout {
    struct list node; /* in loop->timeouts */
    struct list deadlines;
    int64_t length_ms;
    void (*expired)(struct deadline *deadline);
};

/* Embedded in its owner. All zero: not set. */
struct deadline {
    struct list node;
    int64_t due_ms;
    struct timeout *timeout; /* the last one it was set to */
};

void loop_add_timeout(struct loop *loop, struct timeout *timeout, int64_t length_ms,
                      void (*expired)(struct deadline *deadline));

/* Sets the deadline to the timeout's length from now; an earlier one is forgotten. */
void deadline_set(struct deadline *deadline, struct timeout *timeout);
void deadline_clear(struct deadline *deadline);

/* Milliseconds of a clock that never goes back. */
int64_t loop_now_ms(void);

#endif
