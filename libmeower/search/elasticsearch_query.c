/* elasticsearch_query.c - the six tiers of a search as one query.
 *
 * Each tier is a filter with a constant score, and a meow has the greatest score of the tiers that it is in: small
 * whole numbers, which no engine's ranking has a part in. Within a score, the newest position comes first.
 *
 * Lucene's fuzzy query counts typos as base/match.c does: in code points, by optimal string alignment, and with
 * prefix_length 1 on what follows the first code point. With the rewrite "constant_score" it takes every word within
 * the distance (max_expansions, the default or not, limits only the scoring rewrites). */
#include "search/elasticsearch_query.h"
#include "base/match.h"
#include "search/elasticsearch_index.h"

static void write_exact(struct elasticsearch_text *text, const meower_search_word *word)
{
    elasticsearch_text_print(text, "{\"term\":{\"" ELASTICSEARCH_WORDS "\":");
    elasticsearch_text_append_string(text, word->text, word->text_len);
    elasticsearch_text_print(text, "}}");
}

/* What is exact has no typos, and matches too. */
static void write_typo(struct elasticsearch_text *text, const meower_search_word *word)
{
    if (word->typos_max == 0) {
        write_exact(text, word);
        return;
    }
    elasticsearch_text_print(text, "{\"fuzzy\":{\"" ELASTICSEARCH_WORDS "\":{\"value\":");
    elasticsearch_text_append_string(text, word->text, word->text_len);
    elasticsearch_text_print(text,
                             ",\"fuzziness\":%u,\"prefix_length\":1,\"transpositions\":true,"
                             "\"rewrite\":\"constant_score\"}}}",
                             word->typos_max);
}

static void write_prefix(struct elasticsearch_text *text, const meower_search_word *word)
{
    if (!word->is_prefix) {
        write_typo(text, word);
        return;
    }
    elasticsearch_text_print(text, "{\"bool\":{\"should\":[");
    write_typo(text, word);
    elasticsearch_text_print(text, ",{\"prefix\":{\"" ELASTICSEARCH_WORDS "\":");
    elasticsearch_text_append_string(text, word->text, word->text_len);
    elasticsearch_text_print(text, "}}]}}");
}

static void (*const write_word[])(struct elasticsearch_text *, const meower_search_word *) = {
    [MATCH_EXACT] = write_exact,
    [MATCH_TYPO] = write_typo,
    [MATCH_PREFIX] = write_prefix,
};

/* Whether a level matches more than the one before it. */
static bool has_level(const meower_search_request *request, int level)
{
    bool has = level == MATCH_EXACT;

    for (size_t i = 0; i < request->word_count; i++) {
        has = has || (level == MATCH_TYPO && request->words[i].typos_max > 0) ||
              (level == MATCH_PREFIX && request->words[i].is_prefix);
    }
    return has;
}

/* One tier: the clause is "filter" for all words, "should" for any. */
static void write_tier(struct elasticsearch_text *text, const meower_search_request *request, int tier,
                       const char *clause)
{
    int level = tier % (MATCH_TIERS / 2);

    if (!has_level(request, level)) {
        return;
    }
    elasticsearch_text_print(text, "%s{\"constant_score\":{\"boost\":%d,\"filter\":{\"bool\":{\"%s\":[",
                             tier == 0 ? "" : ",", MATCH_TIERS - tier, clause);
    for (size_t i = 0; i < request->word_count; i++) {
        elasticsearch_text_append(text, ",", i == 0 ? 0 : 1);
        write_word[level](text, &request->words[i]);
    }
    elasticsearch_text_print(text, "]}}}}");
}

void elasticsearch_query_write(struct elasticsearch_text *text, const meower_search_request *request, uint64_t skip,
                               uint32_t take)
{
    elasticsearch_text_print(text,
                             "{\"from\":%llu,\"size\":%u,\"_source\":false,\"track_total_hits\":false,"
                             "\"sort\":[{\"_score\":\"desc\"},{\"" ELASTICSEARCH_POSITION "\":\"desc\"}],"
                             "\"query\":{\"dis_max\":{\"queries\":[",
                             (unsigned long long)skip, take);
    for (int tier = 0; tier < MATCH_TIERS / 2; tier++) {
        write_tier(text, request, tier, "filter");
    }
    /* For a single word, any is all. */
    for (int tier = MATCH_TIERS / 2; tier < MATCH_TIERS && request->word_count > 1; tier++) {
        write_tier(text, request, tier, "should");
    }
    elasticsearch_text_print(text, "]}}}");
}
