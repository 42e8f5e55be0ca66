/* test_index_segment.c - a segment: made of documents, merged of others, in memory or in a file; its documents by age,
 * position and id; and that damage anywhere is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "search/index/label_word.h"
#include "search/index/merger.h"
#include "unit/index_fixture.h"
#include <unistd.h>

#define DOCUMENTS_MAX 600

/* Documents, the oldest first, with their texts. */
struct documents {
    struct new_document items[DOCUMENTS_MAX];
    char texts[DOCUMENTS_MAX][INDEX_TEXT_SIZE];
    size_t count;
};

enum id_order {
    IDS_RISE,
    IDS_ARE_MIXED
};

static void make_documents(struct documents *documents, size_t count, enum id_order order, unsigned *seed)
{
    uint64_t position = 1 + index_random(seed, 100);

    documents->count = count;
    for (size_t i = 0; i < count; i++) {
        index_random_text(seed, 12, 3, documents->texts[i]);
        documents->items[i] = index_document(position, documents->texts[i]);
        index_random_labels(seed, &documents->items[i]);
        if (order == IDS_ARE_MIXED) {
            index_id((uint64_t)index_random(seed, 1000) << 32 | position, documents->items[i].id);
        }
        position += index_random(seed, 4) > 0 ? 1 : 1 + index_random(seed, 50);
    }
}

static struct segment *build(const struct new_document *documents, size_t count)
{
    struct segment *segment = builder_make(documents, count);

    assert_non_null(segment);
    return segment;
}

static struct segment *merge(const struct merge_input *inputs, size_t count)
{
    struct segment_writer writer;
    struct segment *segment = NULL;

    segment_writer_init(&writer, -1);
    index_merge(&writer, inputs, count, 1 + count * 5);
    assert_int_equal(segment_writer_end(&writer, &segment), MEOWER_OK);
    segment_writer_free(&writer);
    return segment;
}

static void assert_same(const struct segment *segment, const struct segment *expected)
{
    assert_int_equal(segment->header.document_count, expected->header.document_count);
    assert_int_equal(segment->header.word_count, expected->header.word_count);
    assert_int_equal(segment->header.len, expected->header.len);
    assert_memory_equal(segment->bytes, expected->bytes, segment->header.len);
}

/* ---- documents -------------------------------------------------------------------------------------------------- */

static void check_documents(const struct segment *segment, const struct documents *documents)
{
    unsigned char other[KSUID_BYTES];

    assert_int_equal(segment->header.document_count, documents->count);
    for (size_t i = 0; i < documents->count; i++) {
        uint32_t age = (uint32_t)(documents->count - 1 - i);
        assert_int_equal(segment_position(segment, age), documents->items[i].position);
        assert_memory_equal(segment_id(segment, age), documents->items[i].id, KSUID_BYTES);
        assert_int_equal(segment_find_id(segment, documents->items[i].id), age);
        memcpy(other, documents->items[i].id, KSUID_BYTES);
        other[0] ^= 1;
        assert_int_equal(segment_find_id(segment, other), SEGMENT_NO_AGE);
    }
    assert_int_equal(segment->header.first_position, documents->items[0].position);
    assert_int_equal(segment->header.last_position, documents->items[documents->count - 1].position);
}

static void documents_are_found_by_age_and_by_id(void **state)
{
    static struct documents documents;
    unsigned seed = 1;

    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        make_documents(&documents, 1 + index_random(&seed, DOCUMENTS_MAX), IDS_RISE, &seed);
        struct segment *segment = build(documents.items, documents.count);
        assert_null(segment->order);
        check_documents(segment, &documents);
        segment_release(segment);
    }
}

static void documents_are_found_by_ids_that_do_not_rise(void **state)
{
    static struct documents documents;
    unsigned seed = 2;

    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        make_documents(&documents, 20 + index_random(&seed, DOCUMENTS_MAX - 20), IDS_ARE_MIXED, &seed);
        struct segment *segment = build(documents.items, documents.count);
        assert_non_null(segment->order);
        check_documents(segment, &documents);
        segment_release(segment);
    }
}

static void positions_that_rise_by_one_are_one_run(void **state)
{
    static const uint64_t positions[] = {5, 6, 7, 9, 10, UINT64_C(1) << 40};
    struct new_document documents[6];

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        documents[i] = index_document(positions[i], "a");
    }
    struct segment *segment = build(documents, 6);
    assert_int_equal(segment->header.run_count, 3);
    for (uint32_t age = 0; age < 6; age++) {
        assert_int_equal(segment_position(segment, age), positions[5 - age]);
    }
    segment_release(segment);
}

static void a_segment_is_freed_when_its_last_holder_releases_it(void **state)
{
    const struct new_document document = index_document(1, "a b");
    struct segment *segment = build(&document, 1);

    (void)state;
    assert_ptr_equal(segment_hold(segment), segment);
    segment_release(segment);
    assert_int_equal(segment_position(segment, 0), 1); /* it is still there */
    segment_release(segment);
    segment_release(NULL);
}

/* ---- merging ---------------------------------------------------------------------------------------------------- */

/* Segments of neighbouring documents: all of them are these documents. */
struct pieces {
    struct segment *segments[DOCUMENTS_MAX];
    uint64_t deleted[DOCUMENTS_MAX][(DOCUMENTS_MAX + 63) / 64];
    struct merge_input inputs[DOCUMENTS_MAX];
    size_t count;
};

static void cut(struct pieces *pieces, const struct documents *documents, unsigned piece_max, unsigned *seed)
{
    pieces->count = 0;
    for (size_t at = 0; at < documents->count;) {
        size_t left = documents->count - at;
        size_t count = 1 + index_random(seed, piece_max);
        count = count < left ? count : left;
        pieces->segments[pieces->count] = build(documents->items + at, count);
        pieces->inputs[pieces->count] = (struct merge_input){.segment = pieces->segments[pieces->count]};
        pieces->count++;
        at += count;
    }
}

static void release(struct pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++) {
        segment_release(pieces->segments[i]);
    }
}

/* Deletes about one document of `one_in` in the pieces, and leaves it out of the documents. */
static void delete_some(struct pieces *pieces, struct documents *documents, unsigned one_in, unsigned *seed)
{
    size_t at = 0;
    size_t kept = 0;

    memset(pieces->deleted, 0, sizeof(pieces->deleted));
    for (size_t i = 0; i < pieces->count; i++) {
        uint32_t count = pieces->segments[i]->header.document_count;
        for (uint32_t j = 0; j < count; j++, at++) {
            uint32_t age = count - 1 - j;
            if (index_random(seed, one_in) == 0) {
                pieces->deleted[i][age / 64] |= UINT64_C(1) << age % 64;
                pieces->inputs[i].deleted = pieces->deleted[i];
            } else {
                documents->items[kept++] = documents->items[at];
            }
        }
    }
    documents->count = kept;
}

static void merging_gives_the_same_as_building_at_once(void **state)
{
    static struct documents documents;
    static struct pieces pieces;
    unsigned seed = 3;

    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        make_documents(&documents, 1 + index_random(&seed, DOCUMENTS_MAX), round % 2 == 0 ? IDS_RISE : IDS_ARE_MIXED,
                       &seed);
        cut(&pieces, &documents, 1 + index_random(&seed, 200), &seed);
        struct segment *expected = build(documents.items, documents.count);
        struct segment *merged = merge(pieces.inputs, pieces.count);
        assert_same(merged, expected);
        segment_release(merged);
        segment_release(expected);
        release(&pieces);
    }
}

static void merging_leaves_out_what_is_deleted_with_its_words(void **state)
{
    static struct documents documents;
    static struct pieces pieces;
    unsigned seed = 4;

    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        make_documents(&documents, 2 + index_random(&seed, DOCUMENTS_MAX - 1),
                       round % 2 == 0 ? IDS_RISE : IDS_ARE_MIXED, &seed);
        cut(&pieces, &documents, 1 + index_random(&seed, 200), &seed);
        delete_some(&pieces, &documents, 2 + round % 10, &seed);
        if (documents.count > 0) {
            struct segment *expected = build(documents.items, documents.count);
            struct segment *merged = merge(pieces.inputs, pieces.count);
            assert_same(merged, expected);
            segment_release(merged);
            segment_release(expected);
        }
        release(&pieces);
    }
}

static void merging_what_was_merged_gives_the_same(void **state)
{
    static struct documents documents;
    static struct pieces pieces;
    unsigned seed = 5;

    (void)state;
    make_documents(&documents, DOCUMENTS_MAX, IDS_RISE, &seed);
    cut(&pieces, &documents, 60, &seed);
    struct segment *older = merge(pieces.inputs, pieces.count / 2);
    struct segment *newer = merge(pieces.inputs + pieces.count / 2, pieces.count - pieces.count / 2);
    const struct merge_input inputs[] = {{.segment = older}, {.segment = newer}};
    struct segment *merged = merge(inputs, 2);
    struct segment *expected = build(documents.items, documents.count);
    assert_same(merged, expected);
    segment_release(merged);
    segment_release(expected);
    segment_release(older);
    segment_release(newer);
    release(&pieces);
}

/* The documents that have the label, by what the documents say and by what the segment says. */
static void check_label(const struct segment *segment, const struct documents *documents, const meower_label *label)
{
    char word[LABEL_WORD_MAX];
    struct postings postings;
    struct cursor cursor;
    bool is_found = lexicon_find(segment, word, label_word_write(label, word), &postings);
    uint32_t next = SEGMENT_NO_AGE;

    if (is_found) {
        cursor_init(&cursor, postings);
        next = cursor_age(&cursor);
    }
    for (size_t i = documents->count; i > 0; i--) {
        const struct new_document *document = &documents->items[i - 1];
        uint32_t age = (uint32_t)(documents->count - i);
        bool has = label >= document->labels && label < document->labels + document->label_count;
        assert_int_equal(has, next == age);
        if (has) {
            cursor_next(&cursor);
            next = cursor_age(&cursor);
        }
    }
    assert_int_equal(next, SEGMENT_NO_AGE);
}

static void documents_are_found_by_their_labels_built_and_merged(void **state)
{
    static struct documents documents;
    static struct pieces pieces;
    unsigned seed = 6;

    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        make_documents(&documents, 100 + index_random(&seed, DOCUMENTS_MAX - 100), IDS_RISE, &seed);
        struct segment *built = build(documents.items, documents.count);
        for (size_t i = 0; i < INDEX_LABELS; i++) {
            check_label(built, &documents, &index_labels[i]);
        }
        cut(&pieces, &documents, 40, &seed);
        delete_some(&pieces, &documents, 5, &seed);
        struct segment *merged = merge(pieces.inputs, pieces.count);
        for (size_t i = 0; i < INDEX_LABELS; i++) {
            check_label(merged, &documents, &index_labels[i]);
        }
        segment_release(built);
        segment_release(merged);
        release(&pieces);
    }
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

/* Large enough to be written in several pieces. */
static void a_segment_in_a_file_has_the_same_bytes_as_one_in_memory(void **state)
{
    enum {
        COUNT = 30000
    };
    static char texts[COUNT][20];
    struct new_document *documents = calloc(COUNT, sizeof(*documents));
    struct segment_writer writer;
    struct segment *none = NULL;
    FILE *file = tmpfile();
    bool is_sound;

    (void)state;
    assert_non_null(documents);
    assert_non_null(file);
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof(texts[i]), "w%u x%u y", i, i % 100);
        documents[i] = index_document(i + 1, texts[i]);
    }
    struct segment *expected = build(documents, COUNT);
    const struct merge_input input = {.segment = expected};
    segment_writer_init(&writer, fileno(file));
    index_merge(&writer, &input, 1, UINT64_MAX);
    assert_int_equal(segment_writer_end(&writer, &none), MEOWER_OK);
    segment_writer_free(&writer);
    assert_null(none);
    size_t len = (size_t)lseek(fileno(file), 0, SEEK_END);
    assert_int_equal(len, expected->header.len);
    assert_true(len > 1000000);
    unsigned char *bytes = malloc(len);
    assert_non_null(bytes);
    assert_int_equal(pread(fileno(file), bytes, len, 0), len);
    struct segment *segment = segment_new(bytes, len, false, &is_sound);
    assert_non_null(segment);
    assert_same(segment, expected);
    segment_release(segment);
    segment_release(expected);
    fclose(file);
    free(documents);
}

static void a_file_that_cannot_be_written_is_an_error(void **state)
{
    const struct new_document document = index_document(1, "a b");
    struct segment *segment = build(&document, 1);
    const struct merge_input input = {.segment = segment};
    struct segment_writer writer;
    struct segment *none = NULL;
    FILE *full = fopen("/dev/full", "w");

    (void)state;
    assert_non_null(full);
    segment_writer_init(&writer, fileno(full));
    index_merge(&writer, &input, 1, UINT64_MAX);
    int status = segment_writer_end(&writer, &none);
    assert_true(status == MEOWER_ERROR_FULL || status == MEOWER_ERROR_IO);
    assert_int_not_equal(writer.system_errno, 0);
    assert_null(none);
    segment_writer_free(&writer);
    fclose(full);
    segment_release(segment);
}

/* ---- damage ----------------------------------------------------------------------------------------------------- */

/* A copy of a segment's bytes that is no segment, and is to be changed. */
static unsigned char *copy_bytes(const struct segment *segment)
{
    unsigned char *bytes = malloc(segment->header.len);

    assert_non_null(bytes);
    memcpy(bytes, segment->bytes, segment->header.len);
    return bytes;
}

static struct segment *make_small(enum id_order order)
{
    static struct documents documents;
    unsigned seed = 6;

    make_documents(&documents, 12, order, &seed);
    return build(documents.items, documents.count);
}

static void a_flipped_bit_anywhere_is_noticed(void **state)
{
    (void)state;
    for (enum id_order order = IDS_RISE; order <= IDS_ARE_MIXED; order++) {
        struct segment *segment = make_small(order);
        unsigned char *bytes = copy_bytes(segment);
        for (size_t at = 0; at < segment->header.len * 8; at++) {
            bool is_sound = true;
            bytes[at / 8] ^= (unsigned char)(1U << at % 8);
            assert_null(segment_new(bytes, segment->header.len, false, &is_sound));
            assert_false(is_sound);
            bytes[at / 8] ^= (unsigned char)(1U << at % 8);
        }
        free(bytes);
        segment_release(segment);
    }
}

static void a_segment_that_is_cut_off_or_longer_is_noticed(void **state)
{
    struct segment *segment = make_small(IDS_RISE);
    bool is_sound = true;
    unsigned char *longer = calloc(1, segment->header.len + 8);

    (void)state;
    assert_non_null(longer);
    memcpy(longer, segment->bytes, segment->header.len);
    for (size_t len = 0; len < segment->header.len + 8; len++) {
        if (len != segment->header.len) {
            assert_null(segment_new(longer, len, false, &is_sound));
            assert_false(is_sound);
        }
    }
    free(longer);
    segment_release(segment);
}

static void two_pieces_exchanged_are_noticed(void **state)
{
    struct segment *segment = make_small(IDS_RISE);
    unsigned char *bytes = copy_bytes(segment);
    const size_t start = sizeof(struct segment_header);
    size_t exchanged = 0;

    (void)state;
    for (size_t at = start; at + 16 <= segment->header.len; at += 8) {
        unsigned char kept[8];
        bool is_sound = true;
        memcpy(kept, bytes + at, 8);
        memmove(bytes + at, bytes + at + 8, 8);
        memcpy(bytes + at + 8, kept, 8);
        if (memcmp(bytes, segment->bytes, segment->header.len) != 0) {
            assert_null(segment_new(bytes, segment->header.len, false, &is_sound));
            assert_false(is_sound);
            exchanged++;
        }
        memcpy(bytes, segment->bytes, segment->header.len);
    }
    assert_true(exchanged > 20);
    free(bytes);
    segment_release(segment);
}

/* Who can write the checksum can write anything; but a header may not point beyond the segment. */
static void parts_that_lie_outside_are_noticed(void **state)
{
    struct segment *segment = make_small(IDS_ARE_MIXED);
    const size_t offsets[] = {
        offsetof(struct segment_header, blocks_at),      offsetof(struct segment_header, slots_at),
        offsetof(struct segment_header, block_index_at), offsetof(struct segment_header, ids_at),
        offsetof(struct segment_header, order_at),       offsetof(struct segment_header, runs_at)};
    const uint64_t wrong[] = {1, segment->header.len + 8, segment->header.len - 1, UINT64_MAX - 7};

    (void)state;
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        for (size_t j = 0; j < 4; j++) {
            unsigned char *bytes = copy_bytes(segment);
            struct segment_header header;
            bool is_sound = true;
            if (i == 0 && j == 2) { /* an empty part may lie at the end */
                free(bytes);
                continue;
            }
            memcpy(bytes + offsets[i], &wrong[j], sizeof(wrong[j]));
            memcpy(&header, bytes, sizeof(header));
            header.checksum = segment_checksum(
                &header, segment_hash(SEGMENT_HASH, bytes + sizeof(header), (size_t)header.len - sizeof(header)));
            memcpy(bytes, &header, sizeof(header));
            assert_null(segment_new(bytes, (size_t)header.len, false, &is_sound));
            assert_false(is_sound);
            free(bytes);
        }
    }
    segment_release(segment);
}

/* Bytes that are hashed piece by piece, each but the last a multiple of eight, give the hash of the whole. */
static void the_hash_of_pieces_is_the_hash_of_the_whole(void **state)
{
    unsigned char bytes[100];

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)(i * 37);
    }
    uint64_t whole = segment_hash(SEGMENT_HASH, bytes, sizeof(bytes));
    for (size_t at = 0; at < sizeof(bytes); at += 8) {
        assert_true(segment_hash(segment_hash(SEGMENT_HASH, bytes, at), bytes + at, sizeof(bytes) - at) == whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_found_by_age_and_by_id),
        cmocka_unit_test(documents_are_found_by_ids_that_do_not_rise),
        cmocka_unit_test(positions_that_rise_by_one_are_one_run),
        cmocka_unit_test(a_segment_is_freed_when_its_last_holder_releases_it),
        cmocka_unit_test(merging_gives_the_same_as_building_at_once),
        cmocka_unit_test(merging_leaves_out_what_is_deleted_with_its_words),
        cmocka_unit_test(merging_what_was_merged_gives_the_same),
        cmocka_unit_test(documents_are_found_by_their_labels_built_and_merged),
        cmocka_unit_test(a_segment_in_a_file_has_the_same_bytes_as_one_in_memory),
        cmocka_unit_test(a_file_that_cannot_be_written_is_an_error),
        cmocka_unit_test(a_flipped_bit_anywhere_is_noticed),
        cmocka_unit_test(a_segment_that_is_cut_off_or_longer_is_noticed),
        cmocka_unit_test(two_pieces_exchanged_are_noticed),
        cmocka_unit_test(parts_that_lie_outside_are_noticed),
        cmocka_unit_test(the_hash_of_pieces_is_the_hash_of_the_whole),
    };
    return cmocka_run_group_tests_name("index_segment", tests, NULL, NULL);
}
