/* test_deadline.c - how long until a deadline, and how long the pause after a failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/backoff.h"
#include "run/deadline.h"
#include <string.h>

#define NOW_US INT64_C(7000000)

static int64_t stand_still(void *context)
{
    (void)context;
    return NOW_US;
}

/* Every byte it draws is the context's. */
static void draw(void *context, void *out, size_t len)
{
    memset(out, *(const unsigned char *)context, len);
}

static meower_clock clock_that_draws(unsigned char *byte)
{
    return (meower_clock){.wall_us = stand_still, .monotonic_us = stand_still, .random = draw, .context = byte};
}

/* ---- deadlines -------------------------------------------------------------------------------------------------- */

static void a_deadline_is_so_many_milliseconds_from_now(void **state)
{
    unsigned char byte = 0;
    meower_clock clock = clock_that_draws(&byte);

    (void)state;
    assert_int_equal(deadline_after_ms(&clock, 0), NOW_US);
    assert_int_equal(deadline_after_ms(&clock, 1500), NOW_US + 1500000);
    assert_true(deadline_after_ms(&clock, -1) == DEADLINE_NEVER);
}

static void a_rest_is_rounded_up(void **state)
{
    (void)state;
    assert_int_equal(deadline_rest_ms(NOW_US + 1, NOW_US), 1);
    assert_int_equal(deadline_rest_ms(NOW_US + 1000, NOW_US), 1);
    assert_int_equal(deadline_rest_ms(NOW_US + 1001, NOW_US), 2);
}

static void no_rest_is_left_at_a_deadline_and_after_it(void **state)
{
    (void)state;
    assert_int_equal(deadline_rest_ms(NOW_US, NOW_US), 0);
    assert_int_equal(deadline_rest_ms(NOW_US - 1, NOW_US), 0);
    assert_int_equal(deadline_rest_ms(0, NOW_US), 0);
}

static void a_rest_is_for_ever_or_fits_an_int(void **state)
{
    (void)state;
    assert_int_equal(deadline_rest_ms(DEADLINE_NEVER, NOW_US), -1);
    assert_int_equal(deadline_rest_ms(DEADLINE_NEVER - 1, NOW_US), INT32_MAX);
    assert_int_equal(deadline_rest_ms(NOW_US + INT64_C(7200000000), NOW_US), 7200000); /* two hours */
}

/* ---- pauses ----------------------------------------------------------------------------------------------------- */

static void a_pause_doubles_from_50_ms_to_2_s_and_half_of_it_is_chance(void **state)
{
    static const int64_t longest_us[] = {50000, 100000, 200000, 400000, 800000, 1600000, 2000000, 2000000};
    unsigned char byte = 0;
    meower_clock clock = clock_that_draws(&byte);

    (void)state;
    for (unsigned failures = 1; failures <= 8; failures++) {
        int64_t longest = longest_us[failures - 1];
        byte = 0;
        assert_int_equal(backoff_pause_us(&clock, failures), longest / 2);
        for (byte = 1; byte < UINT8_MAX; byte++) {
            assert_in_range(backoff_pause_us(&clock, failures), longest / 2, longest - 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadline_is_so_many_milliseconds_from_now),
        cmocka_unit_test(a_rest_is_rounded_up),
        cmocka_unit_test(no_rest_is_left_at_a_deadline_and_after_it),
        cmocka_unit_test(a_rest_is_for_ever_or_fits_an_int),
        cmocka_unit_test(a_pause_doubles_from_50_ms_to_2_s_and_half_of_it_is_chance),
    };
    return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
