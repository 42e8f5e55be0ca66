/* background.h - calls of a client library that block as long as they like, on a thread of their own. */
#ifndef BUS_BACKGROUND_H
#define BUS_BACKGROUND_H

#include <stdbool.h>

/* Runs `function(argument)` on a new thread, which nobody waits for. False when no thread can be made. */
bool background_start(void (*function)(void *argument), void *argument);

/* Runs `function(argument)` on a new thread and waits for its end, at most `timeout_ms`; after that it goes on by
 * itself, so `argument` must be its own to free. When no thread can be made it runs on the caller's, as long as it
 * takes. */
void background_run(void (*function)(void *argument), void *argument, int timeout_ms);

#endif
