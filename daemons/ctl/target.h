/* target.h - what meowctl talks to: a server over HTTP, or a store that it opens itself. Both do the same. */
#ifndef CTL_TARGET_H
#define CTL_TARGET_H

#include <meower/meow.h>
#include <stdbool.h>
#include <stdint.h>

struct target;

/* Each returns 0, or 1 with a message on stderr. */
struct target_operations {
    int (*post)(struct target *target, const char *body);
    int (*remove)(struct target *target, const char *id);
    int (*list)(struct target *target, uint64_t skip, uint32_t take);
    int (*search)(struct target *target, const char *text, uint32_t take);
    /* Prints events after `cursor` ("": from now on) until a signal ends the program. Says on stderr when the cursor
     * is not of this feed: then what is printed begins now. */
    int (*tail)(struct target *target, const char *cursor);
    void (*close)(struct target *target);
};

/* The first member of what an implementation allocates. */
struct target {
    const struct target_operations *operations;
    bool as_json;               /* print JSON instead of lines for people */
    bool with_cursors;          /* tail: print the cursor before each event; JSON has it in any case */
    const meower_label *labels; /* post: what the meow is to carry; list, search, tail: what meows must carry */
    size_t label_count;
    const char *query; /* tail: the words that meows must have; NULL: any */
};

/* A server at `url`; `token` (may be NULL) authorises deletions. NULL with a message on stderr when it cannot be made.
 */
struct target *http_target_open(const char *url, const char *token);

/* A store, and a search index for it (NULL: one in memory). NULL with a message on stderr when it cannot be opened. */
struct target *store_target_open(const char *store_url, const char *search_url);

#endif
