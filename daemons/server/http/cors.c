/* cors.c - which pages of other origins may use the API. */
#include "server/http/cors.h"

static bool append_text(struct buffer *answer, const char *text)
{
    return buffer_append(answer, text, strlen(text));
}

void cors_choose(const char *allowed, struct slice origin, char *out, size_t size)
{
    struct slice list = slice_of(allowed), item;
    out[0] = '\0';
    if (origin.text == NULL || origin.len >= size) {
        return;
    }
    while (slice_next(&list, ',', &item)) {
        if (item.len != origin.len || memcmp(item.text, origin.text, origin.len) != 0) {
            continue;
        }
        memcpy(out, origin.text, origin.len);
        out[origin.len] = '\0';
        return;
    }
}

bool cors_append_fields(struct buffer *answer, const char *allowed, const char *origin)
{
    static const char expose[] =
        "Access-Control-Expose-Headers: Meower-Cursor, Meower-Search, Link, ETag, Location, Retry-After\r\n";
    bool is_any = strcmp(allowed, "*") == 0;
    if (!is_any && *allowed == '\0') {
        return true;
    }
    if (!is_any && !append_text(answer, "Vary: Origin\r\n")) {
        return false;
    }
    if (!is_any && *origin == '\0') {
        return true;
    }
    return append_text(answer, "Access-Control-Allow-Origin: ") && append_text(answer, is_any ? "*" : origin) &&
           append_text(answer, "\r\n") && append_text(answer, expose);
}

bool cors_append_preflight(struct buffer *answer, const char *allowed, const char *origin, const char *methods)
{
    static const char rest[] = "\r\nAccess-Control-Allow-Headers: Authorization, Content-Type, Idempotency-Key, "
                               "If-None-Match, Last-Event-ID, Meower-Cursor\r\nAccess-Control-Max-Age: 86400\r\n";
    if (strcmp(allowed, "*") != 0 && *origin == '\0') {
        return true;
    }
    return append_text(answer, "Access-Control-Allow-Methods: ") && append_text(answer, methods) &&
           append_text(answer, rest);
}
