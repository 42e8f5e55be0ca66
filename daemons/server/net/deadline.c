/* deadline.c - what happens to a connection when nothing happens. */
#include "server/net/deadline.h"

#include <time.h>

int64_t deadline_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void deadlines_init(struct deadlines *deadlines, int64_t request_ms, int64_t idle_ms)
{
    *deadlines = (struct deadlines){.lengths_ms = {[DEADLINE_REQUEST] = request_ms,
                                                   [DEADLINE_IDLE] = idle_ms,
                                                   [DEADLINE_SEND] = 60000,
                                                   [DEADLINE_LINGER] = 2000,
                                                   [DEADLINE_PING] = 25000,
                                                   [DEADLINE_PONG] = 10000,
                                                   [DEADLINE_COMMENT] = 15000,
                                                   [DEADLINE_CLOSE] = 5000}};
    for (size_t i = 0; i < DEADLINE_COUNT; i++) {
        list_init(&deadlines->lists[i]);
    }
}

void deadline_set(struct deadlines *deadlines, struct deadline *deadline, enum deadline_kind kind)
{
    deadline->kind = kind;
    deadline->due_ms = deadline_now_ms() + deadlines->lengths_ms[kind];
    list_append(&deadlines->lists[kind], &deadline->node);
}

void deadline_clear(struct deadline *deadline)
{
    list_remove(&deadline->node);
}

struct deadline *deadlines_take(struct deadlines *deadlines, int64_t now_ms)
{
    for (size_t i = 0; i < DEADLINE_COUNT; i++) {
        if (list_is_empty(&deadlines->lists[i])) {
            continue;
        }
        struct deadline *first = LIST_OWNER(deadlines->lists[i].next, struct deadline, node);
        if (first->due_ms > now_ms) {
            continue;
        }
        deadline_clear(first);
        return first;
    }
    return NULL;
}
