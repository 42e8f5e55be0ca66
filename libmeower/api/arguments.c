/* arguments.c - see arguments.h. */
#include "api/arguments.h"
#include "base/utf8.h"

#define SEARCH_TEXT_MAX 8192 /* bytes */

int refuse_null(const char *name, meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "%s is NULL; this call needs it", name);
}

int check_search_text(const char *text, size_t len, meower_error *error)
{
    if (len > SEARCH_TEXT_MAX || (text == NULL && len > 0) || !utf8_is_valid(text, len)) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "a search text must be UTF-8 of at most %d bytes",
                                SEARCH_TEXT_MAX);
    }
    return MEOWER_OK;
}
