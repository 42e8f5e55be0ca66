/* follow.h - what a subscription or a server's fan-out is told to follow, and the filter that is compiled of it. */
#ifndef API_FOLLOW_H
#define API_FOLLOW_H

#include "feed/event_log.h"
#include <meower/filter.h>

/* Copies what a program gave into *follow, which then has all members; NULL gives the defaults. Its texts stay where
 * they are. Errors: INVALID and UNSUPPORTED, as base/sized.h says. */
int follow_read(const meower_follow *given, meower_follow *follow, meower_error *error);

/* Compiles its labels and its text. *out is released by meower_filter_free(); it is NULL when there are neither, which
 * lets everything through. Errors: INVALID, NO_MEMORY. */
int follow_compile(const meower_follow *follow, meower_filter **out, meower_error *error);

/* Releases the events of a batch that do not match and closes the gaps. `through` stays. NO_MEMORY: nothing changed. */
int follow_sift(const meower_filter *filter, struct event_batch *batch, meower_error *error);

#endif
