/* instance.h - an instance as the other calls of the API see it. What it is made of is known to instance.c alone. */
#ifndef API_INSTANCE_H
#define API_INSTANCE_H

#include "run/notifier.h"
#include "stage/reader.h"
#include "stage/rebuild.h"
#include "stage/relay.h"
#include "stage/tail.h"
#include "stage/writer.h"
#include <meower/meower.h>

/* MEOWER_OK, or FORKED, CLOSED, or INVALID for NULL, with the reason: the first line of every public call on a handle.
 */
int instance_check(const meower_feed *instance, meower_error *error);

/* MEOWER_OK, or FORKED, or INVALID for NULL: for calls that go on while the instance is closing. */
int instance_check_process(const meower_feed *instance, meower_error *error);

/* Counts the open handles of users: the instance does not close before them. Any thread. */
void instance_handle_opened(meower_feed *instance);
void instance_handle_closed(meower_feed *instance);
size_t instance_handle_count(const meower_feed *instance);

/* Waits for `notifier`, at most until `deadline_us` (run/deadline.h); steps the instance instead when it has no
 * threads. Returns 0, TIMEOUT when the time is over, of which the caller says what for, or INTERRUPTED. */
int instance_wait(meower_feed *instance, const struct notifier *notifier, int64_t deadline_us, meower_error *error);

/* What the options say. */
bool instance_has_role(const meower_feed *instance, const char *role);
bool instance_escapes_html(const meower_feed *instance);
int64_t instance_wait_max_us(const meower_feed *instance);
const meower_clock *instance_clock(const meower_feed *instance);

/* What it is made of. The projection and the rebuild do nothing without the role query. */
const struct counters *instance_counters(const meower_feed *instance);
struct feed *instance_feed(meower_feed *instance);
struct writer *instance_writer(meower_feed *instance);
struct tail *instance_tail(meower_feed *instance);
struct relay *instance_relay(meower_feed *instance);
struct projection *instance_projection(meower_feed *instance);
struct rebuild *instance_rebuild(meower_feed *instance);
struct readers *instance_readers(meower_feed *instance);

#endif
