/* url.c - the "scheme:location" form in which backends are named, and the same without its passwords. */
#include "base/url.h"
#include <string.h>
#include <strings.h>

#define HIDDEN "***"

bool url_has_scheme(const char *url, const char *scheme, const char **location)
{
    size_t len = strlen(scheme);
    if (strncmp(url, scheme, len) != 0 || url[len] != ':') {
        return false;
    }
    *location = url + len + 1;
    return true;
}

/* A part of the URL that must not be shown. */
struct range {
    const char *start;
    const char *end;
};

static bool range_has(const struct range *range, const char *at)
{
    return range->start != NULL && at >= range->start && at < range->end;
}

static const char *find_last(const char *start, const char *end, char character)
{
    return memrchr(start, character, (size_t)(end - start));
}

static bool is_keyword_character(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '_' || character == '.' || character == '-';
}

/* The "://" of the next URL of a list, which follows a comma and its scheme; NULL where none is. */
static const char *next_of_list(const char *start)
{
    for (const char *found = strstr(start, "://"); found != NULL; found = strstr(found + 1, "://")) {
        const char *scheme = found;
        while (scheme > start && is_keyword_character(scheme[-1])) {
            scheme--;
        }
        if (scheme > start && scheme[-1] == ',') {
            return found;
        }
    }
    return NULL;
}

/* The password of the authority that begins at `start`: after the first colon, up to the last @. One that was written
 * with a raw / or ? in it (it should be %2F, %3F) is found all the same, at the price of hiding too much of a URL
 * without one but with an @ further on. A NATS URL may have a bare token in its place. */
static struct range password_of_authority(const char *url, const char *start)
{
    struct range range = {NULL, NULL};
    const char *next = next_of_list(start);
    const char *end = next != NULL ? next : start + strlen(start);
    const char *authority_end = start + strcspn(start, "/?#");
    if (authority_end > end) {
        authority_end = end;
    }
    const char *at_sign = find_last(start, authority_end, '@');
    if (at_sign == NULL) {
        at_sign = find_last(start, end, '@');
    }
    if (at_sign == NULL) {
        return range;
    }
    const char *colon = memchr(start, ':', (size_t)(at_sign - start));
    if (colon != NULL) {
        range = (struct range){colon + 1, at_sign};
    } else if (strncmp(url, "nats:", 5) == 0) {
        range = (struct range){start, at_sign};
    }
    return range;
}

static bool begins_keyword(const char *url, const char *at)
{
    return is_keyword_character(*at) && (at == url || !is_keyword_character(at[-1]));
}

/* Such as password, passfile, sslpassword, sasl.password, client_secret, auth_token, api_key. */
static bool is_secret_keyword(const char *keyword, size_t len)
{
    static const char *const parts[] = {"pass", "pwd", "secret", "token", "api_key", "apikey", "api.key"};
    for (size_t part = 0; part < sizeof(parts) / sizeof(parts[0]); part++) {
        size_t part_len = strlen(parts[part]);
        for (size_t at = 0; at + part_len <= len; at++) {
            if (strncasecmp(keyword + at, parts[part], part_len) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* The value of a keyword in a libpq connection string: up to the closing quote if it is quoted, otherwise up to white
 * space; a backslash takes the next character along. (PostgreSQL 15 manual, 34.1.1.1) */
static struct range value_in_connection_string(const char *start)
{
    bool is_quoted = *start == '\'';
    const char *ends = is_quoted ? "'" : " \t\n\r\f\v";
    struct range range = {is_quoted ? start + 1 : start, NULL};
    const char *at = range.start;
    while (*at != '\0' && strchr(ends, *at) == NULL) {
        at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
    }
    range.end = at;
    return range;
}

/* The value of the keyword that begins at `start`, if it is a secret one. */
static struct range value_of_keyword(const char *start, bool is_query)
{
    struct range range = {NULL, NULL};
    const char *at = start;
    while (is_keyword_character(*at)) {
        at++;
    }
    if (!is_secret_keyword(start, (size_t)(at - start))) {
        return range;
    }
    at += strspn(at, " \t");
    if (*at != '=') {
        return range;
    }
    at++;
    at += strspn(at, " \t");
    return is_query ? (struct range){at, at + strcspn(at, "&")} : value_in_connection_string(at);
}

/* True for scheme://... and scheme:scheme://..., false for a connection string and the rest. */
static bool has_authority(const char *url)
{
    for (int i = 0; i < 2; i++) {
        while (is_keyword_character(*url) || *url == '+') {
            url++;
        }
        if (*url != ':') {
            return false;
        }
        url++;
        if (strncmp(url, "//", 2) == 0) {
            return true;
        }
    }
    return false;
}

void url_redact(const char *url, char *out, size_t out_size)
{
    struct range password = {NULL, NULL};
    struct range value = {NULL, NULL};
    bool is_url = has_authority(url);
    bool was_hidden = false;
    size_t out_len = 0;
    for (const char *at = url; *at != '\0'; at++) {
        bool begins_password = range_has(&password, at + 1); /* which may begin with two slashes */
        if (is_url && strncmp(at, "://", 3) == 0 && !begins_password) {
            password = password_of_authority(url, at + 3);
        }
        if (begins_keyword(url, at) && !range_has(&value, at)) {
            value = value_of_keyword(at, is_url);
        }
        bool is_hidden = range_has(&password, at) || range_has(&value, at);
        const char *piece = is_hidden ? HIDDEN : at;
        size_t piece_len = !is_hidden ? 1 : was_hidden ? 0 : strlen(HIDDEN);
        for (size_t i = 0; i < piece_len && out_len + 1 < out_size; i++) {
            out[out_len++] = piece[i];
        }
        was_hidden = is_hidden;
    }
    out[out_len] = '\0';
}
