/* event.h - an event as JSON: what a WebSocket client gets, and what travels on the bus (docs/EVENTS.md). */
#ifndef BASE_EVENT_H
#define BASE_EVENT_H

#include "base/meow.h"

/* Bytes that event_write_frame() and event_write_payload() will write at most for this meow. */
size_t event_frame_size(const struct meow *meow);
size_t event_payload_size(const struct meow *meow);

/* {"kind":1,"id":...,"body":...,"created_at":...,"labels":{...},"cursor":"..."}; a meow without labels has no such
 * member, and a deletion has only kind, id and cursor.
 * Returns the bytes written; adds no NUL. */
size_t event_write_frame(const struct meow *meow, const char *epoch, char *out);

/* The same object with "position":"41","epoch":"..." after the cursor (as text: a float would round it). */
size_t event_write_payload(const struct meow *meow, const char *epoch, char *out);

/* Reads epoch and position out of a payload that may hold anything. False when it is none of ours. The object may have
 * more members, in any order. */
bool event_parse_payload(const char *payload, size_t len, char epoch[MEOWER_EPOCH_SIZE], uint64_t *position);

#endif
