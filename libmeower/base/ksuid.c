/* ksuid.c - ids that sort by time: base62, and a source of strictly increasing ones. */
#include "base/ksuid.h"
#include "base/clock.h"
#include <string.h>

#define LIMBS        5 /* of 32 bits, most significant first */
#define US_PER_S     1000000
#define EPOCH_US     ((int64_t)KSUID_EPOCH_S * US_PER_S)
#define STAMP_LEN    8         /* bytes of an id that tell its time: whole seconds, then their fraction */
#define CHUNK        916132832 /* 62^5, the greatest power of 62 below 2^32 */
#define CHUNK_LEN    5
#define DISTANCE_LEN 11 /* bytes of a random distance: carries into the time once in 256 times, which does no harm */
#define SLEW_SHIFT   3  /* 1/8, see ksuid_source_raise() */
#define LEADING      2  /* characters in front of the five whole chunks: 27 = 2 + 5 * 5 */
#define NOT_BASE62   62
#define GREATEST     "aWgEPTl1tmebfsQzFP4bxwgy80V" /* 20 bytes of 0xFF */

static uint32_t load_u32(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void store_u32(unsigned char *bytes, uint32_t value)
{
    bytes[0] = (unsigned char)(value >> 24);
    bytes[1] = (unsigned char)(value >> 16);
    bytes[2] = (unsigned char)(value >> 8);
    bytes[3] = (unsigned char)value;
}

static uint32_t digit_value(char character)
{
    if (character >= '0' && character <= '9') {
        return (uint32_t)(character - '0');
    }
    if (character >= 'A' && character <= 'Z') {
        return (uint32_t)(character - 'A' + 10);
    }
    if (character >= 'a' && character <= 'z') {
        return (uint32_t)(character - 'a' + 36);
    }
    return NOT_BASE62;
}

bool ksuid_check(const char *text, size_t len)
{
    if (len != MEOWER_ID_LEN) {
        return false;
    }
    for (size_t i = 0; i < MEOWER_ID_LEN; i++) {
        if (digit_value(text[i]) == NOT_BASE62) {
            return false;
        }
    }
    /* The digits are in ASCII's order. */
    return memcmp(text, GREATEST, MEOWER_ID_LEN) <= 0;
}

/* Divides the limbs by 62^5 and returns the remainder: five digits for one long division. */
static uint32_t divide_by_chunk(uint32_t limbs[LIMBS])
{
    uint64_t remainder = 0;
    for (int i = 0; i < LIMBS; i++) {
        uint64_t dividend = remainder << 32 | limbs[i];
        limbs[i] = (uint32_t)(dividend / CHUNK);
        remainder = dividend % CHUNK;
    }
    return (uint32_t)remainder;
}

/* Multiplies the limbs by `factor` and adds `addend`. False when 160 bits do not hold the result. */
static bool multiply_add(uint32_t limbs[LIMBS], uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (int i = LIMBS - 1; i >= 0; i--) {
        uint64_t product = (uint64_t)limbs[i] * factor + carry;
        limbs[i] = (uint32_t)product;
        carry = product >> 32;
    }
    return carry == 0;
}

void ksuid_format(const unsigned char bytes[KSUID_BYTES], char text[MEOWER_ID_SIZE])
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint32_t limbs[LIMBS];
    for (int i = 0; i < LIMBS; i++) {
        limbs[i] = load_u32(bytes + 4 * i);
    }

    int end = MEOWER_ID_LEN;
    text[end] = '\0';
    while (end > 0) {
        uint32_t chunk = divide_by_chunk(limbs);
        int start = end > LEADING ? end - CHUNK_LEN : 0;
        while (end > start) {
            text[--end] = digits[chunk % 62];
            chunk /= 62;
        }
    }
}

bool ksuid_parse(const char *text, size_t len, unsigned char bytes[KSUID_BYTES])
{
    if (len != MEOWER_ID_LEN) {
        return false;
    }

    uint32_t limbs[LIMBS] = {0};
    size_t at = 0;
    while (at < MEOWER_ID_LEN) {
        size_t end = at == 0 ? LEADING : at + CHUNK_LEN;
        uint32_t chunk = 0;
        for (; at < end; at++) {
            uint32_t digit = digit_value(text[at]);
            if (digit == NOT_BASE62) {
                return false;
            }
            chunk = chunk * 62 + digit;
        }
        if (!multiply_add(limbs, CHUNK, chunk)) {
            return false;
        }
    }
    for (int i = 0; i < LIMBS; i++) {
        store_u32(bytes + 4 * i, limbs[i]);
    }
    return true;
}

static uint64_t load_u64(const unsigned char *bytes)
{
    return (uint64_t)load_u32(bytes) << 32 | load_u32(bytes + 4);
}

static void store_u64(unsigned char *bytes, uint64_t value)
{
    store_u32(bytes, (uint32_t)(value >> 32));
    store_u32(bytes + 4, (uint32_t)value);
}

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* A time or a span in 2^-32 s; both from 0 to what 64 bits hold, which is 136 years. */
static uint64_t stamp_of(int64_t us)
{
    if (us < 0) {
        return 0;
    }
    uint64_t seconds = (uint64_t)us / US_PER_S;
    uint64_t fraction = ((uint64_t)us % US_PER_S << 32) / US_PER_S;
    return seconds > UINT32_MAX ? UINT64_MAX : seconds << 32 | fraction;
}

static uint64_t stamp_of_wall(int64_t wall_us)
{
    return stamp_of(wall_us < INT64_MIN + EPOCH_US ? INT64_MIN : wall_us - EPOCH_US);
}

/* The latest time of an id that is drawn: 2^128 ids are left above it, so that they never come to an end. */
#define TIME_MAX ((uint64_t)(UINT32_MAX - 1) << 32)

/* Adds a number of `addend_len` bytes, big-endian. At the end of all numbers it stays there. */
static void add_bytes(unsigned char bytes[KSUID_BYTES], const unsigned char *addend, size_t addend_len)
{
    unsigned carry = 0;
    for (size_t i = 0; i < KSUID_BYTES; i++) {
        unsigned sum = bytes[KSUID_BYTES - 1 - i] + carry;
        if (i < addend_len) {
            sum += addend[addend_len - 1 - i];
        }
        bytes[KSUID_BYTES - 1 - i] = (unsigned char)sum;
        carry = sum >> 8;
    }
    if (carry != 0) {
        memset(bytes, 0xFF, KSUID_BYTES);
    }
}

/* Adds 1 to an id as text, a tenth of the work of writing the number anew. It is not the greatest. */
static void increment(char text[MEOWER_ID_SIZE])
{
    int at = MEOWER_ID_LEN - 1;
    while (text[at] == 'z') {
        text[at--] = '0';
    }
    if (text[at] == '9') {
        text[at] = 'A';
    } else if (text[at] == 'Z') {
        text[at] = 'a';
    } else {
        text[at]++;
    }
}

static uint64_t max_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t min_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The time of ids never goes back. It follows the wall clock; where that shows an earlier time, it goes on by seven
 * eighths of what has passed, until the wall clock has caught up. */
static void look_at_clocks(struct ksuid_source *source, int64_t wall_us)
{
    int64_t monotonic_us;
    uint64_t passed;

    if (wall_us == source->wall_us) {
        return;
    }
    monotonic_us = clock_monotonic_us(source->clock);
    passed = stamp_of(monotonic_us - source->monotonic_us);
    source->time = add_saturating(source->time, passed - (passed >> SLEW_SHIFT));
    source->time = min_of(max_of(source->time, stamp_of_wall(wall_us)), TIME_MAX);
    source->wall_us = wall_us;
    source->monotonic_us = monotonic_us;
}

void ksuid_source_init(struct ksuid_source *source, const meower_clock *clock, const char *floor)
{
    int64_t wall_us = clock_wall_us(clock);
    *source = (struct ksuid_source){.clock = clock, .wall_us = wall_us, .monotonic_us = clock_monotonic_us(clock)};
    source->time = min_of(stamp_of_wall(wall_us), TIME_MAX);
    clock->random(clock->context, source->last + STAMP_LEN, KSUID_BYTES - STAMP_LEN); /* should the clock be at 0 */
    ksuid_format(source->last, source->last_text);
    ksuid_source_raise(source, floor, wall_us, 0);
}

/* Makes `bytes` the last id, by a random distance: others may be raised to the same one, and two writers must never
 * draw the same ids. */
static void go_above(struct ksuid_source *source, unsigned char bytes[KSUID_BYTES])
{
    unsigned char distance[DISTANCE_LEN];
    source->clock->random(source->clock->context, distance, sizeof(distance));
    add_bytes(bytes, distance, sizeof(distance));
    memcpy(source->last, bytes, KSUID_BYTES);
    ksuid_format(source->last, source->last_text);
}

bool ksuid_source_raise(struct ksuid_source *source, const char *id, int64_t wall_us, int64_t lead_us)
{
    unsigned char bytes[KSUID_BYTES];
    if (!ksuid_parse(id, strlen(id), bytes)) {
        return false;
    }
    look_at_clocks(source, wall_us);
    uint64_t time = load_u64(bytes);
    uint64_t lead = stamp_of(lead_us);
    source->time = max_of(source->time, min_of(add_saturating(time, lead / 2), TIME_MAX));
    if (time < TIME_MAX) {
        store_u64(bytes, min_of(add_saturating(time, lead), TIME_MAX));
    }
    if (memcmp(bytes, source->last, KSUID_BYTES) > 0) {
        go_above(source, bytes);
    }
    return strcmp(source->last_text, GREATEST) != 0;
}

void ksuid_source_next(struct ksuid_source *source, int64_t wall_us, char text[MEOWER_ID_SIZE])
{
    static const unsigned char one = 1;
    look_at_clocks(source, wall_us);
    if (source->time > load_u64(source->last)) {
        store_u64(source->last, source->time);
        source->clock->random(source->clock->context, source->last + STAMP_LEN, KSUID_BYTES - STAMP_LEN);
        ksuid_format(source->last, source->last_text);
    } else if (strcmp(source->last_text, GREATEST) != 0) {
        add_bytes(source->last, &one, 1);
        increment(source->last_text);
    }
    memcpy(text, source->last_text, MEOWER_ID_SIZE);
}
