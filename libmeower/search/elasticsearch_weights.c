/* elasticsearch_weights.c - counts documents, and weighs words by that.
 *
 * Each number is a search without hits: the engine takes it from its dictionary where it can, and remembers it until
 * the index changes. The documents that have any of several words are counted together; the sum that docs/SEARCH.md
 * speaks of would count one twice that has two of them. Words with a wrong first letter are looked for in all of the
 * dictionary, so that they are asked for only when they matter. */
#include "search/elasticsearch_weights.h"
#include "search/elasticsearch_clause.h"
#include <string.h>

#define INFO_DOCUMENTS 1 /* the index has one that is no meow: what it remembers */

#define FOR(quality) (1U << (quality))

/* ---- what is wanted --------------------------------------------------------------------------------------------- */

static void want(struct elasticsearch_weights *weights, struct elasticsearch_count count)
{
    weights->wanted[weights->wanted_count++] = count;
}

/* A quality in which nothing more matches than in the better ones has their number. */
static void want_word(struct elasticsearch_weights *weights, size_t word, int first_quality)
{
    struct elasticsearch_count count = {.word = word};

    for (int quality = MATCH_EXACT; quality < MATCH_NONE; quality++) {
        if (elasticsearch_clause_gains(weights->request, word, quality)) {
            if (count.qualities_for != 0 && count.quality >= first_quality) {
                want(weights, count);
            }
            count.quality = quality;
            count.qualities_for = 0;
        }
        count.qualities_for |= FOR(quality);
    }
    if (count.quality >= first_quality) {
        want(weights, count);
    }
}

/* A run is as rare as its rarest character. Of a long one the first characters tell. */
static void want_run(struct elasticsearch_weights *weights, size_t number)
{
    const meower_search_word *run = &weights->request->words[number];
    const char *next = run->text;
    const char *space;

    while ((space = strchr(next, ' ')) != NULL) {
        if (weights->characters_left > 0) {
            weights->characters_left--;
            want(weights, (struct elasticsearch_count){next, (size_t)(space - next), number, MATCH_EXACT,
                                                       FOR(MATCH_EXACT) | FOR(MATCH_TYPO) | FOR(MATCH_PREFIX)});
        }
        next = space + 1;
    }
    size_t len = run->text_len - (size_t)(next - run->text);
    want(weights, (struct elasticsearch_count){next, len, number, MATCH_EXACT, FOR(MATCH_EXACT) | FOR(MATCH_TYPO)});
    if (run->is_prefix) {
        want(weights, (struct elasticsearch_count){next, len, number, MATCH_PREFIX, FOR(MATCH_PREFIX)});
    }
}

/* A single word has all its hits in the tiers; what counts is only whether there is such a word. */
void elasticsearch_weights_begin(struct elasticsearch_weights *weights, const meower_search_request *request)
{
    weights->request = request;
    weights->wanted_count = 0;
    weights->characters_left = ELASTICSEARCH_CHARACTERS_MAX;
    weights->documents = 0;
    memset(weights->counts, 0xFF, sizeof(weights->counts)); /* UINT64_MAX: nothing limits them yet */
    memset(weights->differs_first, 0, sizeof(weights->differs_first));
    if (request->word_count == 1) {
        if (request->words[0].may_differ_first) {
            want(weights, (struct elasticsearch_count){.quality = MATCH_EXACT, .qualities_for = FOR(MATCH_EXACT)});
        }
        return;
    }
    want(weights, (struct elasticsearch_count){.word = MATCH_WORDS_MAX});
    for (size_t i = 0; i < request->word_count; i++) {
        if (match_is_run(&request->words[i])) {
            want_run(weights, i);
        } else {
            want_word(weights, i, MATCH_EXACT);
        }
    }
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

static void write_count(const struct elasticsearch_weights *weights, struct elasticsearch_text *text,
                        const struct elasticsearch_count *count)
{
    if (count->word == MATCH_WORDS_MAX) {
        elasticsearch_text_print(text, "{\"match_all\":{}}");
    } else if (count->text == NULL) {
        elasticsearch_clause_write_counted(text, weights->request, count->word, count->quality,
                                           weights->differs_first[count->word]);
    } else if (count->quality == MATCH_PREFIX) {
        elasticsearch_clause_write_prefix(text, count->text, count->text_len);
    } else {
        elasticsearch_clause_write_term(text, count->text, count->text_len);
    }
}

bool elasticsearch_weights_ask(const struct elasticsearch_weights *weights, struct elasticsearch_text *text)
{
    for (size_t i = 0; i < weights->wanted_count; i++) {
        elasticsearch_text_print(text, "{}\n{\"size\":0,\"track_total_hits\":true,\"query\":");
        write_count(weights, text, &weights->wanted[i]);
        elasticsearch_text_print(text, "}\n");
    }
    return weights->wanted_count > 0;
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static void note_number(struct elasticsearch_weights *weights, const struct elasticsearch_count *count, uint64_t number)
{
    if (count->word == MATCH_WORDS_MAX) {
        weights->documents = number > INFO_DOCUMENTS ? number - INFO_DOCUMENTS : 0;
        return;
    }
    for (int quality = MATCH_EXACT; quality < MATCH_NONE; quality++) {
        uint64_t *known = &weights->counts[count->word][quality];
        if ((count->qualities_for & FOR(quality)) != 0 && number < *known) {
            *known = number;
        }
    }
}

/* A word that no document has is counted once more, with those that have another first letter. */
static void find_differing(struct elasticsearch_weights *weights)
{
    const meower_search_request *request = weights->request;

    for (size_t i = 0; i < request->word_count; i++) {
        if (!request->words[i].may_differ_first || weights->differs_first[i] || weights->counts[i][MATCH_EXACT] > 0) {
            continue;
        }
        weights->differs_first[i] = true;
        if (request->word_count > 1) {
            weights->counts[i][MATCH_TYPO] = weights->counts[i][MATCH_PREFIX] = UINT64_MAX;
            want_word(weights, i, MATCH_TYPO);
        }
    }
}

/* "total" is a number, and since Elasticsearch 7 an object with one. */
bool elasticsearch_weights_take(struct elasticsearch_weights *weights, const cJSON *answer)
{
    const cJSON *item = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(answer, "responses"), 0);

    for (size_t i = 0; i < weights->wanted_count; i++) {
        const cJSON *total = elasticsearch_member(item, "hits", "total");
        const cJSON *number = cJSON_IsObject(total) ? cJSON_GetObjectItemCaseSensitive(total, "value") : total;
        if (!cJSON_IsNumber(number) || number->valuedouble < 0 || number->valuedouble > UINT32_MAX) {
            return false;
        }
        note_number(weights, &weights->wanted[i], (uint64_t)number->valuedouble);
        item = item->next;
    }
    weights->wanted_count = 0;
    find_differing(weights);
    return true;
}

unsigned elasticsearch_weights_get(const struct elasticsearch_weights *weights, size_t word, int quality)
{
    return match_weight(quality, weights->documents, weights->counts[word][quality]);
}
