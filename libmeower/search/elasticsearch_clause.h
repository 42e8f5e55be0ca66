/* elasticsearch_clause.h - one searched word as a filter of the engine's: the documents in which it matches. */
#ifndef SEARCH_ELASTICSEARCH_CLAUSE_H
#define SEARCH_ELASTICSEARCH_CLAUSE_H

#include "search/elasticsearch_text.h"
#include <meower/backend.h>

/* Whether a word matches more in this quality than in the better ones. */
bool elasticsearch_clause_gains(const meower_search_request *request, size_t number, int quality);

/* Adds the filter of word `number` in a quality. With typos it takes what is exact too; as a prefix only what begins
 * with the word, and so only for a word that may be one. `differs_first` says that no document has the word. */
void elasticsearch_clause_write(struct elasticsearch_text *text, const meower_search_request *request, size_t number,
                                int quality, bool differs_first);

/* Adds the filter of what is counted for a word's weight: a word of the document, by itself, matches in this quality or
 * a better one. Not for runs. */
void elasticsearch_clause_write_counted(struct elasticsearch_text *text, const meower_search_request *request,
                                        size_t number, int quality, bool differs_first);

/* Adds the filter of a single word, or of the words that begin with it. */
void elasticsearch_clause_write_term(struct elasticsearch_text *text, const char *term, size_t len);
void elasticsearch_clause_write_prefix(struct elasticsearch_text *text, const char *prefix, size_t len);

/* Adds a label as the engine keeps it: a string. */
void elasticsearch_clause_write_label(struct elasticsearch_text *text, const meower_label *label);

#endif
