/* bytes.h - numbers in the bytes of a segment: of fixed size in the machine's own order (segment.h says how a foreign
 * order is told), or of variable length, seven bits a byte, the lowest first, the highest bit of a byte telling that
 * another one follows (LEB128; DWARF 5, 7.6). */
#ifndef SEARCH_INDEX_BYTES_H
#define SEARCH_INDEX_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VARINT_MAX 5 /* bytes of a number of 32 bits */

static inline uint32_t load_32(const unsigned char *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof(number));
    return number;
}

/* Reads a number and moves on. The caller knows that it is there: a segment's checksum was right. */
static inline uint32_t take_varint(const unsigned char **at)
{
    const unsigned char *bytes = *at;
    uint32_t number = *bytes++;

    if (number >= 0x80) {
        number &= 0x7F;
        for (unsigned shift = 7;; shift += 7) {
            uint32_t byte = *bytes++;
            number |= (byte & 0x7F) << shift;
            if (byte < 0x80) {
                break;
            }
        }
    }
    *at = bytes;
    return number;
}

static inline unsigned char *put_varint(unsigned char *out, uint32_t number)
{
    while (number >= 0x80) {
        *out++ = (unsigned char)(number | 0x80);
        number >>= 7;
    }
    *out++ = (unsigned char)number;
    return out;
}

/* Compares bytewise: below 0 where `a` is before `b`. A beginning is before what goes on. */
static inline int bytes_compare(const void *a, size_t a_len, const void *b, size_t b_len)
{
    int difference = memcmp(a, b, a_len < b_len ? a_len : b_len);

    return difference != 0 ? difference : (a_len > b_len) - (a_len < b_len);
}

/* Bytes that grow. After the first failure nothing more is added, and `failed` says so. */
struct bytes {
    unsigned char *items;
    size_t len;
    size_t size;
    bool failed;
};

/* Room for `count` more bytes at the end, which are not counted yet; NULL when memory is short. */
static inline unsigned char *bytes_reserve(struct bytes *bytes, size_t count)
{
    if (bytes->failed) {
        return NULL;
    }
    if (bytes->size - bytes->len < count) {
        size_t size = bytes->size < 256 ? 256 : bytes->size;
        while (size - bytes->len < count) {
            size *= 2;
        }
        unsigned char *items = realloc(bytes->items, size);
        if (items == NULL) {
            bytes->failed = true;
            return NULL;
        }
        bytes->items = items;
        bytes->size = size;
    }
    return bytes->items + bytes->len;
}

static inline void bytes_add(struct bytes *bytes, const void *items, size_t count)
{
    unsigned char *out = bytes_reserve(bytes, count);

    if (out != NULL && count > 0) {
        memcpy(out, items, count);
        bytes->len += count;
    }
}

static inline void bytes_add_32(struct bytes *bytes, uint32_t number)
{
    bytes_add(bytes, &number, sizeof(number));
}

static inline void bytes_add_varint(struct bytes *bytes, uint32_t number)
{
    unsigned char *out = bytes_reserve(bytes, VARINT_MAX);

    if (out != NULL) {
        bytes->len = (size_t)(put_varint(out, number) - bytes->items);
    }
}

static inline void bytes_free(struct bytes *bytes)
{
    free(bytes->items);
    *bytes = (struct bytes){0};
}

#endif
