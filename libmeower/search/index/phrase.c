/* phrase.c - words that stand side by side. */
#include "search/index/phrase.h"

struct phrase phrase_make(const struct postings *words, uint32_t word_count)
{
    struct phrase phrase = {.words = words, .word_count = word_count};

    for (uint32_t i = 1; i < word_count; i++) {
        if (words[i].count < words[phrase.rarest].count) {
            phrase.rarest = i;
        }
    }
    return phrase;
}

void phrase_begin(struct phrase_stream *stream, const struct phrase *phrase)
{
    *stream = (struct phrase_stream){.phrase = phrase, .rarest.spec.word = phrase->words[phrase->rarest]};
}

static bool begin_cursors(struct phrase_stream *stream, struct arena *arena)
{
    const struct phrase *phrase = stream->phrase;

    stream->cursors = arena_take(arena, phrase->word_count, sizeof(*stream->cursors));
    if (stream->cursors == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < phrase->word_count; i++) {
        cursor_init(&stream->cursors[i], phrase->words[i]);
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

bool phrase_is_in(struct phrase_stream *stream, struct arena *arena, uint32_t age, bool *has_failed)
{
    if (stream->cursors == NULL && !begin_cursors(stream, arena)) {
        *has_failed = true;
        return false;
    }
    if (cursor_seek(&stream->cursors[stream->phrase->rarest], age) != age) {
        return false;
    }
    for (uint32_t i = 0; i < stream->phrase->word_count; i++) {
        if (cursor_seek(&stream->cursors[i], age) != age) {
            return false;
        }
    }
    return stand_side_by_side(stream->cursors, stream->phrase->word_count);
}
