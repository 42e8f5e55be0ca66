/* log.c - one line an event on stderr: key=value, or JSON. */
#include "server/process/log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_LEN 2000 /* bytes of a line; longer ones are cut */

struct line {
    char text[LINE_MAX_LEN + 8]; /* with room for what ends a line that was cut */
    size_t len;
};

static void put(struct line *line, const char *text, size_t len)
{
    if (len > LINE_MAX_LEN - line->len) {
        len = LINE_MAX_LEN - line->len;
    }
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

static bool is_bare(const char *text)
{
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= ' ' || *text == '"' || *text == '=' || *text == '\\' || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

/* In quotes, with a JSON string's escapes: no text can begin a line or a field of its own. */
static void put_quoted(struct line *line, const char *text)
{
    char escape[8];
    put_text(line, "\"");
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f) {
            snprintf(escape, sizeof(escape), "\\u%04x", c);
            put_text(line, escape);
        } else {
            if (c == '"' || c == '\\') {
                put_text(line, "\\");
            }
            put(line, text, 1);
        }
    }
    put_text(line, "\"");
}

static void put_field(struct line *line, bool is_json, const struct log_field *field)
{
    char number[24];
    if (is_json) {
        put_text(line, ",");
        put_quoted(line, field->name);
        put_text(line, ":");
    } else {
        put_text(line, " ");
        put_text(line, field->name);
        put_text(line, "=");
    }
    if (field->text == NULL) {
        snprintf(number, sizeof(number), "%lld", field->number);
        put_text(line, number);
    } else if (!is_json && is_bare(field->text)) {
        put_text(line, field->text);
    } else {
        put_quoted(line, field->text);
    }
}

void log_write(const struct log *log, const char *level, const char *event, const struct log_field *fields,
               size_t count)
{
    struct line line = {.len = 0};
    struct timespec now;
    struct tm utc;
    char time_text[40];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t len = strftime(time_text, sizeof(time_text), "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(time_text + len, sizeof(time_text) - len, ".%03ldZ", now.tv_nsec / 1000000);
    put_text(&line, log->is_json ? "{\"time\":\"" : "time=");
    put_text(&line, time_text);
    put_text(&line, log->is_json ? "\"" : "");
    put_field(&line, log->is_json, &LOG_TEXT("level", level));
    put_field(&line, log->is_json, &LOG_TEXT("event", event));
    for (size_t i = 0; i < count; i++) {
        put_field(&line, log->is_json, &fields[i]);
    }
    if (log->is_json) {
        line.text[line.len++] = '}';
    }
    line.text[line.len++] = '\n';
    if (write(STDERR_FILENO, line.text, line.len) < 0) {
        return; /* there is no other place to report it */
    }
}
