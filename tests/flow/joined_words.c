/* joined_words.c - see joined_words.h. */
#include "flow/joined_words.h"
#include "base/match.h"
#include <string.h>

/* The best level at which a searched word matches one of the document's. */
static int best_level(const char *words, const meower_search_word *word)
{
    int best = MATCH_NONE;

    for (const char *at = words; *at != '\0';) {
        size_t len = strcspn(at, " ");
        int level = match_level(word, at, len);
        best = level < best ? level : best;
        at += len;
        at += *at == ' ' ? 1 : 0;
    }
    return best;
}

int joined_words_tier(const char *words, const meower_search_request *request)
{
    int worst = MATCH_EXACT;
    int best = MATCH_NONE;

    for (size_t i = 0; i < request->word_count; i++) {
        int level = best_level(words, &request->words[i]);
        worst = level > worst ? level : worst;
        best = level < best ? level : best;
    }
    if (worst != MATCH_NONE) {
        return worst;
    }
    return best == MATCH_NONE ? MATCH_TIERS : 3 + best;
}
