/* meower.h - libmeower: a live, searchable feed of short messages inside your program.
 *
 *     meower_feed *feed;                     meower_command *command;
 *     meower_options *options;          meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
 *     meower_options_new(&options, NULL);
 *     meower_options_set(options, "store", "sqlite:feed.db", NULL);
 *     meower_open(options, &feed, NULL);
 *     meower_command_open(feed, &command, NULL);
 *     meower_command_post(command, "hello", 5, NULL, 1000, &posted, NULL);
 *
 * This header is all that a user needs; backend.h is for those who bring a store, a bus or a search engine. */
#ifndef MEOWER_MEOWER_H
#define MEOWER_MEOWER_H

#include <meower/base.h>
#include <meower/command.h>
#include <meower/filter.h>
#include <meower/maintenance.h>
#include <meower/meow.h>
#include <meower/options.h>
#include <meower/query.h>
#include <meower/subscription.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An instance: a store, a bus, a search index and the stages between them. Several may live in one process; they share
 * nothing. Released by meower_close(). */
typedef struct meower_feed meower_feed;

/* Opens the backends that `options` names (copied; NULL: all defaults) and starts the stages. *out is released by
 * meower_close(), after the handles opened on it.
 * Blocks while the store opens: connecting, migrating, reading the newest meows.
 * Errors: INVALID, UNSUPPORTED, LOCKED, CORRUPT, PERMISSION, FULL, IO, UNAVAILABLE, ABI, NO_MEMORY; nothing stays open
 * then. Any thread. Since 0.1. */
MEOWER_API int meower_open(const meower_options *options, meower_feed **out, meower_error *error);

/* Runs every stage of `instance` once, for one with threads=0. Returns 1 when any had work, 0 when all are idle, or
 * INVALID when the instance has threads of its own, FORKED. One thread at a time. Since 0.1. */
MEOWER_API int meower_step(meower_feed *instance, meower_error *error);

/* One part of the instance as it is now. Static names. Initialise with MEOWER_HEALTH_INIT; it may be used again. */
typedef struct meower_health {
    size_t struct_size; /* sizeof(meower_health) */
    const char *part;   /* "store", "bus" or "search" */
    int ready;          /* 1: serving */
    char reason[500];   /* why not: an error's message, whole; empty when ready */
} meower_health;
#define MEOWER_HEALTH_INIT                                                                                             \
    {                                                                                                                  \
        sizeof(meower_health), NULL, 0, ""                                                                             \
    }

/* Writes the health of part `index` (from 0) to `out`. Returns 1, 0 past the last part, INVALID or UNSUPPORTED when
 * `out` does not fit (base.h, "Structs"), or FORKED. Measured now against the store's head as last seen, not
 * remembered. Any thread. Since 0.1. */
MEOWER_API int meower_health_at(meower_feed *instance, size_t index, meower_health *out, meower_error *error);

/* One counter or gauge. Static names. Initialise with MEOWER_METRIC_INIT; it may be used again. */
typedef struct meower_metric {
    size_t struct_size; /* sizeof(meower_metric) */
    const char *name;   /* such as "commands_total"; a name on "_total" only grows, the others go up and down */
    const char *help;   /* one sentence, with the unit */
    double value;
} meower_metric;
#define MEOWER_METRIC_INIT                                                                                             \
    {                                                                                                                  \
        sizeof(meower_metric), NULL, NULL, 0                                                                           \
    }

/* Writes metric `index` (from 0) to `out`. Returns 1, 0 past the last one, or INVALID, UNSUPPORTED and FORKED as
 * meower_health_at(). Any thread. Since 0.1. */
MEOWER_API int meower_metric_at(meower_feed *instance, size_t index, meower_metric *out, meower_error *error);

/* Ends the calls that wait on `instance`, on whichever thread and handle, and lets no call wait from then on: they fail
 * with INTERRUPTED, and what they asked for may still be carried out. Submitting, taking and what is answered without
 * waiting go on. So threads that wait for ever can be brought to close their handles, and the instance can be closed.
 * It cannot be taken back. Errors: INVALID, FORKED. Does not block. Any thread. Since 0.2. */
MEOWER_API int meower_interrupt(meower_feed *instance, meower_error *error);

/* Stops: refuses new commands, carries out those accepted, brings the index up to them, closes the backends. Waits at
 * most `timeout_ms` (-1: for ever); what was not done by then is done at the next open (the index, the bus) or fails
 * (commands), and the status is TIMEOUT with a message that counts it. The instance is released in either case. Errors:
 * BUSY while handles are open: nothing was closed then; FORKED. NULL is left alone. No other call on the instance may
 * run or follow. Since 0.1. */
MEOWER_API int meower_close(meower_feed *instance, int timeout_ms, meower_error *error);

#ifdef __cplusplus
}
#endif
#endif
