/* error.c - errors and status codes as text, and the version of the library. */
#include "base/utf8.h"
#include <meower/backend.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *meower_version(void)
{
    return MEOWER_VERSION;
}

int meower_version_number(void)
{
    return MEOWER_VERSION_NUMBER;
}

const char *meower_status_name(int status)
{
    switch (status) {
    case MEOWER_OK:
        return "ok";
    case MEOWER_ERROR_INVALID:
        return "invalid";
    case MEOWER_ERROR_NO_MEMORY:
        return "no memory";
    case MEOWER_ERROR_NOT_FOUND:
        return "not found";
    case MEOWER_ERROR_CONFLICT:
        return "conflict";
    case MEOWER_ERROR_BUSY:
        return "busy";
    case MEOWER_ERROR_TIMEOUT:
        return "timeout";
    case MEOWER_ERROR_CLOSED:
        return "closed";
    case MEOWER_ERROR_IO:
        return "input/output error";
    case MEOWER_ERROR_CORRUPT:
        return "corrupt";
    case MEOWER_ERROR_LOCKED:
        return "locked";
    case MEOWER_ERROR_UNAVAILABLE:
        return "unavailable";
    case MEOWER_ERROR_UNSUPPORTED:
        return "unsupported";
    case MEOWER_ERROR_OUTCOME_UNKNOWN:
        return "outcome unknown";
    case MEOWER_ERROR_FORKED:
        return "forked";
    case MEOWER_ERROR_FULL:
        return "full";
    case MEOWER_ERROR_PERMISSION:
        return "permission denied";
    case MEOWER_ERROR_ABI:
        return "wrong ABI";
    case MEOWER_ERROR_INTERNAL:
        return "internal error";
    case MEOWER_ERROR_INTERRUPTED:
        return "interrupted";
    default:
        return "unknown status";
    }
}

/* Messages quote what users and engines wrote: whatever that was, the message stays one line. */
static void flatten_lines(char *message)
{
    for (char *at = message; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F) {
            *at = ' ';
        }
    }
}

/* Drops what is left of a code point that did not fit. */
static void drop_cut_code_point(char *message, size_t len)
{
    size_t start = len;
    while (start > 0 && len - start < 3 && ((unsigned char)message[start - 1] & 0xC0) == 0x80) {
        start--;
    }
    if (start == 0 || (unsigned char)message[start - 1] < 0xC0) {
        return;
    }
    uint32_t code_point;
    if (utf8_decode(message + start - 1, len - start + 1, &code_point) == 0) {
        message[start - 1] = '\0';
    }
}

/* Writes the message. It is made apart, because an argument may be the message that `error` holds now. */
static void write_message(meower_error *error, int code, const char *format, va_list arguments)
{
    char message[sizeof(error->message)];
    int len = vsnprintf(message, sizeof(message), format, arguments);
    if (len < 0) {
        snprintf(message, sizeof(message), "%s", meower_status_name(code));
    } else if ((size_t)len >= sizeof(message)) {
        drop_cut_code_point(message, sizeof(message) - 1);
    }
    flatten_lines(message);
    memcpy(error->message, message, strlen(message) + 1);
}

static void write_codes(meower_error *error, int code, int backend_domain, int backend_code, uint32_t flags)
{
    error->code = code;
    error->backend_domain = backend_code == 0 ? MEOWER_DOMAIN_NONE : backend_domain;
    error->backend_code = backend_code;
    error->flags = flags;
}

int meower_error_set(meower_error *error, int code, int backend_code, uint32_t flags, const char *format, ...)
{
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        write_message(error, code, format, arguments);
        va_end(arguments);
        write_codes(error, code, MEOWER_DOMAIN_OTHER, backend_code, flags);
    }
    return code;
}

int meower_error_set_backend(meower_error *error, int code, int backend_domain, int backend_code, uint32_t flags,
                             const char *format, ...)
{
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        write_message(error, code, format, arguments);
        va_end(arguments);
        write_codes(error, code, backend_domain, backend_code, flags);
    }
    return code;
}
