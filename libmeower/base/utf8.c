/* utf8.c - decoding, encoding and checking UTF-8 (RFC 3629). */
#include "base/utf8.h"
#include <string.h>

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

static uint32_t six_bits(char byte)
{
    return (unsigned char)byte & 0x3FU;
}

size_t utf8_decode(const char *text, size_t len, uint32_t *code_point)
{
    unsigned char first = (unsigned char)text[0];
    if (first < 0x80) {
        *code_point = first;
        return 1;
    }
    if (first < 0xC2) { /* a continuation byte, or the start of an overlong form */
        return 0;
    }
    if (first < 0xE0) {
        if (len < 2 || !is_continuation(text[1])) {
            return 0;
        }
        *code_point = (first & 0x1FU) << 6 | six_bits(text[1]);
        return 2;
    }
    if (first < 0xF0) {
        if (len < 3 || !is_continuation(text[1]) || !is_continuation(text[2])) {
            return 0;
        }
        uint32_t value = (first & 0x0FU) << 12 | six_bits(text[1]) << 6 | six_bits(text[2]);
        if (value < 0x800 || (value >= 0xD800 && value <= 0xDFFF)) {
            return 0;
        }
        *code_point = value;
        return 3;
    }
    if (first > 0xF4 || len < 4 || !is_continuation(text[1]) || !is_continuation(text[2]) ||
        !is_continuation(text[3])) {
        return 0;
    }
    uint32_t value = (first & 0x07U) << 18 | six_bits(text[1]) << 12 | six_bits(text[2]) << 6 | six_bits(text[3]);
    if (value < 0x10000 || value > 0x10FFFF) {
        return 0;
    }
    *code_point = value;
    return 4;
}

size_t utf8_encode(uint32_t code_point, char *out)
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    /* What is no character has no encoding: U+FFFD stands for it (Unicode 15, 3.9). */
    if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)) {
        code_point = 0xFFFD;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}

/* Bytes at the start that are plain ASCII, eight at a time: most text is. */
static size_t ascii_words(const char *text, size_t len)
{
    size_t at = 0;
    while (len - at >= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, text + at, sizeof(word));
        if ((word & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
        at += sizeof(word);
    }
    return at;
}

bool utf8_is_valid(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len) {
        at += ascii_words(text + at, len - at);
        if (at == len) {
            break;
        }
        uint32_t code_point;
        size_t taken = utf8_decode(text + at, len - at, &code_point);
        if (taken == 0) {
            return false;
        }
        at += taken;
    }
    return true;
}

size_t utf8_count(const char *text, size_t len)
{
    size_t count = 0;
    for (size_t at = 0; at < len; at++) {
        count += !is_continuation(text[at]);
    }
    return count;
}
