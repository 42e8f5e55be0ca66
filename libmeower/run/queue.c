/* queue.c - the bounded queue under one mutex; the notifier changes under it too, so that both always agree. */
#include "run/queue.h"
#include <meower/base.h>

void queue_init(struct queue *queue, size_t count_max, struct notifier *notifier)
{
    *queue = (struct queue){.count_max = count_max, .notifier = notifier};
    pthread_mutex_init(&queue->mutex, NULL);
}

void queue_destroy(struct queue *queue)
{
    pthread_mutex_destroy(&queue->mutex);
}

/* The mutex is held. */
static void append_locked(struct queue *queue, struct queue_node *first, struct queue_node *last, size_t count)
{
    last->next = NULL;
    if (queue->last != NULL) {
        queue->last->next = first;
    } else {
        queue->first = first;
    }
    queue->last = last;
    queue->count += count;
    if (queue->notifier != NULL) {
        notifier_raise(queue->notifier);
    }
}

int queue_push(struct queue *queue, struct queue_node *node)
{
    return queue_push_list(queue, node, node, 1);
}

int queue_push_list(struct queue *queue, struct queue_node *first, struct queue_node *last, size_t count)
{
    int status = MEOWER_OK;

    pthread_mutex_lock(&queue->mutex);
    if (queue->closed) {
        status = MEOWER_ERROR_CLOSED;
    } else if (queue->count_max != 0 && count > queue->count_max - queue->count) {
        queue->dropped += count;
        status = MEOWER_ERROR_BUSY;
    } else {
        append_locked(queue, first, last, count);
    }
    pthread_mutex_unlock(&queue->mutex);
    return status;
}

struct queue_node *queue_take(struct queue *queue)
{
    size_t taken;

    return queue_take_some(queue, 1, &taken);
}

struct queue_node *queue_take_some(struct queue *queue, size_t max, size_t *taken)
{
    struct queue_node *first;
    struct queue_node *last;

    pthread_mutex_lock(&queue->mutex);
    first = queue->first;
    last = first;
    *taken = first != NULL ? 1 : 0;
    while (*taken < max && last != NULL && last->next != NULL) {
        last = last->next;
        (*taken)++;
    }
    if (last != NULL) {
        queue->first = last->next;
        if (queue->first == NULL) {
            queue->last = NULL;
        }
        last->next = NULL;
        queue->count -= *taken;
    }
    if (queue->first == NULL && queue->notifier != NULL) {
        notifier_clear(queue->notifier);
    }
    pthread_mutex_unlock(&queue->mutex);
    return first;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->closed = true;
    pthread_mutex_unlock(&queue->mutex);
}

size_t queue_count(struct queue *queue)
{
    size_t count;

    pthread_mutex_lock(&queue->mutex);
    count = queue->count;
    pthread_mutex_unlock(&queue->mutex);
    return count;
}

uint64_t queue_dropped(struct queue *queue)
{
    uint64_t dropped;

    pthread_mutex_lock(&queue->mutex);
    dropped = queue->dropped;
    pthread_mutex_unlock(&queue->mutex);
    return dropped;
}
