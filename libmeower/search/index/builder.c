/* builder.c - makes a segment in memory: gathers where each word stands, labels among them, sorts the words, and writes
 * them. */
#include "search/index/builder.h"
#include "search/index/arena.h"
#include "search/index/label_word.h"
#include "search/index/lexicon.h"
#include "search/index/segment_writer.h"

/* A different word. */
struct entry {
    uint64_t beginning; /* its first eight bytes as a number: most comparisons need no more */
    const char *text;
    uint32_t len;
    uint32_t hash;
    uint32_t count; /* times it stands somewhere */
    uint32_t first; /* its first one, once they are sorted by word */
};

/* One word at one place. */
struct occurrence {
    uint32_t entry;
    uint32_t age;
    uint32_t place;
};

struct builder {
    struct bytes entries;
    struct bytes occurrences; /* the newest document's first */
    struct arena labels;      /* the words of labels: documents have them in two pieces */
    uint32_t *slots;          /* number of an entry and 1; 0: free */
    uint32_t slot_count;
};

static struct entry *entry_at(const struct builder *builder, size_t number)
{
    return (struct entry *)(void *)builder->entries.items + number;
}

static size_t entry_count(const struct builder *builder)
{
    return builder->entries.len / sizeof(struct entry);
}

static size_t occurrence_count(const struct builder *builder)
{
    return builder->occurrences.len / sizeof(struct occurrence);
}

/* ---- gathering -------------------------------------------------------------------------------------------------- */

static bool grow_slots(struct builder *builder)
{
    uint32_t slot_count = builder->slot_count == 0 ? 64 : builder->slot_count * 2;
    uint32_t *slots = calloc(slot_count, sizeof(*slots));

    if (slots == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < entry_count(builder); i++) {
        uint32_t slot = entry_at(builder, i)->hash & (slot_count - 1);
        while (slots[slot] != 0) {
            slot = (slot + 1) & (slot_count - 1);
        }
        slots[slot] = i + 1;
    }
    free(builder->slots);
    builder->slots = slots;
    builder->slot_count = slot_count;
    return true;
}

/* The number of the word's entry, made when there is none; UINT32_MAX when memory is short. */
static uint32_t find_entry(struct builder *builder, const char *text, uint32_t len)
{
    uint32_t hash = lexicon_hash(text, len);

    if (entry_count(builder) * 2 >= builder->slot_count && !grow_slots(builder)) {
        return UINT32_MAX;
    }
    uint32_t slot = hash & (builder->slot_count - 1);
    for (; builder->slots[slot] != 0; slot = (slot + 1) & (builder->slot_count - 1)) {
        const struct entry *entry = entry_at(builder, builder->slots[slot] - 1);
        if (entry->hash == hash && entry->len == len && memcmp(entry->text, text, len) == 0) {
            return builder->slots[slot] - 1;
        }
    }
    const struct entry entry = {.beginning = lexicon_beginning(text, len), .text = text, .len = len, .hash = hash};
    bytes_add(&builder->entries, &entry, sizeof(entry));
    if (builder->entries.failed) {
        return UINT32_MAX;
    }
    builder->slots[slot] = (uint32_t)entry_count(builder);
    return builder->slots[slot] - 1;
}

static void note_occurrence(struct builder *builder, uint32_t entry, uint32_t age, uint32_t place)
{
    const struct occurrence occurrence = {entry, age, place};

    entry_at(builder, entry)->count++;
    bytes_add(&builder->occurrences, &occurrence, sizeof(occurrence));
}

static bool gather_label(struct builder *builder, const meower_label *label, uint32_t age)
{
    char word[LABEL_WORD_MAX];
    size_t len = label_word_write(label, word);
    uint32_t number = find_entry(builder, word, (uint32_t)len);

    if (number == UINT32_MAX) {
        return false;
    }
    if (entry_at(builder, number)->count == 0) { /* a new entry: its text must outlive this call */
        char *text = arena_take(&builder->labels, len, 1);
        if (text == NULL) {
            return false;
        }
        entry_at(builder, number)->text = memcpy(text, word, len);
    }
    note_occurrence(builder, number, age, 0);
    return true;
}

static bool gather_words(struct builder *builder, const struct new_document *document, uint32_t age)
{
    const char *at = document->words;
    const char *end = at + document->words_len;

    for (uint32_t place = 0; at < end; place++) {
        const char *space = memchr(at, ' ', (size_t)(end - at));
        const char *stop = space == NULL ? end : space;
        uint32_t number = find_entry(builder, at, (uint32_t)(stop - at));
        if (number == UINT32_MAX) {
            return false;
        }
        note_occurrence(builder, number, age, place);
        at = stop + 1;
    }
    return true;
}

static bool gather(struct builder *builder, const struct new_document *document, uint32_t age)
{
    bool has_memory = gather_words(builder, document, age);

    for (size_t i = 0; i < document->label_count && has_memory; i++) {
        has_memory = gather_label(builder, &document->labels[i], age);
    }
    return has_memory && !builder->occurrences.failed;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a;
    const struct entry *right = b;

    if (left->beginning != right->beginning) {
        return left->beginning < right->beginning ? -1 : 1;
    }
    return bytes_compare(left->text, left->len, right->text, right->len);
}

/* Sorts the occurrences by word; each word's stay as they are: by age, and by place. NULL when memory is short. */
static struct occurrence *sort_occurrences(const struct builder *builder)
{
    const struct occurrence *items = (const void *)builder->occurrences.items;
    size_t count = occurrence_count(builder);
    struct occurrence *sorted = malloc((count + 1) * sizeof(*sorted));
    uint32_t first = 0;

    if (sorted == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < entry_count(builder); i++) {
        struct entry *entry = entry_at(builder, i);
        entry->first = first;
        first += entry->count;
        entry->count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = entry_at(builder, items[i].entry);
        sorted[entry->first + entry->count++] = items[i];
    }
    return sorted;
}

static void write_word(struct segment_writer *writer, const struct entry *entry, const struct occurrence *occurrences,
                       struct bytes *places)
{
    uint32_t numbers[256]; /* a text has few words; where one stands more often, the rest of it is left out */

    segment_writer_begin_word(writer);
    for (uint32_t i = 0; i < entry->count;) {
        uint32_t age = occurrences[i].age;
        size_t count = 0;
        for (; i < entry->count && occurrences[i].age == age; i++) {
            if (count < sizeof(numbers) / sizeof(numbers[0])) {
                numbers[count++] = occurrences[i].place;
            }
        }
        places->len = 0;
        places_write(places, numbers, count);
        postings_add(&writer->postings, age, places->items, places->len);
    }
    segment_writer_end_word(writer, (const unsigned char *)entry->text, entry->len);
}

static void write_words(struct segment_writer *writer, struct builder *builder, const struct occurrence *occurrences)
{
    struct bytes places = {0};

    if (entry_count(builder) > 0) {
        qsort(builder->entries.items, entry_count(builder), sizeof(struct entry), compare_entries);
    }
    for (size_t i = 0; i < entry_count(builder); i++) {
        const struct entry *entry = entry_at(builder, i);
        write_word(writer, entry, occurrences + entry->first, &places);
    }
    writer->out.failed = writer->out.failed || places.failed;
    bytes_free(&places);
}

struct segment *builder_make(const struct new_document *documents, size_t count)
{
    struct builder builder = {0};
    struct segment_writer writer;
    struct segment *segment = NULL;
    bool has_memory = true;

    for (size_t i = count; i > 0 && has_memory; i--) {
        has_memory = gather(&builder, &documents[i - 1], (uint32_t)(count - i));
    }
    struct occurrence *occurrences = has_memory ? sort_occurrences(&builder) : NULL;
    segment_writer_init(&writer, -1);
    if (occurrences != NULL) {
        write_words(&writer, &builder, occurrences);
        for (size_t i = count; i > 0; i--) {
            segment_writer_add_document(&writer, documents[i - 1].position, documents[i - 1].id);
        }
        segment_writer_end(&writer, &segment);
    }
    segment_writer_free(&writer);
    free(occurrences);
    free(builder.slots);
    arena_free(&builder.labels);
    bytes_free(&builder.entries);
    bytes_free(&builder.occurrences);
    return segment;
}
