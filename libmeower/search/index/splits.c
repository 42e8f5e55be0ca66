/* splits.c - the words of a segment that are a searched word when they are joined. Most ways to split a word give words
 * that are rare, and stand side by side nowhere: where one of them has few documents, these are looked at here and now,
 * so that the search has not to go through hundreds of streams. */
#include "search/index/splits.h"
#include "base/match.h"
#include "search/index/lexicon.h"

#define LOOKED_AT_MAX 64 /* documents of the rarest word */

/* One way to split, as far as it has come. */
struct way {
    struct splits *splits;
    const struct vocabulary *vocabulary; /* knows quickly what is no word at all */
    const struct segment *segment;
    const char *text;
    size_t len;
    struct postings words[MATCH_JOINED_MAX];
    uint32_t count;
};

static bool add(struct splits *splits, struct stream_spec spec)
{
    if (splits->count == splits->max) {
        size_t max = splits->max == 0 ? 8 : splits->max * 2;
        struct stream_spec *items = arena_take(splits->arena, max, sizeof(*items));
        if (items == NULL) {
            return false;
        }
        if (splits->count > 0) {
            memcpy(items, splits->items, splits->count * sizeof(*items));
        }
        splits->items = items;
        splits->max = max;
    }
    splits->items[splits->count++] = spec;
    return true;
}

/* Adds the documents of a rare split themselves. */
static bool add_documents(struct splits *splits, struct stream_spec spec)
{
    struct cursor cursors[MATCH_JOINED_MAX];
    struct stream stream = {.spec = spec, .cursors = cursors};
    uint32_t ages[LOOKED_AT_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < spec.word_count; i++) {
        cursor_init(&cursors[i], spec.words[i]);
    }
    for (stream_seek(&stream, splits->arena, 0); stream.age != SEGMENT_NO_AGE;
         stream_seek(&stream, splits->arena, stream.age + 1)) {
        ages[count++] = stream.age;
    }
    if (count == 0) {
        return true;
    }
    uint32_t *kept = arena_take(splits->arena, count, sizeof(*kept));
    if (kept == NULL) {
        return false;
    }
    memcpy(kept, ages, count * sizeof(*kept));
    return add(splits, (struct stream_spec){.ages = kept, .age_count = count});
}

static bool add_way(const struct way *way)
{
    struct stream_spec spec = {.words = way->words, .word_count = way->count};

    if (stream_count(&spec) <= LOOKED_AT_MAX) {
        return add_documents(way->splits, spec);
    }
    struct postings *words = arena_take(way->splits->arena, way->count, sizeof(*words));
    if (words == NULL) {
        return false;
    }
    memcpy(words, way->words, way->count * sizeof(*words));
    spec.words = words;
    return add(way->splits, spec);
}

/* Goes on with every word that the text has from `at` on. False when memory is short. */
static bool split(struct way *way, size_t at)
{
    for (size_t end = at + 1; end <= way->len; end++) {
        bool is_whole = at == 0 && end == way->len;
        bool is_inside = end < way->len && ((unsigned char)way->text[end] & 0xC0) == 0x80; /* of a code point */
        bool is_last = way->count + 1 == MATCH_JOINED_MAX && end < way->len;
        if (is_whole || is_inside || is_last || !vocabulary_has(way->vocabulary, way->text + at, end - at) ||
            !lexicon_find(way->segment, way->text + at, end - at, &way->words[way->count])) {
            continue;
        }
        way->count++;
        bool done = end == way->len ? add_way(way) : split(way, end);
        way->count--;
        if (!done) {
            return false;
        }
    }
    return true;
}

bool splits_find(struct splits *splits, const struct vocabulary *vocabulary, const struct segment *segment,
                 const meower_search_word *word)
{
    struct way way = {
        .splits = splits, .vocabulary = vocabulary, .segment = segment, .text = word->text, .len = word->text_len};

    return split(&way, 0);
}
