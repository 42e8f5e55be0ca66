/* match.c - parses a query, and decides how well a text matches it. */
#include "base/match.h"
#include "base/utf8.h"
#include <string.h>

unsigned match_typos_max(size_t code_points)
{
    return code_points < 3 ? 0 : code_points < 6 ? 1 : 2;
}

/* ---- queries ---------------------------------------------------------------------------------------------------- */

static bool is_same_word(const struct word *word, const char *text, size_t len)
{
    return word->len == len && memcmp(word->text, text, len) == 0;
}

static void add_item(struct match_query *query, const struct word *word)
{
    query->items[query->count++] = (meower_search_word){
        .text = word->text,
        .text_len = word->len,
        .typos_max = match_typos_max(utf8_count(word->text, word->len)),
    };
}

static bool has_item(const struct match_query *query, const struct word *word)
{
    for (size_t i = 0; i < query->count; i++) {
        if (is_same_word(word, query->items[i].text, query->items[i].text_len)) {
            return true;
        }
    }
    return false;
}

int match_query_init(struct match_query *query, const char *text, size_t len)
{
    query->count = 0;
    int status = words_split(text, len, &query->words);
    if (status != MEOWER_OK || query->words.count == 0) {
        return status;
    }
    /* The last word is being typed: it keeps its place at the end, whatever came before it and however much. */
    const struct word *last = &query->words.items[query->words.count - 1];
    for (size_t i = 0; i + 1 < query->words.count && query->count + 1 < MATCH_WORDS_MAX; i++) {
        const struct word *word = &query->words.items[i];
        if (!is_same_word(last, word->text, word->len) && !has_item(query, word)) {
            add_item(query, word);
        }
    }
    add_item(query, last);
    query->items[query->count - 1].is_prefix = 1;
    return MEOWER_OK;
}

void match_query_free(struct match_query *query)
{
    words_free(&query->words);
    query->count = 0;
}

/* ---- distance --------------------------------------------------------------------------------------------------- */

struct letters {
    uint32_t items[WORDS_LEN_MAX];
    size_t count;
};

/* False for what words_split() does not make: too long, or no UTF-8. */
static bool decode(const char *text, size_t len, struct letters *letters)
{
    letters->count = 0;
    for (size_t at = 0; at < len;) {
        uint32_t code_point;
        size_t taken = utf8_decode(text + at, len - at, &code_point);
        if (taken == 0 || letters->count == WORDS_LEN_MAX) {
            return false;
        }
        letters->items[letters->count++] = code_point;
        at += taken;
    }
    return true;
}

static unsigned minimum(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The next row of the distance table: from `row` letters of a word, row 1, 2, ..., to all beginnings of b. Returns its
 * smallest value. */
static unsigned fill_row(const uint32_t *a, size_t row, const uint32_t *b, size_t b_count, unsigned char *const rows[3])
{
    const unsigned char *before = rows[(row + 1) % 3]; /* row - 2 */
    const unsigned char *above = rows[(row + 2) % 3];  /* row - 1 */
    unsigned char *current = rows[row % 3];
    unsigned smallest = (unsigned)row;

    current[0] = (unsigned char)row;
    for (size_t i = 1; i <= b_count; i++) {
        unsigned edits = above[i - 1] + (a[row - 1] != b[i - 1] ? 1U : 0U);
        edits = minimum(edits, above[i] + 1U);
        edits = minimum(edits, current[i - 1] + 1U);
        if (row > 1 && i > 1 && a[row - 1] == b[i - 2] && a[row - 2] == b[i - 1]) {
            edits = minimum(edits, before[i - 2] + 1U);
        }
        current[i] = (unsigned char)edits;
        smallest = minimum(smallest, edits);
    }
    return smallest;
}

/* Optimal string alignment: Levenshtein's distance in which swapping two neighbours is one edit and no part is edited
 * twice (Boytsov, Indexing methods for approximate dictionary searching, ACM JEA 16, 2011, section 2.1). */
static bool is_within(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count, unsigned edits_max)
{
    unsigned char table[3][WORDS_LEN_MAX + 1];
    unsigned char *const rows[3] = {table[0], table[1], table[2]};

    for (size_t i = 0; i <= b_count; i++) {
        table[0][i] = (unsigned char)i;
    }
    for (size_t row = 1; row <= a_count; row++) {
        if (fill_row(a, row, b, b_count, rows) > edits_max) { /* no row after it has a smaller value */
            return false;
        }
    }
    return rows[a_count % 3][b_count] <= edits_max;
}

bool match_is_typo(const char *word, size_t word_len, const char *other, size_t other_len, unsigned typos_max)
{
    struct letters a;
    struct letters b;

    if (word_len == other_len && memcmp(word, other, word_len) == 0) {
        return true;
    }
    if (typos_max == 0 || word_len == 0 || other_len == 0 || word[0] != other[0] || !decode(word, word_len, &a) ||
        !decode(other, other_len, &b) || a.items[0] != b.items[0]) {
        return false;
    }
    size_t difference = a.count > b.count ? a.count - b.count : b.count - a.count;
    if (difference > typos_max) {
        return false;
    }
    /* What is alike at both ends needs no edit; the first letter is no part of it in any case. */
    size_t start = 1;
    while (start < a.count && start < b.count && a.items[start] == b.items[start]) {
        start++;
    }
    while (a.count > start && b.count > start && a.items[a.count - 1] == b.items[b.count - 1]) {
        a.count--;
        b.count--;
    }
    return is_within(a.items + start, a.count - start, b.items + start, b.count - start, typos_max);
}

/* ---- levels and tiers ------------------------------------------------------------------------------------------- */

int match_level(const meower_search_word *word, const char *other, size_t other_len)
{
    bool begins = other_len >= word->text_len && memcmp(word->text, other, word->text_len) == 0;

    if (begins && other_len == word->text_len) {
        return MATCH_EXACT;
    }
    if (match_is_typo(word->text, word->text_len, other, other_len, word->typos_max)) {
        return MATCH_TYPO;
    }
    return begins && word->is_prefix ? MATCH_PREFIX : MATCH_NONE;
}

/* The best level that any word of the text reaches. */
static int best_level(const meower_search_word *word, const struct words *text)
{
    int best = MATCH_NONE;

    for (size_t i = 0; i < text->count && best != MATCH_EXACT; i++) {
        int level = match_level(word, text->items[i].text, text->items[i].len);
        if (level < best) {
            best = level;
        }
    }
    return best;
}

int match_tier(const struct match_query *query, const struct words *text)
{
    int best = MATCH_NONE;
    int worst = MATCH_EXACT;

    for (size_t i = 0; i < query->count; i++) {
        int level = best_level(&query->items[i], text);
        best = level < best ? level : best;
        worst = level > worst ? level : worst;
    }
    if (best == MATCH_NONE) {
        return MATCH_TIERS;
    }
    return worst != MATCH_NONE ? worst : MATCH_TIERS / 2 + best;
}
