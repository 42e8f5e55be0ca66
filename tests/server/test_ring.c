/* test_ring.c - the ring of encoded events: what is kept, where it wraps, what a client gets and where it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/live/ring.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 64 /* bytes of a small ring */

/* Adds a frame of `len` times this character, for a meow of its own name. */
static void add(struct ring *ring, uint64_t position, char character, size_t len)
{
    char bytes[SIZE], id[2] = {character, '\0'};
    memset(bytes, character, len);
    ring_add(ring, position, id, bytes, len);
}

/* Everything that a client gets who stands at frame `number`, as text. */
static void read_all(const struct ring *ring, uint64_t number, char *out)
{
    struct ring_run run;
    size_t len = 0;
    while (ring_next_run(ring, number, &run)) {
        assert_true(run.len > 0);
        assert_true(run.next > number);
        assert_true(run.bytes >= ring->bytes && run.bytes + run.len <= ring->bytes + ring->size);
        memcpy(out + len, run.bytes, run.len);
        len += run.len;
        number = run.next;
    }
    assert_null(run.bytes);
    assert_int_equal(run.len, 0);
    assert_int_equal(run.next, ring->next);
    out[len] = '\0';
}

static void assert_reads(const struct ring *ring, uint64_t number, const char *expected)
{
    char text[4 * SIZE];
    read_all(ring, number, text);
    assert_string_equal(text, expected);
}

static void begin(struct ring *ring)
{
    assert_true(ring_init(ring, SIZE));
}

/* ---- what is kept ----------------------------------------------------------------------------------------------- */

static void frames_come_out_as_they_went_in(void **state)
{
    (void)state;
    struct ring ring;
    begin(&ring);
    assert_reads(&ring, 0, "");
    add(&ring, 10, 'a', 3);
    add(&ring, 11, 'b', 2);
    add(&ring, 12, 'c', 1);
    assert_reads(&ring, 0, "aaabbc");
    assert_reads(&ring, 1, "bbc");
    assert_reads(&ring, 2, "c");
    assert_reads(&ring, 3, "");
    ring_free(&ring);
}

static void frames_that_lie_together_are_one_run(void **state)
{
    (void)state;
    struct ring ring;
    struct ring_run run;
    begin(&ring);
    for (int i = 0; i < 4; i++) {
        add(&ring, 10 + (uint64_t)i, 'a', 16);
    }
    assert_true(ring_next_run(&ring, 0, &run));
    assert_int_equal(run.len, SIZE);
    assert_int_equal(run.next, 4);
    ring_free(&ring);
}

static void a_ring_holds_as_many_bytes_as_its_size(void **state)
{
    (void)state;
    struct ring ring;
    begin(&ring);
    for (int i = 0; i < 4; i++) {
        add(&ring, 10 + (uint64_t)i, (char)('a' + i), 16);
    }
    assert_int_equal(ring.first, 0);
    assert_reads(&ring, 0, "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd");
    add(&ring, 14, 'e', 1);
    assert_int_equal(ring.first, 1);
    assert_reads(&ring, 1, "bbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddde");
    ring_free(&ring);
}

static void a_frame_that_ends_with_the_lap_stays_in_it(void **state)
{
    (void)state;
    struct ring ring;
    begin(&ring);
    add(&ring, 1, 'a', 60);
    add(&ring, 2, 'b', 4);
    assert_int_equal(ring_behind(&ring, 0), SIZE);
    assert_int_equal(ring_behind(&ring, 1), 4);
    assert_int_equal(ring.first, 0);
    add(&ring, 3, 'c', 4);
    assert_int_equal(ring.first, 1);
    assert_int_equal(ring_behind(&ring, 1), 8);
    assert_reads(&ring, 1, "bbbbcccc");
    ring_free(&ring);
}

static void a_frame_that_does_not_fit_begins_the_next_lap(void **state)
{
    (void)state;
    struct ring ring;
    struct ring_run run;
    begin(&ring);
    add(&ring, 1, 'a', 32);
    add(&ring, 2, 'b', 29);
    add(&ring, 3, 'c', 4);
    assert_int_equal(ring.first, 1);
    assert_int_equal(ring_behind(&ring, 1), 29 + 3 + 4);
    assert_true(ring_next_run(&ring, 1, &run));
    assert_int_equal(run.len, 29);
    assert_int_equal(run.next, 2);
    assert_true(ring_next_run(&ring, 2, &run));
    assert_ptr_equal(run.bytes, ring.bytes);
    assert_int_equal(run.len, 4);
    ring_free(&ring);
}

static void a_run_ends_at_the_edge_of_the_ring_after_a_wrap(void **state)
{
    (void)state;
    struct ring ring;
    struct ring_run run;
    begin(&ring);
    for (int i = 0; i < 6; i++) {
        add(&ring, 10 + (uint64_t)i, (char)('a' + i), 16);
    }
    assert_int_equal(ring.first, 2);
    assert_true(ring_next_run(&ring, 2, &run));
    assert_int_equal(run.len, 32);
    assert_int_equal(run.next, 4);
    assert_true(ring_next_run(&ring, 4, &run));
    assert_ptr_equal(run.bytes, ring.bytes);
    assert_int_equal(run.len, 32);
    assert_int_equal(run.next, 6);
    ring_free(&ring);
}

static void the_number_of_frames_is_limited_too(void **state)
{
    (void)state;
    struct ring ring;
    uint64_t number;
    assert_true(ring_init(&ring, 1024 * 1024));
    for (uint64_t i = 0; i < RING_FRAMES; i++) {
        ring_add(&ring, 1 + i, "a", "x", 1);
    }
    assert_int_equal(ring.first, 0);
    assert_int_equal(ring_behind(&ring, 0), RING_FRAMES);
    ring_add(&ring, 1 + RING_FRAMES, "a", "y", 1);
    assert_int_equal(ring.first, 1);
    assert_int_equal(ring_behind(&ring, 1), RING_FRAMES);
    assert_false(ring_find(&ring, 1, &number));
    assert_true(ring_find(&ring, 2, &number));
    assert_int_equal(number, 1);
    assert_true(ring_find(&ring, 1 + RING_FRAMES, &number));
    assert_int_equal(number, RING_FRAMES);
    ring_free(&ring);
}

static void clearing_forgets_the_frames_and_goes_on_counting(void **state)
{
    (void)state;
    struct ring ring;
    uint64_t number;
    begin(&ring);
    add(&ring, 1, 'a', 3);
    add(&ring, 2, 'b', 3);
    ring_blank(&ring, "a");
    ring_clear(&ring);
    assert_int_equal(ring.first, 2);
    assert_int_equal(ring.next, 2);
    assert_int_equal(ring.blank_count, 0);
    assert_false(ring_find(&ring, 2, &number));
    assert_reads(&ring, 2, "");
    add(&ring, 3, 'c', 3);
    assert_reads(&ring, 2, "ccc");
    ring_free(&ring);
}

/* ---- blanks ----------------------------------------------------------------------------------------------------- */

static void a_blank_frame_is_overwritten_and_left_out(void **state)
{
    (void)state;
    struct ring ring;
    struct ring_run run;
    begin(&ring);
    add(&ring, 1, 'a', 3);
    add(&ring, 2, 'b', 3);
    add(&ring, 3, 'c', 3);
    ring_blank(&ring, "b");
    assert_reads(&ring, 0, "aaaccc");
    assert_reads(&ring, 1, "ccc");
    assert_true(ring_next_run(&ring, 0, &run));
    assert_int_equal(run.len, 3);
    assert_int_equal(run.next, 1);
    assert_memory_equal(ring.bytes, "aaa\0\0\0ccc", 9);
    ring_free(&ring);
}

static void all_frames_of_a_meow_are_blanked_and_no_other(void **state)
{
    (void)state;
    struct ring ring;
    begin(&ring);
    add(&ring, 1, 'a', 3);
    add(&ring, 2, 'b', 3);
    add(&ring, 3, 'a', 3);
    add(&ring, 4, 'c', 3);
    ring_blank(&ring, "a");
    assert_int_equal(ring.blank_count, 2);
    ring_blank(&ring, "a");
    ring_blank(&ring, "nobody");
    assert_int_equal(ring.blank_count, 2);
    assert_reads(&ring, 0, "bbbccc");
    ring_free(&ring);
}

/* As long as they are, to their last character. */
static void ids_of_meows_are_told_apart(void **state)
{
    (void)state;
    struct ring ring;
    begin(&ring);
    ring_add(&ring, 1, "0ujtsYcgvSTl8PAuAdqWYSMnLOv", "one ", 4);
    ring_add(&ring, 2, "0ujtsYcgvSTl8PAuAdqWYSMnLOw", "two ", 4);
    ring_blank(&ring, "0ujtsYcgvSTl8PAuAdqWYSMnLOv");
    assert_int_equal(ring.blank_count, 1);
    assert_reads(&ring, 0, "two ");
    ring_blank(&ring, "0ujtsYcgvSTl8PAuAdqWYSMnLOw");
    assert_reads(&ring, 0, "");
    ring_free(&ring);
}

static void a_ring_of_blanks_alone_has_nothing(void **state)
{
    (void)state;
    struct ring ring;
    struct ring_run run;
    begin(&ring);
    add(&ring, 1, 'a', 3);
    ring_blank(&ring, "a");
    assert_false(ring_next_run(&ring, 0, &run));
    assert_int_equal(run.next, 1);
    ring_free(&ring);
}

static void a_forgotten_blank_is_counted_no_more(void **state)
{
    (void)state;
    struct ring ring;
    struct ring_run run;
    begin(&ring);
    add(&ring, 1, 'a', 16);
    ring_blank(&ring, "a");
    for (int i = 0; i < 4; i++) {
        add(&ring, 2 + (uint64_t)i, 'b', 16);
    }
    assert_int_equal(ring.first, 1);
    assert_int_equal(ring.blank_count, 0);
    assert_true(ring_next_run(&ring, 1, &run));
    assert_int_equal(run.len, 48);
    ring_free(&ring);
}

static void what_took_the_place_of_a_forgotten_frame_is_not_blanked(void **state)
{
    (void)state;
    struct ring ring;
    begin(&ring);
    add(&ring, 1, 'a', 32);
    add(&ring, 2, 'b', 32);
    add(&ring, 3, 'c', 32);
    assert_int_equal(ring.first, 1);
    ring_blank(&ring, "a");
    assert_int_equal(ring.blank_count, 0);
    assert_reads(&ring, 1, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbcccccccccccccccccccccccccccccccc");
    ring_blank(&ring, "b");
    assert_reads(&ring, 1, "cccccccccccccccccccccccccccccccc");
    ring_free(&ring);
}

static void the_oldest_and_the_newest_frame_can_be_blanked(void **state)
{
    (void)state;
    struct ring ring;
    begin(&ring);
    add(&ring, 1, 'a', 3);
    add(&ring, 2, 'b', 3);
    add(&ring, 3, 'c', 3);
    ring_blank(&ring, "a");
    ring_blank(&ring, "c");
    assert_reads(&ring, 0, "bbb");
    ring_free(&ring);
}

static void a_run_ends_before_a_blank_and_at_the_edge(void **state)
{
    (void)state;
    struct ring ring;
    struct ring_run run;
    begin(&ring);
    for (int i = 0; i < 6; i++) {
        add(&ring, 10 + (uint64_t)i, (char)('a' + i), 16);
    }
    ring_blank(&ring, "f");
    assert_true(ring_next_run(&ring, 2, &run));
    assert_int_equal(run.len, 32);
    assert_int_equal(run.next, 4);
    assert_true(ring_next_run(&ring, 4, &run));
    assert_int_equal(run.len, 16);
    assert_int_equal(run.next, 5);
    assert_false(ring_next_run(&ring, 5, &run));
    ring_free(&ring);
}

/* ---- where a client stands -------------------------------------------------------------------------------------- */

static void bytes_behind_are_counted_to_the_newest_end(void **state)
{
    (void)state;
    struct ring ring;
    begin(&ring);
    assert_int_equal(ring_behind(&ring, 0), 0);
    add(&ring, 1, 'a', 3);
    add(&ring, 2, 'b', 4);
    assert_int_equal(ring_behind(&ring, 0), 7);
    assert_int_equal(ring_behind(&ring, 1), 4);
    assert_int_equal(ring_behind(&ring, 2), 0);
    ring_free(&ring);
}

static void a_cut_names_its_frame_and_what_is_left_of_it(void **state)
{
    (void)state;
    struct ring ring;
    begin(&ring);
    add(&ring, 1, 'a', 3);
    add(&ring, 2, 'b', 2);
    add(&ring, 3, 'c', 1);
    static const struct {
        size_t len, left;
        uint64_t whole;
    } cuts[] = {{0, 0, 0}, {1, 2, 0}, {2, 1, 0}, {3, 0, 1}, {4, 1, 1}, {5, 0, 2}, {6, 0, 3}};
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        uint64_t whole = 99;
        assert_int_equal(ring_cut(&ring, 0, cuts[i].len, &whole), cuts[i].left);
        assert_int_equal(whole, cuts[i].whole);
    }
    ring_free(&ring);
}

static void a_cut_begins_after_the_blanks(void **state)
{
    (void)state;
    struct ring ring;
    uint64_t whole = 99;
    begin(&ring);
    add(&ring, 1, 'a', 3);
    add(&ring, 2, 'b', 2);
    add(&ring, 3, 'c', 4);
    ring_blank(&ring, "a");
    ring_blank(&ring, "b");
    assert_int_equal(ring_cut(&ring, 0, 3, &whole), 1);
    assert_int_equal(whole, 2);
    assert_int_equal(ring_cut(&ring, 0, 4, &whole), 0);
    assert_int_equal(whole, 3);
    ring_free(&ring);
}

static void a_position_is_found_or_the_next_after_it(void **state)
{
    (void)state;
    struct ring ring;
    uint64_t number = 99;
    begin(&ring);
    assert_false(ring_find(&ring, 0, &number));
    add(&ring, 10, 'a', 2);
    assert_true(ring_find(&ring, 10, &number));
    assert_int_equal(number, 0);
    add(&ring, 12, 'b', 2);
    add(&ring, 15, 'c', 2);
    add(&ring, 16, 'd', 2);
    static const struct {
        uint64_t position, number;
    } found[] = {{10, 0}, {11, 1}, {12, 1}, {13, 2}, {14, 2}, {15, 2}, {16, 3}};
    for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
        assert_true(ring_find(&ring, found[i].position, &number));
        assert_int_equal(number, found[i].number);
    }
    number = 99;
    assert_false(ring_find(&ring, 9, &number));
    assert_false(ring_find(&ring, 17, &number));
    assert_int_equal(number, 99);
    ring_free(&ring);
}

/* ---- all of it against a simpler one ---------------------------------------------------------------------------- */

struct model_frame {
    char character;
    size_t len;
    uint64_t start; /* counted as the ring counts: what a lap had left over is in it */
    bool is_blank;
};

/* Adds and blanks frames in a pseudo-random order, through some hundred laps, and compares all that is kept. */
static void a_ring_agrees_with_a_plain_list(void **state)
{
    (void)state;
    static struct model_frame model[3000];
    struct ring ring;
    uint32_t chance = 12345;
    uint64_t end = 0, first = 0;
    begin(&ring);
    for (uint64_t i = 0; i < 3000; i++) {
        chance = chance * 1664525U + 1013904223U;
        size_t len = 1 + (chance >> 16) % 15;
        char character = (char)('a' + (chance >> 8) % 8);
        if (SIZE - end % SIZE < len) {
            end += SIZE - end % SIZE;
        }
        model[i] = (struct model_frame){character, len, end, false};
        end += len;
        while (end - model[first].start > SIZE) {
            first++;
        }
        add(&ring, i, character, len);
        if ((chance >> 24) % 4 == 0) {
            const char id[2] = {(char)('a' + (chance >> 20) % 8), '\0'};
            ring_blank(&ring, id);
            for (uint64_t k = first; k <= i; k++) {
                model[k].is_blank |= model[k].character == id[0];
            }
        }
        char expected[4 * SIZE] = "";
        size_t used = 0;
        for (uint64_t k = first; k <= i; k++) {
            if (!model[k].is_blank) {
                memset(expected + used, model[k].character, model[k].len);
                used += model[k].len;
            }
        }
        assert_int_equal(ring.first, first);
        assert_int_equal(ring_behind(&ring, first), end - model[first].start);
        assert_reads(&ring, first, expected);
    }
    ring_free(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_out_as_they_went_in),
        cmocka_unit_test(frames_that_lie_together_are_one_run),
        cmocka_unit_test(a_ring_holds_as_many_bytes_as_its_size),
        cmocka_unit_test(a_frame_that_ends_with_the_lap_stays_in_it),
        cmocka_unit_test(a_frame_that_does_not_fit_begins_the_next_lap),
        cmocka_unit_test(a_run_ends_at_the_edge_of_the_ring_after_a_wrap),
        cmocka_unit_test(the_number_of_frames_is_limited_too),
        cmocka_unit_test(clearing_forgets_the_frames_and_goes_on_counting),
        cmocka_unit_test(a_blank_frame_is_overwritten_and_left_out),
        cmocka_unit_test(all_frames_of_a_meow_are_blanked_and_no_other),
        cmocka_unit_test(ids_of_meows_are_told_apart),
        cmocka_unit_test(a_ring_of_blanks_alone_has_nothing),
        cmocka_unit_test(a_forgotten_blank_is_counted_no_more),
        cmocka_unit_test(what_took_the_place_of_a_forgotten_frame_is_not_blanked),
        cmocka_unit_test(the_oldest_and_the_newest_frame_can_be_blanked),
        cmocka_unit_test(a_run_ends_before_a_blank_and_at_the_edge),
        cmocka_unit_test(bytes_behind_are_counted_to_the_newest_end),
        cmocka_unit_test(a_cut_names_its_frame_and_what_is_left_of_it),
        cmocka_unit_test(a_cut_begins_after_the_blanks),
        cmocka_unit_test(a_position_is_found_or_the_next_after_it),
        cmocka_unit_test(a_ring_agrees_with_a_plain_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
