/* test_buffer.c - bytes that grow at the end and are used up from the front. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/net/buffer.h"
#include <string.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_gives_its_bytes_in_order),
        cmocka_unit_test(room_that_was_used_up_is_used_again),
        cmocka_unit_test(more_than_any_memory_is_refused),
        cmocka_unit_test(what_is_written_at_the_end_counts_when_it_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
