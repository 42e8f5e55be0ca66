/* splits.c - the words of a segment that are a searched word when they are joined. Most ways to split a word give words
 * that are rare, and stand side by side nowhere: where one of them has few documents, these are looked at here and now,
 * so that the search has not to go through hundreds of streams. */
#include "search/index/splits.h"
#include "base/match.h"
#include "search/index/lexicon.h"

#define LOOKED_AT_MAX 64 /* documents of the rarest word */

/* One way to split, as far as it has come. */
struct way {
    const struct splits *splits;
    const char *text;
    size_t len;
    struct postings words[MATCH_JOINED_MAX];
    uint32_t count;
};

/* Adds the documents of a rare way themselves. */
static bool add_documents(const struct way *way, const struct phrase *phrase)
{
    const struct splits *splits = way->splits;
    struct cursor cursors[MATCH_JOINED_MAX];
    struct phrase_stream stream = {.phrase = phrase, .cursors = cursors};
    struct cursor rarest;
    uint32_t ages[LOOKED_AT_MAX];
    uint32_t count = 0;
    bool has_failed = false; /* it cannot: the cursors are there */

    for (uint32_t i = 0; i < way->count; i++) {
        cursor_init(&cursors[i], way->words[i]);
    }
    for (cursor_init(&rarest, phrase->words[phrase->rarest]); cursor_age(&rarest) != SEGMENT_NO_AGE;
         cursor_next(&rarest)) {
        if (phrase_is_in(&stream, splits->arena, cursor_age(&rarest), &has_failed)) {
            ages[count++] = cursor_age(&rarest);
        }
    }
    if (count == 0) {
        return true;
    }
    uint32_t *kept = arena_take(splits->arena, count, sizeof(*kept));
    if (kept == NULL) {
        return false;
    }
    memcpy(kept, ages, count * sizeof(*kept));
    return term_list_add(splits->list, splits->arena, (struct stream_spec){.ages = kept, .age_count = count});
}

static bool add_way(const struct way *way)
{
    const struct phrase phrase = phrase_make(way->words, way->count);

    if (phrase_count(&phrase) <= LOOKED_AT_MAX) {
        return add_documents(way, &phrase);
    }
    return term_list_add_phrase(way->splits->list, way->splits->arena, way->words, way->count);
}

/* Goes on with every word that the text has from `at` on. False when memory is short. */
static bool split(struct way *way, size_t at)
{
    for (size_t end = at + 1; end <= way->len; end++) {
        bool is_whole = at == 0 && end == way->len;
        bool is_inside = end < way->len && ((unsigned char)way->text[end] & 0xC0) == 0x80; /* of a code point */
        bool is_last = way->count + 1 == MATCH_JOINED_MAX && end < way->len;
        if (is_whole || is_inside || is_last || !vocabulary_has(way->splits->vocabulary, way->text + at, end - at) ||
            !lexicon_find(way->splits->segment, way->text + at, end - at, &way->words[way->count])) {
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

bool splits_find(const struct splits *splits, const meower_search_word *word)
{
    struct way way = {.splits = splits, .text = word->text, .len = word->text_len};

    return split(&way, 0);
}
