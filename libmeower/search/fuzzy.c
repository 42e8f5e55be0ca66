/* fuzzy.c - a dictionary in two views of the same words: a hash table, to count them, and buckets of equal first code
 * point and equal length, to find what resembles one of them. */
#include "search/fuzzy.h"
#include "base/match.h"
#include "base/utf8.h"
#include <stdlib.h>
#include <string.h>

#define CHAIN_COUNT     1024 /* of buckets; a few letters times a few lengths each */
#define TABLE_COUNT_MIN 1024 /* a power of two */

struct entry {
    uint64_t documents;
    uint64_t text_number; /* the last text that counted it: once a text is enough */
    uint32_t index;       /* in its bucket */
    uint32_t len;         /* bytes */
    char word[];
};

/* A place of the hash table, which has open addressing and linear probing. The hash stands beside the entry, so that
 * looking for a word reads no entry of another one: most of them are in no cache. */
struct slot {
    uint64_t hash;
    struct entry *entry; /* NULL: the slot is free */
};

/* What a search looks at first, side by side in memory. */
struct candidate {
    uint64_t letters; /* bit c % 64 for every code point c */
    struct entry *entry;
};

struct bucket {
    struct bucket *next; /* in its chain */
    uint32_t first;      /* code point */
    uint32_t length;     /* code points */
    struct candidate *items;
    uint32_t count;
    uint32_t item_max;
};

struct fuzzy {
    uint64_t seed;
    struct slot *table;
    size_t table_count; /* a power of two */
    size_t count;       /* less than that: a free slot ends every search */
    uint64_t text_number;
    struct bucket *chains[CHAIN_COUNT];
};

/* How a word looks to the buckets. */
struct shape {
    uint32_t first;
    uint32_t length; /* code points */
    uint64_t letters;
};

static struct shape shape_of(const char *word, size_t len)
{
    struct shape shape = {0};

    for (size_t at = 0; at < len;) {
        uint32_t code_point = (unsigned char)word[at];
        size_t taken = code_point < 0x80 ? 1 : utf8_decode(word + at, len - at, &code_point);
        if (taken == 0) {
            code_point = (unsigned char)word[at];
            taken = 1;
        }
        shape.first = at == 0 ? code_point : shape.first;
        shape.letters |= UINT64_C(1) << (code_point % 64);
        shape.length++;
        at += taken;
    }
    return shape;
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv), begun with the seed and its halves folded together. */
static uint64_t hash_of(uint64_t seed, const char *word, size_t len)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325) ^ seed;

    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char)word[i]) * UINT64_C(0x100000001B3);
    }
    return hash ^ hash >> 32;
}

static bool is_entry_of(const struct entry *entry, const char *word, size_t len)
{
    return entry->len == len && memcmp(entry->word, word, len) == 0;
}

/* ---- making and clearing ---------------------------------------------------------------------------------------- */

struct fuzzy *fuzzy_new(uint64_t seed)
{
    struct fuzzy *fuzzy = calloc(1, sizeof(*fuzzy));

    if (fuzzy == NULL) {
        return NULL;
    }
    fuzzy->seed = seed;
    fuzzy->table_count = TABLE_COUNT_MIN;
    fuzzy->table = calloc(fuzzy->table_count, sizeof(*fuzzy->table));
    if (fuzzy->table == NULL) {
        free(fuzzy);
        return NULL;
    }
    return fuzzy;
}

void fuzzy_clear(struct fuzzy *fuzzy)
{
    for (size_t i = 0; i < CHAIN_COUNT; i++) {
        while (fuzzy->chains[i] != NULL) {
            struct bucket *bucket = fuzzy->chains[i];
            fuzzy->chains[i] = bucket->next;
            for (uint32_t j = 0; j < bucket->count; j++) {
                free(bucket->items[j].entry);
            }
            free(bucket->items);
            free(bucket);
        }
    }
    memset(fuzzy->table, 0, fuzzy->table_count * sizeof(*fuzzy->table));
    fuzzy->count = 0;
}

void fuzzy_free(struct fuzzy *fuzzy)
{
    if (fuzzy == NULL) {
        return;
    }
    fuzzy_clear(fuzzy);
    free(fuzzy->table);
    free(fuzzy);
}

size_t fuzzy_count(const struct fuzzy *fuzzy)
{
    return fuzzy->count;
}

/* ---- the hash table --------------------------------------------------------------------------------------------- */

/* The slot of this word, or the free one where it belongs. */
static struct slot *find_slot(const struct fuzzy *fuzzy, uint64_t hash, const char *word, size_t len)
{
    size_t mask = fuzzy->table_count - 1;
    size_t at = (size_t)hash & mask;

    while (fuzzy->table[at].entry != NULL &&
           (fuzzy->table[at].hash != hash || !is_entry_of(fuzzy->table[at].entry, word, len))) {
        at = (at + 1) & mask;
    }
    return &fuzzy->table[at];
}

/* Moves the words to a table twice as large. When memory is short all stays as it is, and is only slower. */
static void grow_table(struct fuzzy *fuzzy)
{
    struct slot *old = fuzzy->table;
    size_t old_count = fuzzy->table_count;
    struct slot *table = calloc(old_count * 2, sizeof(*table));
    size_t mask = old_count * 2 - 1;

    if (table == NULL) {
        return;
    }
    for (size_t i = 0; i < old_count; i++) {
        size_t at = (size_t)old[i].hash & mask;
        if (old[i].entry == NULL) {
            continue;
        }
        while (table[at].entry != NULL) {
            at = (at + 1) & mask;
        }
        table[at] = old[i];
    }
    fuzzy->table = table;
    fuzzy->table_count = old_count * 2;
    free(old);
}

/* Makes room for one more word; with more than three quarters of the slots taken, searches would become long. False
 * when memory is short and the table full. */
static bool prepare_table(struct fuzzy *fuzzy)
{
    if (fuzzy->count >= fuzzy->table_count / 4 * 3) {
        grow_table(fuzzy);
    }
    return fuzzy->count + 1 < fuzzy->table_count;
}

/* Frees a slot, and moves into the gap what no search would find behind it (Knuth, The Art of Computer
 * Programming, volume 3, 6.4, algorithm R). */
static void free_slot(struct fuzzy *fuzzy, struct slot *slot)
{
    size_t mask = fuzzy->table_count - 1;
    size_t gap = (size_t)(slot - fuzzy->table);

    for (size_t at = (gap + 1) & mask; fuzzy->table[at].entry != NULL; at = (at + 1) & mask) {
        size_t home = (size_t)fuzzy->table[at].hash & mask;
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            fuzzy->table[gap] = fuzzy->table[at];
            gap = at;
        }
    }
    fuzzy->table[gap].entry = NULL;
}

/* ---- adding and removing words ---------------------------------------------------------------------------------- */

static size_t chain_index(uint32_t first, uint32_t length)
{
    return (first * 31 + length) % CHAIN_COUNT;
}

static struct bucket *find_bucket(const struct fuzzy *fuzzy, uint32_t first, uint32_t length)
{
    struct bucket *bucket = fuzzy->chains[chain_index(first, length)];

    while (bucket != NULL && (bucket->first != first || bucket->length != length)) {
        bucket = bucket->next;
    }
    return bucket;
}

/* The bucket of this shape with room for one more, or NULL when memory is short. */
static struct bucket *prepare_bucket(struct fuzzy *fuzzy, const struct shape *shape)
{
    struct bucket *bucket = find_bucket(fuzzy, shape->first, shape->length);

    if (bucket == NULL) {
        struct bucket **chain = &fuzzy->chains[chain_index(shape->first, shape->length)];
        bucket = calloc(1, sizeof(*bucket));
        if (bucket == NULL) {
            return NULL;
        }
        bucket->first = shape->first;
        bucket->length = shape->length;
        bucket->next = *chain;
        *chain = bucket;
    }
    if (bucket->count == bucket->item_max) {
        uint32_t item_max = bucket->item_max == 0 ? 4 : bucket->item_max * 2;
        struct candidate *items = realloc(bucket->items, item_max * sizeof(*items));
        if (items == NULL) {
            return NULL;
        }
        bucket->items = items;
        bucket->item_max = item_max;
    }
    return bucket;
}

static struct entry *add_entry(struct fuzzy *fuzzy, uint64_t hash, const char *word, size_t len,
                               const struct shape *shape)
{
    struct bucket *bucket = prepare_table(fuzzy) ? prepare_bucket(fuzzy, shape) : NULL;
    struct entry *entry = bucket == NULL ? NULL : malloc(sizeof(*entry) + len + 1);

    if (entry == NULL) {
        return NULL;
    }
    *entry = (struct entry){.index = bucket->count, .len = (uint32_t)len};
    memcpy(entry->word, word, len);
    entry->word[len] = '\0';
    *find_slot(fuzzy, hash, word, len) = (struct slot){hash, entry};
    bucket->items[bucket->count++] = (struct candidate){shape->letters, entry};
    fuzzy->count++;
    return entry;
}

static void remove_entry(struct fuzzy *fuzzy, struct slot *slot)
{
    struct entry *entry = slot->entry;
    struct shape shape = shape_of(entry->word, entry->len);
    struct bucket *bucket = find_bucket(fuzzy, shape.first, shape.length);

    free_slot(fuzzy, slot);
    bucket->items[entry->index] = bucket->items[--bucket->count];
    bucket->items[entry->index].entry->index = entry->index;
    fuzzy->count--;
    free(entry);
}

/* The word's entry, made if need be; *is_kept is false, and the entry NULL, for words that are left out. */
static struct entry *require_entry(struct fuzzy *fuzzy, const char *word, size_t len, bool *is_kept)
{
    uint64_t hash = hash_of(fuzzy->seed, word, len);
    struct entry *entry = find_slot(fuzzy, hash, word, len)->entry;

    *is_kept = true;
    if (entry != NULL) {
        return entry;
    }
    struct shape shape = shape_of(word, len);
    *is_kept = shape.length > 1;
    return *is_kept ? add_entry(fuzzy, hash, word, len, &shape) : NULL;
}

bool fuzzy_add(struct fuzzy *fuzzy, const char *word, size_t len, uint64_t documents)
{
    bool is_kept;
    struct entry *entry = require_entry(fuzzy, word, len, &is_kept);

    if (entry != NULL) {
        entry->documents += documents;
    }
    return entry != NULL || !is_kept;
}

/* ---- adding and removing texts ---------------------------------------------------------------------------------- */

/* Bytes of the word at text[0]. */
static size_t word_len(const char *text, size_t len)
{
    const char *space = memchr(text, ' ', len);

    return space == NULL ? len : (size_t)(space - text);
}

bool fuzzy_add_text(struct fuzzy *fuzzy, const char *text, size_t len)
{
    uint64_t number = ++fuzzy->text_number;

    for (size_t at = 0; at < len;) {
        bool is_kept;
        size_t taken = word_len(text + at, len - at);
        struct entry *entry = require_entry(fuzzy, text + at, taken, &is_kept);
        if (entry == NULL && is_kept) {
            fuzzy_remove_text(fuzzy, text, at);
            return false;
        }
        if (entry != NULL && entry->text_number != number) {
            entry->text_number = number;
            entry->documents++;
        }
        at += taken + 1;
    }
    return true;
}

void fuzzy_remove_text(struct fuzzy *fuzzy, const char *text, size_t len)
{
    uint64_t number = ++fuzzy->text_number;

    for (size_t at = 0; at < len;) {
        size_t taken = word_len(text + at, len - at);
        uint64_t hash = hash_of(fuzzy->seed, text + at, taken);
        struct slot *slot = find_slot(fuzzy, hash, text + at, taken);
        if (slot->entry != NULL && slot->entry->text_number != number) {
            slot->entry->text_number = number;
            if (--slot->entry->documents == 0) {
                remove_entry(fuzzy, slot);
            }
        }
        at += taken + 1;
    }
}

/* ---- finding ---------------------------------------------------------------------------------------------------- */

/* The best words so far, best first. */
struct ranking {
    struct {
        unsigned typos;
        const struct entry *entry;
    } items[FUZZY_EXPANSIONS_MAX];
    size_t count;
};

static bool is_better(unsigned typos, const struct entry *entry, unsigned other_typos, const struct entry *other)
{
    if (typos != other_typos) {
        return typos < other_typos;
    }
    if (entry->documents != other->documents) {
        return entry->documents > other->documents;
    }
    return strcmp(entry->word, other->word) < 0;
}

static void rank(struct ranking *ranking, unsigned typos, const struct entry *entry)
{
    size_t at = ranking->count;

    while (at > 0 && is_better(typos, entry, ranking->items[at - 1].typos, ranking->items[at - 1].entry)) {
        at--;
    }
    if (at == FUZZY_EXPANSIONS_MAX) {
        return;
    }
    ranking->count += ranking->count < FUZZY_EXPANSIONS_MAX ? 1 : 0;
    memmove(&ranking->items[at + 1], &ranking->items[at], (ranking->count - 1 - at) * sizeof(ranking->items[0]));
    ranking->items[at].typos = typos;
    ranking->items[at].entry = entry;
}

/* One edit takes away one letter at most and brings one: words that differ in more letters need not be compared. */
static bool may_be_within(uint64_t letters, uint64_t other_letters, unsigned typos_max)
{
    return (unsigned)__builtin_popcountll(letters ^ other_letters) <= 2 * typos_max;
}

static void rank_bucket(struct ranking *ranking, const struct bucket *bucket, const char *word, size_t len,
                        uint64_t letters, unsigned typos_max)
{
    for (uint32_t i = 0; i < bucket->count; i++) {
        const struct entry *entry = bucket->items[i].entry;
        if (!may_be_within(letters, bucket->items[i].letters, typos_max) || is_entry_of(entry, word, len)) {
            continue;
        }
        for (unsigned typos = 1; typos <= typos_max; typos++) {
            if (match_is_typo(word, len, entry->word, entry->len, typos)) {
                rank(ranking, typos, entry);
                break;
            }
        }
    }
}

size_t fuzzy_find(const struct fuzzy *fuzzy, const char *word, size_t len, unsigned typos_max,
                  const char *out[FUZZY_EXPANSIONS_MAX])
{
    struct ranking ranking;
    struct shape shape = shape_of(word, len);
    uint32_t shortest = shape.length > typos_max ? shape.length - typos_max : 1;

    ranking.count = 0;
    for (uint32_t length = shortest; typos_max > 0 && length <= shape.length + typos_max; length++) {
        const struct bucket *bucket = find_bucket(fuzzy, shape.first, length);
        if (bucket != NULL) {
            rank_bucket(&ranking, bucket, word, len, shape.letters, typos_max);
        }
    }
    for (size_t i = 0; i < ranking.count; i++) {
        out[i] = ranking.items[i].entry->word;
    }
    return ranking.count;
}

size_t fuzzy_begin_with(const struct fuzzy *fuzzy, const char *prefix, size_t len, const char **out, size_t out_max,
                        uint64_t *documents)
{
    struct shape shape = shape_of(prefix, len);
    size_t count = 0;

    *documents = 0;
    for (uint32_t length = shape.length + 1; length <= WORDS_LEN_MAX; length++) {
        const struct bucket *bucket = find_bucket(fuzzy, shape.first, length);
        for (uint32_t i = 0; bucket != NULL && i < bucket->count; i++) {
            const struct entry *entry = bucket->items[i].entry;
            if ((shape.letters & ~bucket->items[i].letters) != 0 || entry->len < len ||
                memcmp(entry->word, prefix, len) != 0) {
                continue;
            }
            if (count < out_max) {
                out[count] = entry->word;
            }
            count++;
            *documents += entry->documents;
        }
    }
    return count;
}
