/* hits.h - what a search has found on its way to who asked. */
#ifndef SEARCH_INDEX_HITS_H
#define SEARCH_INDEX_HITS_H

#include "search/index/terms.h"

struct hits {
    const struct view *view;
    meower_hit_sink *sink;
    uint64_t skip; /* hits still to be left out */
    uint32_t take; /* hits still wanted */
    int status;    /* of the sink */
};

/* Whether more are wanted. */
static inline bool hits_go_on(const struct hits *hits)
{
    return hits->take > 0 && hits->status == MEOWER_OK;
}

/* The next best one: leaves it out, or pushes it. */
void hits_add(struct hits *hits, size_t part, uint32_t age);

/* Pushes the documents in which all searched words match, `quality` being the worst quality of a match: the tier, the
 * newest first. False when memory is short. */
bool tiers_push(const struct terms *terms, int quality, struct hits *hits);

/* Pushes those in which some match, by relevance. False when memory is short. */
bool relevance_push(const struct terms *terms, struct hits *hits);

#endif
