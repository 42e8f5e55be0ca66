/* text.h - the rules for what people write: bodies and the values of labels. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <meower/base.h>

/* Checks that `text` (`len` bytes) is valid UTF-8 of 1 to `max` code points, without control characters but newline and
 * tab. Returns MEOWER_OK, or MEOWER_ERROR_INVALID with a message that begins with `subject`, such as "the body". */
int text_check(const char *subject, const char *text, size_t len, int max, meower_error *error);

#endif
