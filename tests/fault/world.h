/* world.h - one instance that faults happen to, and the book of what was asked of it and answered.
 *
 * Every call of the library that fails is looked at: its code must be one that the fault explains, and its message must
 * say something. What may be asked afterwards follows from the book: audit.h. */
#ifndef FAULT_WORLD_H
#define FAULT_WORLD_H

#include "fault/injector.h"
#include <meower/backend.h>
#include <meower/meower.h>
#include <stdbool.h>

#define ENTRIES_MAX    48
#define PATH_SIZE      96
#define SEEDED         12 /* meows that are there before a scenario begins */
#define SEEDED_GONE    3  /* which of them is deleted */
#define INDEXED_BEHIND 6  /* meows in the index that is behind */

/* What an instance is made of. */
enum backends {
    BACKENDS_MEMORY, /* memory:, inproc:, index: */
    BACKENDS_FILES,  /* sqlite:PATH, inproc:, index:PATH */
    BACKENDS_SHARED, /* the same files, as if others wrote to the store and listened on the bus */
    BACKENDS_COUNT
};

extern const char *const backends_names[BACKENDS_COUNT];

/* Which files lie in the folder when a scenario begins. */
enum beginning {
    BEGIN_EMPTY,   /* none */
    BEGIN_SEEDED,  /* a feed and its index, closed in good order */
    BEGIN_CRASHED, /* the same as a killed process leaves it: the store in its log, the index as its manifest says */
    BEGIN_BEHIND,  /* the index lacks the newer half */
    BEGIN_FOREIGN, /* the index was made from another store */
    BEGIN_COPIED,  /* the feed is a copy: it begins another life */
    BEGIN_ADOPTED, /* a table of meows as another program made it */
    BEGINNINGS
};

/* What is known of a post. */
enum outcome {
    OUTCOME_STORED,
    OUTCOME_REFUSED, /* it failed: it may not be there */
    OUTCOME_OPEN     /* nobody knows: it may be there, once */
};

struct entry {
    char body[64]; /* no two are the same */
    char key[16];  /* idempotency key, or "" */
    const char *word;
    enum outcome outcome;
    enum outcome deletion;   /* REFUSED: it was not deleted */
    char id[MEOWER_ID_SIZE]; /* once it is known */
    uint64_t position;       /* of the creation, once it is known */
    bool is_seen;            /* of audit.c */
};

struct world {
    enum backends backends;
    bool has_threads;
    char folder[PATH_SIZE];
    meower_feed *feed;
    meower_command *command;
    meower_query *query;
    struct entry entries[ENTRIES_MAX];
    unsigned entry_count;
    unsigned refusals; /* calls that failed */
    char first_cursor[MEOWER_CURSOR_SIZE];
    meower_error result_error; /* of the last result that failed */
};

/* Says what is wrong and how to see it again, and ends the process. */
void world_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* What world_fail() says after the fault; NUL-terminated. */
extern char world_place[256];

/* Once, in each process: makes what the beginnings need. */
void world_prepare(const char *folder);

/* Lays the files out in the folder and opens nothing; the entries are those that the files hold. Memory has no files:
 * there the instance is opened, with the same entries. */
void world_begin(struct world *world, enum backends backends, enum beginning beginning);

/* Opens the instance and its handles; tries twice. False when it cannot be opened. */
bool world_open(struct world *world);

/* Closes the handles and the instance. What could not be finished does not matter. */
void world_close(struct world *world);

/* Opens a feed and its index as other tests do: nothing fails. */
void world_open_soundly(struct world *world);

/* Lets time pass while the instance works. */
void world_run(struct world *world, int ms);

/* Runs until index and bus have all that the store has; false when that does not come. */
bool world_catch_up(struct world *world);

/* What is not ready, and why, as the instance says. */
const char *world_reason(struct world *world);

/* Posts; true when it is stored. `key` may be NULL. */
bool world_post(struct world *world, const char *key);

/* Repeats the post of this entry with its key, until it is stored or `tries` are over. */
void world_post_again(struct world *world, struct entry *entry, int tries);

/* Submits `count` posts, one by one, and takes their results. */
void world_post_batch(struct world *world, unsigned count);

/* The same in one call: when it fails, none of them is stored. */
void world_post_many(struct world *world, unsigned count);

/* Deletes the entry's meow. */
void world_delete(struct world *world, struct entry *entry);

/* Asks; NULL when the page's status is not OK. The caller frees it. */
meower_page *world_list(struct world *world, const meower_list *list);
meower_page *world_count(struct world *world, const meower_list *list);
meower_page *world_get(struct world *world, const char *id);
meower_page *world_search(struct world *world, const char *text, const meower_label *term); /* NULL: any meow */

/* The entry with this body, or NULL. */
struct entry *world_find(struct world *world, const char *body);

/* It must be there; it must not be there. Neither: it may be. */
bool entry_must_be(const struct entry *entry);
bool entry_must_not_be(const struct entry *entry);

/* A failed call: the code must be one that the fault explains, and the message must be one. */
void world_check_error(struct world *world, const char *call, int status, const meower_error *error);

#endif
