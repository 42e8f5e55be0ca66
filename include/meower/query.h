/* query.h - listing, getting and searching.
 *
 * A query handle is a queue with a file descriptor, like a command handle. An answer is a page: meows and the position
 * they reflect. What the timeline cache holds is answered inside the submitting call; its page waits at once. */
#ifndef MEOWER_QUERY_H
#define MEOWER_QUERY_H

#include <meower/meow.h>

#ifdef __cplusplus
extern "C" {
#endif

struct meower_feed;

#define MEOWER_TAKE_DEFAULT 100  /* meows a page when nothing else is asked */
#define MEOWER_TAKE_MAX     1000 /* meows a page at most */

/* A query handle. Released by meower_query_close(). */
typedef struct meower_query meower_query;

/* An answer. Immutable: any thread may read it. Released by meower_page_free(); it may outlive its query handle and its
 * instance. */
typedef struct meower_page meower_page;

/* What to list: newest first. At most one of max_id, since_id and min_id, and skip only without them. Ids rise with
 * positions: who always asks with min_id for what is newer than the newest id he has seen misses nothing. Labels filter
 * what is listed; skip and take then count what is left. A label that no meow has is no error.
 * Initialise with MEOWER_LIST_INIT. */
typedef struct meower_list {
    size_t struct_size;         /* sizeof(meower_list) */
    uint64_t skip;              /* newest meows to leave out */
    uint32_t take;              /* meows wanted, 0 to MEOWER_TAKE_MAX */
    const char *max_id;         /* only older than this id; NULL: no bound */
    const char *since_id;       /* only newer than this id, the newest of them; NULL: no bound */
    const char *min_id;         /* only newer than this id, the oldest of them; NULL: no bound */
    const char *cursor;         /* answer only once this position is visible; NULL: now */
    const meower_label *labels; /* only meows that carry these: values of one key are alternatives, different keys must
                                   all hold. In any order. Since 0.2 */
    size_t label_count;         /* 0 to MEOWER_LABELS_MAX; 0: any meow. Since 0.2 */
} meower_list;
#define MEOWER_LIST_INIT                                                                                               \
    {                                                                                                                  \
        sizeof(meower_list), 0, MEOWER_TAKE_DEFAULT, NULL, NULL, NULL, NULL, NULL, 0                                   \
    }

/* What to search: plain text, best first (docs/SEARCH.md). Labels filter what is found, and change nothing in its
 * order; skip and take then count what is left. Initialise with MEOWER_SEARCH_INIT. */
typedef struct meower_search {
    size_t struct_size;         /* sizeof(meower_search) */
    const char *text;           /* UTF-8, plain text */
    size_t text_len;            /* bytes */
    uint64_t skip;              /* best matches to leave out, at most 10,000 */
    uint32_t take;              /* meows wanted, 0 to MEOWER_TAKE_MAX */
    int highlight;              /* 1: the page knows where the words stand in each body */
    const char *cursor;         /* as in meower_list */
    const meower_label *labels; /* as in meower_list. Since 0.2 */
    size_t label_count;         /* 0 to MEOWER_LABELS_MAX; 0: any meow. Since 0.2 */
} meower_search;
#define MEOWER_SEARCH_INIT                                                                                             \
    {                                                                                                                  \
        sizeof(meower_search), NULL, 0, 0, MEOWER_TAKE_DEFAULT, 0, NULL, NULL, 0                                       \
    }

/* Opens a handle on `instance`, which must outlive it. *out is released by meower_query_close().
 * Errors: UNSUPPORTED when the instance's roles lack "query", NO_MEMORY, IO, CLOSED, FORKED. Any thread. Since 0.1. */
MEOWER_API int meower_query_open(struct meower_feed *instance, meower_query **out, meower_error *error);

/* Returns the descriptor that is readable while pages wait, until the last was taken. Owned by the handle: poll it for
 * input, never read or close it; it ends with the handle. INVALID when the handle is NULL. Any thread. Since 0.1. */
MEOWER_API int meower_query_fd(const meower_query *query);

/* Submit a request (`list`, `search`: copied with their texts); its page carries `tag`, which the library does not look
 * at. A page follows for every call that returned MEOWER_OK, and only for those. A request with a cursor that does not
 * become visible within wait_max_ms gives a page of status TIMEOUT. Errors: INVALID, UNSUPPORTED when a member of a
 * later version is set, BUSY when the queue is full (retriable), CLOSED, NO_MEMORY, FORKED; nothing was queued then.
 * Any thread. Since 0.1. */
MEOWER_API int meower_query_submit_list(meower_query *query, const meower_list *list, void *tag, meower_error *error);
MEOWER_API int meower_query_submit_search(meower_query *query, const meower_search *search, void *tag,
                                          meower_error *error);

/* The same for the meow `id` (NUL-terminated, copied). The page holds it, or has the status NOT_FOUND. `cursor` (NULL:
 * now) is as in meower_list; `tag`, errors and thread rule as meower_query_submit_list(). Any thread. Since 0.1. */
MEOWER_API int meower_query_submit_get(meower_query *query, const char *id, const char *cursor, void *tag,
                                       meower_error *error);

/* Submits a count: how many meows `list` has in all, whatever its skip and take are. The page has no meows;
 * meower_page_total() says how many there are. The store counts them one by one: a million takes a tenth of a second
 * or more. `list`, `tag`, errors and thread rule as meower_query_submit_list(); the page's status is UNSUPPORTED where
 * the store cannot count. Any thread. Since 0.2. */
MEOWER_API int meower_query_submit_count(meower_query *query, const meower_list *list, void *tag, meower_error *error);

/* Takes the next page. Returns 1 and sets *out, released by meower_page_free(), when one was taken, 0 when none waits,
 * FORKED in a forked child.
 * Never blocks. Any thread. Since 0.1. */
MEOWER_API int meower_query_next(meower_query *query, meower_page **out, meower_error *error);

/* Ask and wait at most `timeout_ms` (-1: for ever). `list`, `search`, `id` and `cursor` are as in the calls above.
 * Return MEOWER_OK with the page in *out, released by meower_page_free(), or the page's status. Errors: INVALID,
 * UNSUPPORTED, NOT_FOUND (of meower_query_get), TIMEOUT, INTERRUPTED, BUSY, CLOSED, NO_MEMORY, FORKED, and those of the
 * store: UNAVAILABLE, IO, CORRUPT. With threads=0 they step the instance themselves. Do not mix with submitted requests
 * on one handle: BUSY while any of those is not taken. One thread at a time. Since 0.1. */
MEOWER_API int meower_query_list(meower_query *query, const meower_list *list, int timeout_ms, meower_page **out,
                                 meower_error *error);
MEOWER_API int meower_query_search(meower_query *query, const meower_search *search, int timeout_ms, meower_page **out,
                                   meower_error *error);
MEOWER_API int meower_query_get(meower_query *query, const char *id, const char *cursor, int timeout_ms,
                                meower_page **out, meower_error *error);

/* Sets *total to how many meows `list` has in all, as meower_query_submit_count() does, waiting at most `timeout_ms`
 * (-1: for ever). Errors and the rest as meower_query_list(), and UNSUPPORTED where the store cannot count. One thread
 * at a time. Since 0.2. */
MEOWER_API int meower_query_count(meower_query *query, const meower_list *list, int timeout_ms, uint64_t *total,
                                  meower_error *error);

/* Says how far the feed is, where other processes write to the store too: sets *position to the position of its last
 * event, 0 when there is none, and writes it to `cursor` (the caller's, room for MEOWER_CURSOR_SIZE bytes) as a token;
 * either may be NULL. Waits at most `timeout_ms` (-1: for ever). Errors and the rest as meower_query_list(). One thread
 * at a time. Since 0.2. */
MEOWER_API int meower_query_head(meower_query *query, int timeout_ms, uint64_t *position, char *cursor,
                                 meower_error *error);

/* Releases the handle and the pages nobody took; their requests are dropped. NULL and a handle of the parent process
 * are left alone. No other call on the handle may run or follow. Since 0.1. */
MEOWER_API void meower_query_close(meower_query *query);

/* The parts of a page. What they return is the page's and lives as long as it. `index` counts from 0, in the order of
 * the answer. Any thread. Since 0.1. */
MEOWER_API void *meower_page_tag(const meower_page *page);                 /* as submitted */
MEOWER_API int meower_page_status(const meower_page *page);                /* MEOWER_OK or why there is no answer */
MEOWER_API const meower_error *meower_page_error(const meower_page *page); /* detail of a status other than OK */
MEOWER_API size_t meower_page_count(const meower_page *page);              /* meows on it */
MEOWER_API uint64_t meower_page_total(const meower_page *page); /* of a count: how many meows; of others 0. Since 0.2 */
MEOWER_API const meower_meow *meower_page_meow(const meower_page *page, size_t index); /* NULL past the end */
MEOWER_API const char *meower_page_cursor(const meower_page *page); /* the position the answer reflects, as a token */
MEOWER_API uint64_t meower_page_position(const meower_page *page);  /* the same as a number. Since 0.2 */
MEOWER_API int meower_page_has_older(const meower_page *page);      /* 1: more follow the last meow */
MEOWER_API int meower_page_has_newer(const meower_page *page);      /* 1: more precede the first meow */
MEOWER_API int meower_page_is_fallback(
    const meower_page *page); /* 1: the engine was away; the newest meows were scanned */

/* A part of a body. Fixed size, for pages have arrays of them. */
typedef struct meower_highlight {
    uint32_t start;  /* code points of the body before it */
    uint32_t length; /* code points */
} meower_highlight;

/* Returns *count parts of the body of meow `index` (from 0), in their order, in which the words that were searched
 * stand; NULL with *count 0 when highlights were not asked for, or past the end. The page's, as long as it. Any thread.
 * Since 0.1. */
MEOWER_API const meower_highlight *meower_page_highlights(const meower_page *page, size_t index, size_t *count);

/* Returns the bytes that meower_page_write_json() will write. Any thread. Since 0.1. */
MEOWER_API size_t meower_page_json_len(const meower_page *page);

/* Writes the page as a JSON array of meows (for a page of meower_query_submit_get: as one object) to `out`, which has
 * room for meower_page_json_len() bytes; no NUL is added. Any thread. Since 0.1. */
MEOWER_API void meower_page_write_json(const meower_page *page, char *out);

/* Releases the page; NULL is left alone. No other call on the page may run or follow. Since 0.1. */
MEOWER_API void meower_page_free(meower_page *page);

#ifdef __cplusplus
}
#endif
#endif
