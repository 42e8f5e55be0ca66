/* subscription.h - the feed as it happens, from any position on.
 *
 * A subscription gives every event after its position exactly once, in order: from memory while it keeps up, from the
 * store when it has fallen behind. It never delays anyone else. */
#ifndef MEOWER_SUBSCRIPTION_H
#define MEOWER_SUBSCRIPTION_H

#include <meower/meow.h>

#ifdef __cplusplus
extern "C" {
#endif

struct meower_feed;

/* A subscription handle. Released by meower_subscription_close(). */
typedef struct meower_subscription meower_subscription;

/* One event. The handle's; valid until the next call of meower_subscription_next(), _next_many(), _wait() or _close()
 * on it. Members may be added at the end in later versions: never copy it by value. */
typedef struct meower_event {
    uint64_t position;       /* 1, 2, 3, ...; the creation of a meow that is deleted by now may be left out */
    int kind;                /* MEOWER_EVENT_... */
    const meower_meow *meow; /* of a deletion only the id: body is NULL */
    const char *cursor;      /* the position as a token: resume after this event with it */
    const char *json;        /* the event as a WebSocket client gets it, one JSON object, NUL-terminated */
    size_t json_len;         /* bytes of json */
} meower_event;

/* The cursor before the first event. */
#define MEOWER_CURSOR_START "start"

/* What to follow: what comes after a cursor, and of that, what carries these labels and has these words. A deletion is
 * given whatever the filter says, for what the meow was is gone: a program leaves alone what it does not show. A cursor
 * is good for any filter. Initialise with MEOWER_FOLLOW_INIT. Since 0.2. */
typedef struct meower_follow {
    size_t struct_size;         /* sizeof(meower_follow) */
    const char *cursor;         /* as meower_subscription_open() takes it */
    const meower_label *labels; /* only meows that carry these: values of one key are alternatives, different keys must
                                   all hold. In any order */
    size_t label_count;         /* 0 to MEOWER_LABELS_MAX; 0: any meow */
    const char *text;           /* a standing search, UTF-8, plain text: only meows that all its words match, each
                                   exactly, with typos, joined or split, or the last one as a prefix (docs/SEARCH.md, "On
                                   live streams"); NULL: any meow */
    size_t text_len;            /* bytes, at most 8,192 */
} meower_follow;
#define MEOWER_FOLLOW_INIT                                                                                             \
    {                                                                                                                  \
        sizeof(meower_follow), NULL, NULL, 0, NULL, 0                                                                  \
    }

/* Subscribes on `instance`, which must outlive the handle, to what follows `cursor`; NULL or "": to what follows now;
 * MEOWER_CURSOR_START (since 0.2): to all that the store has, from the first event on. An unknown cursor (another
 * epoch, or beyond the head) is no error: the subscription starts now and meower_subscription_recovered() is 0. Where
 * other processes write to the same store, "now" and the head are looked up there: then it blocks, at most for the
 * option wait_max_ms. Errors: INVALID when the cursor is no token at all, UNSUPPORTED when the instance's roles lack
 * "subscription", TIMEOUT, UNAVAILABLE, IO and BUSY when the store could not be looked at (retriable; where this
 * process knows the cursor it starts all the same), INTERRUPTED, NO_MEMORY, CLOSED, FORKED. Any thread. Since 0.1. */
MEOWER_API int meower_subscription_open(struct meower_feed *instance, const char *cursor, meower_subscription **out,
                                        meower_error *error);

/* Subscribes as meower_subscription_open() does to what `follow` (copied; NULL: to all that follows now) says. Errors:
 * those, and INVALID when a label or the text is not right or no word is in the text, with the reason in `error`;
 * UNSUPPORTED also when a member of a later version is set. Any thread. Since 0.2. */
MEOWER_API int meower_subscription_follow(struct meower_feed *instance, const meower_follow *follow,
                                          meower_subscription **out, meower_error *error);

/* Subscribes as meower_subscription_follow() does, but never blocks: no event comes, and
 * meower_subscription_recovered(), _cursor() and _position() mean nothing, until meower_subscription_started() has
 * returned 1. Errors: INVALID, UNSUPPORTED, NO_MEMORY, IO, CLOSED, FORKED. Any thread. Since 0.1; takes `follow`, not a
 * cursor, since 0.2. */
MEOWER_API int meower_subscription_begin(struct meower_feed *instance, const meower_follow *follow,
                                         meower_subscription **out, meower_error *error);

/* Returns 1 when it is known where the subscription starts, 0 when not yet (the descriptor is readable once it may be),
 * or why the store could not be looked at: UNAVAILABLE, IO or BUSY (retriable: call again later), CLOSED; INVALID when
 * the handle is NULL, FORKED. Never blocks. One thread at a time. Since 0.1. */
MEOWER_API int meower_subscription_started(meower_subscription *subscription, meower_error *error);

/* Returns the descriptor that is readable while events wait, until the last was taken. Owned by the handle: poll it for
 * input, never read or close it; it ends with the handle. INVALID when the handle is NULL. Any thread. Since 0.1. */
MEOWER_API int meower_subscription_fd(const meower_subscription *subscription);

/* Returns 1 when everything after the given cursor follows; 0 when that cannot be: read the list again.
 * Any thread. Since 0.1. */
MEOWER_API int meower_subscription_recovered(const meower_subscription *subscription);

/* Returns the position of the last event taken (at first: where it started), as a token. When nothing was left to take
 * it is further on, after what did not match. The handle's, valid until the next call of meower_subscription_next(),
 * _next_many() or _wait(). One thread at a time. Since 0.1. */
MEOWER_API const char *meower_subscription_cursor(const meower_subscription *subscription);

/* Returns the same position as a number, which rises by one with each event of the feed; 0 when the handle is NULL. One
 * thread at a time. Since 0.2. */
MEOWER_API uint64_t meower_subscription_position(const meower_subscription *subscription);

/* Takes the next event. Returns 1 and sets *out, which is the handle's (see meower_event), when one was taken, 0 when
 * none waits, or an error: UNAVAILABLE or IO when the store cannot be read now, BUSY when too many requests wait for it
 * (both retriable: call again later, nothing is skipped; the descriptor stays readable), NO_MEMORY, CLOSED, FORKED.
 * With a filter it also returns 0 when it has looked at about a thousand events and none matched; the descriptor is
 * then still readable, and the next call goes on. Never blocks. One thread at a time. Since 0.1. */
MEOWER_API int meower_subscription_next(meower_subscription *subscription, const meower_event **out,
                                        meower_error *error);

/* Takes the next events, at most `max` of them, in their order. Returns how many and writes a pointer to each to
 * `events` (the caller's, room for `max`), or 0 and errors as meower_subscription_next(); nothing was taken then. There
 * may be more than it gives: take until there are none. INVALID when `events` is NULL. Never blocks. One thread at a
 * time. Since 0.2. */
MEOWER_API int meower_subscription_next_many(meower_subscription *subscription, const meower_event **events, size_t max,
                                             meower_error *error);

/* As meower_subscription_next(), waiting at most `timeout_ms` (-1: for ever) for an event. Returns as
 * meower_subscription_next(), 0 when the time ran out, INTERRUPTED. With threads=0 it steps the instance itself. One
 * thread at a time. Since 0.1. */
MEOWER_API int meower_subscription_wait(meower_subscription *subscription, int timeout_ms, const meower_event **out,
                                        meower_error *error);

/* Releases the handle; NULL and one of the parent process are left alone. No other call on it may run or follow. Since
 * 0.1. */
MEOWER_API void meower_subscription_close(meower_subscription *subscription);

#ifdef __cplusplus
}
#endif
#endif
