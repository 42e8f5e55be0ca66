/* test_sized.c - structs of earlier and later releases than the library's own. */
#include "base/sized.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

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

static const struct sized_type type = {
    .name = "message",
    .initialiser = "MESSAGE_INIT",
    .size = sizeof(struct own),
    .first_size = offsetof(struct first, take) + sizeof(int),
};

static const struct own defaults = {sizeof(struct own), 100, 7, "newest"};

static void one_of_the_same_release_is_read_whole(void **state)
{
    const struct own given = {sizeof(given), 5, 8, "oldest"};
    struct own own = defaults;

    (void)state;
    assert_int_equal(sized_check(&type, &given, NULL), MEOWER_OK);
    sized_read(&type, &own, &given, sizeof(given));
    assert_memory_equal(&own, &given, sizeof(own));
}

static void what_came_since_an_earlier_release_keeps_its_default(void **state)
{
    const struct first given = {type.first_size, 5};
    struct own own = defaults;

    (void)state;
    assert_int_equal(sized_check(&type, &given, NULL), MEOWER_OK);
    sized_read(&type, &own, &given, given.struct_size);
    assert_int_equal(own.struct_size, sizeof(own));
    assert_int_equal(own.take, 5);
    assert_int_equal(own.unit, 7);
    assert_string_equal(own.order, "newest");
}

static void what_a_later_release_added_may_be_zero(void **state)
{
    const struct later given = {sizeof(given), 5, 8, "oldest", NULL};
    struct {
        struct own own;
        uint64_t after;
    } place = {defaults, 77};

    (void)state;
    assert_int_equal(sized_check(&type, &given, NULL), MEOWER_OK);
    sized_read(&type, &place.own, &given, sizeof(given));
    assert_int_equal(place.own.struct_size, sizeof(place.own));
    assert_int_equal(place.own.take, 5);
    assert_string_equal(place.own.order, "oldest");
    assert_int_equal(place.after, 77);
}

static void what_a_later_release_added_is_refused_when_it_is_set(void **state)
{
    const struct later given = {sizeof(given), 5, 8, "oldest", "cats"};
    meower_error error;

    (void)state;
    assert_int_equal(sized_check(&type, &given, &error), MEOWER_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "a message "));
}

static void a_set_byte_is_found_in_each_element_and_at_each_place(void **state)
{
    struct later given[3];

    (void)state;
    memset(given, 0, sizeof(given));
    given[0].struct_size = sizeof(given[0]);
    assert_int_equal(sized_check_array(&type, given, 3, NULL), MEOWER_OK);
    for (size_t i = 0; i < 3; i++) {
        for (size_t at = sizeof(struct own); at < sizeof(struct later); at++) {
            unsigned char *byte = (unsigned char *)&given[i] + at;
            *byte = 1;
            assert_int_equal(sized_check_array(&type, given, 3, NULL), MEOWER_ERROR_UNSUPPORTED);
            assert_int_equal(sized_check_array(&type, given, i, NULL), MEOWER_OK);
            *byte = 0;
        }
    }
}

static void one_that_is_shorter_than_the_first_was_not_initialised(void **state)
{
    const struct first given = {type.first_size - 1, 5};
    meower_error error;

    (void)state;
    assert_int_equal(sized_check(&type, &given, &error), MEOWER_ERROR_INVALID);
    assert_non_null(strstr(error.message, "MESSAGE_INIT"));
}

static void what_is_written_fits_and_keeps_its_size(void **state)
{
    struct {
        struct first given;
        uint64_t after;
    } earlier = {{type.first_size, 5}, UINT64_C(0x7777777777777777)};
    struct later later = {sizeof(later), 5, 8, "oldest", NULL};

    (void)state;
    sized_write(&type, &earlier.given, earlier.given.struct_size, &defaults);
    assert_int_equal(earlier.given.struct_size, type.first_size);
    assert_int_equal(earlier.given.take, 100);
    assert_true(earlier.after == UINT64_C(0x7777777777777777));
    sized_write(&type, &later, sizeof(later), &defaults);
    assert_int_equal(later.struct_size, sizeof(later));
    assert_string_equal(later.order, "newest");
    assert_null(later.filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_of_the_same_release_is_read_whole),
        cmocka_unit_test(what_came_since_an_earlier_release_keeps_its_default),
        cmocka_unit_test(what_a_later_release_added_may_be_zero),
        cmocka_unit_test(what_a_later_release_added_is_refused_when_it_is_set),
        cmocka_unit_test(a_set_byte_is_found_in_each_element_and_at_each_place),
        cmocka_unit_test(one_that_is_shorter_than_the_first_was_not_initialised),
        cmocka_unit_test(what_is_written_fits_and_keeps_its_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
