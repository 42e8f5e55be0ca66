/* test_queue.c - the bounded queue, and its descriptor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/queue.h"
#include <meower/base.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define PATIENCE_MS 20000

/* A node's owner. */
struct item {
    struct queue_node node; /* first, so that a node is its item */
    int producer;
    int number;
};

static struct item *item_of(struct queue_node *node)
{
    return (struct item *)node;
}

static void push_numbers(struct queue *queue, struct item *items, int count)
{
    for (int i = 0; i < count; i++) {
        items[i].number = i;
        assert_int_equal(queue_push(queue, &items[i].node), MEOWER_OK);
    }
}

/* Takes everything, so that the queue can be destroyed. */
static void drain_and_destroy(struct queue *queue)
{
    while (queue_take(queue) != NULL) {
        continue;
    }
    queue_destroy(queue);
}

static void nodes_come_out_as_they_went_in(void **state)
{
    (void)state;
    struct queue queue;
    struct item items[5];
    queue_init(&queue, 0, NULL);
    push_numbers(&queue, items, 5);
    for (int i = 0; i < 5; i++) {
        assert_ptr_equal(queue_take(&queue), &items[i].node);
    }
    assert_null(queue_take(&queue));
    push_numbers(&queue, items, 2);
    assert_ptr_equal(queue_take(&queue), &items[0].node);
    drain_and_destroy(&queue);
}

static void a_taken_node_stands_alone(void **state)
{
    (void)state;
    struct queue queue;
    struct item items[2];
    queue_init(&queue, 0, NULL);
    push_numbers(&queue, items, 2);
    assert_null(queue_take(&queue)->next);
    drain_and_destroy(&queue);
}

static void some_are_taken_as_a_list_in_order(void **state)
{
    (void)state;
    struct queue queue;
    struct item items[5];
    size_t taken = 77;
    queue_init(&queue, 0, NULL);
    push_numbers(&queue, items, 5);
    struct queue_node *node = queue_take_some(&queue, 3, &taken);
    assert_int_equal(taken, 3);
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(node, &items[i].node);
        node = node->next;
    }
    assert_null(node);
    assert_int_equal(queue_count(&queue), 2);
    assert_ptr_equal(queue_take(&queue), &items[3].node);
    drain_and_destroy(&queue);
}

static void no_more_are_taken_than_wait(void **state)
{
    (void)state;
    struct queue queue;
    struct item items[2];
    size_t taken = 77;
    queue_init(&queue, 0, NULL);
    push_numbers(&queue, items, 2);
    assert_ptr_equal(queue_take_some(&queue, SIZE_MAX, &taken), &items[0].node);
    assert_int_equal(taken, 2);
    assert_null(queue_take_some(&queue, 1, &taken));
    assert_int_equal(taken, 0);
    assert_int_equal(queue_count(&queue), 0);
    queue_destroy(&queue);
}

static void a_full_queue_is_busy_and_counts_what_it_refuses(void **state)
{
    (void)state;
    struct queue queue;
    struct item items[4];
    queue_init(&queue, 2, NULL);
    push_numbers(&queue, items, 2);
    assert_int_equal(queue_push(&queue, &items[2].node), MEOWER_ERROR_BUSY);
    assert_int_equal(queue_push(&queue, &items[3].node), MEOWER_ERROR_BUSY);
    assert_int_equal(queue_dropped(&queue), 2);
    assert_int_equal(queue_count(&queue), 2);
    assert_ptr_equal(queue_take(&queue), &items[0].node);
    assert_int_equal(queue_push(&queue, &items[2].node), MEOWER_OK);
    assert_ptr_equal(queue_take(&queue), &items[1].node);
    assert_ptr_equal(queue_take(&queue), &items[2].node);
    assert_int_equal(queue_dropped(&queue), 2);
    drain_and_destroy(&queue);
}

static void a_list_fits_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    struct queue queue;
    struct item items[5];
    queue_init(&queue, 4, NULL);
    push_numbers(&queue, items, 2);
    items[2].node.next = &items[3].node;
    items[3].node.next = &items[4].node;
    assert_int_equal(queue_push_list(&queue, &items[2].node, &items[4].node, 3), MEOWER_ERROR_BUSY);
    assert_int_equal(queue_dropped(&queue), 3);
    assert_int_equal(queue_count(&queue), 2);
    assert_int_equal(queue_push_list(&queue, &items[2].node, &items[3].node, 2), MEOWER_OK);
    assert_int_equal(queue_push_list(&queue, &items[4].node, &items[4].node, 1), MEOWER_ERROR_BUSY);
    assert_int_equal(queue_dropped(&queue), 4);
    for (int i = 0; i < 4; i++) {
        assert_ptr_equal(queue_take(&queue), &items[i].node);
    }
    queue_close(&queue);
    assert_int_equal(queue_push_list(&queue, &items[2].node, &items[3].node, 2), MEOWER_ERROR_CLOSED);
    drain_and_destroy(&queue);
}

static void a_bound_of_0_is_none(void **state)
{
    (void)state;
    struct queue queue;
    struct item *items = calloc(100000, sizeof(*items));
    assert_non_null(items);
    queue_init(&queue, 0, NULL);
    push_numbers(&queue, items, 100000);
    assert_int_equal(queue_count(&queue), 100000);
    drain_and_destroy(&queue);
    free(items);
}

static void a_closed_queue_refuses_but_gives_what_it_holds(void **state)
{
    (void)state;
    struct queue queue;
    struct item items[3];
    queue_init(&queue, 2, NULL);
    push_numbers(&queue, items, 2);
    queue_close(&queue);
    assert_int_equal(queue_push(&queue, &items[2].node), MEOWER_ERROR_CLOSED);
    assert_int_equal(queue_dropped(&queue), 0);
    assert_ptr_equal(queue_take(&queue), &items[0].node);
    assert_int_equal(queue_push(&queue, &items[2].node), MEOWER_ERROR_CLOSED);
    assert_ptr_equal(queue_take(&queue), &items[1].node);
    assert_null(queue_take(&queue));
    queue_destroy(&queue);
}

static void the_descriptor_is_readable_while_nodes_wait(void **state)
{
    (void)state;
    struct notifier notifier;
    struct queue queue;
    struct item items[3];
    size_t taken;
    assert_int_equal(notifier_open(&notifier), MEOWER_OK);
    queue_init(&queue, 0, &notifier);
    assert_int_equal(notifier_wait(&notifier, NULL, 0), 0);
    push_numbers(&queue, items, 3);
    assert_int_equal(notifier_wait(&notifier, NULL, 0), 1);
    queue_take(&queue);
    assert_int_equal(notifier_wait(&notifier, NULL, 0), 1);
    queue_take_some(&queue, 2, &taken);
    assert_int_equal(notifier_wait(&notifier, NULL, 0), 0);
    queue_take(&queue);
    assert_int_equal(notifier_wait(&notifier, NULL, 0), 0);
    queue_destroy(&queue);
    notifier_close(&notifier);
}

static void a_refused_push_does_not_raise_the_descriptor(void **state)
{
    (void)state;
    struct notifier notifier;
    struct queue queue;
    struct item item;
    assert_int_equal(notifier_open(&notifier), MEOWER_OK);
    queue_init(&queue, 0, &notifier);
    queue_close(&queue);
    assert_int_equal(queue_push(&queue, &item.node), MEOWER_ERROR_CLOSED);
    assert_int_equal(notifier_wait(&notifier, NULL, 0), 0);
    queue_destroy(&queue);
    notifier_close(&notifier);
}

/* ---- threads ---------------------------------------------------------------------------------------------------- */

#define PRODUCERS 3
#define CONSUMERS 3
#define ITEMS     10000 /* of each producer */
#define BOUND     64

struct traffic {
    struct queue queue;
    struct notifier notifier;
    struct item *items; /* PRODUCERS * ITEMS */
    atomic_int times_taken[PRODUCERS * ITEMS];
    atomic_int taken;
    atomic_int next_producer;
    atomic_uint refused;
    atomic_bool is_over_bound;
    atomic_bool is_out_of_order;
};

static struct traffic *traffic_new(void)
{
    struct traffic *traffic = calloc(1, sizeof(*traffic));
    assert_non_null(traffic);
    traffic->items = calloc(PRODUCERS * ITEMS, sizeof(traffic->items[0]));
    assert_non_null(traffic->items);
    assert_int_equal(notifier_open(&traffic->notifier), MEOWER_OK);
    queue_init(&traffic->queue, BOUND, &traffic->notifier);
    return traffic;
}

static void traffic_free(struct traffic *traffic)
{
    queue_destroy(&traffic->queue);
    notifier_close(&traffic->notifier);
    free(traffic->items);
    free(traffic);
}

static void *produce(void *argument)
{
    struct traffic *traffic = argument;
    int producer = atomic_fetch_add(&traffic->next_producer, 1);
    for (int i = 0; i < ITEMS; i++) {
        struct item *item = &traffic->items[producer * ITEMS + i];
        item->producer = producer;
        item->number = i;
        while (queue_push(&traffic->queue, &item->node) == MEOWER_ERROR_BUSY) {
            atomic_fetch_add(&traffic->refused, 1);
            sched_yield();
        }
    }
    return NULL;
}

/* Notes one list of taken nodes; `last` is the last number seen of each producer. */
static void note_taken(struct traffic *traffic, struct queue_node *node, int last[PRODUCERS])
{
    while (node != NULL) {
        struct item *item = item_of(node);
        node = node->next;
        if (item->number <= last[item->producer]) {
            atomic_store(&traffic->is_out_of_order, true);
        }
        last[item->producer] = item->number;
        atomic_fetch_add(&traffic->times_taken[item->producer * ITEMS + item->number], 1);
        atomic_fetch_add(&traffic->taken, 1);
    }
}

static void *consume(void *argument)
{
    struct traffic *traffic = argument;
    int last[PRODUCERS];
    for (int i = 0; i < PRODUCERS; i++) {
        last[i] = -1;
    }
    while (atomic_load(&traffic->taken) < PRODUCERS * ITEMS) {
        size_t taken;
        notifier_wait(&traffic->notifier, NULL, 1);
        if (queue_count(&traffic->queue) > BOUND) {
            atomic_store(&traffic->is_over_bound, true);
        }
        note_taken(traffic, queue_take_some(&traffic->queue, 7, &taken), last);
        note_taken(traffic, queue_take(&traffic->queue), last);
    }
    return NULL;
}

static void many_threads_push_and_take_each_node_once_and_in_order(void **state)
{
    (void)state;
    struct traffic *traffic = traffic_new();
    pthread_t threads[PRODUCERS + CONSUMERS];
    for (int i = 0; i < PRODUCERS + CONSUMERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, i < PRODUCERS ? produce : consume, traffic), 0);
    }
    for (int i = 0; i < PRODUCERS + CONSUMERS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < PRODUCERS * ITEMS; i++) {
        assert_int_equal(atomic_load(&traffic->times_taken[i]), 1);
    }
    assert_false(atomic_load(&traffic->is_out_of_order));
    assert_false(atomic_load(&traffic->is_over_bound));
    assert_int_equal(queue_dropped(&traffic->queue), atomic_load(&traffic->refused));
    assert_int_equal(notifier_wait(&traffic->notifier, NULL, 0), 0);
    traffic_free(traffic);
}

/* A consumer that only ever waits for the descriptor gets everything. */
static void the_descriptor_announces_every_node(void **state)
{
    (void)state;
    struct traffic *traffic = traffic_new();
    pthread_t threads[PRODUCERS];
    for (int i = 0; i < PRODUCERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, produce, traffic), 0);
    }
    int taken = 0;
    while (taken < PRODUCERS * ITEMS && notifier_wait(&traffic->notifier, NULL, PATIENCE_MS) == 1) {
        taken += queue_take(&traffic->queue) != NULL;
    }
    assert_int_equal(taken, PRODUCERS * ITEMS);
    for (int i = 0; i < PRODUCERS; i++) {
        pthread_join(threads[i], NULL);
    }
    traffic_free(traffic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_come_out_as_they_went_in),
        cmocka_unit_test(a_taken_node_stands_alone),
        cmocka_unit_test(some_are_taken_as_a_list_in_order),
        cmocka_unit_test(no_more_are_taken_than_wait),
        cmocka_unit_test(a_full_queue_is_busy_and_counts_what_it_refuses),
        cmocka_unit_test(a_list_fits_as_a_whole_or_not_at_all),
        cmocka_unit_test(a_bound_of_0_is_none),
        cmocka_unit_test(a_closed_queue_refuses_but_gives_what_it_holds),
        cmocka_unit_test(the_descriptor_is_readable_while_nodes_wait),
        cmocka_unit_test(a_refused_push_does_not_raise_the_descriptor),
        cmocka_unit_test(many_threads_push_and_take_each_node_once_and_in_order),
        cmocka_unit_test(the_descriptor_announces_every_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
