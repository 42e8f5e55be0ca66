/* test_index_best.c - the documents with the greatest sums: of random ones, against sorting all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "search/index/best.h"
#include <stdlib.h>
#include <string.h>

#define DOCUMENTS_MAX 3000

static int compare(const void *a, const void *b)
{
    const struct best_document *left = a;
    const struct best_document *right = b;

    if (left->sum != right->sum) {
        return left->sum > right->sum ? -1 : 1;
    }
    return left->age < right->age ? -1 : 1;
}

/* Adds what is wanted of documents that come by age, and compares with the first of all when they are sorted. */
static void check(unsigned seed, size_t count, uint64_t wanted, unsigned sum_max)
{
    static struct best_document all[DOCUMENTS_MAX];
    static struct best_document sorted[DOCUMENTS_MAX];
    struct arena arena = {0};
    struct best best;

    assert_true(best_init(&best, &arena, wanted, sum_max));
    for (uint32_t i = 0; i < count; i++) {
        all[i] = (struct best_document){.sum = 1 + (uint32_t)rand_r(&seed) % sum_max, .age = i, .part = i % 7};
        if (best_wants(&best, all[i].sum)) {
            best_add(&best, all[i]);
        }
    }
    qsort(all, count, sizeof(all[0]), compare);
    size_t expected = count < wanted ? count : (size_t)wanted;
    assert_int_equal(best_sort(&best, sorted), expected);
    if (expected > 0) {
        assert_memory_equal(sorted, all, expected * sizeof(all[0]));
    }
    arena_free(&arena);
}

static void the_greatest_sums_stay_and_of_equal_ones_the_newest(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 200; seed++) {
        check(seed, DOCUMENTS_MAX, 1 + seed % 50, 1 + seed * 3);
        check(seed, 1 + seed, 1 + seed % 50, 1 + seed % 5);
        check(seed, DOCUMENTS_MAX, 1000, seed);
    }
}

static void all_stay_where_fewer_come_than_are_wanted(void **state)
{
    (void)state;
    check(1, 10, 20, 100);
    check(1, 0, 20, 100);
}

static void nothing_is_wanted_where_none_is(void **state)
{
    (void)state;
    check(1, 100, 0, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_greatest_sums_stay_and_of_equal_ones_the_newest),
        cmocka_unit_test(all_stay_where_fewer_come_than_are_wanted),
        cmocka_unit_test(nothing_is_wanted_where_none_is),
    };
    return cmocka_run_group_tests_name("index_best", tests, NULL, NULL);
}
