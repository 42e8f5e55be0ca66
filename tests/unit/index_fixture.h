/* index_fixture.h - documents, ids and chance for the tests of the embedded index. Included behind cmocka.h. */
#ifndef UNIT_INDEX_FIXTURE_H
#define UNIT_INDEX_FIXTURE_H

#include "search/index/builder.h"
#include "search/index/merger.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDEX_TEXT_SIZE 400

/* The id with this number; they rise as their numbers do. */
static inline void index_id(uint64_t number, unsigned char id[KSUID_BYTES])
{
    memset(id, 0x11, KSUID_BYTES);
    for (size_t i = 0; i < sizeof(number); i++) {
        id[KSUID_BYTES - 1 - i] = (unsigned char)(number >> (8 * i));
    }
}

/* A document at this position, whose id has the same number. The words are borrowed. */
static inline struct new_document index_document(uint64_t position, const char *words)
{
    struct new_document document = {.position = position, .words = words, .words_len = strlen(words)};

    index_id(position, document.id);
    return document;
}

#define INDEX_X10  "xxxxxxxxxx"
#define INDEX_X100 INDEX_X10 INDEX_X10 INDEX_X10 INDEX_X10 INDEX_X10 INDEX_X10 INDEX_X10 INDEX_X10 INDEX_X10 INDEX_X10

/* Some labels, in order; the long ones share more than 255 bytes. Theirs are the first words of a segment. */
static const meower_label index_labels[] = {
    MEOWER_LABEL("author", "tim"),
    MEOWER_LABEL("author", "tom"),
    MEOWER_LABEL("room", "garden"),
    MEOWER_LABEL("room", "garden shed"),
    MEOWER_LABEL("tag", INDEX_X100 INDEX_X100 INDEX_X100 INDEX_X100 INDEX_X100),
    MEOWER_LABEL("tag", INDEX_X100 INDEX_X100 INDEX_X100 INDEX_X100 INDEX_X100 "y"),
    MEOWER_LABEL("tag", "y"),
};

#define INDEX_LABELS (sizeof(index_labels) / sizeof(index_labels[0]))

/* Gives the document none of them, or some that stand side by side. */
static inline void index_random_labels(unsigned *seed, struct new_document *document)
{
    size_t first = (size_t)rand_r(seed) % INDEX_LABELS;

    document->labels = &index_labels[first];
    document->label_count = (size_t)rand_r(seed) % (INDEX_LABELS - first + 1);
}

/* Writes a merge of the inputs, `work` at a time. */
static inline void index_merge(struct segment_writer *writer, const struct merge_input *inputs, size_t count,
                               uint64_t work)
{
    struct merger merger;

    assert_true(merger_init(&merger, writer, inputs, count));
    while (!merger_step(&merger, work)) {
    }
    merger_free(&merger);
}

static inline unsigned index_random(unsigned *seed, unsigned below)
{
    return (unsigned)rand_r(seed) % below;
}

/* A word of up to `letters_max` letters of few kinds, so that words are alike; some of them of two bytes. */
static inline void index_random_word(unsigned *seed, unsigned letters_max, char *out)
{
    static const char *const letters[] = {"a", "a", "b", "c", "ж"};

    out[0] = '\0';
    for (unsigned left = 1 + index_random(seed, letters_max); left > 0; left--) {
        strcat(out, letters[index_random(seed, sizeof(letters) / sizeof(letters[0]))]);
    }
}

/* A character of a script that is cut into characters, folded; some begin others. */
static inline const char *index_random_character(unsigned *seed)
{
    static const char *const characters[] = {"\u1100\u1169", "\u110B\u1163", "\u110B\u1163\u11BC", "\u9ED2"};

    return characters[index_random(seed, sizeof(characters) / sizeof(characters[0]))];
}

/* Up to `words_max` words joined by spaces, some of them characters; perhaps none. */
static inline void index_random_text(unsigned *seed, unsigned words_max, unsigned letters_max,
                                     char out[INDEX_TEXT_SIZE])
{
    out[0] = '\0';
    for (unsigned left = index_random(seed, words_max + 1); left > 0; left--) {
        if (index_random(seed, 6) == 0) {
            strcat(out, index_random_character(seed));
        } else {
            index_random_word(seed, letters_max, out + strlen(out));
        }
        strcat(out, left > 1 ? " " : "");
    }
}

#endif
