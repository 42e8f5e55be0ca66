/* words.c - cuts text into folded words, in one pass: each code point is folded (Unicode NFKD and full case folding),
 * and what it folds to begins, continues or ends a word. */
#include "base/words.h"
#include "base/html.h"
#include "base/utf8.h"
#include <meower/base.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define FOLDED_MAX   18                  /* code points that one can fold to: U+FDFA has the most (Unicode 15) */
#define UTF8_MAX     4                   /* bytes of a code point */
#define RESERVED_MAX (WORDS_LEN_MAX + 2) /* bytes of a word with the NUL of the one before it and its own */

#define ZERO_WIDTH_SPACE 0x200B

/* The small letter or digit that a letter or digit of ASCII folds to; 0 for every other byte. */
static const char folded_ascii[256] = {
    ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8',
    ['9'] = '9', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h',
    ['i'] = 'i', ['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p', ['q'] = 'q',
    ['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y', ['z'] = 'z',
    ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i',
    ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r',
    ['S'] = 's', ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z',
};

/* What a folded code point does to the word before it. */
enum role {
    ROLE_SEPARATE, /* ends it */
    ROLE_JOIN,     /* continues it, or begins one */
    ROLE_ALONE,    /* is a word of its own */
    ROLE_ATTACH,   /* is part of its text, and begins none: vowel signs and the like */
    ROLE_FOLLOW    /* belongs to it without being part of its text: accents and what nobody sees */
};

enum state {
    STATE_OUTSIDE,
    STATE_INSIDE,  /* the last word can go on */
    STATE_COMPLETE /* the last word ends here, and only what follows it may come */
};

struct splitter {
    size_t text_len; /* bytes */
    struct word *items;
    size_t count;
    size_t item_max;
    char *buffer;
    size_t used; /* bytes; with the NUL of every word but the last */
    size_t buffer_size;
    enum state state;
    bool full;   /* the last word has reached WORDS_LEN_MAX */
    uint32_t at; /* code points before this one */
};

/* The Han script (Unicode, Scripts.txt) and the Hiragana block: written without spaces between words. */
static bool is_written_without_spaces(uint32_t code_point)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {
        {0x2E80, 0x2FD5}, {0x3005, 0x3005}, {0x3007, 0x3007}, {0x3021, 0x3029},   {0x3038, 0x303B},   {0x3040, 0x309F},
        {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0x20000, 0x2FA1F}, {0x30000, 0x323AF},
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && code_point >= ranges[i].first; i++) {
        if (code_point <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* Marks that spell rather than accent: vowel signs, nukta, voiced kana, virama (Unicode, DerivedCombiningClass.txt: 0,
 * 7, 8 and 9). Without them words of Hindi, Thai or Japanese would fall together. */
static bool is_spelling_mark(const utf8proc_property_t *property)
{
    return property->combining_class == 0 || (property->combining_class >= 7 && property->combining_class <= 9);
}

static enum role role_of(uint32_t code_point)
{
    const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)code_point);

    if (code_point == ZERO_WIDTH_SPACE) {
        return ROLE_SEPARATE; /* it marks where words end in scripts without spaces */
    }
    if (property->ignorable) {
        return ROLE_FOLLOW; /* joiners, soft hyphens, variation selectors: texts that look alike are alike */
    }
    switch (property->category) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return is_written_without_spaces(code_point) ? ROLE_ALONE : ROLE_JOIN;
    case UTF8PROC_CATEGORY_SO:
        return ROLE_ALONE;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
        return is_spelling_mark(property) ? ROLE_ATTACH : ROLE_FOLLOW;
    case UTF8PROC_CATEGORY_ME:
        return ROLE_FOLLOW;
    default:
        return ROLE_SEPARATE;
    }
}

/* Room for one more word, or for what the last one still lacks. */
static bool reserve(struct splitter *splitter)
{
    if (splitter->count == splitter->item_max) {
        size_t item_max = splitter->item_max == 0 ? 16 : splitter->item_max * 2;
        struct word *items = realloc(splitter->items, item_max * sizeof(*items));
        if (items == NULL) {
            return false;
        }
        splitter->items = items;
        splitter->item_max = item_max;
    }
    if (splitter->buffer_size - splitter->used < RESERVED_MAX) {
        /* The words of ASCII text are no longer than the text. */
        size_t buffer_size = splitter->buffer_size == 0 ? splitter->text_len + RESERVED_MAX : splitter->buffer_size * 2;
        char *buffer = realloc(splitter->buffer, buffer_size);
        if (buffer == NULL) {
            return false;
        }
        splitter->buffer = buffer;
        splitter->buffer_size = buffer_size;
    }
    return true;
}

/* The last word if it can go on, otherwise a new one, with room for all that it may have; NULL when memory is short. */
static struct word *open_word(struct splitter *splitter)
{
    if (!reserve(splitter)) {
        return NULL;
    }
    if (splitter->state != STATE_INSIDE) {
        if (splitter->count > 0) {
            splitter->buffer[splitter->used++] = '\0';
        }
        splitter->items[splitter->count++] = (struct word){.start = splitter->at};
        splitter->state = STATE_INSIDE;
        splitter->full = false;
    }
    return &splitter->items[splitter->count - 1];
}

/* Continues the last word, or begins one. */
static bool append(struct splitter *splitter, uint32_t code_point)
{
    struct word *word = open_word(splitter);
    char bytes[UTF8_MAX];
    size_t byte_count = utf8_encode(code_point, bytes);

    if (word == NULL) {
        return false;
    }
    splitter->full = splitter->full || word->len + byte_count > WORDS_LEN_MAX;
    if (!splitter->full) {
        memcpy(splitter->buffer + splitter->used, bytes, byte_count);
        splitter->used += byte_count;
        word->len += byte_count;
    }
    word->length = splitter->at + 1 - word->start;
    return true;
}

/* Adds a spelling mark to the last word, which may be one that cannot go on. */
static bool attach(struct splitter *splitter, uint32_t code_point)
{
    enum state state = splitter->state;
    bool attached;

    if (state == STATE_OUTSIDE) {
        return true;
    }
    splitter->state = STATE_INSIDE;
    attached = append(splitter, code_point);
    splitter->state = state;
    return attached;
}

static bool take_folded(struct splitter *splitter, uint32_t code_point)
{
    switch (role_of(code_point)) {
    case ROLE_JOIN:
        if (splitter->state == STATE_COMPLETE) {
            splitter->state = STATE_OUTSIDE;
        }
        return append(splitter, code_point);
    case ROLE_ALONE:
        splitter->state = STATE_OUTSIDE;
        if (!append(splitter, code_point)) {
            return false;
        }
        splitter->state = STATE_COMPLETE;
        return true;
    case ROLE_ATTACH:
        return attach(splitter, code_point);
    case ROLE_FOLLOW:
        if (splitter->state != STATE_OUTSIDE) {
            struct word *word = &splitter->items[splitter->count - 1];
            word->length = splitter->at + 1 - word->start;
        }
        return true;
    case ROLE_SEPARATE:
        break;
    }
    splitter->state = STATE_OUTSIDE;
    return true;
}

static bool take(struct splitter *splitter, uint32_t code_point)
{
    utf8proc_int32_t folded[FOLDED_MAX];
    int boundary = 0; /* of grapheme clusters: the function wants to keep it */
    utf8proc_ssize_t count =
        utf8proc_decompose_char((utf8proc_int32_t)code_point, folded, FOLDED_MAX,
                                UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD, &boundary);

    if (count < 0 || count > FOLDED_MAX) { /* a later version of Unicode has a longer one */
        splitter->state = STATE_OUTSIDE;
        return true;
    }
    /* A sign that stands for letters, such as the trade mark sign, is a word apart from what it is attached to. */
    bool is_apart = count > 1 && utf8proc_category((utf8proc_int32_t)code_point) == UTF8PROC_CATEGORY_SO;
    if (is_apart) {
        splitter->state = STATE_OUTSIDE;
    }
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        if (!take_folded(splitter, (uint32_t)folded[i])) {
            return false;
        }
    }
    if (is_apart && splitter->state == STATE_INSIDE) {
        splitter->state = STATE_COMPLETE;
    }
    return true;
}

/* Most text is ASCII, which needs no tables of Unicode: takes all the letters and digits that text begins with. Returns
 * how many, or 0 when memory is short. */
static size_t take_ascii_run(struct splitter *splitter, const char *text, size_t len)
{
    struct word *word = open_word(splitter);

    if (word == NULL) {
        return 0;
    }
    size_t room = splitter->full ? 0 : WORDS_LEN_MAX - word->len;
    size_t kept_max = len < room ? len : room;
    size_t kept = 0;
    char *out = splitter->buffer + splitter->used;
    while (kept < kept_max && folded_ascii[(unsigned char)text[kept]] != 0) {
        out[kept] = folded_ascii[(unsigned char)text[kept]];
        kept++;
    }
    size_t taken = kept;
    while (taken < len && folded_ascii[(unsigned char)text[taken]] != 0) {
        taken++;
        splitter->full = true;
    }
    splitter->used += kept;
    splitter->at += (uint32_t)taken;
    word->len += kept;
    word->length = splitter->at - word->start;
    return taken;
}

/* Takes the entity, the code point beyond ASCII or the byte at text[0]. Returns the bytes it has, or 0 when memory is
 * short. */
static size_t take_other(struct splitter *splitter, const char *text, size_t len)
{
    uint32_t code_point;
    char character;
    size_t entity_len = html_entity(text, len, &character);

    if (entity_len > 0) { /* all ASCII: as many code points */
        splitter->state = STATE_OUTSIDE;
        splitter->at += (uint32_t)entity_len;
        return entity_len;
    }
    size_t byte_count = utf8_decode(text, len, &code_point);
    bool taken = true;
    if (byte_count > 1) {
        taken = take(splitter, code_point);
    } else { /* an ampersand, or no UTF-8 */
        splitter->state = STATE_OUTSIDE;
        byte_count = 1;
    }
    splitter->at++;
    return taken ? byte_count : 0;
}

/* Takes what stands at text[0]. Returns the bytes it has, or 0 when memory is short. */
static size_t take_next(struct splitter *splitter, const char *text, size_t len)
{
    unsigned char first = (unsigned char)text[0];

    if (folded_ascii[first] != 0) {
        return take_ascii_run(splitter, text, len);
    }
    if (first < 0x80 && first != '&') { /* no word, and begins no entity */
        splitter->state = STATE_OUTSIDE;
        splitter->at++;
        return 1;
    }
    return take_other(splitter, text, len);
}

int words_split(const char *text, size_t len, struct words *words)
{
    struct splitter splitter = {.text_len = len, .state = STATE_OUTSIDE};

    *words = (struct words){0};
    while (len > 0) {
        size_t taken = take_next(&splitter, text, len);
        if (taken == 0) {
            free(splitter.items);
            free(splitter.buffer);
            return MEOWER_ERROR_NO_MEMORY;
        }
        text += taken;
        len -= taken;
    }
    if (splitter.count > 0) {
        splitter.buffer[splitter.used] = '\0';
    }
    /* The buffer moved while it grew: only now the words can point into it. */
    const char *next = splitter.buffer;
    for (size_t i = 0; i < splitter.count; i++) {
        splitter.items[i].text = next;
        next += splitter.items[i].len + 1;
    }
    *words = (struct words){splitter.items, splitter.count, splitter.buffer};
    return MEOWER_OK;
}

void words_free(struct words *words)
{
    free(words->items);
    free(words->buffer);
    *words = (struct words){0};
}

char *words_join(const char *text, size_t len, size_t *joined_len)
{
    struct words words;

    if (words_split(text, len, &words) != MEOWER_OK) {
        return NULL;
    }
    if (words.count == 0) {
        words_free(&words);
        *joined_len = 0;
        return calloc(1, 1);
    }
    /* The words lie in the buffer one after the other: a space for every NUL between them joins them. */
    const struct word *last = &words.items[words.count - 1];
    for (size_t i = 1; i < words.count; i++) {
        words.buffer[words.items[i].text - words.buffer - 1] = ' ';
    }
    *joined_len = (size_t)(last->text - words.buffer) + last->len;
    free(words.items);
    return words.buffer;
}
