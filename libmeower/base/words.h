/* words.h - text cut into folded words: the one place that decides what a word is, for every search engine, for
 * highlights and for the scan of the newest meows.
 *
 * A word is a run of letters, digits and marks, lower-cased, compatibility-decomposed and without its accents (Unicode
 * NFKD + case folding, by utf8proc); marks that spell, such as vowel signs and voiced kana, stay. Han ideographs, kana
 * of the Hiragana block and symbols such as emoji (category So) are words of one code point. The five HTML entities of
 * base/html.h separate words; code points that nobody sees (all but U+200B) neither separate nor count. One code point
 * can give two words that stand at the same place (U+00BD gives 1 and 2). */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stddef.h>
#include <stdint.h>

#define WORDS_LEN_MAX 64 /* bytes of a folded word; longer ones are cut at a code point, alike in text and query */

struct word {
    const char *text; /* folded, NUL-terminated */
    size_t len;       /* bytes */
    uint32_t start;   /* where it stands in the text, in code points */
    uint32_t length;  /* in code points of the text */
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
