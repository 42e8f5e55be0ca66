/* look.c - going through an index. */
#include "search/index/look.h"
#include "search/index/lexicon.h"
#include <stdio.h>

/* How many documents of a segment are after a position: these are the ages below it. */
static uint32_t count_after(const struct segment *segment, uint64_t after)
{
    uint32_t low = 0;
    uint32_t high = segment->header.document_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (segment_position(segment, middle) > after) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int look_list(const struct view *view, uint64_t after, size_t max, meower_document_sink *sink)
{
    int status = MEOWER_OK;

    for (size_t i = 0; i < view->count && status == MEOWER_OK; i++) {
        const struct view_part *part = &view->parts[i];
        for (uint32_t age = count_after(part->segment, after); age > 0 && max > 0 && status == MEOWER_OK; age--) {
            uint64_t position = segment_position(part->segment, age - 1);
            char id[MEOWER_ID_SIZE];
            if (part_is_deleted(part, age - 1)) {
                continue;
            }
            ksuid_format(segment_id(part->segment, age - 1), id);
            const meower_search_document document = {.position = position, .id = id};
            status = sink->document(sink, &document);
            max--;
        }
    }
    return status;
}

/* What a walk through all postings of a segment shows. */
static const char *find_fault(const struct segment *segment)
{
    struct lexicon_walk walk;
    uint32_t words = 0;

    for (lexicon_begin(&walk, segment); lexicon_has_word(&walk); lexicon_next(&walk)) {
        struct postings found;
        struct postings written = lexicon_postings(&walk);
        struct cursor cursor;
        uint32_t count = 0;
        uint32_t before = 0;
        if (!lexicon_find(segment, (const char *)walk.word, walk.len, &found) || found.bytes != written.bytes) {
            return "a word is not found by its hash";
        }
        cursor_init(&cursor, written);
        for (uint32_t age; (age = cursor_age(&cursor)) != SEGMENT_NO_AGE; cursor_next(&cursor), count++) {
            if (age >= segment->header.document_count || (count > 0 && age <= before)) {
                return "the documents of a word are out of order";
            }
            before = age;
        }
        if (count != written.count) {
            return "a word has another number of documents than it says";
        }
        words++;
    }
    return words == segment->header.word_count ? NULL : "words are missing";
}

int look_inspect(const struct view *view, meower_text_sink *sink)
{
    int status = MEOWER_OK;

    for (size_t i = 0; i < view->count && status == MEOWER_OK; i++) {
        const struct segment *segment = view->parts[i].segment;
        const char *fault = find_fault(segment);
        uint64_t hash = segment_hash(SEGMENT_HASH, segment->bytes + sizeof(segment->header),
                                     (size_t)segment->header.len - sizeof(segment->header));
        char text[120];
        if (fault == NULL && segment_checksum(&segment->header, hash) != segment->header.checksum) {
            fault = "its bytes are not as they were written";
        }
        if (fault != NULL) {
            snprintf(text, sizeof(text), "segment %zu of %zu: %s", i + 1, view->count, fault);
            status = sink->text(sink, text);
        }
    }
    return status;
}
