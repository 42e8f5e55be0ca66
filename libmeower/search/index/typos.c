/* typos.c - goes through the words of a segment in their order, and through the table of edit distances with them: what
 * a word shares with the one before it has its rows of the table already, and where all of a row is above what is
 * allowed, all words that begin so are left out (Gusfield, Algorithms on Strings, Trees and Sequences, 1997, 12.2). */
#include "search/index/typos.h"
#include "base/utf8.h"

/* Row r is the distances between the first r letters of the segment's word and every beginning of the searched one. */
struct table {
    uint32_t letters[WORDS_LEN_MAX]; /* of the searched word */
    size_t count;
    unsigned max;                   /* edits that are allowed */
    uint32_t others[WORDS_LEN_MAX]; /* of the segment's word */
    size_t ends[WORDS_LEN_MAX + 1]; /* bytes of its first r letters */
    size_t filled;                  /* rows that are filled, but for row 0 */
    unsigned char rows[WORDS_LEN_MAX + 1][WORDS_LEN_MAX + 1];
};

static size_t decode(const char *text, size_t len, uint32_t letters[WORDS_LEN_MAX])
{
    size_t count = 0;

    for (size_t at = 0; at < len && count < WORDS_LEN_MAX; count++) {
        size_t taken = utf8_decode(text + at, len - at, &letters[count]);
        if (taken == 0) {
            return 0;
        }
        at += taken;
    }
    return count;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Fills row `row`, for others[row - 1]. Returns its least distance. Only columns within `max` of the diagonal can be
 * small enough; those beside them are made too large. */
static unsigned fill_row(struct table *table, size_t row)
{
    const unsigned char *above = table->rows[row - 1];
    unsigned char *current = table->rows[row];
    uint32_t letter = table->others[row - 1];
    size_t first = row > table->max ? row - table->max : 1;
    size_t last = row + table->max < table->count ? row + table->max : table->count;
    unsigned large = table->max + 1;
    unsigned smallest = large;

    if (first > table->count) {
        return large;
    }
    current[first - 1] = (unsigned char)(first == 1 ? least((unsigned)row, large) : large);
    smallest = least(smallest, current[first - 1]);
    for (size_t i = first; i <= last; i++) {
        unsigned edits = above[i - 1] + (letter != table->letters[i - 1] ? 1U : 0U);
        unsigned over = i == row + table->max ? large : above[i] + 1U;
        edits = least(edits, least(over, current[i - 1] + 1U));
        if (row > 1 && i > 1 && letter == table->letters[i - 2] && table->others[row - 2] == table->letters[i - 1]) {
            edits = least(edits, table->rows[row - 2][i - 2] + 1U);
        }
        current[i] = (unsigned char)least(edits, large);
        smallest = least(smallest, edits);
    }
    return smallest;
}

/* Keeps the rows of what the walk's word shares with the word before it, and fills those of what follows. Returns
 * whether the word can be near enough; if not, none can that begins with *dead_len bytes of it. */
static bool fill_rows(struct table *table, const struct lexicon_walk *walk, size_t *dead_len)
{
    while (table->filled > 0 && table->ends[table->filled] > walk->shared) {
        table->filled--;
    }
    for (size_t at = table->ends[table->filled]; at < walk->len;) {
        size_t taken = utf8_decode((const char *)walk->word + at, walk->len - at, &table->others[table->filled]);
        at += taken == 0 ? 1 : taken;
        if (fill_row(table, table->filled + 1) > table->max) {
            *dead_len = at;
            return false;
        }
        table->ends[++table->filled] = at;
    }
    return true;
}

/* Edits between the searched word and the one whose rows are filled; more than allowed where that is far longer or
 * shorter. */
static unsigned distance(const struct table *table)
{
    bool is_near = table->filled + table->max >= table->count && table->filled <= table->count + table->max;

    return is_near ? table->rows[table->filled][table->count] : table->max + 1;
}

void typos_find(const struct segment *segment, const meower_search_word *word, struct typo_sink *sink)
{
    struct table table;
    struct lexicon_walk walk;
    char first[4];
    bool goes_on = true;

    table.max = word->typos_max;
    table.filled = 0;
    table.ends[0] = 0;
    table.count = decode(word->text, word->text_len, table.letters);
    if (table.max == 0 || table.count == 0) {
        return;
    }
    size_t first_len = utf8_encode(table.letters[0], first);
    for (size_t i = 0; i <= table.count; i++) {
        table.rows[0][i] = (unsigned char)least((unsigned)i, table.max + 1);
    }
    lexicon_seek(&walk, segment, first, first_len);
    while (goes_on && lexicon_has_word(&walk) && walk.len >= first_len && memcmp(walk.word, first, first_len) == 0) {
        size_t dead_len = 0;
        if (!fill_rows(&table, &walk, &dead_len)) {
            lexicon_skip_prefix(&walk, dead_len);
            continue;
        }
        bool is_same = walk.len == word->text_len && memcmp(walk.word, word->text, walk.len) == 0;
        if (distance(&table) <= table.max && !is_same) {
            goes_on = sink->word(sink, walk.word, walk.len, lexicon_postings(&walk), distance(&table));
        }
        lexicon_next(&walk);
    }
}

/* ---- another first letter --------------------------------------------------------------------------------------- */

/* Pushes the word if the segment has it. Returns false to stop. */
static bool push(const struct segment *segment, const char *text, size_t len, struct typo_sink *sink)
{
    struct postings postings;

    if (len == 0 || len > WORDS_LEN_MAX || !lexicon_find(segment, text, len, &postings)) {
        return true;
    }
    return sink->word(sink, (const unsigned char *)text, len, postings, 1);
}

/* One letter too many at the front, or the first two swapped. */
static bool push_without_or_swapped(const struct segment *segment, const meower_search_word *word,
                                    const uint32_t *letters, struct typo_sink *sink)
{
    char swapped[WORDS_LEN_MAX];
    char unused[4];
    size_t first_len = utf8_encode(letters[0], unused);
    size_t second_len = utf8_encode(letters[1], unused);
    size_t both = first_len + second_len;

    if (letters[0] == letters[1]) {
        return true;
    }
    memcpy(swapped, word->text + first_len, second_len);
    memcpy(swapped + second_len, word->text, first_len);
    memcpy(swapped + both, word->text + both, word->text_len - both);
    return push(segment, word->text + first_len, word->text_len - first_len, sink) &&
           push(segment, swapped, word->text_len, sink);
}

/* Another letter in the place of the first, or one before it: of all letters with which a word begins. */
static bool push_with(const struct segment *segment, const meower_search_word *word, uint32_t first_letter,
                      const unsigned char *other, size_t other_len, struct typo_sink *sink)
{
    char text[2 * WORDS_LEN_MAX];
    char first[4];
    size_t first_len = utf8_encode(first_letter, first);

    if (other_len == first_len && memcmp(other, first, first_len) == 0) {
        return true;
    }
    memcpy(text, other, other_len);
    memcpy(text + other_len, word->text + first_len, word->text_len - first_len);
    if (!push(segment, text, other_len + word->text_len - first_len, sink)) {
        return false;
    }
    memcpy(text + other_len, word->text, word->text_len);
    return push(segment, text, other_len + word->text_len, sink);
}

void typos_find_first(const struct segment *segment, const meower_search_word *word, struct typo_sink *sink)
{
    uint32_t letters[WORDS_LEN_MAX];
    struct lexicon_walk walk;

    if (decode(word->text, word->text_len, letters) < 2 || !push_without_or_swapped(segment, word, letters, sink)) {
        return;
    }
    lexicon_begin(&walk, segment);
    while (lexicon_has_word(&walk)) {
        uint32_t first;
        size_t first_len = utf8_decode((const char *)walk.word, walk.len, &first);
        if (first_len == 0 || !push_with(segment, word, letters[0], walk.word, first_len, sink)) {
            return;
        }
        lexicon_skip_prefix(&walk, first_len);
    }
}
