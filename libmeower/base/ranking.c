/* ranking.c - the search contract over a set of texts. Each different word is compared with the query once; what a
 * text's words are to the query is then known without comparing. */
#include "base/ranking.h"
#include "base/hash.h"
#include <stdlib.h>
#include <string.h>

#define SLOTS_MIN 1024 /* a power of two */

/* In which quality something matches an item of the query: as it is, and where no text has the searched word. */
struct quality {
    unsigned char plain;
    unsigned char first_differs;
};

/* A word that some text has. */
struct entry {
    char *text;
    size_t len;
    uint64_t hash;
    uint64_t texts;   /* that have it */
    size_t last_text; /* the last one that was counted */
    struct quality qualities[MATCH_WORDS_MAX];
};

struct found {
    struct quality qualities[MATCH_WORDS_MAX];
    uint32_t number;
    unsigned tier; /* MATCH_NONE: only a part of the query matches */
    unsigned sum;
};

struct ranking {
    const meower_search_request *request;
    struct entry *entries;
    size_t entry_count;
    size_t entry_max;
    size_t *slots; /* number of an entry and 1; 0: free */
    size_t slot_count;
    struct found *found;
    size_t found_count;
    size_t found_max;
    size_t text_count;
};

struct ranking *ranking_new(const meower_search_request *request)
{
    struct ranking *ranking = calloc(1, sizeof(*ranking));

    if (ranking == NULL) {
        return NULL;
    }
    ranking->request = request;
    ranking->slot_count = SLOTS_MIN;
    ranking->slots = calloc(SLOTS_MIN, sizeof(*ranking->slots));
    if (ranking->slots == NULL) {
        free(ranking);
        return NULL;
    }
    return ranking;
}

void ranking_free(struct ranking *ranking)
{
    if (ranking == NULL) {
        return;
    }
    for (size_t i = 0; i < ranking->entry_count; i++) {
        free(ranking->entries[i].text);
    }
    free(ranking->entries);
    free(ranking->slots);
    free(ranking->found);
    free(ranking);
}

/* Doubles what is full. Returns the new array, or NULL when memory is short: then the old one is as it was. */
static void *grow(void *items, size_t *max, size_t size)
{
    size_t more = *max == 0 ? 64 : *max * 2;
    void *grown = realloc(items, more * size);

    *max = grown == NULL ? *max : more;
    return grown;
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

static struct quality better_of(struct quality a, struct quality b)
{
    return (struct quality){a.plain < b.plain ? a.plain : b.plain,
                            a.first_differs < b.first_differs ? a.first_differs : b.first_differs};
}

static void improve(struct quality *quality, int by)
{
    *quality = better_of(*quality, (struct quality){(unsigned char)by, (unsigned char)by});
}

/* What a single word is to each item of the query, neighbours of the query included. */
static void compare(const meower_search_request *request, struct entry *entry)
{
    for (size_t i = 0; i < request->word_count; i++) {
        const meower_search_word *item = &request->words[i];
        entry->qualities[i] = (struct quality){
            (unsigned char)match_quality(item, entry->text, entry->len, false),
            (unsigned char)match_quality(item, entry->text, entry->len, true),
        };
    }
    for (size_t j = 0; j < request->join_count; j++) {
        const meower_search_join *join = &request->joins[j];
        if (join->text_len != entry->len || memcmp(join->text, entry->text, entry->len) != 0) {
            continue;
        }
        for (size_t i = 0; i < request->word_count; i++) {
            if ((join->word_mask >> i & 1) != 0) {
                improve(&entry->qualities[i], MATCH_TYPO);
            }
        }
    }
}

static bool grow_slots(struct ranking *ranking)
{
    size_t slot_count = ranking->slot_count * 2;
    size_t *slots = calloc(slot_count, sizeof(*slots));

    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < ranking->entry_count; i++) {
        size_t at = (size_t)ranking->entries[i].hash & (slot_count - 1);
        while (slots[at] != 0) {
            at = (at + 1) & (slot_count - 1);
        }
        slots[at] = i + 1;
    }
    free(ranking->slots);
    ranking->slots = slots;
    ranking->slot_count = slot_count;
    return true;
}

/* The slot that has the word, or the free one where it belongs. */
static size_t *find_slot(const struct ranking *ranking, const char *text, size_t len, uint64_t hash)
{
    size_t at = (size_t)hash & (ranking->slot_count - 1);

    while (ranking->slots[at] != 0) {
        const struct entry *entry = &ranking->entries[ranking->slots[at] - 1];
        if (entry->hash == hash && entry->len == len && memcmp(entry->text, text, len) == 0) {
            break;
        }
        at = (at + 1) & (ranking->slot_count - 1);
    }
    return &ranking->slots[at];
}

/* The entry of a word, made when there is none. NULL when memory is short. */
static struct entry *find_entry(struct ranking *ranking, const struct word *word)
{
    uint64_t hash = hash_bytes(word->text, word->len);
    size_t *slot;

    if (ranking->entry_count * 2 >= ranking->slot_count && !grow_slots(ranking)) {
        return NULL;
    }
    slot = find_slot(ranking, word->text, word->len, hash);
    if (*slot != 0) {
        return &ranking->entries[*slot - 1];
    }
    if (ranking->entry_count == ranking->entry_max) {
        struct entry *grown = grow(ranking->entries, &ranking->entry_max, sizeof(*grown));
        if (grown == NULL) {
            return NULL;
        }
        ranking->entries = grown;
    }
    struct entry *entry = &ranking->entries[ranking->entry_count];
    *entry = (struct entry){.text = malloc(word->len + 1), .len = word->len, .hash = hash, .last_text = SIZE_MAX};
    if (entry->text == NULL) {
        return NULL;
    }
    memcpy(entry->text, word->text, word->len);
    entry->text[word->len] = '\0';
    compare(ranking->request, entry);
    *slot = ++ranking->entry_count;
    return entry;
}

/* ---- texts ------------------------------------------------------------------------------------------------------ */

/* What stands at one place of the text and has several words: runs, and words that are split there. */
static void compare_place(const meower_search_request *request, const struct words *text, size_t at,
                          struct quality *found)
{
    for (size_t i = 0; i < request->word_count; i++) {
        const meower_search_word *item = &request->words[i];
        int quality;
        if (match_is_run(item)) {
            if (match_run(item, text, at, &quality) > 0) {
                improve(&found[i], quality);
            }
        } else if (match_joined(item, text, at) > 0) {
            improve(&found[i], MATCH_TYPO);
        }
    }
}

bool ranking_add(struct ranking *ranking, const struct words *text)
{
    size_t count = ranking->request->word_count;
    struct found found = {.number = (uint32_t)ranking->text_count};
    bool matches = false;

    for (size_t i = 0; i < count; i++) {
        found.qualities[i] = (struct quality){MATCH_NONE, MATCH_NONE};
    }
    for (size_t at = 0; at < text->count; at++) {
        struct entry *entry = find_entry(ranking, &text->items[at]);
        if (entry == NULL) {
            return false;
        }
        if (entry->last_text != ranking->text_count) {
            entry->last_text = ranking->text_count;
            entry->texts++;
        }
        for (size_t i = 0; i < count; i++) {
            found.qualities[i] = better_of(found.qualities[i], entry->qualities[i]);
        }
        compare_place(ranking->request, text, at, found.qualities);
    }
    for (size_t i = 0; i < count; i++) {
        matches = matches || found.qualities[i].first_differs != MATCH_NONE;
    }
    if (matches) {
        if (ranking->found_count == ranking->found_max) {
            struct found *grown = grow(ranking->found, &ranking->found_max, sizeof(*grown));
            if (grown == NULL) {
                return false;
            }
            ranking->found = grown;
        }
        ranking->found[ranking->found_count++] = found;
    }
    ranking->text_count++;
    return true;
}

/* ---- order ------------------------------------------------------------------------------------------------------ */

/* How many texts have a word; with `begins`, also those with a longer one that begins with it, each word for itself. */
static uint64_t count_texts(const struct ranking *ranking, const char *text, size_t len, bool begins)
{
    uint64_t count = 0;

    for (size_t i = 0; i < ranking->entry_count; i++) {
        const struct entry *entry = &ranking->entries[i];
        if ((begins ? entry->len >= len : entry->len == len) && memcmp(entry->text, text, len) == 0) {
            count += entry->texts;
        }
    }
    return count;
}

/* A run is counted as its rarest character is. */
static uint64_t count_run(const struct ranking *ranking, const meower_search_word *run, bool begins)
{
    const char *end = run->text + run->text_len;
    uint64_t least = ranking->text_count;

    for (const char *next = run->text; next < end;) {
        const char *space = memchr(next, ' ', (size_t)(end - next));
        const char *stop = space == NULL ? end : space;
        uint64_t count = count_texts(ranking, next, (size_t)(stop - next), begins && space == NULL);
        least = count < least ? count : least;
        next = stop + 1;
    }
    return least;
}

/* What an item adds in each quality, and whether no text has the searched word, so that its first letter may differ. */
static bool weigh(const struct ranking *ranking, size_t item, unsigned weights[MATCH_NONE])
{
    const meower_search_word *word = &ranking->request->words[item];
    uint64_t counts[MATCH_NONE] = {0};
    bool differs;

    if (match_is_run(word)) {
        counts[MATCH_EXACT] = counts[MATCH_TYPO] = count_run(ranking, word, false);
        counts[MATCH_PREFIX] = count_run(ranking, word, true);
        differs = false;
    } else {
        counts[MATCH_EXACT] = count_texts(ranking, word->text, word->text_len, false);
        differs = counts[MATCH_EXACT] == 0;
        for (size_t i = 0; i < ranking->entry_count; i++) {
            struct quality quality = ranking->entries[i].qualities[item];
            int level = differs ? quality.first_differs : quality.plain;
            for (int above = level == MATCH_EXACT ? MATCH_NONE : level; above < MATCH_NONE; above++) {
                counts[above] += ranking->entries[i].texts;
            }
        }
        counts[MATCH_TYPO] += counts[MATCH_EXACT];
        counts[MATCH_PREFIX] += counts[MATCH_EXACT];
    }
    for (int quality = 0; quality < MATCH_NONE; quality++) {
        weights[quality] = match_weight(quality, ranking->text_count, counts[quality]);
    }
    return differs;
}

static int compare_found(const void *a, const void *b)
{
    const struct found *left = a;
    const struct found *right = b;

    if (left->tier != right->tier) {
        return left->tier < right->tier ? -1 : 1;
    }
    if (left->tier == MATCH_NONE && left->sum != right->sum) {
        return left->sum > right->sum ? -1 : 1;
    }
    return left->number < right->number ? -1 : 1;
}

/* Tiers for all, sums for a part. */
static void judge(struct found *found, size_t count, const bool *differs, unsigned weights[][MATCH_NONE])
{
    unsigned worst = MATCH_EXACT;

    found->sum = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned quality = differs[i] ? found->qualities[i].first_differs : found->qualities[i].plain;
        worst = quality > worst ? quality : worst;
        /* A better quality weighs no less: more texts have a word in a worse one. */
        found->sum += quality == MATCH_NONE ? 0 : weights[i][quality];
    }
    found->tier = worst;
}

size_t ranking_order(struct ranking *ranking, uint32_t *order)
{
    size_t count = ranking->request->word_count;
    unsigned weights[MATCH_WORDS_MAX][MATCH_NONE];
    bool differs[MATCH_WORDS_MAX];
    size_t written = 0;

    for (size_t i = 0; i < count; i++) {
        differs[i] = weigh(ranking, i, weights[i]);
    }
    for (size_t i = 0; i < ranking->found_count; i++) {
        judge(&ranking->found[i], count, differs, weights);
    }
    if (ranking->found_count > 0) {
        qsort(ranking->found, ranking->found_count, sizeof(*ranking->found), compare_found);
    }
    for (size_t i = 0; i < ranking->found_count; i++) {
        if (ranking->found[i].tier != MATCH_NONE || ranking->found[i].sum > 0) {
            order[written++] = ranking->found[i].number;
        }
    }
    return written;
}
