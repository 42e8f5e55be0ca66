/* test_deadline.c - what is due, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/deadline.h"

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
        cmocka_unit_test(a_deadline_is_due_at_its_time_and_not_before),
        cmocka_unit_test(a_deadline_that_is_set_anew_or_cleared_is_forgotten),
        cmocka_unit_test(each_kind_has_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
