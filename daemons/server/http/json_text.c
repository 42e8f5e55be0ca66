/* json_text.c - a text as a JSON string, cut to the room there is. */
#include "server/http/json_text.h"

#include "base/json.h"
#include "base/utf8.h"
#include <string.h>

static size_t without_last_character(const char *text, size_t len)
{
    do {
        len--;
    } while (((unsigned char)text[len] & 0xc0) == 0x80);
    return len;
}

size_t json_text_write(const char *text, char *out, size_t size)
{
    size_t len = strlen(text);
    if (!utf8_is_valid(text, len)) {
        len = 0;
    }
    while (json_string_len(text, len) >= size) {
        len = without_last_character(text, len);
    }
    char *end = json_write_string(text, len, out);
    *end = '\0';
    return (size_t)(end - out);
}
