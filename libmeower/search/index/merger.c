/* merger.c - makes one segment of several: goes through all lexicons at once, word by word. */
#include "search/index/merger.h"
#include "search/index/lexicon.h"

/* One input on its way. */
struct merge_source {
    struct merge_input input;
    struct lexicon_walk walk;
    uint64_t beginning; /* the first eight bytes of its word as a number: most comparisons need no more */
    uint32_t first_age; /* new age of its newest document */
    uint32_t *ages;     /* new age of each document, SEGMENT_NO_AGE for a deleted one; NULL: first_age and its own */
    uint32_t left;      /* documents that are not deleted */
};

static bool is_deleted(const struct merge_input *input, uint32_t age)
{
    return input->deleted != NULL && (input->deleted[age / 64] >> age % 64 & 1) != 0;
}

static void note_beginning(struct merge_source *source)
{
    source->beginning = lexicon_beginning(source->walk.word, source->walk.len);
}

/* False when memory is short. */
static bool begin_source(struct merge_source *source, const struct merge_input *input, uint32_t first_age)
{
    uint32_t count = input->segment->header.document_count;

    *source = (struct merge_source){.input = *input, .first_age = first_age, .left = count};
    lexicon_begin(&source->walk, input->segment);
    if (lexicon_has_word(&source->walk)) {
        note_beginning(source);
    }
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

static int compare_words(const struct merge_source *a, const struct merge_source *b)
{
    const struct lexicon_walk *left = &a->walk;
    const struct lexicon_walk *right = &b->walk;

    if (a->beginning != b->beginning) {
        return a->beginning < b->beginning ? -1 : 1;
    }
    return bytes_compare(left->word, left->len, right->word, right->len);
}

/* The sources that stand at the first word of all, the newest first, and how many. */
static size_t find_first(struct merge_source *sources, size_t count, struct merge_source **found)
{
    size_t found_count = 0;

    for (size_t i = 0; i < count; i++) {
        int difference = -1;
        if (!lexicon_has_word(&sources[i].walk)) {
            continue;
        }
        if (found_count > 0) {
            difference = compare_words(&sources[i], found[0]);
        }
        if (difference < 0) {
            found_count = 0;
        }
        if (difference <= 0) {
            found[found_count++] = &sources[i];
        }
    }
    return found_count;
}

/* Returns how many documents it went through. */
static uint32_t copy_postings(struct segment_writer *writer, struct merge_source *source)
{
    const struct postings postings = lexicon_postings(&source->walk);
    struct cursor cursor;

    cursor_init(&cursor, postings);
    for (uint32_t age; (age = cursor_age(&cursor)) != SEGMENT_NO_AGE; cursor_next(&cursor)) {
        uint32_t new_age = source->ages == NULL ? source->first_age + age : source->ages[age];
        if (new_age != SEGMENT_NO_AGE) {
            size_t len;
            const unsigned char *places = cursor_places(&cursor, &len);
            postings_add(&writer->postings, new_age, places, len);
        }
    }
    return postings.count;
}

/* Writes the first word of all; `found_count` sources stand at it. Returns how many documents it has in them. */
static uint64_t merge_word(struct merger *merger, size_t found_count)
{
    struct merge_source **found = merger->found;
    unsigned char word[LEXICON_WORD_MAX];
    size_t len = found[0]->walk.len;
    uint64_t documents = 0;

    memcpy(word, found[0]->walk.word, len);
    segment_writer_begin_word(merger->writer);
    for (size_t i = 0; i < found_count; i++) {
        documents += copy_postings(merger->writer, found[i]);
        lexicon_next(&found[i]->walk);
        if (lexicon_has_word(&found[i]->walk)) {
            note_beginning(found[i]);
        }
    }
    if (merger->writer->postings.count > 0) {
        segment_writer_end_word(merger->writer, word, len);
    }
    return documents;
}

static void merge_documents(struct segment_writer *writer, const struct merge_source *source)
{
    const struct segment *segment = source->input.segment;

    for (uint32_t age = 0; age < segment->header.document_count; age++) {
        if (!is_deleted(&source->input, age)) {
            segment_writer_add_document(writer, segment_position(segment, age), segment_id(segment, age));
        }
    }
}

bool merger_init(struct merger *merger, struct segment_writer *writer, const struct merge_input *inputs, size_t count)
{
    uint32_t age = 0;

    *merger = (struct merger){
        .writer = writer,
        .sources = calloc(count, sizeof(*merger->sources)),
        .found = calloc(count, sizeof(*merger->found)),
    };
    if (merger->sources == NULL || merger->found == NULL) {
        return false;
    }
    merger->count = count;
    for (size_t i = 0; i < count; i++) {
        if (!begin_source(&merger->sources[i], &inputs[count - 1 - i], age)) {
            return false;
        }
        age += merger->sources[i].left;
    }
    return true;
}

bool merger_step(struct merger *merger, uint64_t work)
{
    uint64_t done = 0;
    size_t found_count;

    while (done < work && (found_count = find_first(merger->sources, merger->count, merger->found)) > 0) {
        done += merge_word(merger, found_count);
    }
    for (; done < work && merger->at < merger->count; merger->at++) {
        merge_documents(merger->writer, &merger->sources[merger->at]);
        done += merger->sources[merger->at].left;
    }
    return done < work;
}

void merger_free(struct merger *merger)
{
    for (size_t i = 0; i < merger->count; i++) {
        free(merger->sources[i].ages);
    }
    free(merger->sources);
    free(merger->found);
}
