/* highlight.c - where the searched words stand in a text. */
#include "base/highlight.h"
#include "base/utf8.h"
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

bool highlight_has(const meower_search_word *word, const struct words *text)
{
    int quality = MATCH_NONE;

    for (size_t at = 0; at < text->count && quality != MATCH_EXACT; at++) {
        if (!match_is_run(word)) {
            quality = match_quality(word, text->items[at].text, text->items[at].len, false);
        } else if (match_run(word, text, at, &quality) == 0) {
            quality = MATCH_NONE;
        }
    }
    return quality == MATCH_EXACT;
}

/* How many words from `at` on something of the query matches, or 0. */
static size_t matched_words(const struct match_query *query, uint32_t differing, const struct words *words, size_t at)
{
    const struct word *word = &words->items[at];
    size_t matched = 0;

    for (size_t i = 0; i < query->count; i++) {
        const meower_search_word *item = &query->items[i];
        size_t count = match_joined(item, words, at);
        int quality;
        if (match_is_run(item)) {
            count = match_run(item, words, at, &quality);
        } else if (match_quality(item, word->text, word->len, (differing >> i & 1) != 0) != MATCH_NONE && count == 0) {
            count = 1;
        }
        matched = count > matched ? count : matched;
    }
    for (size_t i = 0; i < query->join_count && matched == 0; i++) {
        const meower_search_join *join = &query->joins[i];
        matched = join->text_len == word->len && memcmp(join->text, word->text, word->len) == 0 ? 1 : 0;
    }
    return matched;
}

enum {
    MARK_NONE,
    MARK_INSIDE,
    MARK_BEGIN /* a part begins here, also right after another one */
};

/* Marks the code points of the text that matching words cover. */
static void mark(const struct match_query *query, uint32_t differing, const struct words *words, unsigned char *marks)
{
    for (size_t at = 0; at < words->count; at++) {
        size_t count = matched_words(query, differing, words, at);
        if (count > 0) {
            const struct word *first = &words->items[at];
            const struct word *last = &words->items[at + count - 1];
            bool overlaps = marks[first->start] != MARK_NONE;
            unsigned char begin = overlaps ? marks[first->start] : MARK_BEGIN;
            memset(marks + first->start, MARK_INSIDE, last->start + last->length - first->start);
            marks[first->start] = begin;
        }
    }
}

/* Marks `count` code points that are one grapheme cluster alike: as a whole where a part of it is marked. */
static void widen_cluster(unsigned char *marks, size_t count)
{
    bool is_marked = false;
    bool begins = false;

    for (size_t i = 0; i < count; i++) {
        is_marked = is_marked || marks[i] != MARK_NONE;
        begins = begins || marks[i] == MARK_BEGIN;
    }
    if (is_marked) {
        memset(marks, MARK_INSIDE, count);
        marks[0] = begins ? MARK_BEGIN : MARK_INSIDE;
    }
}

/* Widens the marks to grapheme clusters (UAX #29). Returns how many code points the text has. */
static size_t widen(const char *text, size_t len, unsigned char *marks)
{
    size_t first = 0; /* begins the cluster */
    size_t at = 0;
    utf8proc_int32_t before = -1;
    utf8proc_int32_t state = 0;

    for (size_t offset = 0; offset < len; at++) {
        uint32_t code_point = 0;
        size_t taken = utf8_decode(text + offset, len - offset, &code_point);
        if (before >= 0 && utf8proc_grapheme_break_stateful(before, (utf8proc_int32_t)code_point, &state)) {
            widen_cluster(marks + first, at - first);
            first = at;
        }
        before = (utf8proc_int32_t)code_point;
        offset += taken == 0 ? 1 : taken;
    }
    widen_cluster(marks + first, at - first);
    return at;
}

static void collect(const unsigned char *marks, size_t count, struct highlights *highlights)
{
    for (size_t at = 0; at < count; at++) {
        bool continues = at > 0 && marks[at - 1] != MARK_NONE && marks[at] == MARK_INSIDE;
        if (marks[at] == MARK_NONE) {
            continue;
        }
        if (!continues) {
            highlights->ranges[highlights->count++] = (meower_highlight){.start = (uint32_t)at, .length = 0};
        }
        highlights->ranges[highlights->count - 1].length++;
    }
}

int highlight_find(const struct match_query *query, uint32_t differing, const char *text, size_t len,
                   const struct words *words, struct highlights *highlights)
{
    unsigned char *marks = calloc(len + 1, 1);

    highlights->count = 0;
    highlights->ranges = calloc(words->count + 1, sizeof(*highlights->ranges));
    if (marks == NULL || highlights->ranges == NULL) {
        free(marks);
        free(highlights->ranges);
        highlights->ranges = NULL;
        return MEOWER_ERROR_NO_MEMORY;
    }
    mark(query, differing, words, marks);
    collect(marks, widen(text, len, marks), highlights);
    free(marks);
    return MEOWER_OK;
}
