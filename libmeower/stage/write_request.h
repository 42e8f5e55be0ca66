/* write_request.h - one change on its way to the store and back: the writer takes it, and the relay or a user's handle
 * has made it. */
#ifndef STAGE_WRITE_REQUEST_H
#define STAGE_WRITE_REQUEST_H

#include "base/counters.h"
#include "base/meow.h"
#include "run/queue.h"
#include <meower/meower.h>

/* Whoever makes it embeds or allocates it; the writer calls complete() once. */
struct write_request {
    struct queue_node node; /* first: queues hold it by this */
    int kind;               /* MEOWER_STORE_... */
    const void *requester;  /* NULL: nobody in particular */
    /* Takes requests back, linked by node.next: those of one requester together. */
    void (*complete)(struct write_request *first);
    const char *body; /* POST */
    size_t body_len;
    const meower_label *labels; /* POST: in order (base/labels.h) */
    size_t label_count;
    const char *idempotency_key; /* POST; NULL: none */
    uint64_t fingerprint;
    int64_t lease_us;   /* LEASE: for how long */
    const char *name;   /* CHECKPOINT, LEASE */
    const char *owner;  /* LEASE */
    uint64_t position;  /* CHECKPOINT */
    struct meow *event; /* the writer's own: made before the commit, so that nothing can fail after it */
    /* In for DELETE: id. Out: everything else but the tag and the room for an error. */
    meower_command_result result;
    meower_error error; /* out: when the result's status is not MEOWER_OK */
};

/* A user's change of the feed, not one of the relay's own. */
static inline bool write_is_command(int kind)
{
    return kind == MEOWER_STORE_POST || kind == MEOWER_STORE_DELETE;
}

/* Copies what the store decided about a command into its request. */
void write_request_take_result(struct write_request *request, const meower_store_operation *operation,
                               const char *epoch);

/* Requests that are answered and not given back yet. */
struct write_answers {
    struct counters *counters; /* given */
    struct queue_node *first;
    struct queue_node *last;
    size_t count;
    atomic_size_t pending; /* requests that the writer has accepted and not given back */
};

/* Answers a request. write_answers_give_back() must follow. Requests of one requester that are answered in a row are
 * given back together: waking their thread for each would cost more than the answer. */
void write_answers_add(struct write_answers *answers, struct write_request *request, int status);

/* Gives back what was answered. */
void write_answers_give_back(struct write_answers *answers);

#endif
