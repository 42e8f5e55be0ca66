/* label_word.h - a label as a word of a segment: the byte 1, its key, "=" and its value, as they are. No text has such
 * a word, for control characters separate words (base/words.h), and every text's word comes after all of these. So a
 * label needs no list of its own kind: it is written, found, merged and deleted as words are. */
#ifndef SEARCH_INDEX_LABEL_WORD_H
#define SEARCH_INDEX_LABEL_WORD_H

#include <meower/meow.h>

#define LABEL_WORD_BEGINNING '\x01'
#define LABEL_WORD_AFTER     "\x02" /* after all labels, before the words of texts */
#define LABEL_WORD_MAX       (1 + MEOWER_LABEL_KEY_MAX + 1 + 4 * MEOWER_LABEL_VALUE_MAX) /* bytes */

/* Writes the word of a label that a meow may have. Returns its bytes. */
size_t label_word_write(const meower_label *label, char out[LABEL_WORD_MAX]);

#endif
