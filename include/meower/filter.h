/* filter.h - what a live stream is about, judged event by event: for a program that takes all events once and hands
 * each on to those whom it concerns, as a server does. A subscription of its own has its filter built in
 * (meower_subscription_follow()). */
#ifndef MEOWER_FILTER_H
#define MEOWER_FILTER_H

#include <meower/subscription.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A compiled filter. Immutable: any thread may ask it, also several at once. Released by meower_filter_free(). */
typedef struct meower_filter meower_filter;

/* Compiles what `follow` (copied; its cursor is not looked at) says of labels and text; one that says nothing of them
 * lets everything through. *out is released by meower_filter_free(). Errors: INVALID when `follow` or `out` is NULL, or
 * a label or the text is not right, with the reason in `error`; UNSUPPORTED when a member of a later version is set;
 * NO_MEMORY. Any thread. Since 0.2. */
MEOWER_API int meower_filter_new(const meower_follow *follow, meower_filter **out, meower_error *error);

/* Whether a subscription with this filter would give `event`, which a subscription gave and is still valid. Returns 1
 * or 0; INVALID when one of them is NULL, NO_MEMORY. A deletion concerns every filter. Any thread. Since 0.2. */
MEOWER_API int meower_filter_matches(const meower_filter *filter, const meower_event *event, meower_error *error);

/* Judges `event` for `count` filters: matches[i] becomes 1 or 0 for filters[i]. The body is cut into words once for all
 * of them. Returns how many match, or errors as meower_filter_matches(); `matches` means nothing then. Any thread.
 * Since 0.2. */
MEOWER_API int meower_filter_matches_many(const meower_filter *const *filters, size_t count, const meower_event *event,
                                          int *matches, meower_error *error);

/* Returns the labels of the filter, *count of them: in bytewise order of key, then value, and none twice; NULL with
 * *count 0 when it says nothing of labels. A meow that matches has one of them at least of each key: a program that
 * keeps its filters by the labels of one key need not ask each. The filter's, as long as it. Any thread. Since 0.2. */
MEOWER_API const meower_label *meower_filter_labels(const meower_filter *filter, size_t *count);

/* Releases the filter; NULL is left alone. No other call on it may run or follow. Since 0.2. */
MEOWER_API void meower_filter_free(meower_filter *filter);

#ifdef __cplusplus
}
#endif
#endif
