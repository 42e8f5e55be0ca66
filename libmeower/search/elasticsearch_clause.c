/* elasticsearch_clause.c - one searched word as a filter.
 *
 * Lucene's fuzzy query counts typos as base/match.c does: in code points, by optimal string alignment, and with
 * prefix_length 1 on what follows the first code point. With the rewrite "constant_score" it takes every word within
 * the distance (max_expansions, the default or not, limits only the scoring rewrites).
 *
 * A word's filter is a few clauses, however many joins it is a part of: the engines take 1,024 in a query. */
#include "search/elasticsearch_clause.h"
#include "base/match.h"
#include "search/elasticsearch_index.h"
#include <string.h>

/* Words that the last character of a run may go on to. A syllable of Hangul has 28 forms, a letter with its marks some
 * hundreds; only a text that nobody reads makes more, and these must not make a search slow. */
#define RUN_EXPANSIONS_MAX 4096

/* Characters of a run that may go on: each is a clause to later engines. */
#define RUN_PREFIX_MAX 200

void elasticsearch_clause_write_term(struct elasticsearch_text *text, const char *term, size_t len)
{
    elasticsearch_text_print(text, "{\"term\":{\"" ELASTICSEARCH_WORDS "\":");
    elasticsearch_text_append_string(text, term, len);
    elasticsearch_text_print(text, "}}");
}

void elasticsearch_clause_write_prefix(struct elasticsearch_text *text, const char *prefix, size_t len)
{
    elasticsearch_text_print(text, "{\"prefix\":{\"" ELASTICSEARCH_WORDS "\":");
    elasticsearch_text_append_string(text, prefix, len);
    elasticsearch_text_print(text, "}}");
}

void elasticsearch_clause_write_label(struct elasticsearch_text *text, const meower_label *label)
{
    char pair[MEOWER_LABEL_KEY_MAX + 1 + 4 * MEOWER_LABEL_VALUE_MAX];

    memcpy(pair, label->key, label->key_len);
    pair[label->key_len] = '=';
    memcpy(pair + label->key_len + 1, label->value, label->value_len);
    elasticsearch_text_append_string(text, pair, label->key_len + 1 + label->value_len);
}

static bool is_joined(const meower_search_request *request, size_t join, size_t number)
{
    return (request->joins[join].word_mask >> number & 1) != 0;
}

bool elasticsearch_clause_gains(const meower_search_request *request, size_t number, int quality)
{
    const meower_search_word *word = &request->words[number];
    bool gains = quality == MATCH_EXACT || (quality == MATCH_PREFIX && word->is_prefix) ||
                 (quality == MATCH_TYPO && (word->typos_max > 0 || word->may_be_split));

    for (size_t i = 0; i < request->join_count && quality == MATCH_TYPO; i++) {
        gains = gains || is_joined(request, i, number);
    }
    return gains;
}

/* The words of a document stand as they were typed: a run is a phrase of its characters. */
static void write_phrase(struct elasticsearch_text *text, const char *phrase, size_t len)
{
    elasticsearch_text_print(text, "{\"match_phrase\":{\"" ELASTICSEARCH_WORDS "\":");
    elasticsearch_text_append_string(text, phrase, len);
    elasticsearch_text_print(text, "}}");
}

static void write_phrase_prefix(struct elasticsearch_text *text, const char *phrase, size_t len)
{
    elasticsearch_text_print(text, "{\"match_phrase_prefix\":{\"" ELASTICSEARCH_WORDS "\":{\"query\":");
    elasticsearch_text_append_string(text, phrase, len);
    elasticsearch_text_print(text, ",\"max_expansions\":%d}}}", RUN_EXPANSIONS_MAX);
}

static void write_exact(struct elasticsearch_text *text, const meower_search_word *word)
{
    if (match_is_run(word)) {
        write_phrase(text, word->text, word->text_len);
    } else {
        elasticsearch_clause_write_term(text, word->text, word->text_len);
    }
}

/* The last characters of a run, at most so many; and where the very last one begins. */
static const char *find_tail(const meower_search_word *run, size_t max, const char **last)
{
    const char *at = run->text + run->text_len;
    size_t count = 0;

    *last = NULL;
    while (at > run->text && count < max) {
        do {
            at--;
        } while (at > run->text && at[-1] != ' ');
        *last = *last == NULL ? at : *last;
        count++;
    }
    return at;
}

/* A longer run is found by all its characters but the last one, and by the last of them as a run that may go on. */
static void write_run_prefix(struct elasticsearch_text *text, const meower_search_word *run)
{
    const char *last;
    const char *tail = find_tail(run, RUN_PREFIX_MAX, &last);
    size_t tail_len = run->text_len - (size_t)(tail - run->text);

    if (tail == run->text) {
        write_phrase_prefix(text, run->text, run->text_len);
        return;
    }
    elasticsearch_text_print(text, "{\"bool\":{\"filter\":[");
    write_phrase(text, run->text, (size_t)(last - run->text) - 1);
    elasticsearch_text_print(text, ",");
    write_phrase_prefix(text, tail, tail_len);
    elasticsearch_text_print(text, "]}}");
}

static void write_prefix(struct elasticsearch_text *text, const meower_search_word *word)
{
    if (match_is_run(word)) {
        write_run_prefix(text, word);
    } else {
        elasticsearch_clause_write_prefix(text, word->text, word->text_len);
    }
}

/* The word, and what neighbours of the query are with it when they are joined. */
static void write_terms(struct elasticsearch_text *text, const meower_search_request *request, size_t number)
{
    elasticsearch_text_print(text, "{\"terms\":{\"" ELASTICSEARCH_WORDS "\":[");
    elasticsearch_text_append_string(text, request->words[number].text, request->words[number].text_len);
    for (size_t i = 0; i < request->join_count; i++) {
        if (is_joined(request, i, number)) {
            elasticsearch_text_print(text, ",");
            elasticsearch_text_append_string(text, request->joins[i].text, request->joins[i].text_len);
        }
    }
    elasticsearch_text_print(text, "]}}");
}

static void write_fuzzy(struct elasticsearch_text *text, const meower_search_word *word, unsigned typos_max,
                        unsigned prefix_length)
{
    elasticsearch_text_print(text, ",{\"fuzzy\":{\"" ELASTICSEARCH_WORDS "\":{\"value\":");
    elasticsearch_text_append_string(text, word->text, word->text_len);
    elasticsearch_text_print(text,
                             ",\"fuzziness\":%u,\"prefix_length\":%u,\"transpositions\":true,"
                             "\"rewrite\":\"constant_score\"}}}",
                             typos_max, prefix_length);
}

/* Clauses for single words that match with typos, or exactly. What is one edit away with the same first letter is
 * within the typos of every word whose first letter may differ. */
static void write_single_words(struct elasticsearch_text *text, const meower_search_request *request, size_t number,
                               bool differs_first)
{
    const meower_search_word *word = &request->words[number];

    write_terms(text, request, number);
    if (word->typos_max > 0) {
        write_fuzzy(text, word, word->typos_max, 1);
    }
    if (differs_first && word->may_differ_first) {
        write_fuzzy(text, word, 1, 0);
    }
}

static void write_typo(struct elasticsearch_text *text, const meower_search_request *request, size_t number,
                       bool differs_first)
{
    const meower_search_word *word = &request->words[number];

    elasticsearch_text_print(text, "{\"bool\":{\"should\":[");
    write_single_words(text, request, number, differs_first);
    if (word->may_be_split) {
        elasticsearch_text_print(text, ",{\"term\":{\"" ELASTICSEARCH_JOINED "\":");
        elasticsearch_text_append_string(text, word->text, word->text_len);
        elasticsearch_text_print(text, "}}");
    }
    elasticsearch_text_print(text, "]}}");
}

void elasticsearch_clause_write(struct elasticsearch_text *text, const meower_search_request *request, size_t number,
                                int quality, bool differs_first)
{
    if (quality == MATCH_PREFIX) {
        write_prefix(text, &request->words[number]);
    } else if (quality == MATCH_TYPO && elasticsearch_clause_gains(request, number, MATCH_TYPO)) {
        write_typo(text, request, number, differs_first);
    } else {
        write_exact(text, &request->words[number]);
    }
}

void elasticsearch_clause_write_counted(struct elasticsearch_text *text, const meower_search_request *request,
                                        size_t number, int quality, bool differs_first)
{
    const meower_search_word *word = &request->words[number];

    if (quality == MATCH_EXACT) {
        write_exact(text, word);
        return;
    }
    elasticsearch_text_print(text, "{\"bool\":{\"should\":[");
    write_single_words(text, request, number, differs_first);
    if (quality == MATCH_PREFIX && word->is_prefix) {
        elasticsearch_text_print(text, ",");
        write_prefix(text, word);
    }
    elasticsearch_text_print(text, "]}}");
}
