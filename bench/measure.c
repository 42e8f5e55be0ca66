/* measure.c - time, percentiles and giving up: what every measuring program needs. */
#include "measure.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t read_us(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int64_t now_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t spent_us(void)
{
    return read_us(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t spent_by_us(pid_t process)
{
    clockid_t clock;
    errno = clock_getcpuclockid(process, &clock);
    if (errno != 0) {
        give_up("the clock of a process");
    }
    return read_us(clock);
}

_Noreturn void give_up(const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, errno ? strerror(errno) : "not as expected");
    exit(1);
}

long parse_number(const char *text, long maximum, const char *what)
{
    char *end = NULL;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno || end == text || *end != '\0' || number < 0 || number > maximum) {
        errno = EINVAL;
        give_up(what);
    }
    return number;
}

void samples_init(struct samples *samples, size_t count_max)
{
    samples->values = calloc(count_max, sizeof(*samples->values));
    samples->count = 0;
    samples->count_max = count_max;
    if (!samples->values) {
        give_up("samples");
    }
}

void samples_free(struct samples *samples)
{
    free(samples->values);
    samples->values = NULL;
}

void samples_add(struct samples *samples, int64_t span_us)
{
    if (samples->count < samples->count_max) {
        samples->values[samples->count++] = span_us;
    }
}

static int compare_spans(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

void samples_print(struct samples *samples, const char *name)
{
    size_t count = samples->count;
    if (count == 0) {
        printf("\"%s_p50_us\": null, \"%s_p99_us\": null, \"%s_count\": 0", name, name, name);
        return;
    }
    qsort(samples->values, count, sizeof(*samples->values), compare_spans);
    printf("\"%s_p50_us\": %lld, \"%s_p99_us\": %lld, \"%s_count\": %zu", name,
           (long long)samples->values[(count * 50 + 99) / 100 - 1], name,
           (long long)samples->values[(count * 99 + 99) / 100 - 1], name, count);
}

void commits_add(struct commits *commits, size_t rows, int64_t start_us)
{
    int64_t span_us = now_us() - start_us;
    samples_add(&commits->spans, span_us);
    commits->rows += rows;
    commits->spent_us += span_us;
}

void commits_print(struct commits *commits)
{
    printf("{\"rows_per_second\": %.0f, \"rows\": %zu, ", (double)commits->rows * 1e6 / (double)commits->spent_us,
           commits->rows);
    samples_print(&commits->spans, "commit");
    printf("}\n");
}
