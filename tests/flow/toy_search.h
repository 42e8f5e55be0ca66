/* toy_search.h - a search engine "toy:" that several instances of one process share and that outlives them, as an
 * engine of its own does: an array of documents, matched one by one with base/match.h. */
#ifndef TESTS_FLOW_TOY_SEARCH_H
#define TESTS_FLOW_TOY_SEARCH_H

#include <meower/backend.h>
#include <pthread.h>
#include <stdbool.h>

struct toy_document;

struct toy_index {
    pthread_mutex_t mutex;
    struct toy_document *documents; /* in any order */
    size_t count;
    size_t capacity;
    meower_search_info info;
    unsigned resets;
    unsigned refreshes;
    struct toy_index *beside; /* that is built by a rebuild; NULL: none */
};

void toy_index_init(struct toy_index *index);
void toy_index_destroy(struct toy_index *index);

/* Adds it to the options and chooses it. */
void toy_index_add(struct toy_index *index, meower_options *options);

/* Gives it another epoch, as if it had been made from another store. */
void toy_index_set_epoch(struct toy_index *index, const char *epoch);

/* Loses everything, as an index does that was dropped. */
void toy_index_drop(struct toy_index *index);

unsigned toy_index_resets(struct toy_index *index);
size_t toy_index_count(struct toy_index *index);
meower_search_info toy_index_info(struct toy_index *index);

#endif
