/* lexicon.h - the words of a segment, in bytewise order. A block of WORDS_PER_BLOCK words is
 *
 *   the bytes of the texts that follow (a varint)
 *   the texts: for each word the bytes that it shares with the word before it (one byte; 0 for the first word of a
 * block), the bytes that follow (one), and these themselves for each word how many documents have it (a varint); one:
 * its postings themselves (postings.h); several: how many bytes these have among the postings (a varint)
 *
 * so that going through words to find some that are like another one reads their texts alone. */
#ifndef SEARCH_INDEX_LEXICON_H
#define SEARCH_INDEX_LEXICON_H

#include "base/words.h"
#include "search/index/postings.h"

/* Stands at one word of a segment. */
struct lexicon_walk {
    const struct segment *segment;
    uint32_t number; /* of the word; word_count of the segment after the last one */
    unsigned char word[WORDS_LEN_MAX];
    size_t len;
    size_t shared; /* bytes that it shares with the word before it, at which the walk stood; 0 after a jump */
    const unsigned char *next; /* text of the next word of the block */
    /* Where the postings of a word of this block were looked up last, so that going on from there is quick. */
    uint32_t count_number;
    const unsigned char *count_at;
    uint64_t postings_at;
};

/* Finds a word by its hash. */
bool lexicon_find(const struct segment *segment, const char *text, size_t len, struct postings *postings);

/* Stands at the first word; lexicon_seek() at the first one that is not before `text`. */
void lexicon_begin(struct lexicon_walk *walk, const struct segment *segment);
void lexicon_seek(struct lexicon_walk *walk, const struct segment *segment, const char *text, size_t len);
void lexicon_next(struct lexicon_walk *walk);

static inline bool lexicon_has_word(const struct lexicon_walk *walk)
{
    return walk->number < walk->segment->header.word_count;
}

/* Moves on to the first word that does not begin with the first `len` bytes of the present one. */
void lexicon_skip_prefix(struct lexicon_walk *walk, size_t len);

/* The documents of the word at which it stands. */
struct postings lexicon_postings(struct lexicon_walk *walk);

/* The first eight bytes of a word as a number that is greater for a word that comes later: most comparisons need no
 * more.
 */
uint64_t lexicon_beginning(const void *text, size_t len);

/* The hash that the slots are for. */
uint32_t lexicon_hash(const void *text, size_t len);

#endif
