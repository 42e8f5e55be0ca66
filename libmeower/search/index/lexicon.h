/* lexicon.h - the words of a segment, in bytewise order: first its labels (label_word.h), then the words of its texts.
 * A block of WORDS_PER_BLOCK words is
 *
 *   texts_len  bytes of all the texts (a varint)
 *   texts      of each word: bytes that it shares with the word before it (one byte, 0 for the first word),
 *              bytes that follow (a varint), and these
 *   counts     of each word: how many documents have it (a varint); then, of one document, its postings
 *              themselves (postings.h), and of several their bytes among the postings (a varint)
 *
 * so that going through the words reads their texts alone. */
#ifndef SEARCH_INDEX_LEXICON_H
#define SEARCH_INDEX_LEXICON_H

#include "base/words.h"
#include "search/index/label_word.h"
#include "search/index/postings.h"

#define LEXICON_WORD_MAX   LABEL_WORD_MAX /* bytes; those of texts have WORDS_LEN_MAX at most */
#define LEXICON_SHARED_MAX 255            /* bytes that a word shares with the one before it */

/* Stands at one word of a segment. */
struct lexicon_walk {
    const struct segment *segment;
    uint32_t number; /* of the word; word_count of the segment after the last one */
    unsigned char word[LEXICON_WORD_MAX];
    size_t len;
    const unsigned char *next; /* text of the next word of the block */
    /* Where the postings of a word of this block were looked up last, so that going on from there is quick. */
    uint32_t count_number;
    const unsigned char *count_at;
    uint64_t postings_at;
};

/* Finds a word by its hash. */
bool lexicon_find(const struct segment *segment, const char *text, size_t len, struct postings *postings);

/* Stands at the first word, which may be a label's; lexicon_begin_texts() at the first one of the texts, and
 * lexicon_seek() at the first one that is not before `text`. */
void lexicon_begin(struct lexicon_walk *walk, const struct segment *segment);
void lexicon_begin_texts(struct lexicon_walk *walk, const struct segment *segment);
void lexicon_seek(struct lexicon_walk *walk, const struct segment *segment, const char *text, size_t len);
void lexicon_next(struct lexicon_walk *walk);

static inline bool lexicon_has_word(const struct lexicon_walk *walk)
{
    return walk->number < walk->segment->header.word_count;
}

/* Whether it stands at a word that begins with this text, or is it. */
bool lexicon_begins_with(const struct lexicon_walk *walk, const char *text, size_t len);

/* The documents of the word at which it stands. */
struct postings lexicon_postings(struct lexicon_walk *walk);

/* The first eight bytes of a word as a number, the greater the later it comes: most comparisons need no more. */
uint64_t lexicon_beginning(const void *text, size_t len);

/* The hash that the slots are for. */
uint32_t lexicon_hash(const void *text, size_t len);

#endif
