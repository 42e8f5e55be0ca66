/* ksuid.h - ids that sort by time: 20 bytes (uint32 big-endian seconds since 1,400,000,000 and 16 random bytes),
 * written as 27 base62 characters. Format: github.com/segmentio/ksuid, README. */
#ifndef BASE_KSUID_H
#define BASE_KSUID_H

#include <meower/backend.h>
#include <stdbool.h>

#define KSUID_BYTES   20
#define KSUID_EPOCH_S 1400000000 /* seconds from 1970 to KSUID's own epoch, 2014-05-13T16:53:20Z */

/* The first id of the last second that an id can tell, in June 2150. Ids from there on are not adopted: too few are
 * left above them for what is posted later. */
#define KSUID_LAST_SECOND "aWgEPLxxrZOFaOlDVFHTB3ZiQOO"

void ksuid_format(const unsigned char bytes[KSUID_BYTES], char text[MEOWER_ID_SIZE]);

/* False when `text` is not 27 base62 characters or is above the largest KSUID, aWgEPTl1tmebfsQzFP4bxwgy80V. */
bool ksuid_parse(const char *text, size_t len, unsigned char bytes[KSUID_BYTES]);

/* Whether ksuid_parse() would take it; without the bytes. */
bool ksuid_check(const char *text, size_t len);

/* Makes strictly increasing ids. Its payload begins with the fraction of the second (32 bits), then come 96 random
 * bits: so ids of several machines interleave by time. Not thread-safe: its owner holds a lock. */
struct ksuid_source {
    const meower_clock *clock;
    int64_t wall_us; /* the clocks when they were last looked at */
    int64_t monotonic_us;
    uint64_t time; /* of ids, in 2^-32 s since KSUID's epoch; it was never before the wall clock */
    unsigned char last[KSUID_BYTES];
    char last_text[MEOWER_ID_SIZE];
};

/* `floor` is the greatest id known, or "": every id made will be above it, however late it is. */
void ksuid_source_init(struct ksuid_source *source, const meower_clock *clock, const char *floor);

/* Another writer has stored `id`: every id made from now on will be above it, and the next ones later by `lead_us`.
 * From then on the source keeps pace with whoever made `id`, though its own clock is behind, and falls back to that by
 * an eighth of the time that passes. Half of the lead stays, so that it is not needed again and again. `wall_us` is
 * now. Sources that are raised to one id draw different ones all the same. False when `id` is no id, or there is none
 * above it. */
bool ksuid_source_raise(struct ksuid_source *source, const char *id, int64_t wall_us, int64_t lead_us);

/* The next id, above all before it: of the time `wall_us`, which is now, or the last one plus 1 where that is not above
 * the last one. Ids stop with the time at the last second but one that an id can tell, in June 2150. */
void ksuid_source_next(struct ksuid_source *source, int64_t wall_us, char text[MEOWER_ID_SIZE]);

#endif
