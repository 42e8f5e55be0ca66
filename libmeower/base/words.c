/* words.c - cuts text into folded words, in one pass: each code point is folded (Unicode NFKD and full case folding),
 * and what it folds to begins, continues or ends a word. */
#include "base/words.h"
#include "base/fold.h"
#include "base/html.h"
#include "base/role.h"
#include "base/utf8.h"
#include <meower/base.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define FOLDED_MAX   18                  /* code points that one can fold to: U+FDFA has the most (Unicode 15) */
#define UTF8_MAX     4                   /* bytes of a code point */
#define RESERVED_MAX (WORDS_LEN_MAX + 2) /* bytes of a word with the NUL of the one before it and its own */

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

/* What is a word of its own in ASCII (Unicode categories Sc and Sm). */
static const char ascii_signs[] = "$+<=>|~";

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

#define JAMO_LEN      3 /* bytes of each part of a syllable of Hangul */
#define TRAILING_JAMO 0x11A8
#define OLD_VOWELS    0xD7B0
#define OLD_TRAILING  0xD7CB

#define INDIC_LEN 3 /* bytes of each code point of the scripts of India */

/* Puts an anusvara in the place of the nasal consonant and virama in which the last word ends. */
static void fold_nasal_before(struct splitter *splitter, uint32_t letter)
{
    struct word *word = &splitter->items[splitter->count - 1];
    char *end = splitter->buffer + splitter->used;
    uint32_t nasal, virama;

    if (splitter->full || word->len < 2 * INDIC_LEN || utf8_decode(end - INDIC_LEN, INDIC_LEN, &virama) != INDIC_LEN ||
        utf8_decode(end - 2 * INDIC_LEN, INDIC_LEN, &nasal) != INDIC_LEN) {
        return;
    }
    uint32_t anusvara = fold_nasal(nasal, virama, letter);
    if (anusvara != 0) {
        utf8_encode(anusvara, end - 2 * INDIC_LEN);
        splitter->used -= INDIC_LEN;
        word->len -= INDIC_LEN;
    }
}

/* The first code point of the last word. */
static uint32_t first_of_last(const struct splitter *splitter)
{
    const struct word *word = &splitter->items[splitter->count - 1];
    uint32_t first = 0;

    utf8_decode(splitter->buffer + splitter->used - word->len, word->len, &first);
    return first;
}

static utf8proc_propval_t class_of(uint32_t code_point)
{
    return utf8proc_get_property((utf8proc_int32_t)code_point)->combining_class;
}

/* Where the last code point of the word begins, in bytes. */
static size_t last_of(const char *text, size_t len)
{
    do {
        len--;
    } while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80);
    return len;
}

/* Puts the last mark of the word before the marks that belong before it (Unicode 15, 3.11, canonical ordering): a vowel
 * sign and a tone may be typed in both orders. */
static void order_marks(struct splitter *splitter, uint32_t mark, size_t mark_len)
{
    const struct word *word = &splitter->items[splitter->count - 1];
    char *text = splitter->buffer + splitter->used - word->len;
    size_t to = word->len - mark_len;
    char bytes[UTF8_MAX];

    for (size_t at = to; at > 0; to = at) {
        uint32_t before;
        at = last_of(text, at);
        if (utf8_decode(text + at, word->len - at, &before) == 0 || class_of(before) <= class_of(mark)) {
            break;
        }
    }
    memcpy(bytes, text + word->len - mark_len, mark_len);
    memmove(text + to + mark_len, text + to, word->len - mark_len - to);
    memcpy(text + to, bytes, mark_len);
}

/* Adds to the last word, which may be one that cannot go on. */
static bool attach(struct splitter *splitter, uint32_t code_point)
{
    enum state state = splitter->state;

    if (state == STATE_OUTSIDE) {
        return true;
    }
    size_t len = splitter->items[splitter->count - 1].len;
    splitter->state = STATE_INSIDE;
    bool attached = append(splitter, code_point);
    splitter->state = state;
    if (attached && class_of(code_point) != 0 && splitter->items[splitter->count - 1].len > len) {
        order_marks(splitter, code_point, splitter->items[splitter->count - 1].len - len);
    }
    return attached;
}

/* A word that cannot go on: a sign, or a character. */
static bool add_complete(struct splitter *splitter, uint32_t code_point, enum word_kind kind)
{
    bool is_after_character = splitter->state == STATE_COMPLETE && splitter->count > 0 &&
                              splitter->items[splitter->count - 1].kind == WORD_CHARACTER;

    splitter->state = STATE_OUTSIDE;
    if (!append(splitter, code_point)) {
        return false;
    }
    splitter->items[splitter->count - 1].kind = kind;
    splitter->items[splitter->count - 1].continues = is_after_character && kind == WORD_CHARACTER;
    splitter->state = STATE_COMPLETE;
    return true;
}

/* Continues the last word, or begins one. A nasal consonant before it becomes anusvara. */
static bool join(struct splitter *splitter, uint32_t code_point)
{
    if (splitter->state == STATE_COMPLETE) {
        splitter->state = STATE_OUTSIDE;
    }
    if (splitter->state == STATE_INSIDE && code_point > 0x7F) {
        fold_nasal_before(splitter, code_point);
    }
    return append(splitter, code_point);
}

/* Whether the last word is one that cannot go on, and has this role. */
static bool is_after(const struct splitter *splitter, enum role role)
{
    return splitter->state == STATE_COMPLETE && role_of(first_of_last(splitter)) == role;
}

/* A vowel of Hangul belongs to the consonant before it, and a trailing consonant to the vowel of that (Unicode
 * 15, 3.12). */
static bool continue_syllable(struct splitter *splitter, uint32_t code_point)
{
    if (is_after(splitter, ROLE_CONSONANT)) {
        const struct word *word = &splitter->items[splitter->count - 1];
        bool has_vowel = word->len > JAMO_LEN;
        bool is_trailing = (code_point >= TRAILING_JAMO && code_point < OLD_VOWELS) || code_point >= OLD_TRAILING;
        if (has_vowel == is_trailing && word->len <= 2 * JAMO_LEN) {
            return attach(splitter, code_point);
        }
    }
    return add_complete(splitter, code_point, WORD_CHARACTER);
}

/* The second half of a flag belongs to the first. */
static bool take_flag(struct splitter *splitter, uint32_t code_point)
{
    bool is_second = is_after(splitter, ROLE_FLAG) && splitter->items[splitter->count - 1].len == UTF8_MAX;

    return is_second ? attach(splitter, code_point) : add_complete(splitter, code_point, WORD_SIGN);
}

static bool take_role(struct splitter *splitter, uint32_t code_point)
{
    switch (role_of(code_point)) {
    case ROLE_JOIN:
        return join(splitter, code_point);
    case ROLE_SIGN:
        return add_complete(splitter, code_point, WORD_SIGN);
    case ROLE_FLAG:
        return take_flag(splitter, code_point);
    case ROLE_CHARACTER:
    case ROLE_CONSONANT:
        return add_complete(splitter, code_point, WORD_CHARACTER);
    case ROLE_SYLLABLE:
        return continue_syllable(splitter, code_point);
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

/* Takes a code point that is decomposed and case-folded. */
static bool take_folded(struct splitter *splitter, uint32_t code_point)
{
    uint32_t folded[FOLD_MAX];
    size_t count = fold_letter(code_point, folded);
    bool taken = true;

    for (size_t i = 0; i < count && taken; i++) {
        taken = take_role(splitter, folded[i]);
    }
    return taken;
}

static bool is_sign(uint32_t code_point)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)code_point);

    return category == UTF8PROC_CATEGORY_SO || category == UTF8PROC_CATEGORY_SC || category == UTF8PROC_CATEGORY_SM;
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
    bool is_apart = count > 1 && is_sign(code_point);
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

/* The last word is as long as what stands for it in the text. Returns the bytes taken, or 0 when memory is short. */
static size_t take_entity(struct splitter *splitter, char character, size_t len)
{
    bool taken = take_role(splitter, (unsigned char)character);

    splitter->at += (uint32_t)len; /* all ASCII: as many code points */
    if (taken && splitter->state == STATE_COMPLETE) {
        splitter->items[splitter->count - 1].length = (uint32_t)len;
    }
    return taken ? len : 0;
}

/* Takes the entity, the code point beyond ASCII or the byte at text[0]. Returns the bytes it has, or 0 when memory is
 * short. */
static size_t take_other(struct splitter *splitter, const char *text, size_t len)
{
    uint32_t code_point;
    char character;
    size_t entity_len = html_entity(text, len, &character);

    if (entity_len > 0) {
        return take_entity(splitter, character, entity_len);
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
    if (first < 0x80 && first != '&') { /* begins no entity */
        bool taken = true;
        if (first != 0 && strchr(ascii_signs, first) != NULL) {
            taken = add_complete(splitter, first, WORD_SIGN);
        } else {
            splitter->state = STATE_OUTSIDE;
        }
        splitter->at++;
        return taken ? 1 : 0;
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
