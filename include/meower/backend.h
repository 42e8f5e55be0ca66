/* backend.h - for those who bring a store, a bus or a search engine of their own.
 *
 * A backend is a table of blocking, batch-shaped functions. The library batches, retries, counts and keeps time; a
 * backend talks to its engine and never sees an event loop.
 *
 * Rules for every function of a backend
 *   Status       MEOWER_OK or a negative MEOWER_ERROR_ code, with the detail in `error` (never NULL here). A positive
 *                number is refused: the call fails with MEOWER_ERROR_INTERNAL.
 *                Set MEOWER_ERROR_FLAG_RETRIABLE when the same call may succeed later.
 *   Ownership    Nothing that a backend allocated crosses the border: rows are pushed into a sink, whose row function
 *                copies what it needs. Pointers in rows and batches live until the call they are passed to returns.
 *   Sinks        When a row function returns anything but MEOWER_OK, stop at once and return that value. Rows without
 *                an id, meows without a body, labels that no meow can have, more rows than were asked for, positions
 *                with a hole, and documents of an index out of order are refused: the call fails with
 *                MEOWER_ERROR_CORRUPT.
 *   Threads      Each member's comment. A "lane" numbers the threads that may read at once: the library never runs two
 *                calls with one lane at the same time, so a backend keeps one connection a lane and needs no lock.
 *                The functions that change something run one at a time, beside the lanes. */
#ifndef MEOWER_BACKEND_H
#define MEOWER_BACKEND_H

#include <meower/meow.h>
#include <meower/options.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The ABI of the tables below. A table of another ABI is refused when it is added. */
#define MEOWER_BACKEND_ABI 4

/* Bytes of an epoch: 16 hexadecimal digits and the terminating NUL. A store draws a new epoch when it is created or
 * restored, so that positions of another life are never mistaken for its own. */
#define MEOWER_EPOCH_SIZE 17

/* Where time and chance come from. `us` counts microseconds. All functions are called from any thread. */
typedef struct meower_clock {
    int64_t (*wall_us)(void *context);                    /* since 1970-01-01T00:00:00Z; may jump */
    int64_t (*monotonic_us)(void *context);               /* since any moment; never goes back */
    void (*random)(void *context, void *out, size_t len); /* fills `len` bytes */
    void *context;
} meower_clock;

/* What a backend is opened with. Borrowed for the time of open(), except the clock, which outlives the backend. */
typedef struct meower_backend_config {
    uint32_t size;                 /* sizeof(meower_backend_config) */
    const char *url;               /* the option's whole value, such as "sqlite:feed.db" */
    const char *location;          /* the part after "scheme:", such as "feed.db" */
    unsigned lanes;                /* lanes are 0 to lanes - 1 */
    const meower_clock *clock;     /* the instance's clock */
    const meower_options *options; /* all options of the instance */
    void *context;                 /* as given when the backend was added */
    uint32_t flags;                /* MEOWER_OPEN_... */
} meower_backend_config;

/* How a backend is opened. */
enum {
    MEOWER_OPEN_TO_LOOK = 1 /* change nothing: create, migrate, adopt and repair nothing, and take no lock that keeps
                               the owner out; NOT_FOUND when there is nothing. For meower_check_open() */
};

/* Takes sentences: what a backend finds wrong in its own data, one a call, NUL-terminated English without a full stop.
 */
typedef struct meower_text_sink {
    int (*text)(struct meower_text_sink *sink, const char *text);
} meower_text_sink;

/* ---- store ------------------------------------------------------------------------------------------------------ */

/* What one operation of a batch does. */
enum {
    MEOWER_STORE_POST = 1,       /* a meow and its event of kind CREATED */
    MEOWER_STORE_DELETE = 2,     /* removes a meow; an event of kind DELETED */
    MEOWER_STORE_CHECKPOINT = 3, /* remembers `position` under `name` */
    MEOWER_STORE_LEASE = 4       /* takes or renews the lease `name` for `owner` */
};

/* One operation: what to do, and after that what became of it. */
typedef struct meower_store_operation {
    int kind;                    /* MEOWER_STORE_... */
    const char *id;              /* POST, DELETE: the meow's id, NUL-terminated */
    const char *body;            /* POST: stored as it is */
    size_t body_len;             /* bytes */
    const meower_label *labels;  /* POST: what the meow carries, in bytewise order of key, then value, and none twice;
                                    all texts NUL-terminated. Stored with the meow, and removed with it */
    size_t label_count;          /* POST: 0 to MEOWER_LABELS_MAX */
    int64_t at_us;               /* now; for POST also the meow's created_at_us */
    const char *idempotency_key; /* POST: NUL-terminated, or NULL */
    uint64_t fingerprint;        /* POST with a key: tells bodies apart */
    int64_t expires_us; /* POST with a key: forget the key after this; LEASE: it ends then unless renewed; a shared
                           store takes expires_us - at_us as its length and measures it by its engine's clock */
    const char *name;   /* CHECKPOINT, LEASE */
    const char *owner;  /* LEASE */
    uint64_t position;  /* CHECKPOINT: in. POST, DELETE: out, the event's position */
    /* out */
    int status;                     /* OK; POST: CONFLICT when the key has another fingerprint; DELETE: NOT_FOUND;
                                       LEASE: LOCKED when another owner holds it */
    int replayed;                   /* POST: 1 when the key had stored a meow before: stored_id, stored_at_us and
                                       position are that meow's, and nothing was stored */
    char stored_id[MEOWER_ID_SIZE]; /* POST: the id the meow has in the store. Of the first operation of a batch whose
                                       ids are too low: the newest id of the store */
    int64_t stored_at_us;           /* POST: its created_at_us in the store */
} meower_store_operation;

/* One meow or event. Of an event whose meow is gone, and of every DELETED event, body is NULL and only position, kind,
 * id and created_at_us (then: the event's own time) say something. Of a listed meow position is 0 and kind CREATED. A
 * meow comes with the labels that it was posted with, in any order. */
typedef struct meower_row {
    uint64_t position;
    int kind;
    const char *id;
    const char *body;
    size_t body_len;
    int64_t created_at_us;
    const meower_label *labels; /* its texts need not be NUL-terminated */
    size_t label_count;
} meower_row;

/* Takes rows. The receiver embeds it in a struct of its own. */
typedef struct meower_row_sink {
    int (*row)(struct meower_row_sink *sink, const meower_row *row);
} meower_row_sink;

/* Which meows to list, in id order. Of those that the bounds leave and that carry what the terms say, `skip` are left
 * out first. */
typedef struct meower_range {
    const char *below;         /* only ids < below; NULL: no bound */
    const char *above;         /* only ids > above; NULL: no bound */
    int ascending;             /* 1: oldest first, 0: newest first */
    uint64_t skip;             /* rows to leave out first */
    uint32_t take;             /* rows at most */
    const meower_label *terms; /* in bytewise order of key, then value, and none twice; all texts NUL-terminated. Values
                                  of one key are alternatives, different keys must all hold */
    size_t term_count;         /* 0: any meow */
} meower_range;

/* Returns 1 when a meow with `label_count` labels has what `term_count` terms of a range or of a search say, and 0 when
 * it has not.
 * Both are in bytewise order of key, then value. Any thread. Since 0.2. */
MEOWER_API int meower_labels_match(const meower_label *terms, size_t term_count, const meower_label *labels,
                                   size_t label_count);

/* What a store says of itself when it has opened. */
typedef struct meower_store_info {
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t head;                  /* position of the last event, 0 when there is none */
    char newest_id[MEOWER_ID_SIZE]; /* the greatest id ever stored or adopted, "" when there is none */
} meower_store_info;

/* Properties of a store. */
enum {
    MEOWER_STORE_EXCLUSIVE = 1, /* while it is open nobody else can change it: its head is what we appended */
    MEOWER_STORE_LOOKS = 2      /* open() knows MEOWER_OPEN_TO_LOOK; without this it is never asked to */
};

typedef struct meower_store_vtable {
    uint32_t abi;       /* MEOWER_BACKEND_ABI */
    uint32_t size;      /* sizeof(meower_store_vtable) */
    const char *scheme; /* such as "sqlite" */
    uint32_t flags;     /* MEOWER_STORE_... */

    /* Opens what config->url names, creating, migrating and adopting as needed: every meow without an event gets one,
     * in id order. Blocks. */
    int (*open)(const meower_backend_config *config, void **store, meower_error *error);
    /* Closes it. Everything appended stays. Blocks. */
    void (*close)(void *store);
    /* Fills *info. Called once after open, on lane 0. */
    int (*info)(void *store, meower_store_info *info, meower_error *error);
    /* Carries out a batch in one durable transaction: all of it or nothing. Posts and deletes get the next positions in
     * their order, without a hole; those that are refused or replayed take none. Two posts of one batch may bear the
     * same key: the second replays the first. One caller at a time, beside the lanes. Blocks. Returns OUTCOME_UNKNOWN
     * when it cannot tell whether the transaction was committed.
     *
     * Ids rise with positions, over all who write to the store and all its openings: a meow is stored only with an id
     * above the newest one, which is the greatest that was ever stored or adopted, also of a meow that is deleted. The
     * posts of a batch come with rising ids. When the first of them that would be stored is not above the newest id,
     * append() stores nothing of the batch, sets operations[0].stored_id to the newest id, and returns CONFLICT: the
     * caller draws higher ids and tries again. So it must compare in the same transaction, where no other writer can
     * come in between; and a batch of unknown outcome can be stored no more once a later one is. */
    int (*append)(void *store, meower_store_operation *operations, size_t count, meower_error *error);
    /* The position of the last event that is committed. Blocks. */
    int (*head)(void *store, unsigned lane, uint64_t *position, meower_error *error);
    /* Pushes the events after position `after`, at most `max`, in position order. Blocks. */
    int (*read_events)(void *store, unsigned lane, uint64_t after, size_t max, meower_row_sink *sink,
                       meower_error *error);
    /* Pushes the meows of a range, compared bytewise by id. Blocks. */
    int (*list)(void *store, unsigned lane, const meower_range *range, meower_row_sink *sink, meower_error *error);
    /* Pushes the meows with these ids that exist, in any order. Blocks. */
    int (*get)(void *store, unsigned lane, const char *const *ids, size_t count, meower_row_sink *sink,
               meower_error *error);
    /* The position remembered under `name`; 0 when there is none. Blocks. */
    int (*checkpoint)(void *store, unsigned lane, const char *name, uint64_t *position, meower_error *error);

    /* What follows may be NULL: what it is for then fails with UNSUPPORTED. A table may also end before it. */

    /* Draws a new epoch, durably; info() says it from then on. One caller at a time, beside the lanes. Blocks. */
    int (*new_epoch)(void *store, meower_error *error);
    /* Writes a copy of the store that config->url names, of one moment, into the new file `path`; the store may be open
     * and written to, in this process or another, meanwhile. Blocks. */
    int (*backup)(const meower_backend_config *config, const char *path, meower_error *error);
    /* Puts a copy made by backup() in the place of the store, which nobody has open, and draws a new epoch. After an
     * error the store is as it was. Blocks. */
    int (*restore)(const meower_backend_config *config, const char *path, meower_error *error);
    /* Checks what only the store knows of its data, and pushes what is wrong. Changes nothing. Blocks. */
    int (*inspect)(void *store, unsigned lane, meower_text_sink *sink, meower_error *error);
    /* Since 0.2: sets *total to how many meows a range has; its order, skip and take mean nothing here. Blocks. */
    int (*count)(void *store, unsigned lane, const meower_range *range, uint64_t *total, meower_error *error);
} meower_store_vtable;

/* ---- bus -------------------------------------------------------------------------------------------------------- */

/* One event on its way to other processes. */
typedef struct meower_bus_message {
    uint64_t position;
    int kind;            /* MEOWER_EVENT_... */
    const char *epoch;   /* of the store */
    const char *id;      /* of the meow */
    int64_t at_us;       /* the event's time */
    const char *payload; /* JSON, as docs/EVENTS.md describes it */
    size_t payload_len;  /* bytes */
} meower_bus_message;

/* Takes received payloads. `payload` need not be NUL-terminated nor sound. */
typedef struct meower_bus_sink {
    int (*message)(struct meower_bus_sink *sink, const char *payload, size_t payload_len);
} meower_bus_sink;

/* Properties of a bus. */
enum {
    MEOWER_BUS_PROCESS_LOCAL = 1 /* what is published reaches this instance alone, and is gone with it */
};

typedef struct meower_bus_vtable {
    uint32_t abi;
    uint32_t size; /* sizeof(meower_bus_vtable) */
    const char *scheme;
    uint32_t flags; /* MEOWER_BUS_... */

    int (*open)(const meower_backend_config *config, void **bus, meower_error *error); /* Blocks. */
    void (*close)(void *bus);                                                          /* Blocks. */
    /* Publishes a batch in its order and returns when the bus has accepted all of it; after an error any part may have
     * been accepted, and the batch comes again. One caller at a time, beside receive(). Blocks. */
    int (*publish)(void *bus, const meower_bus_message *messages, size_t count, meower_error *error);
    /* Pushes what has arrived; when nothing has, waits at most `timeout_ms` for the first message. Losing, repeating or
     * reordering messages is harmless. One caller at a time, beside publish(). Blocks. */
    int (*receive)(void *bus, int timeout_ms, meower_bus_sink *sink, meower_error *error);
    /* Makes a receive() that waits, or else the next one, return soon. Any thread. Does not block. */
    void (*wake)(void *bus);
    /* Since 0.1, may be NULL: tells the other processes that the feed has come as far as `last->position`, apart from
     * what is published: it may overtake that, and consumers of the feed's events do not take it for one. It is heard
     * by receive() as a message with that position and epoch. It may be lost. Called as publish() is. Blocks. */
    int (*announce)(void *bus, const meower_bus_message *last, meower_error *error);
} meower_bus_vtable;

/* ---- search ----------------------------------------------------------------------------------------------------- */

/* One change of the index. The words are the library's work (folded, in the order of the text, joined by single
 * spaces), so that every engine sees the same ones and only has to match them as they are. */
typedef struct meower_search_document {
    uint64_t position; /* of the event; later positions are newer */
    const char *id;
    const char *words;          /* NULL: the meow is deleted, remove it */
    size_t words_len;           /* bytes */
    const meower_label *labels; /* that the meow carries, in bytewise order of key, then value, and none twice; all
                                   texts NUL-terminated */
    size_t label_count;         /* 0 to MEOWER_LABELS_MAX */
} meower_search_document;

/* One word, or one run of characters, that is searched. */
typedef struct meower_search_word {
    const char *text; /* folded, NUL-terminated; the characters of a run are joined by single spaces, and stand side by
                         side in the words of a document that has the run */
    size_t text_len;  /* bytes */
    unsigned typos_max;   /* 0, 1 or 2 edits; the first code point is not one of them */
    int is_prefix;        /* 1: longer words that begin with it match too (the last word); of a run, longer words that
                             begin with its last character, in the place of that */
    int may_differ_first; /* 1: where no document has this word, words with another first code point match as typos
                             when one edit in all leads to them */
    int may_be_split;     /* 1: two to four words of a document side by side that are this word when joined match it as
                             a typo does */
} meower_search_word;

/* Neighbours in the query that are one word when they are joined: a document that has that word matches each of them as
 * a typo does. */
typedef struct meower_search_join {
    const char *text;   /* folded, NUL-terminated */
    size_t text_len;    /* bytes */
    uint32_t word_mask; /* bit i: words[i] is a part of it */
} meower_search_join;

/* What is searched. Of the documents that carry what the terms say, `skip` are left out first. The terms have no part
 * in the order: what is counted for it, such as how many documents have a word, is counted in the whole index.
 *
 * A word matches a document in the best of three qualities: 0 exactly, 1 with typos, 2 as a prefix.
 * First come the documents in which all words match, in three tiers (all of quality 0; 0 or 1; any), the newest
 * position first in each. Behind them those in which some match, by the sum of what the words add to them, of equal
 * sums the newest first: docs/SEARCH.md, "Order", says how much that is. */
typedef struct meower_search_request {
    const meower_search_word *words;
    size_t word_count; /* 1 to 32 */
    const meower_search_join *joins;
    size_t join_count;
    uint64_t skip;
    uint32_t take;
    const meower_label *terms; /* as in meower_range */
    size_t term_count;         /* 0: any document */
} meower_search_request;

/* Takes documents in position order. `words` is NULL where the engine keeps none that can be read; labels are not asked
 * for, and not looked at. */
typedef struct meower_document_sink {
    int (*document)(struct meower_document_sink *sink, const meower_search_document *document);
} meower_document_sink;

/* Takes ids, best first. */
typedef struct meower_hit_sink {
    int (*hit)(struct meower_hit_sink *sink, const char *id, uint64_t position);
} meower_hit_sink;

/* How far the index is. */
typedef struct meower_search_info {
    char epoch[MEOWER_EPOCH_SIZE]; /* of the store it was made from, "" when the index is empty */
    uint64_t position;             /* everything up to it is in the index */
} meower_search_info;

/* Properties of a search engine. */
enum {
    MEOWER_SEARCH_EXCLUSIVE =
        1,                  /* the index belongs to this instance alone: a failing engine is a defect, not an outage */
    MEOWER_SEARCH_LOOKS = 2 /* open() knows MEOWER_OPEN_TO_LOOK; without this it is never asked to */
};

typedef struct meower_search_vtable {
    uint32_t abi;
    uint32_t size; /* sizeof(meower_search_vtable) */
    const char *scheme;
    uint32_t flags; /* MEOWER_SEARCH_... */

    int (*open)(const meower_backend_config *config, void **search, meower_error *error); /* Blocks. */
    void (*close)(void *search);                                                          /* Blocks. */
    /* Fills *info from what the index itself remembers. Beside the lanes. Blocks. */
    int (*info)(void *search, meower_search_info *info, meower_error *error);
    /* Empties the index: epoch "", position 0. One writer at a time. Blocks. */
    int (*reset)(void *search, meower_error *error);
    /* Applies a batch in its order and remembers *info with it, in one step or at least not before. Applying a batch
     * again changes nothing. One writer at a time, beside the lanes. Blocks. */
    int (*index)(void *search, const meower_search_document *documents, size_t count, const meower_search_info *info,
                 meower_error *error);
    /* Makes all that was indexed visible to match(); NULL when index() does. One writer at a time. Blocks. */
    int (*refresh)(void *search, meower_error *error);
    /* Pushes the hits of a request. Blocks. */
    int (*match)(void *search, unsigned lane, const meower_search_request *request, meower_hit_sink *sink,
                 meower_error *error);

    /* What follows may be NULL, the four for a rebuild all or none: what they are for then fails with UNSUPPORTED. A
     * table may also end before it. */

    /* Begins an empty index beside the one that is searched, which goes on as before. What is left of an earlier
     * rebuild is dropped. All four: one writer at a time, as index(). Block. */
    int (*rebuild_begin)(void *search, meower_error *error);
    /* As index(), into the index beside. */
    int (*rebuild_index)(void *search, const meower_search_document *documents, size_t count,
                         const meower_search_info *info, meower_error *error);
    /* Puts the index beside in the place of the one that is searched, all of it visible: a search sees the one or the
     * other. After an error the old one is still there. */
    int (*rebuild_swap)(void *search, meower_error *error);
    /* Drops the index beside. */
    int (*rebuild_cancel)(void *search, meower_error *error);
    /* Pushes what match() could find after position `after`, at most `max` documents, in position order. Blocks. */
    int (*list)(void *search, unsigned lane, uint64_t after, size_t max, meower_document_sink *sink,
                meower_error *error);
    /* Checks what only the engine knows of its index, and pushes what is wrong. Changes nothing. Blocks. */
    int (*inspect)(void *search, unsigned lane, meower_text_sink *sink, meower_error *error);
    /* Does what can wait until nothing is to be indexed, such as clearing away what is deleted. Sets *wait_us to when
     * it wants to be called again though nothing was indexed since, in microseconds, or to 0. One writer at a time, as
     * index(). Blocks. */
    int (*tend)(void *search, int64_t *wait_us, meower_error *error);
} meower_search_vtable;

/* ---- giving them to an instance --------------------------------------------------------------------------------- */

/* Add a backend to the options of one instance: its scheme can then stand in the option "store", "bus" or "search". The
 * table `vtable` is copied (min(size, ours) bytes); its scheme is borrowed for the life of the options and of the
 * instances opened with them; `context` comes back in the config. Errors: ABI when abi or size do not fit or a required
 * member is missing, which the message names; INVALID when the scheme is taken. One thread at a time. Since 0.1. */
MEOWER_API int meower_options_add_store(meower_options *options, const meower_store_vtable *vtable, void *context,
                                        meower_error *error);
MEOWER_API int meower_options_add_bus(meower_options *options, const meower_bus_vtable *vtable, void *context,
                                      meower_error *error);
MEOWER_API int meower_options_add_search(meower_options *options, const meower_search_vtable *vtable, void *context,
                                         meower_error *error);

/* Sets the clock (copied; NULL: the system's). One thread at a time. Since 0.1. */
MEOWER_API void meower_options_set_clock(meower_options *options, const meower_clock *clock);

/* Called before every call of a backend; when `before` returns anything but MEOWER_OK, the backend is not called and
 * the call gives that status. `after` (may be NULL) is called with the status of a call that was made and returns the
 * one to give instead: an unknown outcome. For tests: faults at any port, without a mock. Any thread. */
typedef struct meower_fault_hook {
    int (*before)(void *context, const char *port, const char *call, meower_error *error);
    int (*after)(void *context, const char *port, const char *call, int status, meower_error *error);
    void *context;
} meower_fault_hook;

/* Sets the fault hook (copied; NULL: none). One thread at a time. Since 0.1. */
MEOWER_API void meower_options_set_fault_hook(meower_options *options, const meower_fault_hook *hook);

/* Writes an error for a backend: `code`, the engine's own `backend_code` (or 0; its domain is MEOWER_DOMAIN_OTHER),
 * `flags`, and a message made of `format` as printf() does, cut to fit. `error` may be NULL. Returns `code`, so that a
 * failing path is one line. Any thread. Since 0.1. */
MEOWER_API int meower_error_set(meower_error *error, int code, int backend_code, uint32_t flags, const char *format,
                                ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 5, 6)))
#endif
    ;

/* The same as meower_error_set() with `backend_domain`, MEOWER_DOMAIN_...: whose code `backend_code` is. `code`,
 * `flags` and `format` as there. Returns `code`. Any thread. Since 0.2. */
MEOWER_API int meower_error_set_backend(meower_error *error, int code, int backend_domain, int backend_code,
                                        uint32_t flags, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 6, 7)))
#endif
    ;

#ifdef __cplusplus
}
#endif
#endif
