/* postings.c - reading and writing which documents have a word. */
#include "search/index/postings.h"

/* ---- reading ---------------------------------------------------------------------------------------------------- */

const unsigned char *places_skip(const unsigned char *at)
{
    if (*at != PLACE_MANY) {
        return at + 1;
    }
    at++;
    for (uint32_t count = take_varint(&at); count > 0; count--) {
        take_varint(&at);
    }
    return at;
}

static uint32_t last_age_of(const struct cursor *cursor, uint32_t block)
{
    return load_32(cursor->postings.bytes + (size_t)block * 2 * sizeof(uint32_t));
}

static uint32_t end_of(const struct cursor *cursor, uint32_t block)
{
    return load_32(cursor->postings.bytes + ((size_t)block * 2 + 1) * sizeof(uint32_t));
}

/* Stands at the first document of a block. */
static void enter_block(struct cursor *cursor, uint32_t block)
{
    const unsigned char *at = cursor->blocks + (block == 0 ? 0 : end_of(cursor, block - 1));
    uint32_t ages_len = take_varint(&at);
    uint32_t before = block == 0 ? 0 : last_age_of(cursor, block - 1);
    uint32_t left = cursor->postings.count - block * POSTINGS_PER_BLOCK;

    cursor->places = at + ages_len;
    cursor->places_at = 0;
    cursor->block = block;
    cursor->count = left < POSTINGS_PER_BLOCK ? left : POSTINGS_PER_BLOCK;
    cursor->at = 0;
    cursor->age = before + take_varint(&at);
    cursor->next = at;
}

void cursor_init(struct cursor *cursor, struct postings postings)
{
    cursor->postings = postings;
    cursor->block_count = (postings.count + POSTINGS_PER_BLOCK - 1) / POSTINGS_PER_BLOCK;
    cursor->blocks = postings.bytes;
    if (cursor->block_count > 1) {
        cursor->blocks += (size_t)cursor->block_count * 2 * sizeof(uint32_t);
    }
    enter_block(cursor, 0);
}

void cursor_next(struct cursor *cursor)
{
    if (++cursor->at < cursor->count) {
        cursor->age += take_varint(&cursor->next);
    } else if (cursor->block + 1 < cursor->block_count) {
        enter_block(cursor, cursor->block + 1);
    } else {
        cursor->age = SEGMENT_NO_AGE;
    }
}

/* The first block after the present one whose last document is of this age or older; block_count where none is. Most
 * are near. */
static uint32_t find_block(const struct cursor *cursor, uint32_t age)
{
    uint32_t low = cursor->block + 1;
    uint32_t step = 1;

    while (low + step <= cursor->block_count && last_age_of(cursor, low + step - 1) < age) {
        low += step;
        step *= 2;
    }
    uint32_t high = low + step <= cursor->block_count ? low + step - 1 : cursor->block_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (last_age_of(cursor, middle) < age) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t cursor_seek(struct cursor *cursor, uint32_t age)
{
    if (cursor->age >= age) {
        return cursor->age;
    }
    if (cursor->block_count > 1 && last_age_of(cursor, cursor->block) < age) {
        uint32_t block = find_block(cursor, age);
        if (block == cursor->block_count) {
            cursor->age = SEGMENT_NO_AGE;
            return cursor->age;
        }
        enter_block(cursor, block);
    }
    while (cursor->age < age && ++cursor->at < cursor->count) {
        cursor->age += take_varint(&cursor->next);
    }
    if (cursor->age < age) {
        cursor->age = SEGMENT_NO_AGE;
    }
    return cursor->age;
}

uint32_t cursor_fill(struct cursor *cursor, uint32_t start, uint32_t end, struct bitmap *map)
{
    while (cursor->age < end) {
        const unsigned char *next = cursor->next;
        uint32_t age = cursor->age;
        uint32_t at = cursor->at;
        bitmap_set(map, age - start);
        while (++at < cursor->count) {
            age += take_varint(&next);
            if (age >= end) {
                break;
            }
            bitmap_set(map, age - start);
        }
        cursor->next = next;
        cursor->age = age;
        cursor->at = at;
        if (at == cursor->count) {
            cursor->at--;
            cursor_next(cursor);
        }
    }
    return cursor->age;
}

const unsigned char *cursor_places(struct cursor *cursor, size_t *len)
{
    const unsigned char *end;

    for (; cursor->places_at < cursor->at; cursor->places_at++) {
        cursor->places = places_skip(cursor->places);
    }
    end = places_skip(cursor->places);
    *len = (size_t)(end - cursor->places);
    return cursor->places;
}

uint32_t places_first(const unsigned char **bytes, uint32_t *more)
{
    if (**bytes != PLACE_MANY) {
        *more = 0;
        return *(*bytes)++;
    }
    (*bytes)++;
    *more = take_varint(bytes) - 1;
    return take_varint(bytes);
}

bool cursor_has_place(struct cursor *cursor, uint32_t place)
{
    size_t len;
    const unsigned char *bytes = cursor_places(cursor, &len);
    uint32_t more;
    uint32_t at = places_first(&bytes, &more);

    while (at < place && more > 0) {
        at += take_varint(&bytes);
        more--;
    }
    return at == place;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

void postings_begin(struct postings_writer *writer)
{
    writer->count = 0;
    writer->last_age = 0;
    writer->in_block = 0;
    writer->places.len = 0;
    writer->table.len = 0;
    writer->blocks.len = 0;
}

static void end_block(struct postings_writer *writer)
{
    unsigned char ages[POSTINGS_PER_BLOCK * VARINT_MAX];
    unsigned char *end = ages;

    for (uint32_t i = 0; i < writer->in_block; i++) {
        end = put_varint(end, writer->ages[i] - writer->last_age);
        writer->last_age = writer->ages[i];
    }
    bytes_add_varint(&writer->blocks, (uint32_t)(end - ages));
    bytes_add(&writer->blocks, ages, (size_t)(end - ages));
    bytes_add(&writer->blocks, writer->places.items, writer->places.len);
    bytes_add_32(&writer->table, writer->last_age);
    bytes_add_32(&writer->table, (uint32_t)writer->blocks.len);
    writer->places.len = 0;
    writer->in_block = 0;
}

void postings_add(struct postings_writer *writer, uint32_t age, const unsigned char *places, size_t places_len)
{
    if (writer->in_block == POSTINGS_PER_BLOCK) {
        end_block(writer);
    }
    writer->ages[writer->in_block++] = age;
    writer->count++;
    bytes_add(&writer->places, places, places_len);
}

bool postings_end(struct postings_writer *writer)
{
    end_block(writer);
    if (writer->count <= POSTINGS_PER_BLOCK) {
        writer->table.len = 0;
    }
    return !writer->places.failed && !writer->table.failed && !writer->blocks.failed;
}

void postings_free(struct postings_writer *writer)
{
    bytes_free(&writer->places);
    bytes_free(&writer->table);
    bytes_free(&writer->blocks);
}

void places_write(struct bytes *out, const uint32_t *places, size_t count)
{
    if (count == 1 && places[0] < PLACE_MANY) {
        const unsigned char place = (unsigned char)places[0];
        bytes_add(out, &place, 1);
        return;
    }
    const unsigned char many = PLACE_MANY;
    bytes_add(out, &many, 1);
    bytes_add_varint(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        bytes_add_varint(out, places[i] - (i == 0 ? 0 : places[i - 1]));
    }
}
