/* test_sized.c - structs of earlier and later releases than the library's own. */
#include "base/sized.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct first {
    size_t struct_size;
    int take;
};

struct own {
    size_t struct_size;
    int take;
    int unit;
    const char *order;
};

struct later {
    size_t struct_size;
    int take;
    int unit;
    const char *order;
    const char *filter;
};

#define FIRST_SIZE (offsetof(struct first, take) + sizeof(int))

static const struct own defaults = {sizeof(struct own), 100, 7, "newest"};

static void one_of_the_same_release_is_copied_whole(void **state)
{
    const struct own given = {sizeof(given), 5, 8, "oldest"};
    struct own own = defaults;

    (void)state;
    assert_true(sized_copy(&own, sizeof(own), FIRST_SIZE, &given));
    assert_memory_equal(&own, &given, sizeof(own));
}

static void what_came_since_an_earlier_release_keeps_its_default(void **state)
{
    const struct first given = {FIRST_SIZE, 5};
    struct own own = defaults;

    (void)state;
    assert_true(sized_copy(&own, sizeof(own), FIRST_SIZE, &given));
    assert_int_equal(own.take, 5);
    assert_int_equal(own.unit, 7);
    assert_string_equal(own.order, "newest");
}

static void what_a_later_release_added_is_left_out(void **state)
{
    const struct later given = {sizeof(given), 5, 8, "oldest", "cats"};
    struct {
        struct own own;
        uint64_t after;
    } place = {defaults, 77};

    (void)state;
    assert_true(sized_copy(&place.own, sizeof(place.own), FIRST_SIZE, &given));
    assert_int_equal(place.own.take, 5);
    assert_string_equal(place.own.order, "oldest");
    assert_int_equal(place.after, 77);
}

static void one_that_is_shorter_than_the_first_was_not_initialised(void **state)
{
    const struct first given = {FIRST_SIZE - 1, 5};
    struct own own = defaults;

    (void)state;
    assert_false(sized_copy(&own, sizeof(own), FIRST_SIZE, &given));
    assert_memory_equal(&own, &defaults, sizeof(own));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_the_same_release_is_copied_whole),
        cmocka_unit_test(what_came_since_an_earlier_release_keeps_its_default),
        cmocka_unit_test(what_a_later_release_added_is_left_out),
        cmocka_unit_test(one_that_is_shorter_than_the_first_was_not_initialised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
