/* test_id_map.c - positions by id. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id_map.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDS 2000

static bool is_memory_short;

void *calloc(size_t count, size_t size)
{
    void *block = is_memory_short || (size != 0 && count > SIZE_MAX / size) ? NULL : malloc(count * size);
    return block == NULL ? NULL : memset(block, 0, count * size);
}

static const char *id_of(unsigned number)
{
    static char id[MEOWER_ID_SIZE];
    snprintf(id, sizeof(id), "2ST%024u", number);
    return id;
}

static void an_empty_map_has_nothing(void **state)
{
    struct id_map map = {.entries = NULL};
    (void)state;
    assert_null(id_map_find(&map, id_of(1)));
    assert_false(id_map_remove(&map, id_of(1)));
    id_map_free(&map);
}

static void what_is_put_again_has_the_later_position(void **state)
{
    struct id_map map = {.entries = NULL};
    (void)state;
    assert_true(id_map_put(&map, id_of(1), 7));
    assert_true(id_map_put(&map, id_of(1), 8));
    assert_int_equal(map.count, 1);
    assert_int_equal(id_map_find(&map, id_of(1))->position, 8);
    id_map_free(&map);
}

/* Against the simplest model there is: an array. */
static void it_agrees_with_an_array_after_any_changes(void **state)
{
    static uint64_t positions[IDS];
    struct id_map map = {.entries = NULL};
    size_t count = 0;
    (void)state;
    srand(1);
    for (unsigned step = 1; step <= 40000; step++) {
        unsigned number = (unsigned)rand() % IDS;
        if (rand() % 2 == 0) {
            count += positions[number] == 0 ? 1 : 0;
            positions[number] = step;
            assert_true(id_map_put(&map, id_of(number), step));
        } else {
            assert_int_equal(id_map_remove(&map, id_of(number)), positions[number] != 0);
            count -= positions[number] != 0 ? 1 : 0;
            positions[number] = 0;
        }
        assert_int_equal(map.count, count);
    }
    for (unsigned number = 0; number < IDS; number++) {
        const struct id_entry *entry = id_map_find(&map, id_of(number));
        assert_int_equal(entry == NULL ? 0 : entry->position, positions[number]);
    }
    id_map_free(&map);
}

static void what_finds_no_memory_is_not_put(void **state)
{
    (void)state;
    struct id_map map = {0};
    char id[MEOWER_ID_SIZE];
    is_memory_short = true;
    assert_false(id_map_put(&map, "0ujtsYcgvSTl8PAuAdqWYSMnLOv", 1));
    is_memory_short = false;
    assert_int_equal(map.count, 0);
    for (uint64_t i = 0; i < 48; i++) {
        snprintf(id, sizeof(id), "2ST%024u", (unsigned)i);
        assert_true(id_map_put(&map, id, i));
    }
    is_memory_short = true;
    assert_false(id_map_put(&map, "0ujtsYcgvSTl8PAuAdqWYSMnLOv", 1));
    is_memory_short = false;
    assert_int_equal(map.count, 48);
    assert_null(id_map_find(&map, "0ujtsYcgvSTl8PAuAdqWYSMnLOv"));
    assert_int_equal(id_map_find(&map, id)->position, 47);
    id_map_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_finds_no_memory_is_not_put),
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(what_is_put_again_has_the_later_position),
        cmocka_unit_test(it_agrees_with_an_array_after_any_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
