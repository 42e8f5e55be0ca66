/* vocabulary.c - all words of an index, in two views: a hash table, to know which are there, and buckets of words with
 * the same first letter and as many letters, to find what resembles one of them.
 *
 * Beside each word of a bucket stands which letters it has, as bits: two words that are few edits apart differ in few
 * of them (an edit adds one letter and takes one away, at most), so that the others need not be looked at. */
#include "search/index/vocabulary.h"
#include "base/match.h"
#include "base/utf8.h"
#include "search/index/lexicon.h"

#define CHAIN_COUNT     1024  /* of buckets; a few letters times a few lengths each */
#define TABLE_SIZE_MIN  1024  /* a power of two */
#define TEXT_SIZE       65536 /* bytes of texts that are allocated at once */
#define TEXT_COUNT      16384 /* of those, at most: a gigabyte */
#define CANDIDATE_COUNT 126   /* of a chunk, which then has about a kilobyte */

/* What a search looks at first, side by side in memory. */
struct candidate {
    uint32_t letters; /* bit c % 32 for every code point c */
    uint32_t place;   /* of its text: a byte with its length, and the text */
};

struct chunk {
    struct chunk *_Atomic next; /* older ones are full */
    _Atomic uint32_t count;
    uint32_t max;
    struct candidate items[];
};

struct bucket {
    struct bucket *next; /* in its chain */
    uint32_t first;      /* code point */
    uint32_t length;     /* code points */
    struct chunk *_Atomic chunks;
};

/* Open addressing, linear probing. A place of a text and 1; 0: free. */
struct table {
    struct table *older; /* kept while the vocabulary lives: a search may be reading it */
    size_t size;         /* a power of two */
    _Atomic uint32_t slots[];
};

struct vocabulary {
    atomic_uint holders;
    struct bucket *_Atomic chains[CHAIN_COUNT];
    struct table *_Atomic table;
    size_t count;
    char *texts[TEXT_COUNT];
    uint32_t text_used; /* bytes of all of them */
};

/* How a word looks to the buckets. */
struct shape {
    uint32_t first;
    uint32_t length; /* code points */
    uint32_t letters;
};

static struct shape shape_of(const char *text, size_t len)
{
    struct shape shape = {0};

    for (size_t at = 0; at < len; shape.length++) {
        uint32_t letter = 0;
        size_t taken = utf8_decode(text + at, len - at, &letter);
        shape.first = at == 0 ? letter : shape.first;
        shape.letters |= UINT32_C(1) << letter % 32;
        at += taken == 0 ? 1 : taken;
    }
    return shape;
}

static const char *text_at(const struct vocabulary *vocabulary, uint32_t place, size_t *len)
{
    const char *text = vocabulary->texts[place / TEXT_SIZE] + place % TEXT_SIZE;

    *len = (unsigned char)*text;
    return text + 1;
}

/* ---- making and freeing ----------------------------------------------------------------------------------------- */

static struct table *new_table(size_t size, struct table *older)
{
    struct table *table = calloc(1, sizeof(*table) + size * sizeof(table->slots[0]));

    if (table != NULL) {
        table->size = size;
        table->older = older;
    }
    return table;
}

struct vocabulary *vocabulary_new(void)
{
    struct vocabulary *vocabulary = calloc(1, sizeof(*vocabulary));
    struct table *table = new_table(TABLE_SIZE_MIN, NULL);

    if (vocabulary == NULL || table == NULL) {
        free(vocabulary);
        free(table);
        return NULL;
    }
    atomic_init(&vocabulary->holders, 1);
    atomic_init(&vocabulary->table, table);
    return vocabulary;
}

struct vocabulary *vocabulary_hold(struct vocabulary *vocabulary)
{
    atomic_fetch_add(&vocabulary->holders, 1);
    return vocabulary;
}

static void free_bucket(struct bucket *bucket)
{
    for (struct chunk *chunk = atomic_load(&bucket->chunks); chunk != NULL;) {
        struct chunk *next = atomic_load(&chunk->next);
        free(chunk);
        chunk = next;
    }
    free(bucket);
}

void vocabulary_release(struct vocabulary *vocabulary)
{
    if (vocabulary == NULL || atomic_fetch_sub(&vocabulary->holders, 1) > 1) {
        return;
    }
    for (size_t i = 0; i < CHAIN_COUNT; i++) {
        for (struct bucket *bucket = atomic_load(&vocabulary->chains[i]); bucket != NULL;) {
            struct bucket *next = bucket->next;
            free_bucket(bucket);
            bucket = next;
        }
    }
    for (struct table *table = atomic_load(&vocabulary->table); table != NULL;) {
        struct table *older = table->older;
        free(table);
        table = older;
    }
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        free(vocabulary->texts[i]);
    }
    free(vocabulary);
}

/* ---- the hash table --------------------------------------------------------------------------------------------- */

/* The slot that has the word, or the free one where it belongs. */
static size_t find_slot(const struct vocabulary *vocabulary, const struct table *table, const char *text, size_t len)
{
    size_t mask = table->size - 1;
    size_t slot = lexicon_hash(text, len) & mask;

    for (;; slot = (slot + 1) & mask) {
        uint32_t place = atomic_load_explicit(&table->slots[slot], memory_order_acquire);
        size_t other_len;
        if (place == 0) {
            return slot;
        }
        const char *other = text_at(vocabulary, place - 1, &other_len);
        if (other_len == len && memcmp(other, text, len) == 0) {
            return slot;
        }
    }
}

bool vocabulary_has(const struct vocabulary *vocabulary, const char *text, size_t len)
{
    const struct table *table = atomic_load_explicit(&vocabulary->table, memory_order_acquire);

    return atomic_load_explicit(&table->slots[find_slot(vocabulary, table, text, len)], memory_order_acquire) != 0;
}

/* Makes the table twice as large when it is two thirds full. False when memory is short. */
static bool grow_table(struct vocabulary *vocabulary)
{
    struct table *old = atomic_load_explicit(&vocabulary->table, memory_order_relaxed);

    if (vocabulary->count < old->size / 3 * 2) {
        return true;
    }
    struct table *table = new_table(old->size * 2, old);
    if (table == NULL) {
        return false;
    }
    for (size_t i = 0; i < old->size; i++) {
        uint32_t place = atomic_load_explicit(&old->slots[i], memory_order_relaxed);
        if (place != 0) {
            size_t len;
            const char *text = text_at(vocabulary, place - 1, &len);
            atomic_store_explicit(&table->slots[find_slot(vocabulary, table, text, len)], place, memory_order_relaxed);
        }
    }
    atomic_store_explicit(&vocabulary->table, table, memory_order_release);
    return true;
}

/* ---- buckets ---------------------------------------------------------------------------------------------------- */

static size_t chain_of(uint32_t first, uint32_t length)
{
    return (first * 31 + length) % CHAIN_COUNT;
}

static struct bucket *find_bucket(const struct vocabulary *vocabulary, uint32_t first, uint32_t length)
{
    struct bucket *bucket = atomic_load_explicit(&vocabulary->chains[chain_of(first, length)], memory_order_acquire);

    while (bucket != NULL && (bucket->first != first || bucket->length != length)) {
        bucket = bucket->next;
    }
    return bucket;
}

static struct bucket *make_bucket(struct vocabulary *vocabulary, const struct shape *shape)
{
    struct bucket *bucket = find_bucket(vocabulary, shape->first, shape->length);
    struct bucket *_Atomic *chain = &vocabulary->chains[chain_of(shape->first, shape->length)];

    if (bucket != NULL) {
        return bucket;
    }
    bucket = calloc(1, sizeof(*bucket));
    if (bucket != NULL) {
        bucket->first = shape->first;
        bucket->length = shape->length;
        bucket->next = atomic_load_explicit(chain, memory_order_relaxed);
        atomic_store_explicit(chain, bucket, memory_order_release);
    }
    return bucket;
}

/* The chunk with room for one more, the first one small: many buckets have few words. NULL when memory is short. */
static struct chunk *make_room(struct bucket *bucket)
{
    struct chunk *chunk = atomic_load_explicit(&bucket->chunks, memory_order_relaxed);
    uint32_t max = chunk == NULL ? 6 : CANDIDATE_COUNT;

    if (chunk != NULL && atomic_load_explicit(&chunk->count, memory_order_relaxed) < chunk->max) {
        return chunk;
    }
    struct chunk *added = calloc(1, sizeof(*added) + max * sizeof(added->items[0]));
    if (added != NULL) {
        added->max = max;
        atomic_init(&added->next, chunk);
        atomic_store_explicit(&bucket->chunks, added, memory_order_release);
    }
    return added;
}

/* ---- adding ----------------------------------------------------------------------------------------------------- */

/* Writes the text down. Returns its place, or UINT32_MAX when memory is short. */
static uint32_t add_text(struct vocabulary *vocabulary, const char *text, size_t len)
{
    uint32_t place = vocabulary->text_used;

    if (place % TEXT_SIZE + len + 1 > TEXT_SIZE) {
        place = (place / TEXT_SIZE + 1) * TEXT_SIZE;
    }
    if (place / TEXT_SIZE >= TEXT_COUNT) {
        return UINT32_MAX;
    }
    char **texts = &vocabulary->texts[place / TEXT_SIZE];
    if (*texts == NULL) {
        *texts = malloc(TEXT_SIZE);
        if (*texts == NULL) {
            return UINT32_MAX;
        }
    }
    (*texts)[place % TEXT_SIZE] = (char)len;
    memcpy(*texts + place % TEXT_SIZE + 1, text, len);
    vocabulary->text_used = place + (uint32_t)len + 1;
    return place;
}

bool vocabulary_add(struct vocabulary *vocabulary, const char *text, size_t len)
{
    const struct shape shape = shape_of(text, len);

    if (vocabulary_has(vocabulary, text, len)) {
        return true;
    }
    struct bucket *bucket = make_bucket(vocabulary, &shape);
    struct chunk *chunk = bucket == NULL ? NULL : make_room(bucket);
    if (chunk == NULL || !grow_table(vocabulary)) {
        return false;
    }
    uint32_t place = add_text(vocabulary, text, len);
    if (place == UINT32_MAX) {
        return false;
    }
    struct table *table = atomic_load_explicit(&vocabulary->table, memory_order_relaxed);
    uint32_t count = atomic_load_explicit(&chunk->count, memory_order_relaxed);
    chunk->items[count] = (struct candidate){shape.letters, place};
    atomic_store_explicit(&chunk->count, count + 1, memory_order_release);
    atomic_store_explicit(&table->slots[find_slot(vocabulary, table, text, len)], place + 1, memory_order_release);
    vocabulary->count++;
    return true;
}

bool vocabulary_add_segment(struct vocabulary *vocabulary, const struct segment *segment)
{
    struct lexicon_walk walk;

    for (lexicon_begin_texts(&walk, segment); lexicon_has_word(&walk); lexicon_next(&walk)) {
        if (!vocabulary_add(vocabulary, (const char *)walk.word, walk.len)) {
            return false;
        }
    }
    return true;
}

/* ---- looking ---------------------------------------------------------------------------------------------------- */

/* Whether more than so many bits are set. */
static bool has_more_bits(uint32_t bits, unsigned most)
{
    for (; bits != 0 && most > 0; most--) {
        bits &= bits - 1;
    }
    return bits != 0;
}

/* A search for words that are like one. */
struct look {
    const struct vocabulary *vocabulary;
    const meower_search_word *word;
    struct shape shape;
    struct typo_sink *sink;
    bool first_differs;
    bool is_stopped;
};

/* Edits to a word of a bucket; more than allowed where it is too far away, or the word itself. */
static unsigned distance(const struct look *look, const char *text, size_t len, unsigned most)
{
    const meower_search_word *word = look->word;

    if (look->first_differs) {
        return match_is_first_typo(word->text, word->text_len, text, len) ? 1 : most + 1;
    }
    /* Most words are too far away: that is looked at first. */
    if (!match_is_typo(word->text, word->text_len, text, len, most) ||
        (len == word->text_len && memcmp(text, word->text, len) == 0)) {
        return most + 1;
    }
    unsigned edits = most;
    while (edits > 1 && match_is_typo(word->text, word->text_len, text, len, edits - 1)) {
        edits--;
    }
    return edits;
}

static void look_into(struct look *look, const struct bucket *bucket, unsigned most)
{
    const struct chunk *chunk = atomic_load_explicit(&bucket->chunks, memory_order_acquire);

    for (; chunk != NULL; chunk = atomic_load_explicit(&chunk->next, memory_order_acquire)) {
        uint32_t count = atomic_load_explicit(&chunk->count, memory_order_acquire);
        for (uint32_t i = 0; i < count && !look->is_stopped; i++) {
            if (has_more_bits(chunk->items[i].letters ^ look->shape.letters, 2 * most)) {
                continue;
            }
            size_t len;
            const char *text = text_at(look->vocabulary, chunk->items[i].place, &len);
            unsigned edits = distance(look, text, len, most);
            if (edits <= most) {
                look->is_stopped = !look->sink->word(look->sink, text, len, edits);
            }
        }
    }
}

void vocabulary_find_typos(const struct vocabulary *vocabulary, const meower_search_word *word, struct typo_sink *sink)
{
    struct look look = {vocabulary, word, shape_of(word->text, word->text_len), sink, false, false};
    unsigned most = word->typos_max;
    uint32_t shortest = look.shape.length > most ? look.shape.length - most : 1;

    for (uint32_t length = shortest; most > 0 && length <= look.shape.length + most; length++) {
        const struct bucket *bucket = find_bucket(vocabulary, look.shape.first, length);
        if (bucket != NULL && !look.is_stopped) {
            look_into(&look, bucket, most);
        }
    }
}

void vocabulary_find_first_typos(const struct vocabulary *vocabulary, const meower_search_word *word,
                                 struct typo_sink *sink)
{
    struct look look = {vocabulary, word, shape_of(word->text, word->text_len), sink, true, false};

    for (size_t i = 0; i < CHAIN_COUNT; i++) {
        const struct bucket *bucket = atomic_load_explicit(&vocabulary->chains[i], memory_order_acquire);
        for (; bucket != NULL && !look.is_stopped; bucket = bucket->next) {
            if (bucket->first != look.shape.first && bucket->length + 1 >= look.shape.length &&
                bucket->length <= look.shape.length + 1) {
                look_into(&look, bucket, 1);
            }
        }
    }
}
