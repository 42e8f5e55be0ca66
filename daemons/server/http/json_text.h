/* json_text.h - a text as a JSON string, cut to the room there is. */
#ifndef SERVER_HTTP_JSON_TEXT_H
#define SERVER_HTTP_JSON_TEXT_H

#include <stddef.h>

/* Writes the text in quotes, cut at a character to fit, and a NUL. Text that is no UTF-8 gives "": only bad
 * input that is repeated in a message can be that. `size` is at least 3. Returns the bytes written, without the NUL. */
size_t json_text_write(const char *text, char *out, size_t size);

#endif
