/* segment_writer.c - writes a segment, part after part. */
#include "search/index/segment_writer.h"
#include "search/index/lexicon.h"
#include <errno.h>
#include <unistd.h>

#define PIECE_SIZE (UINT32_C(1) << 18) /* bytes that are written at once; a multiple of eight: the hash wants that */

void segment_writer_init(struct segment_writer *writer, int file)
{
    const struct segment_header empty = {0};

    *writer = (struct segment_writer){.file = file, .hash = SEGMENT_HASH, .ids_rise = true};
    if (file < 0) { /* the header is filled in at the end */
        bytes_add(&writer->out, &empty, sizeof(empty));
    }
    writer->out_at = file < 0 ? 0 : sizeof(empty);
}

void segment_writer_free(struct segment_writer *writer)
{
    bytes_free(&writer->out);
    postings_free(&writer->postings);
    bytes_free(&writer->blocks);
    bytes_free(&writer->texts);
    bytes_free(&writer->counts);
    bytes_free(&writer->block_index);
    bytes_free(&writer->hashes);
    bytes_free(&writer->ids);
    bytes_free(&writer->runs);
}

/* ---- bytes out -------------------------------------------------------------------------------------------------- */

static uint64_t out_end(const struct segment_writer *writer)
{
    return writer->out_at + writer->out.len;
}

/* Writes all, also where the system takes only a part at once. */
static bool write_at(struct segment_writer *writer, const unsigned char *bytes, size_t len, uint64_t at)
{
    while (len > 0) {
        ssize_t written = pwrite(writer->file, bytes, len, (off_t)at);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            writer->system_errno = written < 0 ? errno : EIO;
            return false;
        }
        bytes += written;
        len -= (size_t)written;
        at += (size_t)written;
    }
    return true;
}

/* Writes what has gathered, but for less than a piece, or all of it at the end. */
static void flush(struct segment_writer *writer, bool all)
{
    size_t len = all ? writer->out.len : writer->out.len - writer->out.len % PIECE_SIZE;

    if (writer->file < 0 || len == 0 || writer->out.failed || writer->system_errno != 0) {
        return;
    }
    if (!write_at(writer, writer->out.items, len, writer->out_at)) {
        return;
    }
    writer->hash = segment_hash(writer->hash, writer->out.items, len);
    writer->out_at += len;
    writer->out.len -= len;
    memmove(writer->out.items, writer->out.items + len, writer->out.len);
}

static void put(struct segment_writer *writer, const void *bytes, size_t len)
{
    bytes_add(&writer->out, bytes, len);
    if (writer->out.len >= PIECE_SIZE) {
        flush(writer, false);
    }
}

/* Begins a part at a multiple of eight bytes. Returns where. */
static uint64_t begin_part(struct segment_writer *writer)
{
    static const unsigned char zeros[8];

    put(writer, zeros, (size_t)(-out_end(writer) % 8));
    return out_end(writer);
}

static uint64_t put_part(struct segment_writer *writer, struct bytes *part)
{
    uint64_t at = begin_part(writer);

    put(writer, part->items, part->len);
    writer->out.failed = writer->out.failed || part->failed;
    bytes_free(part);
    return at;
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

void segment_writer_begin_word(struct segment_writer *writer)
{
    postings_begin(&writer->postings);
}

/* Ends the last block. */
static void end_block(struct segment_writer *writer)
{
    bytes_add_varint(&writer->blocks, (uint32_t)writer->texts.len);
    bytes_add(&writer->blocks, writer->texts.items, writer->texts.len);
    bytes_add(&writer->blocks, writer->counts.items, writer->counts.len);
    writer->out.failed = writer->out.failed || writer->texts.failed || writer->counts.failed;
    writer->texts.len = 0;
    writer->counts.len = 0;
}

static void begin_block(struct segment_writer *writer)
{
    if (writer->texts.len > 0) {
        end_block(writer);
    }
    const struct block_place place = {.postings_at = out_end(writer), .block_at = (uint32_t)writer->blocks.len};
    bytes_add(&writer->block_index, &place, sizeof(place));
    writer->word_before_len = 0;
}

/* The word's text, without what it shares with the word before it. */
static void add_text(struct segment_writer *writer, const unsigned char *text, size_t len)
{
    size_t shared = 0;

    while (shared < LEXICON_SHARED_MAX && shared < len && shared < writer->word_before_len &&
           text[shared] == writer->word_before[shared]) {
        shared++;
    }
    const unsigned char shared_byte = (unsigned char)shared;
    bytes_add(&writer->texts, &shared_byte, sizeof(shared_byte));
    bytes_add_varint(&writer->texts, (uint32_t)(len - shared));
    bytes_add(&writer->texts, text + shared, len - shared);
    memcpy(writer->word_before, text, len);
    writer->word_before_len = len;
}

void segment_writer_end_word(struct segment_writer *writer, const unsigned char *text, size_t len)
{
    struct postings_writer *postings = &writer->postings;

    writer->out.failed = !postings_end(postings) || writer->out.failed;
    if (writer->header.word_count % WORDS_PER_BLOCK == 0) {
        begin_block(writer);
    }
    add_text(writer, text, len);
    bytes_add_varint(&writer->counts, postings->count);
    if (postings->count == 1) {
        bytes_add(&writer->counts, postings->blocks.items, postings->blocks.len);
    } else {
        bytes_add_varint(&writer->counts, (uint32_t)(postings->table.len + postings->blocks.len));
        put(writer, postings->table.items, postings->table.len);
        put(writer, postings->blocks.items, postings->blocks.len);
    }
    bytes_add_32(&writer->hashes, lexicon_hash(text, len));
    writer->header.word_count++;
}

/* The hash table of all words, at most two thirds full. */
static void put_slots(struct segment_writer *writer)
{
    uint32_t count = writer->header.word_count;
    uint32_t slot_count = 4;

    while (slot_count < count + count / 2 + 1) {
        slot_count *= 2;
    }
    unsigned char *fingerprints = calloc(slot_count, 1);
    uint32_t *numbers = calloc(slot_count, sizeof(*numbers));
    if (fingerprints == NULL || numbers == NULL || writer->hashes.failed) {
        writer->out.failed = true;
    }
    for (uint32_t i = 0; i < count && !writer->out.failed; i++) {
        uint32_t hash = load_32(writer->hashes.items + (size_t)i * sizeof(hash));
        uint32_t slot = hash & (slot_count - 1);
        while (numbers[slot] != 0) {
            slot = (slot + 1) & (slot_count - 1);
        }
        numbers[slot] = i + 1;
        fingerprints[slot] = (unsigned char)(hash >> 24);
    }
    writer->header.slot_count = slot_count;
    writer->header.slots_at = begin_part(writer);
    if (!writer->out.failed) {
        put(writer, fingerprints, slot_count);
        put(writer, numbers, slot_count * sizeof(*numbers));
    }
    free(fingerprints);
    free(numbers);
    bytes_free(&writer->hashes);
}

/* ---- documents -------------------------------------------------------------------------------------------------- */

void segment_writer_add_document(struct segment_writer *writer, uint64_t position, const unsigned char id[KSUID_BYTES])
{
    struct segment_header *header = &writer->header;

    if (header->document_count == 0 || position != writer->position_before - 1) {
        const struct position_run run = {.position = position, .age = header->document_count};
        bytes_add(&writer->runs, &run, sizeof(run));
        header->run_count++;
    }
    if (header->document_count == 0) {
        header->last_position = position;
    } else if (!writer->ids.failed && memcmp(writer->ids.items + writer->ids.len - KSUID_BYTES, id, KSUID_BYTES) <= 0) {
        writer->ids_rise = false;
    }
    header->first_position = position;
    writer->position_before = position;
    bytes_add(&writer->ids, id, KSUID_BYTES);
    header->document_count++;
}

/* An age with its id, to be sorted. */
struct aged_id {
    unsigned char id[KSUID_BYTES];
    uint32_t age;
};

static int compare_ids(const void *a, const void *b)
{
    return memcmp(((const struct aged_id *)a)->id, ((const struct aged_id *)b)->id, KSUID_BYTES);
}

/* Ids of times of their own, such as imported ones, do not rise: their order is written down. */
static struct bytes order_ids(const struct segment_writer *writer)
{
    uint32_t count = writer->header.document_count;
    struct aged_id *items = calloc(count, sizeof(*items));
    struct bytes order = {.failed = items == NULL || writer->ids.failed};

    for (uint32_t age = 0; age < count && !order.failed; age++) {
        memcpy(items[age].id, writer->ids.items + (size_t)age * KSUID_BYTES, KSUID_BYTES);
        items[age].age = age;
    }
    if (!order.failed) {
        qsort(items, count, sizeof(*items), compare_ids);
    }
    for (uint32_t i = 0; i < count && !order.failed; i++) {
        bytes_add_32(&order, items[i].age);
    }
    free(items);
    return order;
}

/* ---- the end ---------------------------------------------------------------------------------------------------- */

static int end_in_memory(struct segment_writer *writer, struct segment **segment)
{
    struct segment_header *header = &writer->header;
    bool is_sound;

    if (writer->out.failed) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    unsigned char *fitting = realloc(writer->out.items, writer->out.len);
    unsigned char *bytes = fitting == NULL ? writer->out.items : fitting;
    writer->out.items = bytes;
    header->checksum = segment_checksum(
        header, segment_hash(SEGMENT_HASH, bytes + sizeof(*header), (size_t)header->len - sizeof(*header)));
    memcpy(bytes, header, sizeof(*header));
    *segment = segment_new(bytes, (size_t)header->len, false, &is_sound);
    if (*segment == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    writer->out = (struct bytes){0};
    return MEOWER_OK;
}

static int end_in_file(struct segment_writer *writer)
{
    struct segment_header *header = &writer->header;

    flush(writer, true);
    if (writer->out.failed) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    header->checksum = segment_checksum(header, writer->hash);
    if (writer->system_errno == 0) {
        write_at(writer, (const unsigned char *)header, sizeof(*header), 0);
    }
    if (writer->system_errno == 0) {
        return MEOWER_OK;
    }
    return writer->system_errno == ENOSPC || writer->system_errno == EDQUOT ? MEOWER_ERROR_FULL : MEOWER_ERROR_IO;
}

int segment_writer_end(struct segment_writer *writer, struct segment **segment)
{
    struct segment_header *header = &writer->header;

    header->magic = SEGMENT_MAGIC;
    end_block(writer);
    header->blocks_at = put_part(writer, &writer->blocks);
    header->block_index_at = put_part(writer, &writer->block_index);
    put_slots(writer);
    if (!writer->ids_rise) {
        struct bytes order = order_ids(writer);
        header->order_at = put_part(writer, &order);
    }
    header->ids_at = put_part(writer, &writer->ids);
    header->runs_at = put_part(writer, &writer->runs);
    header->len = begin_part(writer);
    return writer->file < 0 ? end_in_memory(writer, segment) : end_in_file(writer);
}
