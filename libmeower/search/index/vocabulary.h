/* vocabulary.h - all words of an index, each once, in memory: to find those that are like a searched one without going
 * through the lexicon of every segment. It says nothing of documents, only grows, and may have words that no document
 * has any more.
 *
 * One thread adds words, while others look for some and wait for nobody: what is there never moves, and what is new is
 * shown once it is complete. A word takes about 25 bytes. */
#ifndef SEARCH_INDEX_VOCABULARY_H
#define SEARCH_INDEX_VOCABULARY_H

#include <meower/backend.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vocabulary;
struct segment;

/* Empty, held once. NULL when memory is short. */
struct vocabulary *vocabulary_new(void);
struct vocabulary *vocabulary_hold(struct vocabulary *vocabulary);
void vocabulary_release(struct vocabulary *vocabulary); /* NULL is fine */

/* Adds a word, unless it is there. False when memory is short. One thread at a time. */
bool vocabulary_add(struct vocabulary *vocabulary, const char *text, size_t len);

/* Adds all words of a segment's texts; labels are nothing that a searched word could resemble. */
bool vocabulary_add_segment(struct vocabulary *vocabulary, const struct segment *segment);

bool vocabulary_has(const struct vocabulary *vocabulary, const char *text, size_t len);

/* Takes a word that is so many edits away. Returns false to stop. */
struct typo_sink {
    bool (*word)(struct typo_sink *sink, const char *text, size_t len, unsigned edits);
};

/* Pushes the words within word->typos_max edits whose first code point is right, but the word itself. */
void vocabulary_find_typos(const struct vocabulary *vocabulary, const meower_search_word *word, struct typo_sink *sink);

/* Pushes the words to which one edit leads, and whose first code point differs. */
void vocabulary_find_first_typos(const struct vocabulary *vocabulary, const meower_search_word *word,
                                 struct typo_sink *sink);

#endif
