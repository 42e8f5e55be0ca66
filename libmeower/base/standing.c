/* standing.c - see standing.h. */
#include "base/standing.h"
#include <stdlib.h>
#include <string.h>

struct standing {
    struct match_query query;
};

int standing_new(const char *text, size_t len, struct standing **out, meower_error *error)
{
    struct standing *standing = malloc(sizeof(*standing));

    if (standing == NULL || match_query_init(&standing->query, text, len) != MEOWER_OK) {
        free(standing);
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a search text");
    }
    if (standing->query.count == 0) {
        standing_free(standing);
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "there is no word in the search text");
    }
    *out = standing;
    return MEOWER_OK;
}

void standing_free(struct standing *standing)
{
    if (standing != NULL) {
        match_query_free(&standing->query);
        free(standing);
    }
}

static bool matches_at(const meower_search_word *item, const struct words *text, size_t at)
{
    int quality;

    if (match_is_run(item)) {
        return match_run(item, text, at, &quality) > 0;
    }
    return match_quality(item, text->items[at].text, text->items[at].len, false) != MATCH_NONE ||
           match_joined(item, text, at) > 0;
}

/* The items that what stands at one place of the text matches, as bits. */
static uint32_t match_place(const struct match_query *query, const struct words *text, size_t at)
{
    const struct word *word = &text->items[at];
    uint32_t matching = 0;

    for (size_t i = 0; i < query->count; i++) {
        matching |= matches_at(&query->items[i], text, at) ? UINT32_C(1) << i : 0;
    }
    for (size_t i = 0; i < query->join_count; i++) {
        const meower_search_join *join = &query->joins[i];
        if (join->text_len == word->len && memcmp(join->text, word->text, word->len) == 0) {
            matching |= join->word_mask;
        }
    }
    return matching;
}

bool standing_matches(const struct standing *standing, const struct words *text)
{
    uint32_t missing = UINT32_MAX >> (MATCH_WORDS_MAX - standing->query.count);

    for (size_t at = 0; at < text->count && missing != 0; at++) {
        missing &= ~match_place(&standing->query, text, at);
    }
    return missing == 0;
}
