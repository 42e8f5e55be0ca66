/* decimal.h - numbers as decimal digits, without formats and locales. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stdint.h>
#include <string.h>

#define DECIMAL_MAX 20 /* digits of 2^64 - 1 */

/* Writes the digits, without a NUL. Returns the place after them. */
static inline char *decimal_write(uint64_t number, char *out)
{
    char digits[DECIMAL_MAX];
    char *first = digits + DECIMAL_MAX;
    do {
        *--first = (char)('0' + number % 10);
    } while ((number /= 10) > 0);
    size_t len = (size_t)(digits + DECIMAL_MAX - first);
    memcpy(out, first, len);
    return out + len;
}

#endif
