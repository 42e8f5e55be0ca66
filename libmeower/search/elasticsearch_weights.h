/* elasticsearch_weights.h - what the words of a query weigh: the engine is asked in how many documents they match. */
#ifndef SEARCH_ELASTICSEARCH_WEIGHTS_H
#define SEARCH_ELASTICSEARCH_WEIGHTS_H

#include "base/match.h"
#include "search/elasticsearch_connection.h"

#define ELASTICSEARCH_CHARACTERS_MAX 256 /* of all runs of a query, that are counted */
#define ELASTICSEARCH_COUNTS_MAX     (1 + 3 * MATCH_WORDS_MAX + ELASTICSEARCH_CHARACTERS_MAX)

/* One number that the engine is asked for. */
struct elasticsearch_count {
    const char *text; /* a character of a run; NULL: the word itself */
    size_t text_len;
    size_t word;            /* number of the word; MATCH_WORDS_MAX: all documents */
    int quality;            /* in which the word is counted, or better ones */
    unsigned qualities_for; /* bit q: it limits how many match in quality q */
};

struct elasticsearch_weights {
    const meower_search_request *request; /* borrowed */
    struct elasticsearch_count wanted[ELASTICSEARCH_COUNTS_MAX];
    size_t wanted_count;
    size_t characters_left; /* that may still be asked for */
    uint64_t documents;
    uint64_t counts[MATCH_WORDS_MAX][MATCH_NONE];
    bool differs_first[MATCH_WORDS_MAX]; /* no document has the word, and its first letter may be wrong */
};

/* Begins with a request, and knows then what must be asked for. */
void elasticsearch_weights_begin(struct elasticsearch_weights *weights, const meower_search_request *request);

/* Adds the body of a _msearch for what is not known yet. False when everything is: nothing was added. */
bool elasticsearch_weights_ask(const struct elasticsearch_weights *weights, struct elasticsearch_text *text);

/* Takes the answer. False when it is none. There may be more to ask for then. */
bool elasticsearch_weights_take(struct elasticsearch_weights *weights, const cJSON *answer);

/* What a word adds to a document in which it matches in this quality. */
unsigned elasticsearch_weights_get(const struct elasticsearch_weights *weights, size_t word, int quality);

#endif
