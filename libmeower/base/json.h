/* json.h - writing JSON text (RFC 8259). Reading it is cJSON's work, where a program needs it. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stddef.h>

/* Bytes that json_write_string() will write for this text, quotes included. */
size_t json_string_len(const char *text, size_t len);

/* Writes the text as a JSON string with its quotes: ", \ and control characters escaped, U+2028 and U+2029 too (so that
 * it may stand in a script), everything else as it is. `text` is valid UTF-8. Returns the byte after the last one
 * written; adds no NUL. */
char *json_write_string(const char *text, size_t len, char *out);

#endif
