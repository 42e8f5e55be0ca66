/* test_buffer.c - the buffer, the slice, the list and the deadlines that the rooms of the server are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/buffer.h"
#include "server/deadline.h"
#include "server/list.h"
#include "server/slice.h"
#include <stdlib.h>
#include <string.h>

/* ---- buffer ----------------------------------------------------------------------------------------------------- */

/* Appends and uses up pseudo-random amounts; what comes out is what went in. */
static void a_buffer_gives_its_bytes_in_order(void **state)
{
    (void)state;
    struct buffer buffer = {.len = 0};
    uint32_t chance = 7;
    unsigned char in = 0, out = 0, bytes[2000];
    for (int i = 0; i < 3000; i++) {
        chance = chance * 1664525U + 1013904223U;
        size_t len = (chance >> 8) % sizeof(bytes);
        if (chance >> 31 == 0) {
            for (size_t k = 0; k < len; k++) {
                bytes[k] = in++;
            }
            assert_true(buffer_append(&buffer, bytes, len));
        } else {
            len = len < buffer.len ? len : buffer.len;
            for (size_t k = 0; k < len; k++) {
                assert_int_equal((unsigned char)buffer_data(&buffer)[k], out++);
            }
            buffer_consume(&buffer, len);
        }
        assert_true(buffer.start + buffer.len <= buffer.capacity);
    }
    buffer_free(&buffer);
    assert_null(buffer.bytes);
    assert_int_equal(buffer.len, 0);
}

static void room_that_was_used_up_is_used_again(void **state)
{
    (void)state;
    struct buffer buffer = {.len = 0};
    char bytes[512] = "";
    assert_true(buffer_append(&buffer, bytes, 512));
    assert_int_equal(buffer.capacity, 512);
    buffer_consume(&buffer, 100);
    assert_int_equal(buffer.start, 100);
    assert_true(buffer_append(&buffer, bytes, 100));
    assert_int_equal(buffer.capacity, 512);
    assert_int_equal(buffer.start, 0);
    buffer_consume(&buffer, 512);
    assert_int_equal(buffer.start, 0);
    assert_true(buffer_reserve(&buffer, 512));
    assert_int_equal(buffer.capacity, 512);
    assert_true(buffer_reserve(&buffer, 513));
    assert_int_equal(buffer.capacity, 1024);
    buffer_free(&buffer);
}

static void more_than_any_memory_is_refused(void **state)
{
    (void)state;
    struct buffer buffer = {.len = 0};
    assert_true(buffer_append(&buffer, "x", 1));
    assert_false(buffer_reserve(&buffer, SIZE_MAX));
    assert_false(buffer_reserve(&buffer, SIZE_MAX / 4));
    assert_int_equal(buffer.len, 1);
    assert_int_equal(*buffer_data(&buffer), 'x');
    buffer_free(&buffer);
}

static void what_is_written_at_the_end_counts_when_it_is_said(void **state)
{
    (void)state;
    struct buffer buffer = {.len = 0};
    assert_true(buffer_append(&buffer, "ab", 2));
    assert_true(buffer_reserve(&buffer, 2));
    memcpy(buffer_end(&buffer), "cd", 2);
    assert_int_equal(buffer.len, 2);
    buffer_extend(&buffer, 2);
    assert_int_equal(buffer.len, 4);
    assert_memory_equal(buffer_data(&buffer), "abcd", 4);
    buffer_clear(&buffer);
    assert_int_equal(buffer.len, 0);
    assert_non_null(buffer.bytes);
    buffer_free(&buffer);
}

/* ---- slice ------------------------------------------------------------------------------------------------------ */

static void assert_elements(const char *text, size_t count, const char *const *expected)
{
    struct slice list = slice_of(text), element;
    size_t found = 0;
    while (slice_next(&list, ',', &element)) {
        assert_true(found < count);
        assert_true(slice_equals(element, expected[found]));
        found++;
    }
    assert_int_equal(found, count);
}

static void the_elements_of_a_list_are_trimmed(void **state)
{
    (void)state;
    assert_elements("a", 1, (const char *const[]){"a"});
    assert_elements(" a ,\tb c\t,d", 3, (const char *const[]){"a", "b c", "d"});
    assert_elements(",a,", 3, (const char *const[]){"", "a", ""});
    assert_elements("", 1, (const char *const[]){""});
    assert_elements(" \t ", 1, (const char *const[]){""});
}

static void slices_are_compared_by_their_whole_text(void **state)
{
    (void)state;
    assert_true(slice_equals(slice_of("cat"), "cat"));
    assert_false(slice_equals(slice_of("cat"), "cats"));
    assert_false(slice_equals(slice_of("cats"), "cat"));
    assert_false(slice_equals(slice_of("cat"), "Cat"));
    assert_true(slice_equals_nocase(slice_of("cAt"), "CaT"));
    assert_false(slice_equals_nocase(slice_of("cat"), "cats"));
    assert_false(slice_equals_nocase(slice_of("cat"), "cab"));
}

/* ---- list ------------------------------------------------------------------------------------------------------- */

static void assert_list(const struct list *head, size_t count, const struct list *const *expected)
{
    const struct list *node = head;
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(node->next, expected[i]);
        assert_ptr_equal(node->next->previous, node);
        node = node->next;
    }
    assert_ptr_equal(node->next, head);
    assert_ptr_equal(head->previous, node);
}

static void nodes_are_appended_removed_and_moved(void **state)
{
    (void)state;
    struct list one, two, a = {NULL, NULL}, b = {NULL, NULL}, c = {NULL, NULL};
    list_init(&one);
    list_init(&two);
    assert_true(list_is_empty(&one));
    list_remove(&a);
    assert_false(list_holds(&a));
    list_append(&one, &a);
    list_append(&one, &b);
    list_append(&one, &c);
    assert_list(&one, 3, (const struct list *const[]){&a, &b, &c});
    list_append(&one, &a);
    assert_list(&one, 3, (const struct list *const[]){&b, &c, &a});
    list_remove(&c);
    assert_list(&one, 2, (const struct list *const[]){&b, &a});
    assert_false(list_holds(&c));
    assert_true(list_holds(&a));
    list_append(&two, &c);
    list_move_all(&one, &two);
    assert_true(list_is_empty(&one));
    assert_list(&two, 3, (const struct list *const[]){&c, &b, &a});
    list_move_all(&one, &two);
    assert_list(&two, 3, (const struct list *const[]){&c, &b, &a});
    list_move_all(&two, &one);
    assert_list(&one, 3, (const struct list *const[]){&c, &b, &a});
    assert_list(&two, 0, NULL);
}

/* ---- deadlines -------------------------------------------------------------------------------------------------- */

static void a_deadline_is_due_at_its_time_and_not_before(void **state)
{
    (void)state;
    struct deadlines deadlines;
    struct deadline one = {.due_ms = 0}, two = {.due_ms = 0};
    deadlines_init(&deadlines, 100, 200);
    int64_t before_ms = deadline_now_ms();
    deadline_set(&deadlines, &one, DEADLINE_IDLE);
    deadline_set(&deadlines, &two, DEADLINE_REQUEST);
    assert_in_range(one.due_ms, before_ms + 200, deadline_now_ms() + 200);
    assert_in_range(two.due_ms, before_ms + 100, deadline_now_ms() + 100);
    assert_null(deadlines_take(&deadlines, two.due_ms - 1));
    assert_ptr_equal(deadlines_take(&deadlines, two.due_ms), &two);
    assert_false(list_holds(&two.node));
    assert_null(deadlines_take(&deadlines, one.due_ms - 1));
    assert_ptr_equal(deadlines_take(&deadlines, one.due_ms), &one);
    assert_null(deadlines_take(&deadlines, INT64_MAX));
}

static void a_deadline_that_is_set_anew_or_cleared_is_forgotten(void **state)
{
    (void)state;
    struct deadlines deadlines;
    struct deadline one = {.due_ms = 0};
    deadlines_init(&deadlines, 100, 200);
    deadline_set(&deadlines, &one, DEADLINE_REQUEST);
    deadline_set(&deadlines, &one, DEADLINE_SEND);
    assert_int_equal(one.kind, DEADLINE_SEND);
    assert_null(deadlines_take(&deadlines, deadline_now_ms() + 1000));
    deadline_clear(&one);
    assert_null(deadlines_take(&deadlines, INT64_MAX));
}

static void each_kind_has_its_length(void **state)
{
    (void)state;
    static const int64_t lengths_ms[] = {
        [DEADLINE_REQUEST] = 100, [DEADLINE_IDLE] = 200,   [DEADLINE_SEND] = 60000,   [DEADLINE_LINGER] = 2000,
        [DEADLINE_PING] = 25000,  [DEADLINE_PONG] = 10000, [DEADLINE_COMMENT] = 15000};
    struct deadlines deadlines;
    deadlines_init(&deadlines, 100, 200);
    for (size_t i = 0; i < sizeof(lengths_ms) / sizeof(lengths_ms[0]); i++) {
        assert_int_equal(deadlines.lengths_ms[i], lengths_ms[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_gives_its_bytes_in_order),
        cmocka_unit_test(room_that_was_used_up_is_used_again),
        cmocka_unit_test(more_than_any_memory_is_refused),
        cmocka_unit_test(what_is_written_at_the_end_counts_when_it_is_said),
        cmocka_unit_test(the_elements_of_a_list_are_trimmed),
        cmocka_unit_test(slices_are_compared_by_their_whole_text),
        cmocka_unit_test(nodes_are_appended_removed_and_moved),
        cmocka_unit_test(a_deadline_is_due_at_its_time_and_not_before),
        cmocka_unit_test(a_deadline_that_is_set_anew_or_cleared_is_forgotten),
        cmocka_unit_test(each_kind_has_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
