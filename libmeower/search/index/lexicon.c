/* lexicon.c - finding and going through the words of a segment. */
#include "search/index/lexicon.h"
#include "base/hash.h"

uint32_t lexicon_hash(const void *text, size_t len)
{
    uint64_t hash = hash_bytes(text, len);

    return (uint32_t)(hash ^ hash >> 32);
}

uint64_t lexicon_beginning(const void *text, size_t len)
{
    const unsigned char *bytes = text;
    uint64_t beginning = 0;

    for (size_t i = 0; i < sizeof(beginning); i++) {
        beginning = beginning << 8 | (i < len ? bytes[i] : 0U);
    }
    return beginning;
}

/* Reads the text at walk->next. */
static void read_word(struct lexicon_walk *walk)
{
    const unsigned char *at = walk->next;
    size_t shared = *at++;
    size_t rest = take_varint(&at);

    memcpy(walk->word + shared, at, rest);
    walk->len = shared + rest;
    walk->next = at + rest;
}

/* Stands at the first word of a block. */
static void enter_block(struct lexicon_walk *walk, uint32_t block)
{
    walk->number = block * WORDS_PER_BLOCK;
    walk->next = walk->segment->blocks + walk->segment->block_index[block].block_at;
    take_varint(&walk->next);
    read_word(walk);
}

/* Moves on over the postings of one document. */
static const unsigned char *skip_one(const unsigned char *at)
{
    uint32_t ages_len = take_varint(&at);

    return places_skip(at + ages_len);
}

/* Stands at the counts of the first word of the block. */
static void begin_counts(struct lexicon_walk *walk)
{
    const struct block_place *place = &walk->segment->block_index[walk->number / WORDS_PER_BLOCK];

    walk->count_at = walk->segment->blocks + place->block_at;
    uint32_t texts_len = take_varint(&walk->count_at);
    walk->count_at += texts_len;
    walk->postings_at = place->postings_at;
    walk->count_number = walk->number - walk->number % WORDS_PER_BLOCK;
}

struct postings lexicon_postings(struct lexicon_walk *walk)
{
    uint32_t block = walk->number / WORDS_PER_BLOCK;

    if (walk->count_at == NULL || walk->count_number / WORDS_PER_BLOCK != block || walk->count_number > walk->number) {
        begin_counts(walk);
    }
    for (;; walk->count_number++) {
        const unsigned char *at = walk->count_at;
        uint32_t count = take_varint(&at);
        if (walk->count_number == walk->number) {
            const unsigned char *bytes = count == 1 ? at : walk->segment->bytes + walk->postings_at;
            return (struct postings){bytes, count};
        }
        if (count == 1) {
            at = skip_one(at);
        } else {
            walk->postings_at += take_varint(&at);
        }
        walk->count_at = at;
    }
}

static void end(struct lexicon_walk *walk)
{
    walk->number = walk->segment->header.word_count;
}

void lexicon_begin(struct lexicon_walk *walk, const struct segment *segment)
{
    walk->segment = segment;
    walk->count_at = NULL;
    if (segment->block_count == 0) {
        end(walk);
    } else {
        enter_block(walk, 0);
    }
}

void lexicon_next(struct lexicon_walk *walk)
{
    walk->number++;
    if (!lexicon_has_word(walk)) {
        return;
    }
    if (walk->number % WORDS_PER_BLOCK == 0) {
        enter_block(walk, walk->number / WORDS_PER_BLOCK);
    } else {
        read_word(walk);
    }
}

/* The first word of a block, which shares nothing. */
static const unsigned char *head_of(const struct segment *segment, uint32_t block, size_t *len)
{
    const unsigned char *at = segment->blocks + segment->block_index[block].block_at;

    take_varint(&at);
    at++;
    *len = take_varint(&at);
    return at;
}

/* The last block whose first word is not after the text; the first one where none is. */
static uint32_t find_block(const struct segment *segment, const char *text, size_t len)
{
    uint32_t low = 0;
    uint32_t high = segment->block_count;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        size_t head_len;
        const unsigned char *head = head_of(segment, middle, &head_len);
        if (bytes_compare(head, head_len, text, len) <= 0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

void lexicon_seek(struct lexicon_walk *walk, const struct segment *segment, const char *text, size_t len)
{
    walk->segment = segment;
    walk->count_at = NULL;
    if (segment->block_count == 0) {
        end(walk);
        return;
    }
    enter_block(walk, find_block(segment, text, len));
    while (lexicon_has_word(walk) && bytes_compare(walk->word, walk->len, text, len) < 0) {
        lexicon_next(walk);
    }
}

void lexicon_begin_texts(struct lexicon_walk *walk, const struct segment *segment)
{
    lexicon_seek(walk, segment, LABEL_WORD_AFTER, strlen(LABEL_WORD_AFTER));
}

bool lexicon_begins_with(const struct lexicon_walk *walk, const char *text, size_t len)
{
    return lexicon_has_word(walk) && walk->len >= len && memcmp(walk->word, text, len) == 0;
}

bool lexicon_find(const struct segment *segment, const char *text, size_t len, struct postings *postings)
{
    uint32_t hash = lexicon_hash(text, len);
    uint32_t mask = segment->header.slot_count - 1;
    struct lexicon_walk walk; /* not all of it is set: most of it is room for the longest word */

    if (segment->header.slot_count == 0 || len > LEXICON_WORD_MAX) {
        return false;
    }
    walk.segment = segment;
    walk.count_at = NULL;
    for (uint32_t slot = hash & mask; segment->numbers[slot] != 0; slot = (slot + 1) & mask) {
        if (segment->fingerprints[slot] != hash >> 24) {
            continue;
        }
        uint32_t number = segment->numbers[slot] - 1;
        enter_block(&walk, number / WORDS_PER_BLOCK);
        while (walk.number < number) {
            walk.number++;
            read_word(&walk);
        }
        if (walk.len == len && memcmp(walk.word, text, len) == 0) {
            *postings = lexicon_postings(&walk);
            return true;
        }
    }
    return false;
}
