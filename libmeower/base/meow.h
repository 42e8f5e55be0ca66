/* meow.h - one event with its meow, immutable and counted by reference: made once, rendered to JSON once, shared by the
 * event log, the timeline, pages and subscriptions. */
#ifndef BASE_MEOW_H
#define BASE_MEOW_H

#include <meower/backend.h>
#include <stdatomic.h>
#include <stdbool.h>

struct meow {
    atomic_uint references;
    int kind;          /* MEOWER_EVENT_... */
    uint64_t position; /* of the event; 0 when it came from a list */
    meower_meow view;  /* body is NULL for a deletion and for a meow that is gone */
    const char *json;  /* {"id":...,"body":...,"created_at":...,"labels":{...}}; for one without a body {"id":...} */
    size_t json_len;
    meower_label labels[]; /* in order (base/labels.h); id, body, json and the texts of the labels follow them */
};

/* Copies the row, whose labels were checked. NULL when memory is short. */
struct meow *meow_new(const meower_row *row);

/* Gives it another id of the same length. Only before anybody else holds it. */
void meow_set_id(struct meow *meow, const char *id);

struct meow *meow_hold(struct meow *meow); /* one reference more; returns `meow` */
void meow_release(struct meow *meow);      /* one less; frees it with the last. NULL does nothing. */
bool meow_has_body(const struct meow *meow);

#endif
