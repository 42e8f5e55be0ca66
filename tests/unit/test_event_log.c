/* test_event_log.c - the window of the newest events: order, holes, what leaves it, and who is woken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feed/event_log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY 16

/* The event of position `position` about the meow `number`. */
static struct meow *make_event(int kind, uint64_t position, unsigned number)
{
    char id[MEOWER_ID_SIZE];
    meower_row row = {.position = position, .kind = kind, .id = id};
    struct meow *event;

    snprintf(id, sizeof(id), "%027u", number);
    if (kind == MEOWER_EVENT_CREATED) {
        row.body = "body";
        row.body_len = 4;
    }
    event = meow_new(&row);
    assert_non_null(event);
    return event;
}

static void append(struct event_log *log, struct meow *event)
{
    event_log_append(log, &event, 1);
}

/* Appends creations of the meows `first`, first + 1, ... at the next positions. */
static void append_created(struct event_log *log, unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        append(log, make_event(MEOWER_EVENT_CREATED, event_log_head(log) + 1, first + i));
    }
}

static void assert_positions(const struct event_batch *batch, size_t count, const uint64_t *positions)
{
    assert_int_equal(batch->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(batch->events[i]->position, positions[i]);
    }
}

static void it_starts_empty_behind_a_position(void **state)
{
    struct event_log log;
    struct event_batch batch;

    (void)state;
    assert_int_equal(event_log_init(&log, CAPACITY, 41), MEOWER_OK);
    assert_int_equal(event_log_head(&log), 41);
    assert_true(event_log_read(&log, 41, 10, &batch));
    assert_int_equal(batch.count, 0);
    assert_int_equal(batch.through, 41);
    event_log_destroy(&log);
}

static void it_does_not_hold_what_came_before_it(void **state)
{
    struct event_log log;
    struct event_batch batch;

    (void)state;
    assert_int_equal(event_log_init(&log, CAPACITY, 41), MEOWER_OK);
    assert_false(event_log_read(&log, 40, 10, &batch));
    assert_int_equal(batch.count, 0);
    assert_int_equal(batch.through, 40);
    event_log_destroy(&log);
}

static void events_are_read_in_order_from_any_position_in_the_window(void **state)
{
    struct event_log log;
    struct event_batch batch;

    (void)state;
    assert_int_equal(event_log_init(&log, CAPACITY, 0), MEOWER_OK);
    append_created(&log, 1, 5);
    assert_true(event_log_read(&log, 2, 10, &batch));
    assert_positions(&batch, 3, (const uint64_t[]){3, 4, 5});
    assert_int_equal(batch.through, 5);
    event_batch_release(&batch);
    event_log_destroy(&log);
}

static void no_more_is_read_than_asked_for(void **state)
{
    struct event_log log;
    struct event_batch batch;

    (void)state;
    assert_int_equal(event_log_init(&log, CAPACITY, 0), MEOWER_OK);
    append_created(&log, 1, 5);
    assert_true(event_log_read(&log, 0, 2, &batch));
    assert_positions(&batch, 2, (const uint64_t[]){1, 2});
    assert_int_equal(batch.through, 2);
    event_batch_release(&batch);
    event_log_destroy(&log);
}

static void the_oldest_leave_the_window_when_it_is_full(void **state)
{
    struct event_log log;
    struct event_batch batch;

    (void)state;
    assert_int_equal(event_log_init(&log, CAPACITY, 0), MEOWER_OK);
    append_created(&log, 1, CAPACITY + 3);
    assert_false(event_log_read(&log, 2, 10, &batch));
    assert_true(event_log_read(&log, 3, 1, &batch));
    assert_positions(&batch, 1, (const uint64_t[]){4});
    event_batch_release(&batch);
    event_log_destroy(&log);
}

static void what_was_read_outlives_the_window(void **state)
{
    struct event_log log;
    struct event_batch batch;

    (void)state;
    assert_int_equal(event_log_init(&log, CAPACITY, 0), MEOWER_OK);
    append_created(&log, 1, 1);
    assert_true(event_log_read(&log, 0, 1, &batch));
    append_created(&log, 2, CAPACITY);
    event_log_destroy(&log);
    assert_string_equal(batch.events[0]->view.body, "body");
    event_batch_release(&batch);
}

static void a_hole_is_left_out_and_passed(void **state)
{
    struct event_log log;
    struct event_batch batch;

    (void)state;
    assert_int_equal(event_log_init(&log, CAPACITY, 0), MEOWER_OK);
    append_created(&log, 1, 1);
    append(&log, NULL);
    append(&log, NULL);
    assert_true(event_log_read(&log, 0, 10, &batch));
    assert_positions(&batch, 1, (const uint64_t[]){1});
    assert_int_equal(batch.through, 3);
    event_batch_release(&batch);
    event_log_destroy(&log);
}

static void a_deletion_takes_the_creation_out_of_the_window(void **state)
{
    struct event_log log;
    struct event_batch batch;

    (void)state;
    assert_int_equal(event_log_init(&log, CAPACITY, 0), MEOWER_OK);
    append_created(&log, 1, 3);
    append(&log, make_event(MEOWER_EVENT_DELETED, 4, 2));
    assert_true(event_log_read(&log, 0, 10, &batch));
    assert_positions(&batch, 3, (const uint64_t[]){1, 3, 4});
    assert_int_equal(batch.events[2]->kind, MEOWER_EVENT_DELETED);
    assert_int_equal(batch.through, 4);
    event_batch_release(&batch);
    event_log_destroy(&log);
}

static void a_deletion_in_the_same_append_does_so_too(void **state)
{
    struct event_log log;
    struct event_batch batch;

    (void)state;
    assert_int_equal(event_log_init(&log, CAPACITY, 0), MEOWER_OK);
    event_log_append(
        &log, (struct meow *const[]){make_event(MEOWER_EVENT_CREATED, 1, 1), make_event(MEOWER_EVENT_DELETED, 2, 1)},
        2);
    assert_true(event_log_read(&log, 0, 10, &batch));
    assert_positions(&batch, 1, (const uint64_t[]){2});
    event_batch_release(&batch);
    event_log_destroy(&log);
}

static void a_deletion_of_what_has_left_the_window_is_an_event_all_the_same(void **state)
{
    struct event_log log;
    struct event_batch batch;

    (void)state;
    assert_int_equal(event_log_init(&log, CAPACITY, 0), MEOWER_OK);
    append_created(&log, 1, CAPACITY + 1);
    append(&log, make_event(MEOWER_EVENT_DELETED, CAPACITY + 2, 1));
    assert_true(event_log_read(&log, CAPACITY, 10, &batch));
    assert_positions(&batch, 2, (const uint64_t[]){CAPACITY + 1, CAPACITY + 2});
    event_batch_release(&batch);
    event_log_destroy(&log);
}

static void count_call(void *context)
{
    ++*(int *)context;
}

static void listeners_are_called_once_for_each_append(void **state)
{
    struct event_log log;
    int calls[3] = {0};
    struct event_listener listeners[3];

    (void)state;
    assert_int_equal(event_log_init(&log, CAPACITY, 0), MEOWER_OK);
    for (int i = 0; i < 3; i++) {
        listeners[i] = (struct event_listener){.notify = count_call, .context = &calls[i]};
        event_log_listen(&log, &listeners[i]);
    }
    event_log_append(
        &log, (struct meow *const[]){make_event(MEOWER_EVENT_CREATED, 1, 1), make_event(MEOWER_EVENT_CREATED, 2, 2)},
        2);
    event_log_unlisten(&log, &listeners[1]);
    append_created(&log, 3, 1);
    assert_int_equal(calls[0], 2);
    assert_int_equal(calls[1], 1);
    assert_int_equal(calls[2], 2);
    event_log_destroy(&log);
}

/* ---- against a naive model -------------------------------------------------------------------------------------- */

#define HISTORY_MAX 2000

/* What is left to be read at a position: a kind, 0 for a hole; and which meow. */
struct past {
    int kind;
    unsigned number;
};

static void assert_matches_history(struct event_log *log, const struct past *history, uint64_t after, size_t max)
{
    uint64_t head = event_log_head(log);
    struct event_batch batch;
    uint64_t position = after;
    size_t index = 0;
    bool covered = event_log_read(log, after, max, &batch);

    assert_int_equal(covered, head <= CAPACITY || after >= head - CAPACITY);
    while (covered && position < head && index < max) {
        position++;
        if (history[position].kind == 0) {
            continue;
        }
        assert_true(index < batch.count);
        assert_int_equal(batch.events[index]->position, position);
        assert_int_equal(batch.events[index]->kind, history[position].kind);
        index++;
    }
    assert_int_equal(batch.count, index);
    assert_int_equal(batch.through, position);
    event_batch_release(&batch);
}

static void any_history_is_read_as_it_happened(void **state)
{
    static struct past history[HISTORY_MAX + 1];
    struct event_log log;

    (void)state;
    srand(7);
    assert_int_equal(event_log_init(&log, CAPACITY, 0), MEOWER_OK);
    for (unsigned position = 1; position <= HISTORY_MAX; position++) {
        unsigned victim = position > 1 ? 1 + (unsigned)rand() % (position - 1) : 1;
        int chance = rand() % 10;
        if (chance < 3 && history[victim].kind == MEOWER_EVENT_CREATED) {
            history[victim].kind = 0;
            history[position] = (struct past){MEOWER_EVENT_DELETED, victim};
            append(&log, make_event(MEOWER_EVENT_DELETED, position, victim));
        } else if (chance == 9) {
            append(&log, NULL);
        } else {
            history[position] = (struct past){MEOWER_EVENT_CREATED, position};
            append(&log, make_event(MEOWER_EVENT_CREATED, position, position));
        }
        for (uint64_t back = 0; back <= CAPACITY + 2 && back <= position; back++) {
            assert_matches_history(&log, history, position - back, 1 + (size_t)rand() % 20);
        }
    }
    event_log_destroy(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_starts_empty_behind_a_position),
        cmocka_unit_test(it_does_not_hold_what_came_before_it),
        cmocka_unit_test(events_are_read_in_order_from_any_position_in_the_window),
        cmocka_unit_test(no_more_is_read_than_asked_for),
        cmocka_unit_test(the_oldest_leave_the_window_when_it_is_full),
        cmocka_unit_test(what_was_read_outlives_the_window),
        cmocka_unit_test(a_hole_is_left_out_and_passed),
        cmocka_unit_test(a_deletion_takes_the_creation_out_of_the_window),
        cmocka_unit_test(a_deletion_in_the_same_append_does_so_too),
        cmocka_unit_test(a_deletion_of_what_has_left_the_window_is_an_event_all_the_same),
        cmocka_unit_test(listeners_are_called_once_for_each_append),
        cmocka_unit_test(any_history_is_read_as_it_happened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
