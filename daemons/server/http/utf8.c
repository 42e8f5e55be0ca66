/* utf8.c - whether bytes are UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF (RFC 3629, 4). */
#include "server/http/utf8.h"

/* Bytes of the sequence that begins with `lead`; its second byte must lie from *low to *high. 0: none begins so. */
static size_t sequence_len(unsigned char lead, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        if (lead == 0xe0) {
            *low = 0xa0;
        }
        if (lead == 0xed) {
            *high = 0x9f;
        }
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        if (lead == 0xf0) {
            *low = 0x90;
        }
        if (lead == 0xf4) {
            *high = 0x8f;
        }
        return 4;
    }
    return 0;
}

bool utf8_check(const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t i = 0;
    while (i < len) {
        unsigned char low, high;
        size_t count = sequence_len(bytes[i], &low, &high);
        if (count == 0 || count > len - i) {
            return false;
        }
        if (count > 1 && (bytes[i + 1] < low || bytes[i + 1] > high)) {
            return false;
        }
        for (size_t k = 2; k < count; k++) {
            if (bytes[i + k] < 0x80 || bytes[i + k] > 0xbf) {
                return false;
            }
        }
        i += count;
    }
    return true;
}
