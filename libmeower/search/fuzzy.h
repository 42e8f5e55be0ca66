/* fuzzy.h - the words of an index, in memory: finds those within one or two typos of a word, and those that begin with
 * one. For engines that cannot do it themselves.
 *
 * Words of one code point are left out: no typo leads to them (base/match.h), and nothing shorter begins them. A word
 * takes about 100 bytes. Not thread-safe: its owner holds a lock. */
#ifndef SEARCH_FUZZY_H
#define SEARCH_FUZZY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZY_EXPANSIONS_MAX 128 /* words that fuzzy_find() gives for one word, at most */

struct fuzzy;

/* `seed` is a random number, so that nobody can choose words that slow it down. NULL when memory is short. */
struct fuzzy *fuzzy_new(uint64_t seed);
void fuzzy_free(struct fuzzy *fuzzy);

/* Forgets all words. */
void fuzzy_clear(struct fuzzy *fuzzy);

/* Adds a word that so many documents have. False when memory is short; nothing was added then. */
bool fuzzy_add(struct fuzzy *fuzzy, const char *word, size_t len, uint64_t documents);

/* One document more, or one less, has the words of this text (joined by single spaces). A word that no document has is
 * forgotten. False when memory is short; nothing was added then. */
bool fuzzy_add_text(struct fuzzy *fuzzy, const char *text, size_t len);
void fuzzy_remove_text(struct fuzzy *fuzzy, const char *text, size_t len);

/* Writes the words within `typos_max` typos of `word`, without itself: the nearest first, of those the most frequent,
 * of those bytewise; FUZZY_EXPANSIONS_MAX at most. Returns how many. They are NUL-terminated and live until the next
 * change. */
size_t fuzzy_find(const struct fuzzy *fuzzy, const char *word, size_t len, unsigned typos_max,
                  const char *out[FUZZY_EXPANSIONS_MAX]);

/* Writes the longer words that begin with `prefix`, in any order and at most `out_max` of them. Returns how many there
 * are, and in *documents the sum of their documents. */
size_t fuzzy_begin_with(const struct fuzzy *fuzzy, const char *prefix, size_t len, const char **out, size_t out_max,
                        uint64_t *documents);

size_t fuzzy_count(const struct fuzzy *fuzzy);

#endif
