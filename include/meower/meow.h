/* meow.h - the message itself, and the sizes that bound it. */
#ifndef MEOWER_MEOW_H
#define MEOWER_MEOW_H

#include <meower/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MEOWER_ID_LEN      27  /* characters of an id (KSUID, base62) */
#define MEOWER_ID_SIZE     28  /* the same with the terminating NUL */
#define MEOWER_BODY_MAX    140 /* Unicode code points of a body, before HTML escaping */
#define MEOWER_CURSOR_SIZE 40  /* bytes of a cursor token with the terminating NUL, at most */
#define MEOWER_KEY_MAX     255 /* bytes of an idempotency key, at most */

#define MEOWER_LABELS_MAX      16  /* labels of a meow, and terms of a filter, at most */
#define MEOWER_LABEL_KEY_MAX   32  /* characters of a label's key, at most */
#define MEOWER_LABEL_VALUE_MAX 128 /* Unicode code points of a label's value, at most */

/* A label: what a meow carries besides its text, such as room=garden or author=tom. A key begins with a letter and has
 * only the characters a to z, 0 to 9 and _. A value is UTF-8 with the rules of a body; it is stored as it is, without
 * escaping: show it as text, not as HTML. A meow may have a key several times, with different values. The texts of a
 * label that the library gives are NUL-terminated; those that a program gives need not be. Fixed size, for posts, meows
 * and filters have arrays of it. */
typedef struct meower_label {
    const char *key;
    size_t key_len; /* bytes */
    const char *value;
    size_t value_len; /* bytes */
} meower_label;

/* Initialises a meower_label with two string literals: MEOWER_LABEL("room", "garden"). */
#define MEOWER_LABEL(key, value)                                                                                       \
    {                                                                                                                  \
        "" key, sizeof("" key) - 1, "" value, sizeof("" value) - 1                                                     \
    }

/* A meow as stored. The library owns it; the comment of the function that gave it says for how long. Members may be
 * added at the end in later versions: never copy it by value. */
typedef struct meower_meow {
    const char *id;             /* 27 characters, NUL-terminated */
    const char *body;           /* UTF-8, NUL-terminated */
    size_t body_len;            /* bytes of body without the NUL */
    int64_t created_at_us;      /* microseconds since 1970-01-01T00:00:00Z */
    const meower_label *labels; /* in bytewise order of key, then value; NULL when there are none. Since 0.2 */
    size_t label_count;         /* 0 to MEOWER_LABELS_MAX. Since 0.2 */
} meower_meow;

/* Kinds of events; clients ignore kinds they do not know. */
enum {
    MEOWER_EVENT_CREATED = 1,
    MEOWER_EVENT_DELETED = 2
};

/* Checks that `id` (`id_len` bytes) is a well-formed id: 27 base62 characters, not above the largest KSUID.
 * Returns MEOWER_OK or MEOWER_ERROR_INVALID. Any thread. Since 0.1. */
MEOWER_API int meower_id_check(const char *id, size_t id_len, meower_error *error);

/* Checks that `body` (`body_len` bytes) may be posted: valid UTF-8, 1 to MEOWER_BODY_MAX code points, no control
 * characters but newline and tab. Returns MEOWER_OK or MEOWER_ERROR_INVALID with the reason in `error`.
 * Any thread. Since 0.1. */
MEOWER_API int meower_body_check(const char *body, size_t body_len, meower_error *error);

/* Checks that a meow may have these `count` labels, in any order: at most MEOWER_LABELS_MAX, each with a key and a
 * value as meower_label says, and none twice. Returns MEOWER_OK, or MEOWER_ERROR_INVALID with the reason in `error`,
 * which names the label. Any thread. Since 0.2. */
MEOWER_API int meower_labels_check(const meower_label *labels, size_t count, meower_error *error);

#ifdef __cplusplus
}
#endif
#endif
