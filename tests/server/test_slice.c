/* test_slice.c - pieces of text: compared, and cut out of lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/net/slice.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_elements_of_a_list_are_trimmed),
        cmocka_unit_test(slices_are_compared_by_their_whole_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
