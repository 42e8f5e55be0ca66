/* check.h - a check under way: what is opened, what was seen so far, and what seems wrong until it is explained. */
#ifndef API_CHECK_H
#define API_CHECK_H

#include "base/id_map.h"
#include "search/search.h"
#include "store/store.h"
#include <meower/meower.h>

#define CHECK_LANE 0

/* A finding with its texts. */
struct check_finding {
    meower_finding view; /* its texts are the two below */
    char id[MEOWER_ID_SIZE];
    char text[300];
};

struct meower_check {
    struct check_finding *findings;
    size_t count; /* that are kept */
    size_t capacity;
    meower_check_totals totals;
};

/* Ids are in `gone` to `unknown` until an event explains them; what is left at the end is a finding. */
struct check_pass {
    struct store store;
    struct search search;
    bool has_index; /* whose documents are to be compared */
    meower_search_info index;
    meower_check *check;
    uint64_t position;        /* of the last event read */
    bool has_listed;          /* all meows were read */
    struct id_map alive;      /* created, and there when their event was read */
    struct id_map gone;       /* created, and not there: their deletion must follow */
    struct id_map unindexed;  /* there, and not in the index: their deletion may follow */
    struct id_map overstayed; /* in the index, and not in the feed: their deletion may follow behind the index */
    struct id_map unknown;    /* there without an event: it may follow */
};

/* Adds a finding; the text is made as printf() does. Returns MEOWER_OK or NO_MEMORY. */
int check_add(meower_check *check, int kind, uint64_t position, const char *id, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Reads the events behind pass->position up to the last one, and what the index has for them. */
int check_events(struct check_pass *pass, meower_error *error);

/* Reads what the index has behind the last event. */
int check_documents_beyond(struct check_pass *pass, meower_error *error);

/* Reads all meows. */
int check_meows(struct check_pass *pass, meower_error *error);

/* Makes findings of what no event has explained. */
int check_conclude(struct check_pass *pass);

#endif
