/* standing.h - a standing search: a query that is asked of one text at a time, as they come. A text is found when all
 * words of the query match it, in any quality (base/match.h). What can only be said of all texts together, whether a
 * word is in none of them so that its first letter may differ, is not asked. */
#ifndef BASE_STANDING_H
#define BASE_STANDING_H

#include "base/match.h"

/* Immutable: any thread may ask it. */
struct standing;

/* Parses plain text, which is valid UTF-8. *out is released by standing_free(). Errors: INVALID when there is no word
 * in it, for that would find nothing ever; NO_MEMORY. */
int standing_new(const char *text, size_t len, struct standing **out, meower_error *error);

/* Releases it; NULL is left alone. */
void standing_free(struct standing *standing);

/* Whether all words match the text. */
bool standing_matches(const struct standing *standing, const struct words *text);

#endif
