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

static const struct entity *entity_of(char character)
{
    switch (character) {
    case '<':
        return &entities[0];
    case '>':
        return &entities[1];
    case '&':
        return &entities[2];
    case '\'':
        return &entities[3];
    case '"':
        return &entities[4];
    default:
        return NULL;
    }
}

size_t html_escaped_len(const char *text, size_t len)
{
    size_t escaped_len = len;
    for (size_t at = 0; at < len; at++) {
        const struct entity *entity = entity_of(text[at]);
        if (entity != NULL)
            escaped_len += (size_t)entity->len - 1;
    }
    return escaped_len;
}

void html_escape(const char *text, size_t len, char *out)
{
    size_t run = 0; /* where what is not copied yet begins */
    for (size_t at = 0; at < len; at++) {
        const struct entity *entity = entity_of(text[at]);
        if (entity == NULL)
            continue;
        memcpy(out, text + run, at - run);
        out += at - run;
        memcpy(out, entity->text, entity->len);
        out += entity->len;
        run = at + 1;
    }
    if (run < len)
        memcpy(out, text + run, len - run);
}

size_t html_entity(const char *text, size_t len, char *character)
{
    if (len == 0 || text[0] != '&')
        return 0;
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        if (len >= entities[i].len && memcmp(text, entities[i].text, entities[i].len) == 0) {
            *character = entities[i].character;
            return entities[i].len;
        }
    }
    return 0;
}
