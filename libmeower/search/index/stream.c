/* stream.c - the documents of a segment that have something. */
#include "search/index/stream.h"

uint32_t stream_count(const struct stream_spec *spec)
{
    uint32_t least = spec->word_count == 0 ? spec->age_count : spec->words[0].count;

    for (uint32_t i = 1; i < spec->word_count; i++) {
        least = spec->words[i].count < least ? spec->words[i].count : least;
    }
    return least;
}

static bool begin(struct stream *stream, struct arena *arena)
{
    uint32_t count = stream->spec.word_count;

    stream->cursors = arena_take(arena, count, sizeof(*stream->cursors));
    if (stream->cursors == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        cursor_init(&stream->cursors[i], stream->spec.words[i]);
    }
    return true;
}

/* Whether the words, whose cursors all stand at one document, stand side by side there. */
static bool stand_side_by_side(struct cursor *cursors, uint32_t count)
{
    size_t len;
    const unsigned char *places = cursor_places(&cursors[0], &len);
    uint32_t more;
    uint32_t place = places_first(&places, &more);

    for (;;) {
        uint32_t i = 1;
        while (i < count && cursor_has_place(&cursors[i], place + i)) {
            i++;
        }
        if (i == count) {
            return true;
        }
        if (more == 0) {
            return false;
        }
        place += take_varint(&places);
        more--;
    }
}

/* The first document from `age` on at which all cursors can stand. */
static uint32_t meet(struct cursor *cursors, uint32_t count, uint32_t age)
{
    uint32_t met = 0;

    for (uint32_t i = 0; met < count; i = (i + 1) % count) {
        uint32_t found = cursor_seek(&cursors[i], age);
        if (found == SEGMENT_NO_AGE) {
            return SEGMENT_NO_AGE;
        }
        met = found == age ? met + 1 : 1;
        age = found;
    }
    return age;
}

bool stream_seek(struct stream *stream, struct arena *arena, uint32_t age)
{
    const struct stream_spec *spec = &stream->spec;

    stream->has_begun = true;
    if (spec->word_count == 0) {
        while (stream->at < spec->age_count && spec->ages[stream->at] < age) {
            stream->at++;
        }
        stream->age = stream->at < spec->age_count ? spec->ages[stream->at] : SEGMENT_NO_AGE;
        return true;
    }
    if (stream->cursors == NULL && !begin(stream, arena)) {
        return false;
    }
    if (spec->word_count == 1) {
        stream->age = cursor_seek(&stream->cursors[0], age);
        return true;
    }
    for (;;) {
        stream->age = meet(stream->cursors, spec->word_count, age);
        if (stream->age == SEGMENT_NO_AGE || stand_side_by_side(stream->cursors, spec->word_count)) {
            return true;
        }
        age = stream->age + 1;
    }
}

static void set_bit(uint64_t *bits, uint32_t index)
{
    bits[index / 64] |= UINT64_C(1) << index % 64;
}

/* The same for one word. */
static void fill_word(struct cursor *cursor, uint32_t start, uint32_t end, uint64_t *bits)
{
    for (; cursor->age < end; cursor_next(cursor)) {
        set_bit(bits, cursor->age - start);
    }
}

bool stream_fill(struct stream *stream, struct arena *arena, uint32_t start, uint32_t count, uint64_t *bits)
{
    uint32_t end = start + count;

    if (stream->has_begun && stream->age >= end) {
        return true;
    }
    if (!stream_seek(stream, arena, start)) {
        return false;
    }
    if (stream->spec.word_count == 1) {
        fill_word(&stream->cursors[0], start, end, bits);
        stream->age = cursor_age(&stream->cursors[0]);
        return true;
    }
    while (stream->age < end) {
        set_bit(bits, stream->age - start);
        if (!stream_seek(stream, arena, stream->age + 1)) {
            return false;
        }
    }
    return true;
}
