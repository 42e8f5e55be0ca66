/* test_clock.c - the system's clock and randomness, and time as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define US_PER_S INT64_C(1000000)

static void assert_text(int64_t wall_us, const char *expected)
{
    char text[CLOCK_TEXT_SIZE];
    clock_format(wall_us, text);
    assert_string_equal(text, expected);
}

static void known_moments_have_their_known_text(void **state)
{
    (void)state;
    assert_text(0, "1970-01-01T00:00:00.000000Z");
    assert_text(1795477798 * US_PER_S + 620261, "2026-11-23T23:49:58.620261Z");
    assert_text(1400000000 * US_PER_S, "2014-05-13T16:53:20.000000Z");
    assert_text(INT64_C(4294967296) * US_PER_S, "2106-02-07T06:28:16.000000Z");
}

static void microseconds_before_1970_count_from_below(void **state)
{
    (void)state;
    assert_text(-1, "1969-12-31T23:59:59.999999Z");
    assert_text(-US_PER_S, "1969-12-31T23:59:59.000000Z");
}

static void leap_days_are_where_the_gregorian_calendar_has_them(void **state)
{
    (void)state;
    assert_text(951782400 * US_PER_S, "2000-02-29T00:00:00.000000Z");
    assert_text(1709164800 * US_PER_S, "2024-02-29T00:00:00.000000Z");
    assert_text(INT64_C(4107456000) * US_PER_S, "2100-02-28T00:00:00.000000Z");
    assert_text(INT64_C(4107542400) * US_PER_S, "2100-03-01T00:00:00.000000Z");
}

static void years_outside_four_digits_are_clamped(void **state)
{
    (void)state;
    assert_text(INT64_C(-62167219200) * US_PER_S, "0000-01-01T00:00:00.000000Z");
    assert_text(INT64_C(-62167219200) * US_PER_S - 1, "0000-01-01T00:00:00.000000Z");
    assert_text(INT64_MIN, "0000-01-01T00:00:00.000000Z");
    assert_text(INT64_C(253402300800) * US_PER_S - 1, "9999-12-31T23:59:59.999999Z");
    assert_text(INT64_C(253402300800) * US_PER_S, "9999-12-31T23:59:59.999999Z");
    assert_text(INT64_MAX, "9999-12-31T23:59:59.999999Z");
}

static void every_day_of_ten_thousand_years_agrees_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t day = -719528; day <= 2932896; day++) {
        time_t seconds = (time_t)(day * 86400 + (day * 7919 % 86400 + 86400) % 86400);
        struct tm parts;
        assert_non_null(gmtime_r(&seconds, &parts));
        char text[CLOCK_TEXT_SIZE];
        clock_format(seconds * US_PER_S + 42, text);
        char expected[64];
        int len = snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02d.000042Z", parts.tm_year + 1900,
                           parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
        assert_int_equal(len, CLOCK_TEXT_SIZE - 1);
        assert_memory_equal(text, expected, CLOCK_TEXT_SIZE);
    }
}

static void wall_time_is_that_of_the_system(void **state)
{
    (void)state;
    int64_t before = time(NULL);
    int64_t now_us = clock_wall_us(clock_system());
    int64_t after = time(NULL) + 1; /* time() may lag behind by a tick */
    assert_true(now_us >= before * US_PER_S);
    assert_true(now_us <= (after + 1) * US_PER_S);
}

static void monotonic_time_never_goes_back(void **state)
{
    (void)state;
    int64_t last_us = clock_monotonic_us(clock_system());
    assert_true(last_us > 0);
    for (int i = 0; i < 1000; i++) {
        int64_t now_us = clock_monotonic_us(clock_system());
        assert_true(now_us >= last_us);
        last_us = now_us;
    }
}

static void monotonic_time_counts_microseconds(void **state)
{
    (void)state;
    const struct timespec pause = {0, 20000000};
    int64_t before_us = clock_monotonic_us(clock_system());
    nanosleep(&pause, NULL);
    int64_t passed_us = clock_monotonic_us(clock_system()) - before_us;
    assert_true(passed_us >= 19999);
    assert_true(passed_us < 60 * US_PER_S);
}

static void random_fills_what_was_asked_and_no_more(void **state)
{
    (void)state;
    static const size_t lens[] = {0, 1, 16, 256, 257, 1000};
    const meower_clock *clock = clock_system();
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        unsigned char bytes[1001];
        memset(bytes, 0, sizeof(bytes));
        clock->random(clock->context, bytes, lens[i]);
        for (size_t at = lens[i]; at < sizeof(bytes); at++) {
            assert_int_equal(bytes[at], 0);
        }
    }
}

static void random_reaches_the_last_byte_and_differs_each_time(void **state)
{
    (void)state;
    const meower_clock *clock = clock_system();
    unsigned char first[1000] = {0};
    unsigned char second[1000] = {0};
    clock->random(clock->context, first, sizeof(first));
    clock->random(clock->context, second, sizeof(second));
    /* That the last 16 bytes agree by chance, or are all 0, happens once in 2^128 times. */
    static const unsigned char zeros[16];
    assert_memory_not_equal(first + sizeof(first) - 16, second + sizeof(second) - 16, 16);
    assert_memory_not_equal(first + sizeof(first) - 16, zeros, 16);
}

/* Forbids getrandom() to this process, as a sandbox may. */
static bool forbid_getrandom(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

enum {
    ALL_DIFFER = 0,
    SOME_AGREE = 1,
    NOT_FORBIDDEN = 2
};

static int draw_without_getrandom(void)
{
    const meower_clock *clock = clock_system();
    unsigned char draws[100][16];
    memset(draws, 0, sizeof(draws));
    if (!forbid_getrandom() || getrandom(draws, 1, 0) != -1) {
        return NOT_FORBIDDEN;
    }
    for (size_t i = 0; i < 100; i++) {
        clock->random(clock->context, draws[i], sizeof(draws[i]));
        for (size_t at = 0; at < i; at++) {
            if (memcmp(draws[i], draws[at], sizeof(draws[i])) == 0) {
                return SOME_AGREE;
            }
        }
    }
    return ALL_DIFFER;
}

static void random_differs_each_time_even_in_a_sandbox(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(draw_without_getrandom());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_FORBIDDEN) {
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), ALL_DIFFER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_moments_have_their_known_text),
        cmocka_unit_test(microseconds_before_1970_count_from_below),
        cmocka_unit_test(leap_days_are_where_the_gregorian_calendar_has_them),
        cmocka_unit_test(years_outside_four_digits_are_clamped),
        cmocka_unit_test(every_day_of_ten_thousand_years_agrees_with_the_c_library),
        cmocka_unit_test(wall_time_is_that_of_the_system),
        cmocka_unit_test(monotonic_time_never_goes_back),
        cmocka_unit_test(monotonic_time_counts_microseconds),
        cmocka_unit_test(random_fills_what_was_asked_and_no_more),
        cmocka_unit_test(random_reaches_the_last_byte_and_differs_each_time),
        cmocka_unit_test(random_differs_each_time_even_in_a_sandbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
