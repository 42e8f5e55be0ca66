/* command.h - posting and deleting.
 *
 * A command handle is a queue with a file descriptor: submit commands, wait until the descriptor is readable, take
 * results. The synchronous calls are the same with a time limit. All handles of an instance share one writer, which
 * puts everything that waits into one transaction (group commit). */
#ifndef MEOWER_COMMAND_H
#define MEOWER_COMMAND_H

#include <meower/meow.h>

#ifdef __cplusplus
extern "C" {
#endif

struct meower_feed;

/* A command handle. Released by meower_command_close(). */
typedef struct meower_command meower_command;

/* One post of many. Caller-owned. Initialise with MEOWER_POST_INIT, of an array at least the first that a call is
 * given.
 */
typedef struct meower_post {
    size_t struct_size; /* sizeof(meower_post) */
    const char *body;   /* body_len bytes */
    size_t body_len;
    const char *idempotency_key; /* NUL-terminated; NULL: none */
    void *tag;                   /* for its result */
    const meower_label *labels;  /* in any order; must pass meower_labels_check(). Since 0.2 */
    size_t label_count;          /* 0 to MEOWER_LABELS_MAX. Since 0.2 */
} meower_post;
#define MEOWER_POST_INIT                                                                                               \
    {                                                                                                                  \
        sizeof(meower_post), NULL, 0, NULL, NULL, NULL, 0                                                              \
    }

/* What became of one command. Caller-owned. Initialise with MEOWER_COMMAND_RESULT_INIT, of an array at least the first
 * that a call is given, and the others with zeros; it may be used again as it is. */
typedef struct meower_command_result {
    size_t struct_size;              /* sizeof(meower_command_result) */
    meower_error *error;             /* in: where to write why the command failed, the caller's; NULL: nowhere */
    void *tag;                       /* as submitted */
    int status;                      /* MEOWER_OK, or why not; OUTCOME_UNKNOWN: it may be stored all the same */
    int replayed;                    /* 1: the idempotency key had stored this meow before; nothing new was stored */
    int64_t created_at_us;           /* of a posted meow */
    uint64_t position;               /* of the event; 0 when there is none */
    char id[MEOWER_ID_SIZE];         /* of the meow */
    char cursor[MEOWER_CURSOR_SIZE]; /* the position as a token, for read-your-writes and subscriptions */
    uint32_t flags;                  /* MEOWER_ERROR_FLAG_... of a status other than MEOWER_OK */
} meower_command_result;
#define MEOWER_COMMAND_RESULT_INIT                                                                                     \
    {                                                                                                                  \
        sizeof(meower_command_result), NULL, NULL, 0, 0, 0, 0, "", "", 0                                               \
    }

/* Opens a handle on `instance`, which must outlive it. *out is released by meower_command_close().
 * Errors: UNSUPPORTED when the instance's roles lack "command", NO_MEMORY, IO, CLOSED, FORKED. Any thread. Since 0.1.
 */
MEOWER_API int meower_command_open(struct meower_feed *instance, meower_command **out, meower_error *error);

/* Returns the descriptor that is readable while results wait, until the last was taken. Owned by the handle: poll it
 * for input, never read or close it; it ends with the handle. INVALID when the handle is NULL. Any thread. Since 0.1.
 */
MEOWER_API int meower_command_fd(const meower_command *command);

/* Submits a post. `body` (`body_len` bytes, copied) must pass meower_body_check(). `idempotency_key` (copied, 1 to
 * MEOWER_KEY_MAX bytes) may be NULL; a key used before with the same body gives the same id again. The meow carries no
 * labels; one with labels goes through meower_command_submit_posts() or meower_command_post_one(). The result carries
 * `tag`, which the library does not look at. A result follows for every call that returned MEOWER_OK, and only for
 * those. Errors: INVALID, BUSY when the queue is full (retriable), CLOSED, NO_MEMORY, FORKED; nothing was queued then.
 * Any thread. Since 0.1. */
MEOWER_API int meower_command_submit_post(meower_command *command, const char *body, size_t body_len,
                                          const char *idempotency_key, void *tag, meower_error *error);

/* Submits `count` posts in their order, as meower_command_submit_post() would each of `posts` (borrowed until return)
 * with its labels, which belong to what an idempotency key stands for as the body does. All of them or none are
 * submitted, and in one step: they share transactions as far as the option batch_max allows. Each has a result of its
 * own; that one of them fails in the store does not hold back the others. With a count of 0 nothing happens. Errors:
 * INVALID, whose message names the first post that may not be posted by its index ("posts[3]: ..."), or that more than
 * queue_max never fit; UNSUPPORTED when a post has a member of a later version; BUSY when not all fit now (retriable),
 * CLOSED, NO_MEMORY, FORKED; nothing was queued then. Any thread. Since 0.1. */
MEOWER_API int meower_command_submit_posts(meower_command *command, const meower_post *posts, size_t count,
                                           meower_error *error);

/* Submits one post (borrowed until return), which may have labels, as meower_command_submit_post() does. Errors and
 * thread rule as there, and UNSUPPORTED when the post has a member of a later version. Since 0.2. */
MEOWER_API int meower_command_submit_one(meower_command *command, const meower_post *post, meower_error *error);

/* Submits the deletion of the meow `id` (NUL-terminated, copied). The result carries `tag`; its status is NOT_FOUND
 * when there is none. Errors and thread rule as meower_command_submit_post(). Since 0.1. */
MEOWER_API int meower_command_submit_delete(meower_command *command, const char *id, void *tag, meower_error *error);

/* Takes the next result into `out`, and why it failed into the error that `out` names, if any. Returns 1 when one was
 * taken, 0 when none waits (out is untouched), INVALID when `out` is NULL or was not initialised, UNSUPPORTED when it
 * has a member of a later version that is not zero, FORKED in a forked child. Never blocks. Any thread. Since 0.1. */
MEOWER_API int meower_command_next(meower_command *command, meower_command_result *out, meower_error *error);

/* Takes the next results, at most `max` of them, into `results` (the caller's, room for `max`), in the order in which
 * meower_command_next() would give them. Returns how many were taken, 0 when none waits, or INVALID, UNSUPPORTED and
 * FORKED as there; nothing was taken then. Never blocks. Any thread. Since 0.1. */
MEOWER_API int meower_command_next_many(meower_command *command, meower_command_result *results, size_t max,
                                        meower_error *error);

/* Posts and waits at most `timeout_ms` for the result (-1: for ever). `body`, `body_len` and `idempotency_key` are as
 * in meower_command_submit_post(). Returns the result's status; `out` (may be NULL) is written when it is MEOWER_OK,
 * and `error`, not the one that `out` names, when it is not. Errors: as there, UNSUPPORTED, CONFLICT, TIMEOUT,
 * INTERRUPTED, OUTCOME_UNKNOWN, and those of the store: UNAVAILABLE, IO, FULL. After TIMEOUT, INTERRUPTED and
 * OUTCOME_UNKNOWN the post may be stored all the same: repeat it with an idempotency key. With threads=0 it steps the
 * instance itself. Do not mix with submitted commands on one handle: BUSY while any of those is not taken. One thread
 * at a time. Since 0.1. */
MEOWER_API int meower_command_post(meower_command *command, const char *body, size_t body_len,
                                   const char *idempotency_key, int timeout_ms, meower_command_result *out,
                                   meower_error *error);

/* Posts `post` (borrowed until return), which may have labels, and waits at most `timeout_ms` (-1: for ever), as
 * meower_command_post() does; `out` and `error` are as there, and the result has the post's tag. Errors: as there, and
 * UNSUPPORTED when the post has a member of a later version. One thread at a time. Since 0.2. */
MEOWER_API int meower_command_post_one(meower_command *command, const meower_post *post, int timeout_ms,
                                       meower_command_result *out, meower_error *error);

/* Deletes the meow `id` (NUL-terminated) and waits at most `timeout_ms` (-1: for ever); `out` (may be NULL), errors and
 * the rest as meower_command_post(), and NOT_FOUND when there is none. One thread at a time. Since 0.1. */
MEOWER_API int meower_command_delete(meower_command *command, const char *id, int timeout_ms,
                                     meower_command_result *out, meower_error *error);

/* Releases the handle. Commands already submitted are still carried out, their results dropped. NULL and a handle of
 * the parent process are left alone. No other call on the handle may run or follow. Since 0.1. */
MEOWER_API void meower_command_close(meower_command *command);

#ifdef __cplusplus
}
#endif
#endif
