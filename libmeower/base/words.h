/* words.h - text cut into folded words: the one place that decides what a word is, for every search engine, for
 * highlights and for the scan of the newest meows. docs/SEARCH.md, "Words", is this file as prose.
 *
 * A word is a run of letters, digits and marks, lower-cased, compatibility-decomposed and without its accents (Unicode
 * NFKD and case folding, by utf8proc, and base/fold.h); marks that spell, such as vowel signs and voiced kana, stay.
 * Symbols and signs are words of their own. Scripts written without spaces, and Hangul, are cut into characters. Code
 * points that nobody sees (all but U+200B) neither separate nor count. One code point can give two words that stand at
 * the same place (U+00BD gives 1 and 2). */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_LEN_MAX 64 /* bytes of a folded word; longer ones are cut at a code point, alike in text and query */

enum word_kind {
    WORD_LETTERS,  /* letters and digits: may have typos, and be joined with its neighbours */
    WORD_SIGN,     /* a symbol, a sign of currency or mathematics, a flag */
    WORD_CHARACTER /* of a script that is cut into characters: part of a run */
};

struct word {
    const char *text; /* folded, NUL-terminated */
    size_t len;       /* bytes */
    uint32_t start;   /* where it stands in the text, in code points */
    uint32_t length;  /* in code points of the text */
    enum word_kind kind;
    bool continues; /* a character that stands right after another one: they are of one run */
};

struct words {
    struct word *items;
    size_t count;
    char *buffer; /* holds the items' texts */
};

/* Cuts valid UTF-8 (invalid bytes separate words). Returns 0, or MEOWER_ERROR_NO_MEMORY with *words empty. */
int words_split(const char *text, size_t len, struct words *words);
void words_free(struct words *words);

/* The folded words of a text joined by single spaces: malloc'ed, NUL-terminated, *len bytes. NULL when memory is short.
 */
char *words_join(const char *text, size_t len, size_t *joined_len);

#endif
