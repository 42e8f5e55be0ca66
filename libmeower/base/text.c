/* text.c - see text.h. */
#include "base/text.h"
#include "base/utf8.h"
#include <meower/backend.h>

/* C0 without newline and tab, DEL, C1. */
static bool is_refused_control(uint32_t code_point)
{
    if (code_point < 0x20) {
        return code_point != '\n' && code_point != '\t';
    }
    return code_point >= 0x7F && code_point <= 0x9F;
}

/* Most text is, and needs no decoding. */
static bool is_visible_ascii(uint32_t byte)
{
    return byte >= 0x20 && byte < 0x7F;
}

int text_check(const char *subject, const char *text, size_t len, int max, meower_error *error)
{
    if (text == NULL || len == 0) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "%s is empty; it may have 1 to %d characters",
                                subject, max);
    }
    int count = 0;
    for (size_t at = 0; at < len;) {
        uint32_t code_point = (unsigned char)text[at];
        size_t taken = is_visible_ascii(code_point) ? 1 : utf8_decode(text + at, len - at, &code_point);
        if (taken == 0) {
            return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                    "%s is not valid UTF-8 at byte %zu; it must be UTF-8", subject, at);
        }
        if (is_refused_control(code_point)) {
            return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                    "%s has the control character U+%04X at byte %zu; only newline and tab are "
                                    "allowed",
                                    subject, (unsigned)code_point, at);
        }
        if (++count > max) {
            return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "%s is too long; it may have 1 to %d characters",
                                    subject, max);
        }
        at += taken;
    }
    return MEOWER_OK;
}
