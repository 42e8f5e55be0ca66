/* print.c - see print.h. Text from the feed is never trusted with the terminal: control characters are left out. */
#include "ctl/print.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *entity;
    char character;
} entities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&#39;", '\''}, {"&#34;", '"'}};

/* Prints one character of a body; returns the bytes it took. */
static size_t print_character(const char *body)
{
    unsigned char byte = (unsigned char)body[0];

    for (size_t i = 0; byte == '&' && i < sizeof(entities) / sizeof(entities[0]); i++) {
        size_t len = strlen(entities[i].entity);
        if (strncmp(body, entities[i].entity, len) == 0) {
            putchar(entities[i].character);
            return len;
        }
    }
    if (byte == '\n') {
        fputs("\n    ", stdout);
    } else if (byte == 0xC2 && (unsigned char)body[1] >= 0x80 && (unsigned char)body[1] <= 0x9F) {
        return 2; /* U+0080 to U+009F, control characters to some terminals */
    } else if (byte >= 0x20 && byte != 0x7F) {
        putchar(byte);
    } else if (byte == '\t') {
        putchar(' ');
    }
    return 1;
}

static bool is_control(const char *text)
{
    unsigned char byte = (unsigned char)text[0], next = (unsigned char)text[1];

    return byte < 0x20 || byte == 0x7F || (byte == 0xC2 && next >= 0x80 && next <= 0x9F);
}

/* Whether a value can be told from what stands around it. */
static bool is_word(const char *value)
{
    for (const char *at = value; *at != '\0'; at++) {
        if (is_control(at) || *at == ' ' || *at == '"' || *at == '\\') {
            return false;
        }
    }
    return true;
}

static void print_escaped(const char *text)
{
    for (; *text != '\0'; text++) {
        if (is_control(text)) {
            text += (unsigned char)*text == 0xC2 ? 1 : 0;
            printf("\\u%04x", (unsigned char)*text);
            continue;
        }
        if (*text == '"' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
}

/* A value is quoted where it could not be told from what stands around it. */
static void print_label(const meower_label *label)
{
    const char *quote = is_word(label->value) ? "" : "\"";

    putchar(' ');
    print_escaped(label->key);
    printf("=%s", quote);
    print_escaped(label->value);
    fputs(quote, stdout);
}

void print_meow(const char *id, const char *created_at, const char *body, const meower_label *labels,
                size_t label_count)
{
    printf("%.10s %.8s  %s  ", created_at, strlen(created_at) > 11 ? created_at + 11 : "", id);
    while (*body != '\0') {
        body += print_character(body);
    }
    if (label_count > 0) {
        putchar(' ');
    }
    for (size_t i = 0; i < label_count; i++) {
        print_label(&labels[i]);
    }
    putchar('\n');
}

void print_deletion(const char *id)
{
    printf("deleted  %s\n", id);
}

void print_cursor(const char *cursor)
{
    printf("%s  ", cursor);
}

void print_json(const char *json, size_t len)
{
    fwrite(json, 1, len, stdout);
    putchar('\n');
}

void print_flush(void)
{
    fflush(stdout);
}

void print_not_recovered(void)
{
    fprintf(stderr, "meowctl: the cursor is not of this feed; showing what comes from now on\n");
}
