/* ledger.h - what the store has committed, written down beside it: the state of the feed at every position, which all
 * that is read is compared with. */
#ifndef TESTS_SIM_LEDGER_H
#define TESTS_SIM_LEDGER_H

#include <meower/backend.h>
#include <stdbool.h>

#define LEDGER_BODY_SIZE   64
#define LEDGER_LABELS_SIZE 64

/* The position of the creation of a meow that was there in a former life of the store, and is not in this one. */
#define LEDGER_NEVER UINT64_MAX

struct ledger_meow {
    char id[MEOWER_ID_SIZE];
    char body[LEDGER_BODY_SIZE];
    char labels[LEDGER_LABELS_SIZE]; /* the run of them (base/labels.h) */
    size_t labels_len;
    int64_t created_at_us;
    uint64_t created; /* position, or LEDGER_NEVER */
    uint64_t deleted; /* position; 0: it is there */
};

struct ledger_event {
    int kind;    /* MEOWER_EVENT_... */
    size_t meow; /* its index */
};

struct ledger {
    struct ledger_event *events; /* events[0] has position 1 */
    uint64_t head;
    size_t event_capacity;
    struct ledger_meow *meows; /* in the order of their creation */
    size_t *by_id;             /* indexes of meows, ascending by id */
    size_t meow_count;
    size_t meow_capacity;
};

void ledger_destroy(struct ledger *ledger);

/* Writes down a committed post or deletion. NULL, or what is wrong with it. */
const char *ledger_record(struct ledger *ledger, const meower_store_operation *operation);

/* The store is again what it was at the position `head`. Meows that came later keep their index. */
void ledger_go_back(struct ledger *ledger, uint64_t head);

/* The event at a position, or NULL. */
const struct ledger_event *ledger_event_at(const struct ledger *ledger, uint64_t position);

/* The meow `id`, or NULL. */
const struct ledger_meow *ledger_find(const struct ledger *ledger, const char *id);

/* Whether it has these labels and no more. They are in any order. */
bool ledger_has_labels(const struct ledger_meow *meow, const meower_label *labels, size_t count);

/* Whether it carries what the terms of a filter say. */
bool ledger_matches(const struct ledger_meow *meow, const meower_label *terms, size_t term_count);

/* Whether a meow that is shown says what was stored: the same body and labels. */
bool ledger_is_same(const struct ledger_meow *meow, const meower_meow *shown);

/* Whether it is there when everything up to `position` has happened, and nothing else. */
bool ledger_is_alive(const struct ledger_meow *meow, uint64_t position);

/* What somebody was shown: `count` ids, by a function that says which one stands at an index. */
struct ledger_view {
    const char *(*id_at)(const void *shown, size_t index);
    const void *shown;
    size_t count;
    bool is_whole; /* nothing may be missing after the last one */
};

/* Whether that is what `range` gives at `position`, in its order. A meow that is deleted since may be missing: its text
 * is gone at once, also for those who have not heard of the deletion. */
bool ledger_is_view(const struct ledger *ledger, uint64_t position, const meower_range *range,
                    const struct ledger_view *view);

#endif
