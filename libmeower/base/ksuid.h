/* ksuid.h - ids that sort by time: 20 bytes (uint32 big-endian seconds since 1,400,000,000 and 16 random bytes),
 * written as 27 base62 characters. Format: github.com/segmentio/ksuid, README. */
#ifndef BASE_KSUID_H
#define BASE_KSUID_H

#include <meower/backend.h>
#include <stdbool.h>

#define KSUID_BYTES   20
#define KSUID_EPOCH_S 1400000000 /* seconds from 1970 to KSUID's own epoch, 2014-05-13T16:53:20Z */

void ksuid_format(const unsigned char bytes[KSUID_BYTES], char text[MEOWER_ID_SIZE]);

/* False when `text` is not 27 base62 characters or is above the largest KSUID, aWgEPTl1tmebfsQzFP4bxwgy80V. */
bool ksuid_parse(const char *text, size_t len, unsigned char bytes[KSUID_BYTES]);

/* Whether ksuid_parse() would take it; without the bytes. */
bool ksuid_check(const char *text, size_t len);

/* Makes strictly increasing ids. Not thread-safe: its owner holds a lock. */
struct ksuid_source {
    const meower_clock *clock;
    unsigned char last[KSUID_BYTES];
    char last_text[MEOWER_ID_SIZE];
};

/* `floor` is the greatest id known, or "": every id made will be above it, unless it lies more than a day in the future
 * (another machine's clock was wrong): then it is ignored. */
void ksuid_source_init(struct ksuid_source *source, const meower_clock *clock, const char *floor);

/* The next id, above all before it: random in a new second; the last one plus 1 within a second or when the clock went
 * back. `wall_us` is now. */
void ksuid_source_next(struct ksuid_source *source, int64_t wall_us, char text[MEOWER_ID_SIZE]);

#endif
