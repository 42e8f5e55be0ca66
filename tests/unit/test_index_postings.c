/* test_index_postings.c - the documents of a word: what is written is read again, from the front or from anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "search/index/postings.h"
#include "unit/index_fixture.h"

#define DOCUMENTS_MAX 2000
#define PLACES_MAX    5

/* A word's documents as they were written. */
struct written {
    uint32_t ages[DOCUMENTS_MAX];
    uint32_t places[DOCUMENTS_MAX][PLACES_MAX];
    size_t place_counts[DOCUMENTS_MAX];
    uint32_t count;
    struct bytes bytes;
    struct postings postings;
};

static void finish(struct written *written, struct postings_writer *writer)
{
    assert_int_equal(writer->count, written->count);
    assert_true(postings_end(writer));
    written->bytes = (struct bytes){0};
    bytes_add(&written->bytes, writer->table.items, writer->table.len);
    bytes_add(&written->bytes, writer->blocks.items, writer->blocks.len);
    assert_false(written->bytes.failed);
    written->postings = (struct postings){written->bytes.items, written->count};
}

/* Writes `count` documents; the writer may have written another word before. */
static void write_random(struct written *written, struct postings_writer *writer, uint32_t count, unsigned gap_max,
                         unsigned *seed)
{
    struct bytes places = {0};
    uint32_t age = index_random(seed, gap_max);

    written->count = count;
    postings_begin(writer);
    for (uint32_t i = 0; i < count; i++) {
        size_t place_count = index_random(seed, 4) > 0 ? 1 : 1 + index_random(seed, PLACES_MAX);
        uint32_t place = index_random(seed, 300);
        for (size_t j = 0; j < place_count; j++) {
            written->places[i][j] = place;
            place += 1 + index_random(seed, j % 2 == 0 ? 3 : 500);
        }
        written->ages[i] = age;
        written->place_counts[i] = place_count;
        places.len = 0;
        places_write(&places, written->places[i], place_count);
        postings_add(writer, age, places.items, places.len);
        age += 1 + index_random(seed, gap_max);
    }
    bytes_free(&places);
    finish(written, writer);
}

/* The cursor stands at document `index`, and has its places. */
static void assert_document(struct cursor *cursor, const struct written *written, uint32_t index)
{
    size_t len;
    uint32_t more;
    const unsigned char *bytes = cursor_places(cursor, &len);
    const unsigned char *end = bytes + len;
    uint32_t place = places_first(&bytes, &more);

    assert_int_equal(cursor_age(cursor), written->ages[index]);
    assert_int_equal(more + 1, written->place_counts[index]);
    for (size_t i = 0; i < written->place_counts[index]; i++) {
        assert_int_equal(place, written->places[index][i]);
        assert_true(cursor_has_place(cursor, place));
        assert_int_equal(cursor_has_place(cursor, place + 1),
                         i + 1 < written->place_counts[index] && written->places[index][i + 1] == place + 1);
        place += more > i ? take_varint(&bytes) : 0;
    }
    assert_ptr_equal(bytes, end);
}

static const uint32_t counts[] = {1, 2, 127, 128, 129, 255, 256, 257, 384, 1000, DOCUMENTS_MAX};

static void each_document_is_read_with_its_places(void **state)
{
    static struct written written;
    struct postings_writer writer = {0};
    unsigned seed = 1;

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct cursor cursor;
        write_random(&written, &writer, counts[i], i % 2 == 0 ? 1 : 1000, &seed);
        cursor_init(&cursor, written.postings);
        for (uint32_t at = 0; at < counts[i]; at++, cursor_next(&cursor)) {
            assert_document(&cursor, &written, at);
        }
        assert_int_equal(cursor_age(&cursor), SEGMENT_NO_AGE);
        cursor_next(&cursor);
        assert_int_equal(cursor_age(&cursor), SEGMENT_NO_AGE);
        bytes_free(&written.bytes);
    }
    postings_free(&writer);
}

/* The number of the first document of this age or an older one. */
static uint32_t first_from(const struct written *written, uint32_t age)
{
    uint32_t index = 0;

    while (index < written->count && written->ages[index] < age) {
        index++;
    }
    return index;
}

static void seeking_stands_at_the_first_document_from_an_age_on(void **state)
{
    static struct written written;
    struct postings_writer writer = {0};
    unsigned seed = 2;

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        struct cursor cursor;
        uint32_t count = counts[round % (sizeof(counts) / sizeof(counts[0]))];
        uint32_t age = 0;
        write_random(&written, &writer, count, 10, &seed);
        cursor_init(&cursor, written.postings);
        while (age < written.ages[count - 1] + 10) {
            uint32_t index = first_from(&written, age);
            uint32_t expected = index < count ? written.ages[index] : SEGMENT_NO_AGE;
            assert_int_equal(cursor_seek(&cursor, age), expected);
            if (index < count && index_random(&seed, 2) == 0) {
                assert_document(&cursor, &written, index);
            }
            if (index < count && index_random(&seed, 3) == 0) {
                cursor_next(&cursor);
                age = written.ages[index];
                assert_int_equal(cursor_age(&cursor), index + 1 < count ? written.ages[index + 1] : SEGMENT_NO_AGE);
            }
            age += 1 + index_random(&seed, round % 2 == 0 ? 20 : 3000);
        }
        bytes_free(&written.bytes);
    }
    postings_free(&writer);
}

static void seeking_does_not_go_back(void **state)
{
    static struct written written;
    struct postings_writer writer = {0};
    struct cursor cursor;
    unsigned seed = 3;

    (void)state;
    write_random(&written, &writer, 500, 10, &seed);
    cursor_init(&cursor, written.postings);
    assert_int_equal(cursor_seek(&cursor, written.ages[400]), written.ages[400]);
    assert_int_equal(cursor_seek(&cursor, written.ages[3]), written.ages[400]);
    assert_int_equal(cursor_seek(&cursor, written.ages[499] + 1), SEGMENT_NO_AGE);
    assert_int_equal(cursor_seek(&cursor, 0), SEGMENT_NO_AGE);
    bytes_free(&written.bytes);
    postings_free(&writer);
}

static void a_word_of_one_block_has_no_table(void **state)
{
    static struct written written;
    struct postings_writer writer = {0};
    unsigned seed = 4;

    (void)state;
    write_random(&written, &writer, POSTINGS_PER_BLOCK, 3, &seed);
    assert_int_equal(writer.table.len, 0);
    bytes_free(&written.bytes);
    write_random(&written, &writer, POSTINGS_PER_BLOCK + 1, 3, &seed);
    assert_int_equal(writer.table.len, 2 * 2 * sizeof(uint32_t));
    bytes_free(&written.bytes);
    postings_free(&writer);
}

static void one_place_up_to_254_takes_one_byte(void **state)
{
    struct bytes places = {0};
    const uint32_t last = 254;
    const uint32_t beyond = 255;
    const uint32_t two[] = {0, 1};

    (void)state;
    places_write(&places, &last, 1);
    assert_int_equal(places.len, 1);
    places_write(&places, &beyond, 1);
    assert_int_equal(places.len, 1 + 4); /* the mark, the number of places, and 255 as two bytes */
    places.len = 0;
    places_write(&places, two, 2);
    assert_int_equal(places.len, 4);
    bytes_free(&places);
}

static void ages_as_large_as_a_segment_may_have_are_read_again(void **state)
{
    static struct written written;
    struct postings_writer writer = {0};
    struct cursor cursor;
    const unsigned char place = 7;

    (void)state;
    written.count = 3;
    postings_begin(&writer);
    for (uint32_t i = 0; i < 3; i++) {
        static const uint32_t ages[] = {0, 127, UINT32_MAX - 1};
        postings_add(&writer, ages[i], &place, 1);
    }
    finish(&written, &writer);
    cursor_init(&cursor, written.postings);
    assert_int_equal(cursor_seek(&cursor, 1), 127);
    assert_int_equal(cursor_seek(&cursor, 128), UINT32_MAX - 1);
    bytes_free(&written.bytes);
    postings_free(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_document_is_read_with_its_places),
        cmocka_unit_test(seeking_stands_at_the_first_document_from_an_age_on),
        cmocka_unit_test(seeking_does_not_go_back),
        cmocka_unit_test(a_word_of_one_block_has_no_table),
        cmocka_unit_test(one_place_up_to_254_takes_one_byte),
        cmocka_unit_test(ages_as_large_as_a_segment_may_have_are_read_again),
    };
    return cmocka_run_group_tests_name("index_postings", tests, NULL, NULL);
}
