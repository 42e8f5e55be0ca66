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

/* Only the last word is a prefix. Where it is the word itself or has typos too, the meow is in a better tier already.
 */
static void write_prefix(struct elasticsearch_text *text, const meower_search_word *word)
{
    if (!word->is_prefix) {
        write_typo(text, word);
        return;
    }
    elasticsearch_text_print(text, "{\"prefix\":{\"" ELASTICSEARCH_WORDS "\":");
    elasticsearch_text_append_string(text, word->text, word->text_len);
    elasticsearch_text_print(text, "}}");
}

static void (*const write_word[])(struct elasticsearch_text *, const meower_search_word *) = {
    [MATCH_EXACT] = write_exact,
    [MATCH_TYPO] = write_typo,
    [MATCH_PREFIX] = write_prefix,
};

/* Whether a word matches more at a level than at the one before it. */
static bool gains(const meower_search_word *word, int level)
{
    return level == MATCH_EXACT || (level == MATCH_TYPO && word->typos_max > 0) ||
           (level == MATCH_PREFIX && word->is_prefix);
}

static bool has_gains(const meower_search_request *request, int level)
{
    bool has = false;

    for (size_t i = 0; i < request->word_count; i++) {
        has = has || gains(&request->words[i], level);
    }
    return has;
}

static void begin_tier(struct elasticsearch_text *text, int tier, const char *clause)
{
    elasticsearch_text_print(text, "%s{\"constant_score\":{\"boost\":%d,\"filter\":{\"bool\":{\"%s\":[",
                             tier == 0 ? "" : ",", MATCH_TIERS - tier, clause);
}

static void end_tier(struct elasticsearch_text *text)
{
    elasticsearch_text_print(text, "]}}}}");
}

/* A tier of meows in which all words match. */
static void write_all(struct elasticsearch_text *text, const meower_search_request *request, int level)
{
    if (!has_gains(request, level)) {
        return;
    }
    begin_tier(text, level, "filter");
    for (size_t i = 0; i < request->word_count; i++) {
        elasticsearch_text_append(text, ",", i == 0 ? 0 : 1);
        write_word[level](text, &request->words[i]);
    }
    end_tier(text);
}

/* A tier of meows in which any word matches. What gains nothing is in a better tier already. */
static void write_any(struct elasticsearch_text *text, const meower_search_request *request, int level)
{
    size_t written = 0;

    if (!has_gains(request, level)) {
        return;
    }
    begin_tier(text, MATCH_TIERS / 2 + level, "should");
    for (size_t i = 0; i < request->word_count; i++) {
        if (gains(&request->words[i], level)) {
            elasticsearch_text_append(text, ",", written++ == 0 ? 0 : 1);
            write_word[level](text, &request->words[i]);
        }
    }
    end_tier(text);
}

void elasticsearch_query_write(struct elasticsearch_text *text, const meower_search_request *request, uint64_t skip,
                               uint32_t take)
{
    elasticsearch_text_print(text,
                             "{\"from\":%llu,\"size\":%u,\"_source\":false,\"track_total_hits\":false,"
                             "\"sort\":[{\"_score\":\"desc\"},{\"" ELASTICSEARCH_POSITION "\":\"desc\"}],"
                             "\"query\":{\"dis_max\":{\"queries\":[",
                             (unsigned long long)skip, take);
    for (int level = MATCH_EXACT; level <= MATCH_PREFIX; level++) {
        write_all(text, request, level);
    }
    /* For a single word, any is all. */
    for (int level = MATCH_EXACT; level <= MATCH_PREFIX && request->word_count > 1; level++) {
        write_any(text, request, level);
    }
    elasticsearch_text_print(text, "]}}}");
}
