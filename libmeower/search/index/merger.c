/* merger.c - makes one segment of several: goes through all lexicons at once, word by word. */
#include "search/index/merger.h"
#include "search/index/lexicon.h"

/* One input on its way. The newest comes first here, as ages do. */
struct source {
    const struct merge_input *input;
    struct lexicon_walk walk;
    uint32_t first_age; /* new age of its newest document */
    uint32_t *ages;     /* new age of each document, SEGMENT_NO_AGE for a deleted one; NULL: first_age and its own */
    uint32_t left;      /* documents that are not deleted */
};

static bool is_deleted(const struct merge_input *input, uint32_t age)
{
    return input->deleted != NULL && (input->deleted[age / 64] >> age % 64 & 1) != 0;
}

/* False when memory is short. */
static bool begin_source(struct source *source, const struct merge_input *input, uint32_t first_age)
{
    uint32_t count = input->segment->header.document_count;

    *source = (struct source){.input = input, .first_age = first_age, .left = count};
    lexicon_begin(&source->walk, input->segment);
    if (input->deleted == NULL) {
        return true;
    }
    source->ages = malloc(((size_t)count + 1) * sizeof(*source->ages));
    if (source->ages == NULL) {
        return false;
    }
    source->left = 0;
    for (uint32_t age = 0; age < count; age++) {
        source->ages[age] = is_deleted(input, age) ? SEGMENT_NO_AGE : first_age + source->left++;
    }
    return true;
}

static int compare_words(const struct lexicon_walk *a, const struct lexicon_walk *b)
{
    int difference = memcmp(a->word, b->word, a->len < b->len ? a->len : b->len);

    return difference != 0 ? difference : (a->len > b->len) - (a->len < b->len);
}

/* The first word that any source stands at; NULL when all are at their ends. */
static const struct lexicon_walk *first_word(const struct source *sources, size_t count)
{
    const struct lexicon_walk *first = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct lexicon_walk *walk = &sources[i].walk;
        if (lexicon_has_word(walk) && (first == NULL || compare_words(walk, first) < 0)) {
            first = walk;
        }
    }
    return first;
}

static void copy_postings(struct segment_writer *writer, const struct source *source)
{
    struct cursor cursor;

    cursor_init(&cursor, lexicon_postings(&source->walk));
    for (uint32_t age; (age = cursor_age(&cursor)) != SEGMENT_NO_AGE; cursor_next(&cursor)) {
        uint32_t new_age = source->ages == NULL ? source->first_age + age : source->ages[age];
        if (new_age != SEGMENT_NO_AGE) {
            size_t len;
            const unsigned char *places = cursor_places(&cursor, &len);
            postings_add(&writer->postings, new_age, places, len);
        }
    }
}

static void merge_words(struct segment_writer *writer, struct source *sources, size_t count)
{
    const struct lexicon_walk *first;

    while ((first = first_word(sources, count)) != NULL) {
        unsigned char word[WORDS_LEN_MAX];
        size_t len = first->len;
        memcpy(word, first->word, len);
        segment_writer_begin_word(writer);
        for (size_t i = 0; i < count; i++) {
            struct lexicon_walk *walk = &sources[i].walk;
            if (lexicon_has_word(walk) && walk->len == len && memcmp(walk->word, word, len) == 0) {
                copy_postings(writer, &sources[i]);
                lexicon_next(walk);
            }
        }
        if (writer->postings.count > 0) {
            segment_writer_end_word(writer, word, len);
        }
    }
}

static void merge_documents(struct segment_writer *writer, const struct source *source)
{
    const struct segment *segment = source->input->segment;

    for (uint32_t age = 0; age < segment->header.document_count; age++) {
        if (!is_deleted(source->input, age)) {
            segment_writer_add_document(writer, segment_position(segment, age), segment_id(segment, age));
        }
    }
}

bool merger_write(struct segment_writer *writer, const struct merge_input *inputs, size_t count)
{
    struct source *sources = calloc(count, sizeof(*sources));
    uint32_t age = 0;
    bool has_memory = sources != NULL;

    for (size_t i = 0; i < count && has_memory; i++) {
        has_memory = begin_source(&sources[i], &inputs[count - 1 - i], age);
        age += sources[i].left;
    }
    if (has_memory) {
        merge_words(writer, sources, count);
        for (size_t i = 0; i < count; i++) {
            merge_documents(writer, &sources[i]);
        }
    }
    for (size_t i = 0; sources != NULL && i < count; i++) {
        free(sources[i].ages);
    }
    free(sources);
    return has_memory;
}
