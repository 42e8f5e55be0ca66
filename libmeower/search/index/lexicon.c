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
    size_t shared = at[0];
    size_t rest = at[1];

    memcpy(walk->word + shared, at + 2, rest);
    walk->len = shared + rest;
    walk->shared = shared;
    walk->next = at + 2 + rest;
}

/* Stands at the first word of a block. */
static void enter_block(struct lexicon_walk *walk, uint32_t block)
{
    walk->number = block * WORDS_PER_BLOCK;
    walk->next = walk->segment->blocks + walk->segment->block_index[block].block_at;
    take_varint(&walk->next);
    read_word(walk);
    walk->shared = 0;
}

/* Moves on over the postings of one document. */
static const unsigned char *skip_one(const unsigned char *at)
{
    uint32_t ages_len = take_varint(&at);

    at += ages_len;
    if (*at != PLACE_MANY) {
        return at + 1;
    }
    at++;
    for (uint32_t count = take_varint(&at); count > 0; count--) {
        take_varint(&at);
    }
    return at;
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

/* Stands at the first word of a block, which is whole: what it shares with the word before is to be found out. */
static void enter_next_block(struct lexicon_walk *walk, const unsigned char *before, size_t before_len)
{
    enter_block(walk, walk->number / WORDS_PER_BLOCK);
    while (walk->shared < before_len && walk->shared < walk->len && before[walk->shared] == walk->word[walk->shared]) {
        walk->shared++;
    }
}

void lexicon_next(struct lexicon_walk *walk)
{
    const struct segment *segment = walk->segment;

    walk->number++;
    if (walk->number >= segment->header.word_count) {
        return;
    }
    if (walk->number % WORDS_PER_BLOCK == 0) {
        unsigned char before[WORDS_LEN_MAX];
        size_t before_len = walk->len;
        memcpy(before, walk->word, before_len);
        enter_next_block(walk, before, before_len);
        return;
    }
    read_word(walk);
}

/* Compares bytewise; a beginning is before what goes on. */
static int compare(const unsigned char *a, size_t a_len, const unsigned char *b, size_t b_len)
{
    int difference = memcmp(a, b, a_len < b_len ? a_len : b_len);

    return difference != 0 ? difference : (a_len > b_len) - (a_len < b_len);
}

/* The first word of a block, which shares nothing. */
static const unsigned char *head_of(const struct segment *segment, uint32_t block, size_t *len)
{
    const unsigned char *at = segment->blocks + segment->block_index[block].block_at;

    take_varint(&at);
    *len = at[1];
    return at + 2;
}

/* The last of the blocks from `low` on whose first word is not after the text; `low` where none is. */
static uint32_t find_block(const struct segment *segment, uint32_t low, const unsigned char *text, size_t len)
{
    uint32_t high = segment->block_count;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        size_t head_len;
        const unsigned char *head = head_of(segment, middle, &head_len);
        if (compare(head, head_len, text, len) <= 0) {
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
    enter_block(walk, find_block(segment, 0, (const unsigned char *)text, len));
    while (lexicon_has_word(walk) && compare(walk->word, walk->len, (const unsigned char *)text, len) < 0) {
        lexicon_next(walk);
    }
    walk->shared = 0;
}

static bool begins_with(const unsigned char *word, size_t word_len, const unsigned char *prefix, size_t len)
{
    return word_len >= len && memcmp(word, prefix, len) == 0;
}

/* Whole blocks are left out by their first words, the nearest ones first: most prefixes have few words. */
static uint32_t last_block_with(const struct lexicon_walk *walk, const unsigned char *prefix, size_t len)
{
    const struct segment *segment = walk->segment;
    uint32_t block = walk->number / WORDS_PER_BLOCK;
    uint32_t step = 1;
    size_t head_len;

    while (step > 0) {
        uint32_t next = block + step;
        bool has = next < segment->block_count;
        if (has) {
            const unsigned char *head = head_of(segment, next, &head_len);
            has = begins_with(head, head_len, prefix, len);
        }
        if (has) {
            block = next;
            step *= 2;
        } else {
            step /= 2;
        }
    }
    return block;
}

/* Leaves out the words of the block that share so much with those before them, without reading them. Returns whether
 * another word of the block is left, at which the walk then stands. */
static bool skip_in_block(struct lexicon_walk *walk, size_t len)
{
    const struct segment *segment = walk->segment;
    uint32_t block_end = (walk->number / WORDS_PER_BLOCK + 1) * WORDS_PER_BLOCK;
    uint32_t end_number = block_end < segment->header.word_count ? block_end : segment->header.word_count;

    while (++walk->number < end_number) {
        if (walk->next[0] < len) {
            read_word(walk);
            return true;
        }
        walk->next += 2 + walk->next[1];
    }
    return false;
}

void lexicon_skip_prefix(struct lexicon_walk *walk, size_t len)
{
    unsigned char prefix[WORDS_LEN_MAX];

    memcpy(prefix, walk->word, len);
    while (!skip_in_block(walk, len)) {
        if (!lexicon_has_word(walk)) {
            return;
        }
        walk->number--; /* the last word of the block */
        uint32_t block = last_block_with(walk, prefix, len);
        if (block == walk->number / WORDS_PER_BLOCK) {
            walk->number++;
            enter_next_block(walk, prefix, len); /* it shares less than the prefix */
            return;
        }
        enter_block(walk, block);
    }
}

bool lexicon_find(const struct segment *segment, const char *text, size_t len, struct postings *postings)
{
    uint32_t hash = lexicon_hash(text, len);
    uint32_t mask = segment->header.slot_count - 1;
    struct lexicon_walk walk = {.segment = segment};

    if (segment->header.slot_count == 0 || len > WORDS_LEN_MAX) {
        return false;
    }
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
