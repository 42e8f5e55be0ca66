/* stream.c - the documents of a segment that have something. */
#include "search/index/stream.h"

void stream_seek(struct stream *stream, uint32_t age)
{
    const struct stream_spec *spec = &stream->spec;

    if (spec->word.count == 0) {
        while (stream->at < spec->age_count && spec->ages[stream->at] < age) {
            stream->at++;
        }
        stream->age = stream->at < spec->age_count ? spec->ages[stream->at] : SEGMENT_NO_AGE;
    } else {
        if (!stream->has_begun) {
            cursor_init(&stream->cursor, spec->word);
        }
        stream->age = cursor_seek(&stream->cursor, age);
    }
    stream->has_begun = true;
}

void stream_fill(struct stream *stream, uint32_t start, uint32_t count, struct bitmap *map)
{
    uint32_t end = start + count;

    if (stream->has_begun && stream->age >= end) {
        return;
    }
    stream_seek(stream, start);
    if (stream->spec.word.count > 0) {
        stream->age = cursor_fill(&stream->cursor, start, end, map);
        return;
    }
    while (stream->age < end) {
        bitmap_set(map, stream->age - start);
        stream_seek(stream, stream->age + 1);
    }
}
