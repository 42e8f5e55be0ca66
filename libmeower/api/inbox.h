/* inbox.h - what a handle has asked for and not yet taken: a queue of results with a descriptor. It outlives its handle
 * until the last request under way has answered. */
#ifndef API_INBOX_H
#define API_INBOX_H

#include "run/queue.h"
#include <meower/meower.h>
#include <stdbool.h>

/* A result, embedded in what the handle gives to its user. */
struct inbox_item {
    struct queue_node node; /* first: the queue holds it by this */
    uint64_t serial;        /* of the synchronous call that waits for it; 0: submitted by the user */
};

struct inbox {
    meower_feed *instance;
    struct notifier notifier;
    struct queue results;
    atomic_size_t unclaimed;  /* submitted by the user and not taken */
    atomic_size_t references; /* the handle's, and one for each request under way */
    uint64_t serial;          /* of the last synchronous call */
    void (*discard)(struct inbox_item *item);
};

/* Opens an inbox of `instance` and counts a handle of it. `discard` releases a result that nobody will take.
 * Errors: NO_MEMORY, IO. */
int inbox_open(meower_feed *instance, void (*discard)(struct inbox_item *item), struct inbox **out,
               meower_error *error);

/* The handle is closed: what nobody took is discarded, now or when it comes. */
void inbox_close(struct inbox *inbox);

/* `count` requests of one serial are about to be submitted: then inbox_deliver() must follow for each, or
 * inbox_expect_nothing() when they were refused. */
void inbox_expect(struct inbox *inbox, uint64_t serial, size_t count);
void inbox_expect_nothing(struct inbox *inbox, uint64_t serial, size_t count);

/* The result of a request. Any thread. */
void inbox_deliver(struct inbox *inbox, struct inbox_item *item);

/* The results of `count` requests, linked by node.next from `first` to `last`: who waits for them is woken once. Any
 * thread. */
void inbox_deliver_list(struct inbox *inbox, struct inbox_item *first, struct inbox_item *last, size_t count);

/* The next result for the user (serial 0), or that of a synchronous call; NULL when it is not there. Results of
 * synchronous calls that gave up waiting are discarded on the way. */
struct inbox_item *inbox_take(struct inbox *inbox, uint64_t serial);

/* The next results for the user, at most `max` of them, linked by node.next; NULL when none is there. */
struct inbox_item *inbox_take_some(struct inbox *inbox, size_t max, size_t *taken);

/* Begins a synchronous call: BUSY while submitted requests are not taken. Otherwise *serial is its number. */
int inbox_begin_call(struct inbox *inbox, uint64_t *serial, meower_error *error);

/* Waits for the result of a synchronous call, at most `timeout_ms` (-1: for ever). Errors: TIMEOUT, INTERRUPTED. */
int inbox_await(struct inbox *inbox, uint64_t serial, int timeout_ms, struct inbox_item **out, meower_error *error);

#endif
