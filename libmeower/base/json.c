/* json.c - writing JSON strings (RFC 8259, section 7). */
#include "base/json.h"
#include <stdbool.h>
#include <string.h>

/* What each byte becomes. 0: it stays; a letter: a backslash and that letter; HEX: \u00XX; LINE: perhaps the first byte
 * of U+2028 or U+2029 (E2 80 A8, E2 80 A9), which JavaScript took for line ends before ES2019. */
enum {
    HEX = 1,
    LINE = 2
};

static const unsigned char escapes[256] = {
    HEX,         HEX,           HEX,           HEX, HEX, HEX, HEX, HEX, /* 0x00 */
    'b',         't',           'n',           HEX, 'f', 'r', HEX, HEX, /* 0x08 */
    HEX,         HEX,           HEX,           HEX, HEX, HEX, HEX, HEX, /* 0x10 */
    HEX,         HEX,           HEX,           HEX, HEX, HEX, HEX, HEX, /* 0x18 */
    ['"'] = '"', ['\\'] = '\\', [0xE2] = LINE,
};

static bool is_line_end(const char *text, size_t len)
{
    return len >= 3 && (unsigned char)text[1] == 0x80 && ((unsigned char)text[2] & 0xFE) == 0xA8;
}

size_t json_string_len(const char *text, size_t len)
{
    size_t written = len + 2;
    for (size_t at = 0; at < len; at++) {
        unsigned char escape = escapes[(unsigned char)text[at]];
        if (escape == 0) {
            continue;
        }
        if (escape == HEX) {
            written += 5;
        } else if (escape != LINE) {
            written += 1;
        } else if (is_line_end(text + at, len - at)) {
            written += 3;
        }
    }
    return written;
}

static char *append(char *out, const char *text, size_t len)
{
    memcpy(out, text, len);
    return out + len;
}

/* Writes the escaped form of the byte at text[0], or of the three bytes of a line end. */
static char *write_escape(unsigned char escape, const char *text, char *out)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char byte = (unsigned char)text[0];
    if (escape == LINE) {
        return append(out, ((unsigned char)text[2] & 1) == 0 ? "\\u2028" : "\\u2029", 6);
    }
    *out++ = '\\';
    if (escape != HEX) {
        *out++ = (char)escape;
        return out;
    }
    out = append(out, "u00", 3);
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 0x0F];
    return out;
}

char *json_write_string(const char *text, size_t len, char *out)
{
    size_t run = 0; /* where what is not copied yet begins */
    *out++ = '"';
    for (size_t at = 0; at < len; at++) {
        unsigned char escape = escapes[(unsigned char)text[at]];
        if (escape == 0 || (escape == LINE && !is_line_end(text + at, len - at))) {
            continue;
        }
        out = append(out, text + run, at - run);
        out = write_escape(escape, text + at, out);
        at += escape == LINE ? 2 : 0;
        run = at + 1;
    }
    if (run < len) {
        out = append(out, text + run, len - run);
    }
    *out++ = '"';
    return out;
}
