/* deadline.h - what happens to a connection when nothing happens: one list for each length of time, so that the
 * earliest is always the first and setting one costs nothing, however many connections there are. */
#ifndef SERVER_NET_DEADLINE_H
#define SERVER_NET_DEADLINE_H

#include "server/net/list.h"
#include <stdint.h>

enum deadline_kind {
    DEADLINE_REQUEST, /* a request must have arrived whole */
    DEADLINE_IDLE,    /* the next request must have begun */
    DEADLINE_SEND,    /* the peer must have taken something */
    DEADLINE_LINGER,  /* the peer must have closed after the last answer */
    DEADLINE_PING,    /* a WebSocket client is pinged */
    DEADLINE_PONG,    /* it must have answered */
    DEADLINE_COMMENT, /* an SSE client gets a comment */
    DEADLINE_CLOSE,   /* a WebSocket client must have closed */
    DEADLINE_COUNT
};

struct deadline {
    struct list node;
    int64_t due_ms;
    enum deadline_kind kind;
};

struct deadlines {
    struct list lists[DEADLINE_COUNT];
    int64_t lengths_ms[DEADLINE_COUNT];
};

/* Milliseconds of a clock that never goes back. */
int64_t deadline_now_ms(void);

void deadlines_init(struct deadlines *deadlines, int64_t request_ms, int64_t idle_ms);

/* Sets the deadline anew; an earlier one is forgotten. */
void deadline_set(struct deadlines *deadlines, struct deadline *deadline, enum deadline_kind kind);
void deadline_clear(struct deadline *deadline);

/* Takes one that is due, or returns NULL. */
struct deadline *deadlines_take(struct deadlines *deadlines, int64_t now_ms);

#endif
