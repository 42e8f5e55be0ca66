/* elasticsearch_index.h - an index of ours in a search engine: looking at it, making it, and what it remembers.
 *
 * Several processes may use one index, and it may vanish at any time. Each index that is made gets a random mark, its
 * life, in its mapping, and what an index remembers is kept under a name with that mark: a process that goes on writing
 * into an index that another one has made anew cannot spoil what that index remembers, and notices. */
#ifndef SEARCH_ELASTICSEARCH_INDEX_H
#define SEARCH_ELASTICSEARCH_INDEX_H

#include "search/elasticsearch_connection.h"
#include <meower/backend.h>

#define ELASTICSEARCH_LIFE_SIZE 17  /* 16 hexadecimal digits and the NUL */
#define ELASTICSEARCH_NAME_SIZE 256 /* of an index; the engines take 255 bytes */

/* The fields. By their common beginning an index is known that an engine made by itself, out of our writes, after ours
 * was lost. */
#define ELASTICSEARCH_FIELDS   "meower_"
#define ELASTICSEARCH_WORDS    ELASTICSEARCH_FIELDS "words"
#define ELASTICSEARCH_JOINED   ELASTICSEARCH_FIELDS "joined" /* neighbours of the text as one word */
#define ELASTICSEARCH_LABELS   ELASTICSEARCH_FIELDS "labels" /* each as key=value: no key has a "=" */
#define ELASTICSEARCH_POSITION ELASTICSEARCH_FIELDS "position"
#define ELASTICSEARCH_EPOCH    ELASTICSEARCH_FIELDS "epoch"

/* Hits that can be reached, skipped ones included (index.max_result_window). */
#define ELASTICSEARCH_WINDOW_MAX 20000U

/* Positions travel as JSON numbers, and are exact up to here: 2^53. */
#define ELASTICSEARCH_POSITION_MAX (UINT64_C(1) << 53)

/* The writer's side. One thread at a time. */
struct elasticsearch_index {
    struct elasticsearch_connection connection;
    const struct elasticsearch_address *address; /* borrowed */
    const meower_clock *clock;                   /* borrowed */
    bool is_known;                               /* looked at, and nothing has failed since */
    bool has_types;                              /* the engine is Elasticsearch 6: mappings have a name, "_doc" */
    bool is_new;                                 /* made by us, and nothing was written since */
    char life[ELASTICSEARCH_LIFE_SIZE];          /* of the index that is ours; "": none yet */
    char real_name[ELASTICSEARCH_NAME_SIZE];     /* of the index found last: the address's name may be its alias */
};

/* Looks at the engine and takes the index that is there for ours, whatever it holds; makes it when there is none or a
 * useless one. Errors: INVALID when the name belongs to another kind of index. */
int elasticsearch_index_adopt(struct elasticsearch_index *index, meower_error *error);

/* Looks again when something has failed since. Errors: CORRUPT when the index is no longer the one that was adopted. */
int elasticsearch_index_confirm(struct elasticsearch_index *index, meower_error *error);

/* Only looks, and remembers whose it is. Errors: NOT_FOUND when there is none of ours. */
int elasticsearch_index_look(struct elasticsearch_index *index, meower_error *error);

/* Whether the index that was made is still there under its name. Errors: CORRUPT when it is another one. */
int elasticsearch_index_check(struct elasticsearch_index *index, meower_error *error);

/* Removes `beside` unless it is gone, made anew by another process, or searched under the name of `index` by now: an
 * answer that says so may have been lost. */
int elasticsearch_index_discard(struct elasticsearch_index *index, struct elasticsearch_index *beside,
                                meower_error *error);

/* Puts `beside` in the place of `index`, in one step: the name of `index` becomes an alias of it, and the index that
 * had the name is removed. */
int elasticsearch_index_replace(struct elasticsearch_index *index, const struct elasticsearch_index *beside,
                                meower_error *error);

/* Empties it. */
int elasticsearch_index_reset(struct elasticsearch_index *index, meower_error *error);

/* Makes all that was written visible. */
int elasticsearch_index_refresh(struct elasticsearch_index *index, meower_error *error);

/* What it remembers. */
int elasticsearch_index_read_info(struct elasticsearch_index *index, meower_search_info *info, meower_error *error);

/* Remembers *info, unless it remembers a later position of the same epoch already. Errors: CORRUPT when the index is
 * not the one that was adopted, or holds the feed of another store. */
int elasticsearch_index_write_info(struct elasticsearch_index *index, const meower_search_info *info,
                                   meower_error *error);

/* The error that the index is not the one that was adopted. Returns CORRUPT. */
int elasticsearch_index_lost(const struct elasticsearch_index *index, meower_error *error);

#endif
