/* queue.h - a bounded first-in first-out queue of nodes that their owners embed; many may push and take at once. */
#ifndef RUN_QUEUE_H
#define RUN_QUEUE_H

#include "run/notifier.h"
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue_node {
    struct queue_node *next;
};

struct queue {
    pthread_mutex_t mutex;
    struct queue_node *first;
    struct queue_node *last;
    size_t count;
    size_t count_max;          /* 0: no bound */
    uint64_t dropped;          /* nodes refused because it was full */
    bool closed;               /* further pushes are refused */
    struct notifier *notifier; /* raised while nodes wait; NULL: none */
};

/* The queue keeps what `notifier` (may be NULL) says in step with what it holds. */
void queue_init(struct queue *queue, size_t count_max, struct notifier *notifier);
void queue_destroy(struct queue *queue); /* it must be empty */

/* Returns 0, MEOWER_ERROR_BUSY when full (counted in dropped), MEOWER_ERROR_CLOSED when closed. */
int queue_push(struct queue *queue, struct queue_node *node);

/* Pushes `count` nodes linked by next, from `first` to `last`: all of them, or none when they do not all fit. Returns
 * as queue_push(). */
int queue_push_list(struct queue *queue, struct queue_node *first, struct queue_node *last, size_t count);

/* Takes the first node, or up to `max` (at least 1) of them as a list linked by next; NULL when none wait. */
struct queue_node *queue_take(struct queue *queue);
struct queue_node *queue_take_some(struct queue *queue, size_t max, size_t *taken);

/* Refuses further pushes; what is in it stays to be taken. */
void queue_close(struct queue *queue);

size_t queue_count(struct queue *queue);
uint64_t queue_dropped(struct queue *queue);

#endif
