/* check_events.h - reading a store and its index from the first event to the last: what was seen so far, and what seems
 * wrong until it is explained. */
#ifndef API_CHECK_EVENTS_H
#define API_CHECK_EVENTS_H

#include "api/findings.h"
#include "base/id_map.h"
#include "search/search.h"
#include "store/store.h"

#define CHECK_LANE 0

/* Ids are in `gone` to `unknown` until an event explains them; what is left at the end is a finding. */
struct check_pass {
    struct store store;
    struct search search;
    bool has_index; /* whose documents are to be compared */
    meower_search_info index;
    meower_check *check;
    uint64_t position;       /* of the last event read */
    bool has_listed;         /* all meows were read */
    struct id_map alive;     /* created, and there when their event was read */
    struct id_map gone;      /* created, and not there: their deletion must follow */
    struct id_map unindexed; /* there, and not in the index: their deletion may follow */
    struct id_map
        overstayed;        /* in the index, and not in the feed: their deletion may follow after the index's position */
    struct id_map unknown; /* there without an event: it may follow */
};

/* Reads the events after pass->position up to the last one, and what the index has for them. */
int check_events(struct check_pass *pass, meower_error *error);

/* Reads what the index has after the last event. */
int check_documents_beyond(struct check_pass *pass, meower_error *error);

/* Reads all meows. */
int check_meows(struct check_pass *pass, meower_error *error);

/* Makes findings of what no event has explained. */
int check_conclude(struct check_pass *pass);

#endif
