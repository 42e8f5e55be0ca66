/* match.c - parses a query, and decides how well a text matches it. */
#include "base/match.h"
#include "base/utf8.h"
#include <stdlib.h>
#include <string.h>

#define FIRST_LETTER_MIN 4 /* code points of a word whose first letter may be wrong */

unsigned match_typos_max(size_t code_points)
{
    return code_points < 3 ? 0 : code_points < 6 ? 1 : 2;
}

/* ---- queries ---------------------------------------------------------------------------------------------------- */

/* What one item of a query is made of: a word, or the characters of a run. */
struct part {
    const char *text;
    size_t len;
    const struct word *first;
    size_t count; /* words */
};

/* The part of the query that begins with words->items[at]. The texts of neighbours lie in one buffer, with a NUL after
 * each: a run's are joined by spaces there. */
static struct part part_at(const struct words *words, size_t at)
{
    const struct word *first = &words->items[at];
    struct part part = {first->text, first->len, first, 1};

    while (at + part.count < words->count && words->items[at + part.count].continues) {
        const struct word *next = &words->items[at + part.count];
        words->buffer[next->text - words->buffer - 1] = ' ';
        part.len = (size_t)(next->text - first->text) + next->len;
        part.count++;
    }
    return part;
}

static meower_search_word item_of(const struct part *part)
{
    bool is_word = part->first->kind == WORD_LETTERS;
    size_t length = utf8_count(part->text, part->len);

    return (meower_search_word){
        .text = part->text,
        .text_len = part->len,
        .typos_max = is_word ? match_typos_max(length) : 0,
        .may_differ_first = is_word && length >= FIRST_LETTER_MIN,
        .may_be_split = is_word && length >= 2,
    };
}

/* The item with this text; count where there is none. */
static size_t find_item(const struct match_query *query, const char *text, size_t len)
{
    size_t i = 0;

    while (i < query->count && (query->items[i].text_len != len || memcmp(query->items[i].text, text, len) != 0)) {
        i++;
    }
    return i;
}

/* The last item is being typed: it keeps its place at the end, whatever came before it and however much. */
static void add_items(struct match_query *query)
{
    const struct words *words = &query->words;
    struct part last = {.count = 0};

    for (size_t at = 0; at < words->count; at += last.count) {
        last = part_at(words, at);
    }
    for (size_t at = 0; query->count + 1 < MATCH_WORDS_MAX;) {
        struct part part = part_at(words, at);
        at += part.count;
        if (at == words->count) {
            break;
        }
        bool is_last = part.len == last.len && memcmp(part.text, last.text, part.len) == 0;
        if (!is_last && find_item(query, part.text, part.len) == query->count) {
            query->items[query->count++] = item_of(&part);
        }
    }
    query->items[query->count] = item_of(&last);
    query->items[query->count++].is_prefix = 1;
}

/* Adds what `count` words from `at` on are when they are joined. False when they cannot be one word of a text, or stand
 * for too many. `texts` is where the text goes. */
static bool add_join(struct match_query *query, size_t at, size_t count, char *texts)
{
    meower_search_join *join = &query->joins[query->join_count];

    *join = (meower_search_join){.text = texts};
    for (size_t i = at; i < at + count; i++) {
        const struct word *word = &query->words.items[i];
        size_t item = find_item(query, word->text, word->len);
        if (word->kind != WORD_LETTERS || item == query->count || join->text_len + word->len > WORDS_LEN_MAX) {
            return false;
        }
        memcpy(texts + join->text_len, word->text, word->len);
        join->text_len += word->len;
        join->word_mask |= UINT32_C(1) << item;
    }
    texts[join->text_len] = '\0';
    for (size_t i = 0; i < query->join_count; i++) {
        if (query->joins[i].text_len == join->text_len && memcmp(query->joins[i].text, texts, join->text_len) == 0) {
            query->joins[i].word_mask |= join->word_mask;
            return true;
        }
    }
    query->join_count++;
    return true;
}

static int add_joins(struct match_query *query)
{
    const size_t size = WORDS_LEN_MAX + 1;

    if (query->words.count < 2) {
        return MEOWER_OK;
    }
    query->join_texts = malloc(MATCH_JOINS_MAX * size);
    if (query->join_texts == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    for (size_t at = 0; at + 1 < query->words.count; at++) {
        for (size_t count = 2; count <= MATCH_JOINED_MAX && at + count <= query->words.count; count++) {
            if (query->join_count == MATCH_JOINS_MAX ||
                !add_join(query, at, count, query->join_texts + query->join_count * size)) {
                break;
            }
        }
    }
    return MEOWER_OK;
}

int match_query_init(struct match_query *query, const char *text, size_t len)
{
    query->count = 0;
    query->join_count = 0;
    query->join_texts = NULL;
    int status = words_split(text, len, &query->words);
    if (status != MEOWER_OK || query->words.count == 0) {
        return status;
    }
    add_items(query);
    status = add_joins(query);
    if (status != MEOWER_OK) {
        match_query_free(query);
    }
    return status;
}

void match_query_free(struct match_query *query)
{
    words_free(&query->words);
    free(query->join_texts);
    query->count = 0;
    query->join_count = 0;
}

meower_search_request match_request(const struct match_query *query, uint64_t skip, uint32_t take)
{
    return (meower_search_request){
        .words = query->items,
        .word_count = query->count,
        .joins = query->joins,
        .join_count = query->join_count,
        .skip = skip,
        .take = take,
    };
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

/* ---- matching --------------------------------------------------------------------------------------------------- */

bool match_is_first_typo(const char *word, size_t word_len, const char *other, size_t other_len)
{
    struct letters a;
    struct letters b;

    return decode(word, word_len, &a) && decode(other, other_len, &b) && a.count > 0 && b.count > 0 &&
           a.items[0] != b.items[0] && a.count <= b.count + 1 && b.count <= a.count + 1 &&
           is_within(a.items, a.count, b.items, b.count, 1);
}

bool match_is_run(const meower_search_word *word)
{
    return memchr(word->text, ' ', word->text_len) != NULL;
}

int match_quality(const meower_search_word *word, const char *other, size_t other_len, bool may_differ_first)
{
    bool begins = other_len >= word->text_len && memcmp(word->text, other, word->text_len) == 0;

    if (begins && other_len == word->text_len) {
        return MATCH_EXACT;
    }
    if (match_is_typo(word->text, word->text_len, other, other_len, word->typos_max) ||
        (may_differ_first && word->may_differ_first &&
         match_is_first_typo(word->text, word->text_len, other, other_len))) {
        return MATCH_TYPO;
    }
    return begins && word->is_prefix ? MATCH_PREFIX : MATCH_NONE;
}

size_t match_run(const meower_search_word *run, const struct words *text, size_t at, int *quality)
{
    const char *end = run->text + run->text_len;
    size_t count = 0;

    *quality = MATCH_EXACT;
    for (const char *next = run->text; next < end; count++) {
        const char *space = memchr(next, ' ', (size_t)(end - next));
        size_t len = (size_t)((space == NULL ? end : space) - next);
        if (at + count == text->count) {
            return 0;
        }
        const struct word *word = &text->items[at + count];
        if (word->len < len || memcmp(word->text, next, len) != 0) {
            return 0;
        }
        if (word->len > len) {
            if (space != NULL || !run->is_prefix) {
                return 0;
            }
            *quality = MATCH_PREFIX;
        }
        next += len + 1;
    }
    return count;
}

size_t match_joined(const meower_search_word *word, const struct words *text, size_t at)
{
    size_t len = 0;

    for (size_t count = 0; word->may_be_split && count < MATCH_JOINED_MAX && at + count < text->count;) {
        const struct word *part = &text->items[at + count];
        if (len + part->len > word->text_len || memcmp(word->text + len, part->text, part->len) != 0) {
            return 0;
        }
        len += part->len;
        count++;
        if (len == word->text_len) {
            return count > 1 ? count : 0;
        }
    }
    return 0;
}

/* The greatest k with 2^k <= (a / b)^2, which is floor(2 * log2(a / b)): whole numbers, so that all engines agree. `a`
 * and `b` are below 2^32, or else are halved until they are: meows are fewer. */
static unsigned twice_log2(uint64_t a, uint64_t b)
{
    unsigned k = 0;

    while (a > UINT32_MAX) {
        a /= 2;
        b = b / 2 > 0 ? b / 2 : 1;
    }
    while (k < 63 && (a * a >> (k + 1)) >= b * b) {
        k++;
    }
    return k;
}

unsigned match_weight(int quality, uint64_t documents, uint64_t count)
{
    static const unsigned factors[] = {[MATCH_EXACT] = 4, [MATCH_TYPO] = 2, [MATCH_PREFIX] = 1};
    unsigned rarity = twice_log2(documents + 1, (count < documents ? count : documents) + 1);

    return factors[quality] * (rarity > 1 ? rarity : 1);
}
