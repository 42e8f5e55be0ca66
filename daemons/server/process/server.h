/* server.h - the public listener as its own files see it: one service thread with a libwebsockets context, the handles
 * it asks the library through, and all its connections. Everything here belongs to that thread unless it says
 * otherwise. */
#ifndef SERVER_PROCESS_SERVER_H
#define SERVER_PROCESS_SERVER_H

#include "server/live/fanout.h"
#include "server/net/buffer.h"
#include "server/net/deadline.h"
#include "server/net/watch.h"
#include "server/process/log.h"
#include "server/process/metrics.h"
#include "server/routes/posts.h"
#include <ev.h>
#include <libwebsockets.h>
#include <meower/meower.h>
#include <pthread.h>
#include <time.h>

/* What a daemon serves. */
enum {
    SERVER_COMMAND = 1, /* POST, DELETE */
    SERVER_QUERY = 2,   /* GET, search */
    SERVER_PUSHER = 4,  /* WebSocket, SSE */
    SERVER_FILES = 8    /* the page and the API's description */
};

struct server_settings {
    unsigned roles; /* SERVER_... */
    int listener;   /* descriptor of the listening socket; the server closes it */
    const char *tokens;
    const char *cors_origin;
    size_t connections_max;
    long long request_timeout_ms;
    long long idle_timeout_ms;
    bool has_access_log;
};

struct server {
    struct server_settings settings;
    const struct log *log;
    struct metrics *metrics;
    struct ev_loop *loop; /* epoll: poll(), the default of libwebsockets, costs by the number of connections */
    struct lws_context *lws;
    struct lws_vhost *vhost;
    lws_sorted_usec_list_t tick;

    meower *feed;
    meower_command *command; /* NULL without that role; so are the others */
    meower_query *query;
    struct fanout *fanout;
    struct watch command_watch;
    struct watch query_watch;
    struct watch accept_watch;

    struct list connections; /* all of them */
    size_t connection_count;
    struct list ready;  /* those with a request that waited for the one before it to be answered */
    struct list unsent; /* those whose socket did not take all that was sent in this turn of the loop */
    struct deadlines deadlines;
    struct buffer answer; /* the answer being built */
    struct posts posts;   /* of this turn of the loop */
    ev_prepare turn_end;
    bool is_accepting_paused;
    time_t date_at_s;
    char date[40]; /* of date_at_s, as the Date field has it */

    pthread_t thread;
    atomic_bool stop_wanted; /* set by the control thread */
    bool is_stopping;
    int64_t stop_by_ms;
};

#endif
