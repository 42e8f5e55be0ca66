/* inbox.c - results between the thread that makes them and the thread that takes them, counted by reference. */
#include "api/inbox.h"
#include "api/instance.h"
#include "run/deadline.h"
#include <stdlib.h>

int inbox_open(meower_feed *instance, void (*discard)(struct inbox_item *item), struct inbox **out, meower_error *error)
{
    struct inbox *inbox = calloc(1, sizeof(*inbox));

    if (inbox == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a handle");
    }
    if (notifier_open(&inbox->notifier) != MEOWER_OK) {
        free(inbox);
        return meower_error_set(error, MEOWER_ERROR_IO, 0, 0,
                                "no file descriptor is left for a handle; raise the limit (ulimit -n)");
    }
    inbox->instance = instance;
    inbox->discard = discard;
    queue_init(&inbox->results, 0, &inbox->notifier);
    atomic_init(&inbox->references, 1);
    instance_handle_opened(instance);
    *out = inbox;
    return MEOWER_OK;
}

static void discard_all(struct inbox *inbox)
{
    struct queue_node *node;

    while ((node = queue_take(&inbox->results)) != NULL) {
        inbox->discard((struct inbox_item *)node);
    }
}

/* Gives up so many references. */
static void release(struct inbox *inbox, size_t count)
{
    if (atomic_fetch_sub(&inbox->references, count) != count) {
        return;
    }
    discard_all(inbox);
    queue_destroy(&inbox->results);
    notifier_close(&inbox->notifier);
    free(inbox);
}

void inbox_close(struct inbox *inbox)
{
    queue_close(&inbox->results);
    discard_all(inbox);
    instance_handle_closed(inbox->instance);
    release(inbox, 1);
}

void inbox_expect(struct inbox *inbox, uint64_t serial, size_t count)
{
    atomic_fetch_add(&inbox->references, count);
    if (serial == 0) {
        atomic_fetch_add(&inbox->unclaimed, count);
    }
}

void inbox_expect_nothing(struct inbox *inbox, uint64_t serial, size_t count)
{
    if (serial == 0) {
        atomic_fetch_sub(&inbox->unclaimed, count);
    }
    release(inbox, count);
}

void inbox_deliver(struct inbox *inbox, struct inbox_item *item)
{
    inbox_deliver_list(inbox, item, item, 1);
}

void inbox_deliver_list(struct inbox *inbox, struct inbox_item *first, struct inbox_item *last, size_t count)
{
    last->node.next = NULL;
    if (queue_push_list(&inbox->results, &first->node, &last->node, count) != MEOWER_OK) {
        /* The handle was closed meanwhile. */
        while (first != NULL) {
            struct inbox_item *next = (struct inbox_item *)first->node.next;
            inbox->discard(first);
            first = next;
        }
    }
    release(inbox, count);
}

struct inbox_item *inbox_take(struct inbox *inbox, uint64_t serial)
{
    struct inbox_item *item;

    while ((item = (struct inbox_item *)queue_take(&inbox->results)) != NULL) {
        if (item->serial == serial) {
            if (serial == 0) {
                atomic_fetch_sub(&inbox->unclaimed, 1);
            }
            return item;
        }
        inbox->discard(item);
    }
    return NULL;
}

struct inbox_item *inbox_take_some(struct inbox *inbox, size_t max, size_t *taken)
{
    struct queue_node *node;
    struct inbox_item *first = NULL;
    struct inbox_item *last = NULL;

    *taken = 0;
    while (first == NULL && (node = queue_take_some(&inbox->results, max, &(size_t){0})) != NULL) {
        while (node != NULL) {
            struct inbox_item *item = (struct inbox_item *)node;
            node = node->next;
            if (item->serial != 0) {
                inbox->discard(item);
                continue;
            }
            if (first == NULL) {
                first = item;
            } else {
                last->node.next = &item->node;
            }
            last = item;
            item->node.next = NULL;
            (*taken)++;
        }
    }
    atomic_fetch_sub(&inbox->unclaimed, *taken);
    return first;
}

int inbox_begin_call(struct inbox *inbox, uint64_t *serial, meower_error *error)
{
    if (atomic_load(&inbox->unclaimed) != 0) {
        return meower_error_set(error, MEOWER_ERROR_BUSY, 0, 0,
                                "results of submitted requests were not taken; use another handle for waiting calls");
    }
    *serial = ++inbox->serial;
    return MEOWER_OK;
}

int inbox_await(struct inbox *inbox, uint64_t serial, int timeout_ms, struct inbox_item **out, meower_error *error)
{
    int64_t deadline_us = deadline_after_ms(instance_clock(inbox->instance), timeout_ms);
    struct inbox_item *item;

    while ((item = inbox_take(inbox, serial)) == NULL) {
        int status = instance_wait(inbox->instance, &inbox->notifier, deadline_us, error);
        if (status == MEOWER_ERROR_TIMEOUT) {
            return meower_error_set(error, status, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                    "no answer within %d ms; the request may still be carried out", timeout_ms);
        }
        if (status != MEOWER_OK) {
            return status;
        }
    }
    *out = item;
    return MEOWER_OK;
}
