/* elasticsearch_query.c - the order of docs/SEARCH.md as one query.
 *
 * Every clause has a constant score, in whole numbers that no engine's ranking has a part in: a tier's is greater than
 * all sums, a sum is that of the words' weights, and a meow has the greatest that it is given. All are below 2^24,
 * where the engine's float is exact. Within a score, the newest position comes first. A filter of labels stands around
 * it and has no score. */
#include "search/elasticsearch_query.h"
#include "base/filter.h"
#include "search/elasticsearch_clause.h"
#include "search/elasticsearch_index.h"

/* The score of tier 2; those before it have twice and three times that. 32 words weigh at most 2^14. */
#define TIER_SCORE (1U << 20)

static unsigned score_of_tier(int tier)
{
    return TIER_SCORE * (unsigned)(MATCH_NONE - tier);
}

static void write_separator(struct elasticsearch_text *text, size_t number)
{
    elasticsearch_text_append(text, ",", number == 0 ? 0 : 1);
}

static void begin_constant(struct elasticsearch_text *text, unsigned score)
{
    elasticsearch_text_print(text, "{\"constant_score\":{\"boost\":%u,\"filter\":", score);
}

static void end_constant(struct elasticsearch_text *text)
{
    elasticsearch_text_print(text, "}}");
}

/* Filters for the first words of the request, each in this quality. */
static void write_filters(struct elasticsearch_text *text, const struct elasticsearch_weights *weights, size_t count,
                          int quality)
{
    elasticsearch_text_print(text, "\"filter\":[");
    for (size_t i = 0; i < count; i++) {
        write_separator(text, i);
        elasticsearch_clause_write(text, weights->request, i, quality, weights->differs_first[i]);
    }
    elasticsearch_text_print(text, "]");
}

/* A word in its qualities from `first` on, where it matches more than in the better ones: the best one's score. */
static void write_qualities(struct elasticsearch_text *text, const struct elasticsearch_weights *weights, size_t number,
                            int first, unsigned (*score)(const struct elasticsearch_weights *, size_t, int))
{
    elasticsearch_text_print(text, "{\"dis_max\":{\"queries\":[");
    for (int quality = first; quality < MATCH_NONE; quality++) {
        if (quality == first || elasticsearch_clause_gains(weights->request, number, quality)) {
            write_separator(text, (size_t)(quality - first));
            begin_constant(text, score(weights, number, quality));
            elasticsearch_clause_write(text, weights->request, number, quality, weights->differs_first[number]);
            end_constant(text);
        }
    }
    elasticsearch_text_print(text, "]}}");
}

static unsigned tier_score(const struct elasticsearch_weights *weights, size_t number, int quality)
{
    (void)weights;
    (void)number;
    return score_of_tier(quality);
}

/* Where all words match exactly; and where they match exactly or with typos, the last one perhaps as a prefix. */
static void write_tiers(struct elasticsearch_text *text, const struct elasticsearch_weights *weights)
{
    size_t count = weights->request->word_count;

    begin_constant(text, score_of_tier(MATCH_EXACT));
    elasticsearch_text_print(text, "{\"bool\":{");
    write_filters(text, weights, count, MATCH_EXACT);
    elasticsearch_text_print(text, "}}");
    end_constant(text);
    elasticsearch_text_print(text, ",{\"bool\":{");
    write_filters(text, weights, count - 1, MATCH_TYPO);
    elasticsearch_text_print(text, ",\"must\":");
    write_qualities(text, weights, count - 1, MATCH_TYPO, tier_score);
    elasticsearch_text_print(text, "}}");
}

/* Where any word matches. */
static void write_sum(struct elasticsearch_text *text, const struct elasticsearch_weights *weights)
{
    elasticsearch_text_print(text, "{\"bool\":{\"should\":[");
    for (size_t i = 0; i < weights->request->word_count; i++) {
        write_separator(text, i);
        write_qualities(text, weights, i, MATCH_EXACT, elasticsearch_weights_get);
    }
    elasticsearch_text_print(text, "]}}");
}

static void write_ranked(struct elasticsearch_text *text, const struct elasticsearch_weights *weights)
{
    elasticsearch_text_print(text, "{\"dis_max\":{\"queries\":[");
    write_tiers(text, weights);
    if (weights->request->word_count > 1) { /* of a single word, all is in the tiers */
        elasticsearch_text_print(text, ",");
        write_sum(text, weights);
    }
    elasticsearch_text_print(text, "]}}");
}

/* What is ranked, of the documents that have one of the labels of each key. */
static void write_filtered(struct elasticsearch_text *text, const struct elasticsearch_weights *weights)
{
    const meower_search_request *request = weights->request;

    elasticsearch_text_print(text, "{\"bool\":{\"filter\":[");
    for (size_t at = 0; at < request->term_count;) {
        size_t alternatives = filter_alternatives(&request->terms[at], request->term_count - at);
        write_separator(text, at);
        elasticsearch_text_print(text, "{\"terms\":{\"" ELASTICSEARCH_LABELS "\":[");
        for (size_t i = 0; i < alternatives; i++) {
            write_separator(text, i);
            elasticsearch_clause_write_label(text, &request->terms[at + i]);
        }
        elasticsearch_text_print(text, "]}}");
        at += alternatives;
    }
    elasticsearch_text_print(text, "],\"must\":");
    write_ranked(text, weights);
    elasticsearch_text_print(text, "}}");
}

void elasticsearch_query_write(struct elasticsearch_text *text, const struct elasticsearch_weights *weights,
                               uint64_t skip, uint32_t take)
{
    elasticsearch_text_print(text,
                             "{\"from\":%llu,\"size\":%u,\"_source\":false,\"track_total_hits\":false,"
                             "\"sort\":[{\"_score\":\"desc\"},{\"" ELASTICSEARCH_POSITION "\":\"desc\"}],"
                             "\"query\":",
                             (unsigned long long)skip, take);
    if (weights->request->term_count > 0) {
        write_filtered(text, weights);
    } else {
        write_ranked(text, weights);
    }
    elasticsearch_text_print(text, "}");
}
