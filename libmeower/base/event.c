/* event.c - an event as JSON, and reading such JSON from a bus that may carry anything. */
#include "base/event.h"
#include "base/cursor.h"
#include "base/decimal.h"
#include <string.h>

#define DEPTH_MAX 32 /* of arrays and objects inside one another */

/* ---- writing ---------------------------------------------------------------------------------------------------- */

/* Written without formats: a frame is written for every post, and again for every subscription. */
static const char kind_name[] = "{\"kind\":";
static const char cursor_name[] = ",\"cursor\":\"";
static const char position_name[] = ",\"position\":\"";
static const char epoch_name[] = "\",\"epoch\":\"";

#define LEN(literal)  (sizeof(literal) - 1)
#define FRAME_SIZE    (LEN(kind_name) + DECIMAL_MAX + LEN(cursor_name) + MEOWER_CURSOR_SIZE)
#define POSITION_SIZE (LEN(position_name) + DECIMAL_MAX + LEN(epoch_name) + MEOWER_EPOCH_SIZE)

size_t event_frame_size(const struct meow *meow)
{
    return meow->json_len + FRAME_SIZE;
}

size_t event_payload_size(const struct meow *meow)
{
    return event_frame_size(meow) + POSITION_SIZE;
}

static char *append(char *out, const char *text, size_t len)
{
    memcpy(out, text, len);
    return out + len;
}

/* Everything but the closing brace. The meow's own JSON is spliced in without its braces. */
static char *write_open_frame(const struct meow *meow, const char *epoch, char *out)
{
    out = append(out, kind_name, LEN(kind_name));
    out = decimal_write((uint64_t)meow->kind, out);
    *out++ = ',';
    out = append(out, meow->json + 1, meow->json_len - 2);
    out = append(out, cursor_name, LEN(cursor_name));
    out = cursor_format(epoch, meow->position, out);
    *out++ = '"';
    return out;
}

size_t event_write_frame(const struct meow *meow, const char *epoch, char *out)
{
    char *end = write_open_frame(meow, epoch, out);
    *end++ = '}';
    return (size_t)(end - out);
}

size_t event_write_payload(const struct meow *meow, const char *epoch, char *out)
{
    char *end = write_open_frame(meow, epoch, out);
    end = append(end, position_name, LEN(position_name));
    end = decimal_write(meow->position, end);
    end = append(end, epoch_name, LEN(epoch_name));
    end = append(end, epoch, strnlen(epoch, MEOWER_EPOCH_SIZE - 1));
    *end++ = '"';
    *end++ = '}';
    return (size_t)(end - out);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* Reads JSON (RFC 8259) from front to end. Each function moves `at` past what it has read, or returns false. */
struct reader {
    const char *at;
    const char *end;
};

/* What stood between the quotes of a string, escapes as they were. */
struct text {
    const char *start;
    size_t len;
};

static bool skip_value(struct reader *reader, int depth);

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end &&
           (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r')) {
        reader->at++;
    }
}

static bool take(struct reader *reader, char character)
{
    if (reader->at == reader->end || *reader->at != character) {
        return false;
    }
    reader->at++;
    return true;
}

static bool take_literal(struct reader *reader, const char *literal)
{
    size_t len = strlen(literal);
    if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, literal, len) != 0) {
        return false;
    }
    reader->at += len;
    return true;
}

static bool take_digits(struct reader *reader)
{
    const char *start = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') {
        reader->at++;
    }
    return reader->at > start;
}

static bool skip_number(struct reader *reader)
{
    take(reader, '-');
    if (!take(reader, '0') && !take_digits(reader)) {
        return false;
    }
    if (take(reader, '.') && !take_digits(reader)) {
        return false;
    }
    if (!take(reader, 'e') && !take(reader, 'E')) {
        return true;
    }
    if (!take(reader, '+')) {
        take(reader, '-');
    }
    return take_digits(reader);
}

static bool read_string(struct reader *reader, struct text *text)
{
    if (!take(reader, '"')) {
        return false;
    }
    text->start = reader->at;
    while (reader->at < reader->end && *reader->at != '"') {
        if ((unsigned char)*reader->at < 0x20) {
            return false;
        }
        /* The character after a backslash may be a quote that does not end the string. */
        if (*reader->at == '\\' && ++reader->at == reader->end) {
            return false;
        }
        reader->at++;
    }
    text->len = (size_t)(reader->at - text->start);
    return take(reader, '"');
}

/* Reads a member's name and the colon after it. */
static bool read_name(struct reader *reader, struct text *name)
{
    skip_space(reader);
    if (!read_string(reader, name)) {
        return false;
    }
    skip_space(reader);
    return take(reader, ':');
}

/* Skips an array or object whose opening bracket has been read. */
static bool skip_rest(struct reader *reader, char closing, int depth)
{
    skip_space(reader);
    if (take(reader, closing)) {
        return true;
    }
    do {
        struct text name;
        if (closing == '}' && !read_name(reader, &name)) {
            return false;
        }
        if (!skip_value(reader, depth)) {
            return false;
        }
        skip_space(reader);
    } while (take(reader, ','));
    return take(reader, closing);
}

static bool skip_value(struct reader *reader, int depth)
{
    skip_space(reader);
    if (reader->at == reader->end || depth == 0) {
        return false;
    }
    struct text text;
    switch (*reader->at) {
    case '"':
        return read_string(reader, &text);
    case '{':
        reader->at++;
        return skip_rest(reader, '}', depth - 1);
    case '[':
        reader->at++;
        return skip_rest(reader, ']', depth - 1);
    case 't':
        return take_literal(reader, "true");
    case 'f':
        return take_literal(reader, "false");
    case 'n':
        return take_literal(reader, "null");
    default:
        return skip_number(reader);
    }
}

static bool text_is(const struct text *text, const char *wanted)
{
    return text->len == strlen(wanted) && memcmp(text->start, wanted, text->len) == 0;
}

/* Reads one member of the top-level object; keeps it when it is one of the two. A second one of a name is refused: what
 * we write has one of each. */
static bool read_member(struct reader *reader, struct text *epoch, struct text *position)
{
    struct text name;
    if (!read_name(reader, &name)) {
        return false;
    }
    struct text *wanted = text_is(&name, "epoch") ? epoch : text_is(&name, "position") ? position : NULL;
    if (wanted == NULL) {
        return skip_value(reader, DEPTH_MAX);
    }
    skip_space(reader);
    return wanted->start == NULL && read_string(reader, wanted);
}

bool event_parse_payload(const char *payload, size_t len, char epoch[MEOWER_EPOCH_SIZE], uint64_t *position)
{
    if (len == 0) {
        return false;
    }
    struct reader reader = {payload, payload + len};
    struct text epoch_text = {NULL, 0};
    struct text position_text = {NULL, 0};
    skip_space(&reader);
    if (!take(&reader, '{')) {
        return false;
    }
    do {
        if (!read_member(&reader, &epoch_text, &position_text)) {
            return false;
        }
        skip_space(&reader);
    } while (take(&reader, ','));
    if (!take(&reader, '}')) {
        return false;
    }
    skip_space(&reader);
    if (reader.at != reader.end) {
        return false;
    }

    /* The two make a cursor, whose form has one definition. */
    char cursor[MEOWER_CURSOR_SIZE];
    if (epoch_text.start == NULL || position_text.start == NULL || epoch_text.len != MEOWER_EPOCH_SIZE - 1 ||
        position_text.len > MEOWER_CURSOR_SIZE - MEOWER_EPOCH_SIZE - 1) {
        return false;
    }
    char *at = append(cursor, epoch_text.start, epoch_text.len);
    *at++ = '-';
    at = append(at, position_text.start, position_text.len);
    *at = '\0';
    return cursor_parse(cursor, epoch, position);
}
