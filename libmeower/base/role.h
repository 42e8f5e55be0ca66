/* role.h - what a code point does to the word before it, by its category, script and line breaking class. */
#ifndef BASE_ROLE_H
#define BASE_ROLE_H

#include <stdint.h>

enum role {
    ROLE_SEPARATE,  /* ends it */
    ROLE_JOIN,      /* continues it, or begins one */
    ROLE_SIGN,      /* is a word of its own */
    ROLE_FLAG,      /* is half of one: two regional indicators */
    ROLE_CHARACTER, /* is, or begins, a character of a script that is cut into characters */
    ROLE_CONSONANT, /* begins a syllable of Hangul */
    ROLE_SYLLABLE,  /* continues a syllable of Hangul, or begins one */
    ROLE_ATTACH,    /* is part of its text, and begins none: vowel signs and the like */
    ROLE_FOLLOW     /* belongs to it without being part of its text: accents and what nobody sees */
};

/* The role of a code point that is decomposed and folded. */
enum role role_of(uint32_t code_point);

#endif
