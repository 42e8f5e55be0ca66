/* test_ksuid.c - ids as text, and the source of strictly increasing ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ksuid.h"
#include <stdlib.h>
#include <string.h>

#define US_PER_S    INT64_C(1000000)
#define NOW_S       INT64_C(1795477798) /* 2026-11-23T23:49:58Z */
#define NOW_US      (NOW_S * US_PER_S)
#define LARGEST     "aWgEPTl1tmebfsQzFP4bxwgy80V"
#define MANY_IDS    100000
#define DAY_S       86400
#define SECONDS_LEN 4 /* bytes of an id before its payload */
#define STAMP_LEN   8 /* and before its random bytes: whole seconds and their fraction */

/* A clock that stands where it is put, and random bytes from xorshift64 (Marsaglia, "Xorshift RNGs", 2003) or of one
 * value. */
struct fake {
    meower_clock clock;
    int64_t wall_us;
    int64_t monotonic_us;
    uint64_t seed;
    int fill; /* every random byte, or -1 */
};

static int64_t fake_wall_us(void *context)
{
    return ((struct fake *)context)->wall_us;
}

static int64_t fake_monotonic_us(void *context)
{
    return ((struct fake *)context)->monotonic_us;
}

static void fake_random(void *context, void *out, size_t len)
{
    struct fake *fake = context;
    for (size_t i = 0; i < len; i++) {
        fake->seed ^= fake->seed << 13;
        fake->seed ^= fake->seed >> 7;
        fake->seed ^= fake->seed << 17;
        ((unsigned char *)out)[i] = (unsigned char)(fake->fill >= 0 ? (unsigned)fake->fill : fake->seed >> 32);
    }
}

static void fake_init(struct fake *fake, uint64_t seed)
{
    *fake = (struct fake){{fake_wall_us, fake_monotonic_us, fake_random, fake}, NOW_US, 0, seed, -1};
}

static void assert_parses(const char *text, unsigned char bytes[KSUID_BYTES])
{
    assert_true(ksuid_parse(text, strlen(text), bytes));
}

static int64_t seconds_of(const char *text)
{
    unsigned char bytes[KSUID_BYTES];
    assert_parses(text, bytes);
    uint32_t seconds = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return (int64_t)seconds + KSUID_EPOCH_S;
}

/* An id of a wall clock second with all bytes of the payload at `fill`. */
static void make_id(int64_t wall_s, int fill, char text[MEOWER_ID_SIZE])
{
    unsigned char bytes[KSUID_BYTES];
    uint32_t seconds = (uint32_t)(wall_s - KSUID_EPOCH_S);
    for (int i = 0; i < SECONDS_LEN; i++) {
        bytes[i] = (unsigned char)(seconds >> (24 - 8 * i));
    }
    memset(bytes + SECONDS_LEN, fill, KSUID_BYTES - SECONDS_LEN);
    ksuid_format(bytes, text);
}

/* The time of an id in microseconds. */
static int64_t us_of(const char *text)
{
    unsigned char bytes[KSUID_BYTES];
    uint64_t fraction = 0;
    assert_parses(text, bytes);
    for (int i = SECONDS_LEN; i < STAMP_LEN; i++) {
        fraction = fraction << 8 | bytes[i];
    }
    return seconds_of(text) * US_PER_S + (int64_t)((fraction * US_PER_S + UINT32_MAX) >> 32);
}

/* Whether b is a + 1. */
static void assert_successor(const char *a, const char *b)
{
    unsigned char bytes[KSUID_BYTES];
    char next[MEOWER_ID_SIZE];
    assert_parses(a, bytes);
    for (int i = KSUID_BYTES - 1; i >= 0 && ++bytes[i] == 0; i--) {
        continue;
    }
    ksuid_format(bytes, next);
    assert_string_equal(b, next);
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

static void known_ids_have_their_known_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned char bytes[KSUID_BYTES];
    } known[] = {
        {"000000000000000000000000000", {0}},
        {"000000000000000000000000001", {[19] = 1}},
        {"0ujtsYcgvSTl8PAuAdqWYSMnLOv", {0x06, 0x69, 0xF7, 0xEF, 0xB5, 0xA1, 0xCD, 0x34, 0xB5, 0xF9,
                                         0x9D, 0x11, 0x54, 0xFB, 0x68, 0x53, 0x34, 0x5C, 0x97, 0x35}},
        {"0uk1Hbc9dQ9pxyTqJ93IUrfhdGq", {0x06, 0x6A, 0x06, 0x34, 0x98, 0x50, 0xEE, 0xEC, 0x19, 0x1B,
                                         0xF4, 0xFF, 0x26, 0xF9, 0x93, 0x15, 0xCE, 0x43, 0xB0, 0xC8}},
        {"0pN1Own7255s7jwpwy495bAZeEa", {0x05, 0xCE, 0x99, 0x37, 0xF9, 0x13, 0xF6, 0xB0, 0xF6, 0xD2,
                                         0xA9, 0xEB, 0xEE, 0x95, 0x83, 0xFF, 0xA9, 0xA2, 0xCC, 0xD0}},
        {LARGEST, {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                   0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        unsigned char bytes[KSUID_BYTES];
        char text[MEOWER_ID_SIZE];
        assert_parses(known[i].text, bytes);
        assert_memory_equal(bytes, known[i].bytes, KSUID_BYTES);
        ksuid_format(known[i].bytes, text);
        assert_string_equal(text, known[i].text);
    }
}

static void what_is_above_the_largest_id_is_refused(void **state)
{
    (void)state;
    static const char *const above[] = {"aWgEPTl1tmebfsQzFP4bxwgy80W", "aWgEPTl1tmebfsQzFP4bxwgy810",
                                        "b00000000000000000000000000", "zzzzzzzzzzzzzzzzzzzzzzzzzzz"};
    for (size_t i = 0; i < sizeof(above) / sizeof(above[0]); i++) {
        unsigned char bytes[KSUID_BYTES];
        assert_false(ksuid_parse(above[i], strlen(above[i]), bytes));
        assert_false(ksuid_check(above[i], strlen(above[i])));
    }
    assert_true(ksuid_check(LARGEST, MEOWER_ID_LEN));
}

static void every_byte_outside_base62_is_refused_at_every_place(void **state)
{
    (void)state;
    static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    unsigned char bytes[KSUID_BYTES];
    assert_false(ksuid_parse("0ujsswThIGTUYm2K8FjOOfXtY1!", 27, bytes));
    for (size_t place = 0; place < MEOWER_ID_LEN; place++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[] = "000000000000000000000000000";
            text[place] = (char)byte;
            bool is_digit = byte != 0 && strchr(base62, byte) != NULL;
            bool is_above = place == 0 && byte > 'a';
            assert_int_equal(ksuid_parse(text, MEOWER_ID_LEN, bytes), is_digit && !is_above);
            assert_int_equal(ksuid_check(text, MEOWER_ID_LEN), is_digit && !is_above);
        }
    }
}

static void twenty_bytes_are_written_and_no_more(void **state)
{
    (void)state;
    struct {
        unsigned char bytes[KSUID_BYTES];
        unsigned char after[KSUID_BYTES];
    } place;
    unsigned char before[KSUID_BYTES];
    memset(&place, 0x55, sizeof(place));
    memset(before, 0x55, sizeof(before));
    assert_true(ksuid_parse("aWgEPTl1tmebfsQzFP4bxwgy80V", MEOWER_ID_LEN, place.bytes));
    assert_int_equal(place.bytes[KSUID_BYTES - 1], 0xff);
    assert_memory_equal(place.after, before, sizeof(before));
}

static void any_other_length_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 40; len++) {
        char *exact = malloc(len + 1); /* a sanitizer sees a read after its end */
        assert_non_null(exact);
        memset(exact, '0', len + 1);
        unsigned char bytes[KSUID_BYTES];
        assert_int_equal(ksuid_parse(exact, len, bytes), len == MEOWER_ID_LEN);
        assert_int_equal(ksuid_check(exact, len), len == MEOWER_ID_LEN);
        free(exact);
    }
}

static void a_refused_text_leaves_the_bytes_as_they_were(void **state)
{
    (void)state;
    unsigned char bytes[KSUID_BYTES];
    unsigned char before[KSUID_BYTES];
    memset(before, 0x55, sizeof(before));
    memcpy(bytes, before, sizeof(bytes));
    assert_false(ksuid_parse("aWgEPTl1tmebfsQzFP4bxwgy80W", MEOWER_ID_LEN, bytes));
    assert_memory_equal(bytes, before, sizeof(bytes));
}

static void text_keeps_the_bytes_and_their_order(void **state)
{
    (void)state;
    struct fake fake;
    fake_init(&fake, 1);
    unsigned char last[KSUID_BYTES] = {0};
    char last_text[MEOWER_ID_SIZE] = "000000000000000000000000000";
    for (int i = 0; i < MANY_IDS; i++) {
        unsigned char bytes[KSUID_BYTES];
        unsigned char back[KSUID_BYTES];
        char text[MEOWER_ID_SIZE];
        fake_random(&fake, bytes, sizeof(bytes));
        ksuid_format(bytes, text);
        assert_parses(text, back);
        assert_memory_equal(bytes, back, sizeof(bytes));
        assert_int_equal(strcmp(text, last_text) > 0, memcmp(bytes, last, sizeof(bytes)) > 0);
        memcpy(last, bytes, sizeof(last));
        memcpy(last_text, text, sizeof(last_text));
    }
}

static void a_week_later_sorts_behind_whatever_a_locale_says(void **state)
{
    (void)state;
    const char *earlier = "2STcKMQ7MGgoDxpX9A5WuaJlx8V";
    const char *later = "2SmasRGkif9qETAHwssB4GGYwdi";
    assert_true(strcmp(earlier, later) < 0);
    assert_true(seconds_of(earlier) < seconds_of(later));
}

/* ---- the source ------------------------------------------------------------------------------------------------- */

static void an_id_carries_its_second(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    char text[MEOWER_ID_SIZE];
    fake_init(&fake, 1);
    ksuid_source_init(&source, &fake.clock, "");
    ksuid_source_next(&source, NOW_US + 999999, text);
    assert_int_equal(seconds_of(text), NOW_S);
}

/* Ids of several machines interleave by time. */
static void an_id_carries_the_fraction_of_its_second(void **state)
{
    (void)state;
    static const int64_t fractions_us[] = {0, 1, 499999, 500000, 999999};
    for (size_t i = 0; i < sizeof(fractions_us) / sizeof(fractions_us[0]); i++) {
        struct fake fake;
        struct ksuid_source source;
        char text[MEOWER_ID_SIZE];
        fake_init(&fake, 1);
        fake.wall_us = NOW_US - US_PER_S;
        ksuid_source_init(&source, &fake.clock, "");
        ksuid_source_next(&source, NOW_US + fractions_us[i], text);
        assert_int_equal(us_of(text), NOW_US + fractions_us[i]);
    }
}

static void a_new_microsecond_is_random(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    char text[MEOWER_ID_SIZE];
    unsigned char bytes[KSUID_BYTES];
    fake_init(&fake, 1);
    ksuid_source_init(&source, &fake.clock, "");
    ksuid_source_next(&source, NOW_US, text);
    fake.fill = 0xA7;
    ksuid_source_next(&source, NOW_US + 1, text);
    assert_int_equal(us_of(text), NOW_US + 1);
    assert_parses(text, bytes);
    for (size_t i = STAMP_LEN; i < KSUID_BYTES; i++) {
        assert_int_equal(bytes[i], 0xA7);
    }
}

static void within_a_microsecond_ids_count_up(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    char first[MEOWER_ID_SIZE];
    char second[MEOWER_ID_SIZE];
    fake_init(&fake, 1);
    ksuid_source_init(&source, &fake.clock, "");
    ksuid_source_next(&source, NOW_US, first);
    ksuid_source_next(&source, NOW_US, second);
    assert_successor(first, second);
}

/* The text is counted up beside the bytes: far enough for a carry over three digits. */
static void while_the_clock_stands_no_id_is_left_out(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    char text[MEOWER_ID_SIZE];
    char next[MEOWER_ID_SIZE];
    fake_init(&fake, 1);
    ksuid_source_init(&source, &fake.clock, "");
    ksuid_source_next(&source, NOW_US, text);
    for (int i = 0; i < 62 * 62 * 62; i++) {
        ksuid_source_next(&source, NOW_US, next);
        assert_successor(text, next);
        memcpy(text, next, sizeof(text));
    }
}

static void when_the_clock_goes_back_ids_count_up(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    char first[MEOWER_ID_SIZE];
    char second[MEOWER_ID_SIZE];
    fake_init(&fake, 1);
    ksuid_source_init(&source, &fake.clock, "");
    ksuid_source_next(&source, NOW_US, first);
    ksuid_source_next(&source, NOW_US - 3600 * US_PER_S, second);
    assert_successor(first, second);
}

/* So that it stays level with others whose clock is ahead, too. */
static void after_the_clock_went_back_ids_go_on_with_the_time(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    char text[MEOWER_ID_SIZE];
    fake_init(&fake, 1);
    ksuid_source_init(&source, &fake.clock, "");
    ksuid_source_next(&source, NOW_US, text);
    ksuid_source_next(&source, NOW_US - 3600 * US_PER_S, text);
    fake.monotonic_us += 8 * US_PER_S;
    ksuid_source_next(&source, NOW_US - 3592 * US_PER_S, text);
    assert_int_equal(us_of(text), NOW_US + 7 * US_PER_S);
    fake.monotonic_us += 9 * 3600 * US_PER_S;
    ksuid_source_next(&source, NOW_US + 8 * 3600 * US_PER_S, text);
    assert_int_equal(us_of(text), NOW_US + 8 * 3600 * US_PER_S);
}

static void a_clock_that_goes_to_and_fro_takes_ids_no_further_than_it_was(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    char text[MEOWER_ID_SIZE];
    fake_init(&fake, 1);
    ksuid_source_init(&source, &fake.clock, "");
    for (int i = 0; i < 20; i++) {
        fake.monotonic_us += US_PER_S;
        ksuid_source_next(&source, NOW_US + 60 * US_PER_S, text);
        ksuid_source_next(&source, NOW_US, text);
        ksuid_source_next(&source, INT64_MIN, text);
    }
    assert_in_range(us_of(text), NOW_US + 60 * US_PER_S, NOW_US + 80 * US_PER_S);
}

static void counting_carries_into_the_seconds(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    char text[MEOWER_ID_SIZE];
    char expected[MEOWER_ID_SIZE];
    char floor[MEOWER_ID_SIZE];
    fake_init(&fake, 1);
    fake.fill = 0;
    make_id(NOW_S, 0xFF, floor);
    ksuid_source_init(&source, &fake.clock, floor);
    ksuid_source_next(&source, NOW_US, text);
    make_id(NOW_S + 1, 0, expected);
    assert_string_equal(text, expected);
    ksuid_source_next(&source, NOW_US, text);
    assert_successor(expected, text);
}

/* A clock that is wrong by centuries leaves enough for ever. */
static void ids_do_not_come_to_an_end_with_the_time(void **state)
{
    (void)state;
    struct fake fake;
    char text[MEOWER_ID_SIZE] = "";
    char last[MEOWER_ID_SIZE] = "";
    fake_init(&fake, 1);
    for (int restart = 0; restart < 1000; restart++) {
        struct ksuid_source source;
        ksuid_source_init(&source, &fake.clock, last);
        for (int i = 0; i < 10; i++) {
            ksuid_source_next(&source, restart == 0 ? INT64_MAX : NOW_US, text);
            assert_true(strcmp(text, last) > 0);
            assert_true(ksuid_source_raise(&source, text, NOW_US, 1000));
            memcpy(last, text, sizeof(last));
        }
    }
    assert_true(seconds_of(text) < KSUID_EPOCH_S + (int64_t)UINT32_MAX);
}

static void there_is_nothing_above_the_last_id_of_all(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    fake_init(&fake, 1);
    ksuid_source_init(&source, &fake.clock, "");
    assert_false(ksuid_source_raise(&source, LARGEST, NOW_US, 0));
}

static void ids_increase_whatever_the_clock_does(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    char last[MEOWER_ID_SIZE] = "";
    fake_init(&fake, 7);
    ksuid_source_init(&source, &fake.clock, "");
    for (int i = 0; i < MANY_IDS; i++) {
        char text[MEOWER_ID_SIZE];
        int64_t jump_us = 0;
        fake_random(&fake, &jump_us, 3); /* up to 16.7 s forth or back */
        ksuid_source_next(&source, NOW_US + i * 1000 + (i % 2 == 0 ? jump_us : -jump_us), text);
        assert_true(strcmp(text, last) > 0);
        memcpy(last, text, sizeof(last));
    }
}

static void every_id_is_above_the_floor(void **state)
{
    (void)state;
    struct fake fake;
    for (int64_t ahead_s = -DAY_S; ahead_s <= DAY_S; ahead_s += DAY_S / 4) {
        struct ksuid_source source;
        char floor[MEOWER_ID_SIZE];
        char text[MEOWER_ID_SIZE];
        fake_init(&fake, 3);
        make_id(NOW_S + ahead_s, 0xFF, floor);
        ksuid_source_init(&source, &fake.clock, floor);
        ksuid_source_next(&source, NOW_US, text);
        assert_true(strcmp(text, floor) > 0);
    }
}

/* A clock was wrong once: what is posted later comes after it all the same. */
static void a_floor_years_ahead_is_not_forgotten(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    char floor[MEOWER_ID_SIZE];
    char text[MEOWER_ID_SIZE];
    fake_init(&fake, 1);
    make_id(NOW_S + 4000 * DAY_S, 0x11, floor);
    ksuid_source_init(&source, &fake.clock, floor);
    ksuid_source_next(&source, NOW_US, text);
    assert_true(strcmp(text, floor) > 0);
    assert_int_equal(seconds_of(text), NOW_S + 4000 * DAY_S);
}

static void a_floor_that_is_no_id_is_ignored(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    char text[MEOWER_ID_SIZE];
    fake_init(&fake, 1);
    ksuid_source_init(&source, &fake.clock, "not an id, but adopted as one");
    ksuid_source_next(&source, NOW_US, text);
    assert_int_equal(seconds_of(text), NOW_S);
}

/* ---- raised above another writer's ids -------------------------------------------------------------------------- */

static void a_source_that_is_raised_goes_on_above_that_id(void **state)
{
    (void)state;
    for (int64_t ahead_s = -DAY_S; ahead_s <= DAY_S; ahead_s += DAY_S / 4) {
        struct fake fake;
        struct ksuid_source source;
        char other[MEOWER_ID_SIZE];
        char before[MEOWER_ID_SIZE];
        char text[MEOWER_ID_SIZE];
        fake_init(&fake, 5);
        make_id(NOW_S + ahead_s, 0xFF, other);
        ksuid_source_init(&source, &fake.clock, "");
        ksuid_source_next(&source, NOW_US, before);
        assert_true(ksuid_source_raise(&source, other, NOW_US, 0));
        ksuid_source_next(&source, NOW_US, text);
        assert_true(strcmp(text, other) > 0);
        assert_true(strcmp(text, before) > 0);
    }
}

/* What one of them has stored must not be mistaken for what the other was about to store. */
static void two_sources_raised_to_one_id_draw_different_ones(void **state)
{
    (void)state;
    struct fake fakes[2];
    struct ksuid_source sources[2];
    char other[MEOWER_ID_SIZE];
    char texts[2][MEOWER_ID_SIZE];
    make_id(NOW_S + 3600, 0x11, other);
    for (int i = 0; i < 2; i++) {
        fake_init(&fakes[i], (uint64_t)i + 1);
        ksuid_source_init(&sources[i], &fakes[i].clock, i == 0 ? "" : other);
        assert_true(ksuid_source_raise(&sources[i], other, NOW_US, 0));
        ksuid_source_next(&sources[i], NOW_US, texts[i]);
    }
    assert_string_not_equal(texts[0], texts[1]);
}

/* Its own clock is an hour behind, but from then on it loses no more than an eighth of the time that passes. */
static void a_source_that_is_raised_keeps_pace(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    char other[MEOWER_ID_SIZE];
    char text[MEOWER_ID_SIZE];
    fake_init(&fake, 5);
    make_id(NOW_S + 3600, 0, other);
    ksuid_source_init(&source, &fake.clock, "");
    assert_true(ksuid_source_raise(&source, other, NOW_US, 0));
    fake.monotonic_us += 8 * US_PER_S;
    ksuid_source_next(&source, NOW_US + 8 * US_PER_S, text);
    assert_int_equal(us_of(text), NOW_US + 3607 * US_PER_S);
}

static void a_source_can_be_raised_with_a_lead(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    char other[MEOWER_ID_SIZE];
    char text[MEOWER_ID_SIZE];
    fake_init(&fake, 5);
    make_id(NOW_S + 3600, 0, other);
    ksuid_source_init(&source, &fake.clock, "");
    fake.fill = 0;
    assert_true(ksuid_source_raise(&source, other, NOW_US, 250000));
    ksuid_source_next(&source, NOW_US, text);
    assert_int_equal(us_of(text), NOW_US + 3600 * US_PER_S + 250000);
    fake.monotonic_us += 8 * US_PER_S;
    ksuid_source_next(&source, NOW_US + 8 * US_PER_S, text);
    assert_int_equal(us_of(text), NOW_US + 3607 * US_PER_S + 125000);
}

static void a_source_is_not_raised_to_what_is_no_id(void **state)
{
    (void)state;
    struct fake fake;
    struct ksuid_source source;
    char first[MEOWER_ID_SIZE];
    char second[MEOWER_ID_SIZE];
    fake_init(&fake, 5);
    ksuid_source_init(&source, &fake.clock, "");
    ksuid_source_next(&source, NOW_US, first);
    assert_false(ksuid_source_raise(&source, "", NOW_US, 0));
    assert_false(ksuid_source_raise(&source, "aWgEPTl1tmebfsQzFP4bxwgy80W", NOW_US, 0));
    ksuid_source_next(&source, NOW_US, second);
    assert_successor(first, second);
}

static void a_clock_before_the_first_second_gives_random_ids_all_the_same(void **state)
{
    (void)state;
    struct fake fakes[2];
    struct ksuid_source sources[2];
    char texts[2][MEOWER_ID_SIZE];
    for (int i = 0; i < 2; i++) {
        fake_init(&fakes[i], (uint64_t)i + 1);
        fakes[i].wall_us = INT64_MIN;
        ksuid_source_init(&sources[i], &fakes[i].clock, "");
        ksuid_source_next(&sources[i], INT64_MIN, texts[i]);
        assert_int_equal(seconds_of(texts[i]), KSUID_EPOCH_S);
    }
    assert_string_not_equal(texts[0], texts[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_ids_have_their_known_bytes),
        cmocka_unit_test(what_is_above_the_largest_id_is_refused),
        cmocka_unit_test(every_byte_outside_base62_is_refused_at_every_place),
        cmocka_unit_test(twenty_bytes_are_written_and_no_more),
        cmocka_unit_test(any_other_length_is_refused),
        cmocka_unit_test(a_refused_text_leaves_the_bytes_as_they_were),
        cmocka_unit_test(text_keeps_the_bytes_and_their_order),
        cmocka_unit_test(a_week_later_sorts_behind_whatever_a_locale_says),
        cmocka_unit_test(an_id_carries_its_second),
        cmocka_unit_test(an_id_carries_the_fraction_of_its_second),
        cmocka_unit_test(a_new_microsecond_is_random),
        cmocka_unit_test(within_a_microsecond_ids_count_up),
        cmocka_unit_test(while_the_clock_stands_no_id_is_left_out),
        cmocka_unit_test(when_the_clock_goes_back_ids_count_up),
        cmocka_unit_test(after_the_clock_went_back_ids_go_on_with_the_time),
        cmocka_unit_test(counting_carries_into_the_seconds),
        cmocka_unit_test(a_clock_that_goes_to_and_fro_takes_ids_no_further_than_it_was),
        cmocka_unit_test(ids_do_not_come_to_an_end_with_the_time),
        cmocka_unit_test(there_is_nothing_above_the_last_id_of_all),
        cmocka_unit_test(ids_increase_whatever_the_clock_does),
        cmocka_unit_test(every_id_is_above_the_floor),
        cmocka_unit_test(a_floor_years_ahead_is_not_forgotten),
        cmocka_unit_test(a_floor_that_is_no_id_is_ignored),
        cmocka_unit_test(a_source_that_is_raised_goes_on_above_that_id),
        cmocka_unit_test(two_sources_raised_to_one_id_draw_different_ones),
        cmocka_unit_test(a_source_that_is_raised_keeps_pace),
        cmocka_unit_test(a_source_can_be_raised_with_a_lead),
        cmocka_unit_test(a_source_is_not_raised_to_what_is_no_id),
        cmocka_unit_test(a_clock_before_the_first_second_gives_random_ids_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
