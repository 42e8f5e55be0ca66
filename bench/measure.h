/* measure.h - time, percentiles and giving up: what every measuring program needs. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* CLOCK_MONOTONIC in microseconds: the same in all processes of this machine. */
int64_t now_us(void);

/* Processor time of this process so far, in microseconds. */
int64_t spent_us(void);

/* Processor time of another process so far, in microseconds. */
int64_t spent_by_us(pid_t process);

/* Prints "PROGRAM: what: reason of errno" and ends the program. */
_Noreturn void give_up(const char *what);

/* Reads a number from 0 to `maximum` from a command line, or gives up with `what`. */
long parse_number(const char *text, long maximum, const char *what);

/* Time spans in microseconds; what does not fit any more is left out. */
struct samples {
    int64_t *values;
    size_t count;
    size_t count_max;
};

void samples_init(struct samples *samples, size_t count_max);
void samples_free(struct samples *samples);
void samples_add(struct samples *samples, int64_t span_us);

/* Prints `"NAME_p50_us": ..., "NAME_p99_us": ..., "NAME_count": ...` (nearest rank), null where there are none. */
void samples_print(struct samples *samples, const char *name);

/* What a loop of transactions has done, and the time that these took. */
struct commits {
    size_t rows;
    int64_t spent_us;
    struct samples spans;
};

/* Counts a transaction of so many rows that began at `start_us` and has just ended. */
void commits_add(struct commits *commits, size_t rows, int64_t start_us);

/* Prints one JSON object: rows_per_second, rows, and the spans as "commit". */
void commits_print(struct commits *commits);

#endif
