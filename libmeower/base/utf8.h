/* utf8.h - UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the code point at text[0], text[1], ... (`len` >= 1 bytes are there). Returns the bytes it takes, or 0 when
 * they are not UTF-8. */
size_t utf8_decode(const char *text, size_t len, uint32_t *code_point);

/* Writes `code_point` to out[0..3]. Returns the bytes written. */
size_t utf8_encode(uint32_t code_point, char *out);

bool utf8_is_valid(const char *text, size_t len);

/* Code points in valid UTF-8. */
size_t utf8_count(const char *text, size_t len);

#endif
