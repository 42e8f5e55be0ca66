/* fold.h - what Unicode's normalization and case folding leave apart, and people type alike: strokes and ligatures,
 * digits, and how the scripts of India write a nasal. docs/SEARCH.md says why. */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H

#include <stddef.h>
#include <stdint.h>

#define FOLD_MAX 2 /* code points that one folds to, at most */

/* Folds a code point that is decomposed and case-folded already. Returns how many it becomes. */
size_t fold_letter(uint32_t code_point, uint32_t out[FOLD_MAX]);

/* The anusvara that stands for a nasal consonant and its virama before the consonant `letter`; 0 when these three are
 * not that. */
uint32_t fold_nasal(uint32_t nasal, uint32_t virama, uint32_t letter);

#endif
