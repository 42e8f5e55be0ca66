/* json_text.c - a text as a JSON string (RFC 8259, 7). */
#include "server/http/json_text.h"

#include "server/http/utf8.h"
#include <stdio.h>
#include <string.h>

#define ESCAPE_LEN 6 /* \u0001 */

/* Bytes of the UTF-8 character at `text`. */
static size_t character_len(const char *text)
{
    size_t len = 1;
    while (((unsigned char)text[len] & 0xc0) == 0x80) {
        len++;
    }
    return len;
}

size_t json_text_write(const char *text, char *out, size_t size)
{
    size_t used = 0;
    if (!utf8_check(text, strlen(text))) {
        text = "";
    }
    out[used++] = '"';
    while (*text != '\0' && used + ESCAPE_LEN + 2 <= size) {
        unsigned char c = (unsigned char)*text;
        size_t len = character_len(text);
        if (c < 0x20) {
            used += (size_t)snprintf(out + used, size - used, "\\u%04x", c);
        } else {
            if (c == '"' || c == '\\') {
                out[used++] = '\\';
            }
            memcpy(out + used, text, len);
            used += len;
        }
        text += len;
    }
    out[used++] = '"';
    out[used] = '\0';
    return used;
}
