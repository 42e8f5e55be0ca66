/* writer.h - the stage that changes the store: everything that waits becomes one transaction (group commit). */
#ifndef STAGE_WRITER_H
#define STAGE_WRITER_H

#include "base/ksuid.h"
#include "base/meow.h"
#include "run/queue.h"
#include "stage/failure.h"
#include <meower/meower.h>

/* One change on its way to the store. Whoever makes it embeds or allocates it; the writer calls complete() once. */
struct write_request {
    struct queue_node node; /* first: queues hold it by this */
    int kind;               /* MEOWER_STORE_... */
    const void *requester;  /* NULL: nobody in particular */
    /* Takes requests back, linked by node.next: those of one requester together. */
    void (*complete)(struct write_request *first);
    const char *body; /* POST */
    size_t body_len;
    const char *idempotency_key; /* POST; NULL: none */
    uint64_t fingerprint;
    int64_t lease_us;   /* LEASE: for how long */
    const char *name;   /* CHECKPOINT, LEASE */
    const char *owner;  /* LEASE */
    uint64_t position;  /* CHECKPOINT */
    struct meow *event; /* the writer's own: made before the commit, so that nothing can fail behind it */
    /* In for DELETE: id. Out: everything else but the tag. */
    meower_command_result result;
};

struct writer {
    meower *instance;
    struct queue queue; /* of write_request */
    struct ksuid_source ids;
    size_t batch_max;
    int64_t idempotency_ttl_us;
    meower_store_operation *operations; /* batch_max each */
    struct write_request **requests;
    struct meow **events;
    size_t count;                      /* of the batch under way; 0: none */
    uint64_t head_before;              /* the log's head when it was first tried */
    bool outcome_unknown;              /* it may be committed: look before trying again */
    bool was_unknown;                  /* it may still become committed, although it was not found when looked for */
    bool is_behind;                    /* the store may hold events of ours that the log lacks */
    int64_t give_up_us;                /* when its requests fail */
    int64_t retry_us;                  /* not before this */
    unsigned attempts;                 /* failed ones */
    unsigned refusals;                 /* of its ids, in a row */
    struct queue_node *answered_first; /* to be completed together */
    struct queue_node *answered_last;
    size_t answered_count;
    _Atomic uint64_t committed; /* position of the last event that this writer stored; 0: none yet */
    atomic_size_t pending;      /* requests accepted and not answered */
    _Atomic int64_t failed_us;  /* for health, monotonic: the last try failed then; 0: it succeeded */
    struct failure failure;     /* why the last try failed */
};

/* Returns 0 or MEOWER_ERROR_NO_MEMORY. */
int writer_init(struct writer *writer, meower *instance);
void writer_destroy(struct writer *writer);

/* Queues a request and wakes the writer. Returns 0, BUSY or CLOSED; complete() will be called only after 0. Any thread.
 */
int writer_submit(struct writer *writer, struct write_request *request);

/* The same for `count` requests linked by node.next, from `first` to `last`: all of them, or none. */
int writer_submit_list(struct writer *writer, struct write_request *first, struct write_request *last, size_t count);

/* worker_step of a struct writer. */
bool writer_step(void *stage, int64_t *wait_us);

/* True when nothing is queued or under way. */
bool writer_is_idle(struct writer *writer);

/* Fails all that is left, after the worker has stopped. Returns how many commands of users there were. */
size_t writer_abandon(struct writer *writer);

#endif
