/* clock.c - the system's clock and randomness, and time as text. */
#include "base/clock.h"
#include <errno.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define US_PER_S 1000000

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    if (clock_gettime(id, &now) != 0) {
        return 0;
    }
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

static int64_t system_wall_us(void *context)
{
    (void)context;
    return read_us(CLOCK_REALTIME);
}

static int64_t system_monotonic_us(void *context)
{
    (void)context;
    return read_us(CLOCK_MONOTONIC);
}

/* Where a sandbox forbids getrandom(): numbers that differ between processes and calls, which is what ids and epochs
 * need, though they can be guessed. SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
 * 2014. */
static void fill_from_clocks(unsigned char *out, size_t len)
{
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t state = (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
    state ^= (uint64_t)getpid() << 40 ^ (uint64_t)(uintptr_t)out;
    for (size_t i = 0; i < len; i++) {
        state += UINT64_C(0x9E3779B97F4A7C15);
        uint64_t mixed = state;
        mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
        out[i] = (unsigned char)(mixed >> 56);
    }
}

static void system_random(void *context, void *out, size_t len)
{
    (void)context;
    unsigned char *at = out;
    while (len > 0) {
        ssize_t filled = getrandom(at, len, 0);
        if (filled < 0 && errno == EINTR) {
            continue;
        }
        if (filled <= 0) {
            fill_from_clocks(at, len);
            return;
        }
        at += filled;
        len -= (size_t)filled;
    }
}

const meower_clock *clock_system(void)
{
    static const meower_clock system_clock = {
        .wall_us = system_wall_us,
        .monotonic_us = system_monotonic_us,
        .random = system_random,
        .context = NULL,
    };
    return &system_clock;
}

int64_t clock_wall_us(const meower_clock *clock)
{
    return clock->wall_us(clock->context);
}

int64_t clock_monotonic_us(const meower_clock *clock)
{
    return clock->monotonic_us(clock->context);
}

struct date {
    unsigned year;
    unsigned month;
    unsigned day;
};

/* Gregorian date of a day counted from 0000-03-01, so that the leap day is the last of its year. Algorithm
 * civil_from_days: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static struct date date_of_day(unsigned day)
{
    unsigned era = day / 146097; /* of 400 years */
    unsigned day_of_era = day % 146097;
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month_from_march = (5 * day_of_year + 2) / 153;
    struct date date;
    date.day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    date.month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    date.year = era * 400 + year_of_era + (date.month <= 2 ? 1 : 0);
    return date;
}

static char *write_digits(char *out, unsigned value, int digits, char behind)
{
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    out[digits] = behind;
    return out + digits + 1;
}

void clock_format(int64_t wall_us, char out[CLOCK_TEXT_SIZE])
{
    const int64_t oldest_us = INT64_C(-62167219200) * US_PER_S;     /* 0000-01-01T00:00:00Z */
    const int64_t newest_us = INT64_C(253402300800) * US_PER_S - 1; /* the last of year 9999 */
    const int64_t march_us = INT64_C(-62162035200) * US_PER_S;      /* 0000-03-01T00:00:00Z */
    if (wall_us < oldest_us) {
        wall_us = oldest_us;
    }
    if (wall_us > newest_us) {
        wall_us = newest_us;
    }

    /* From 400 years before, so that no date is below zero. */
    uint64_t us = (uint64_t)(wall_us - march_us + INT64_C(146097) * 86400 * US_PER_S);
    uint64_t seconds = us / US_PER_S;
    struct date date = date_of_day((unsigned)(seconds / 86400));
    unsigned second_of_day = (unsigned)(seconds % 86400);

    char *at = write_digits(out, date.year - 400, 4, '-');
    at = write_digits(at, date.month, 2, '-');
    at = write_digits(at, date.day, 2, 'T');
    at = write_digits(at, second_of_day / 3600, 2, ':');
    at = write_digits(at, second_of_day / 60 % 60, 2, ':');
    at = write_digits(at, second_of_day % 60, 2, '.');
    at = write_digits(at, (unsigned)(us % US_PER_S), 6, 'Z');
    *at = '\0';
}

struct timespec clock_deadline(int64_t wait_us)
{
    struct timespec deadline;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (time_t)(wait_us / 1000000);
    deadline.tv_nsec += (long)(wait_us % 1000000) * 1000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_nsec -= 1000000000;
        deadline.tv_sec++;
    }
    return deadline;
}
