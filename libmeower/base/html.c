/* html.c - escaping the five characters that HTML gives a meaning. */
#include "base/html.h"
#include <string.h>

struct entity {
    char character;
    unsigned char len;
    char text[6];
};

static const struct entity entities[] = {
    {'<', 4, "&lt;"}, {'>', 4, "&gt;"}, {'&', 5, "&amp;"}, {'\'', 5, "&#39;"}, {'"', 5, "&#34;"},
};

#define ENTITY_COUNT (sizeof(entities) / sizeof(entities[0]))

/* Index of each byte's entity plus 1; 0: it has none. */
static const unsigned char entity_numbers[256] = {['<'] = 1, ['>'] = 2, ['&'] = 3, ['\''] = 4, ['"'] = 5};

size_t html_escaped_len(const char *text, size_t len)
{
    size_t escaped_len = len;
    for (size_t at = 0; at < len; at++) {
        unsigned char number = entity_numbers[(unsigned char)text[at]];
        if (number != 0) {
            escaped_len += (size_t)entities[number - 1].len - 1;
        }
    }
    return escaped_len;
}

void html_escape(const char *text, size_t len, char *out)
{
    size_t run = 0; /* where what is not copied yet begins */
    for (size_t at = 0; at < len; at++) {
        unsigned char number = entity_numbers[(unsigned char)text[at]];
        if (number == 0) {
            continue;
        }
        const struct entity *entity = &entities[number - 1];
        memcpy(out, text + run, at - run);
        out += at - run;
        memcpy(out, entity->text, entity->len);
        out += entity->len;
        run = at + 1;
    }
    if (run < len) {
        memcpy(out, text + run, len - run);
    }
}

size_t html_entity(const char *text, size_t len, char *character)
{
    if (len == 0 || text[0] != '&') {
        return 0;
    }
    for (size_t i = 0; i < ENTITY_COUNT; i++) {
        if (len >= entities[i].len && memcmp(text, entities[i].text, entities[i].len) == 0) {
            *character = entities[i].character;
            return entities[i].len;
        }
    }
    return 0;
}
