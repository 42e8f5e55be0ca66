/* stages.h - the stages of one instance, wired together: each is given what it needs, and whom it wakes. Only
 * instance.c includes this. */
#ifndef API_STAGES_H
#define API_STAGES_H

#include "stage/reader.h"
#include "stage/rebuild.h"
#include "stage/relay.h"
#include "stage/tail.h"
#include "stage/writer.h"

struct stages {
    /* Given before stages_init(). */
    const meower_options *options;
    struct store *store;
    struct bus *bus;
    struct search *search; /* open where the instance has the role query */
    struct counters *counters;
    struct feed *feed;

    /* Its own. */
    bool has_command;
    bool has_query;
    bool has_threads;
    bool has_relay; /* somebody beyond this instance may listen on the bus */
    struct writer writer;
    struct tail tail;
    struct relay relay;
    struct projection projection;
    struct rebuild rebuild;
    struct readers readers;
    struct event_listener listener; /* wakes them when the feed grows */
};

/* What an instance leaves undone when it is closed. */
struct stages_rest {
    size_t commands;
    uint64_t unpublished; /* events */
    uint64_t unindexed;   /* events */
};

/* Lanes of the store and of the index that the stages need. */
unsigned stages_lanes(const meower_options *options);

/* Returns a status. */
int stages_init(struct stages *stages, meower_error *error);
void stages_destroy(struct stages *stages);

/* Starts the threads. Returns a status; after an error none runs. */
int stages_start(struct stages *stages, meower_error *error);

/* Runs every stage once, without threads. Returns whether any had work. */
bool stages_step(struct stages *stages);

/* Lets the stages finish what they have, at most until `deadline_us`, and nobody waits for the bus any more. */
void stages_drain(struct stages *stages, int64_t deadline_us);

/* Accepts nothing more, ends the threads and gives up what is left. */
void stages_stop(struct stages *stages, struct stages_rest *rest);

#endif
