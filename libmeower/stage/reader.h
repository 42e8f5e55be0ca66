/* reader.h - the stage that answers what needs the store or the index: pages, searches, and subscriptions that fell
 * behind. */
#ifndef STAGE_READER_H
#define STAGE_READER_H

#include "api/page.h"
#include "base/match.h"
#include "run/queue.h"
#include "run/worker.h"

enum {
    READ_LIST = 1,
    READ_GET = 2,
    READ_SEARCH = 3,
    READ_EVENTS = 4,
    READ_HEAD = 5 /* how far the feed is, others' events included */
};

/* One request on its way to a reader. Whoever makes it embeds or allocates it; the reader fills in what became of it
 * and calls complete() once. */
struct read_request {
    struct queue_node node; /* first: queues hold it by this */
    int kind;
    void (*complete)(struct read_request *request);
    uint64_t wait_for;         /* answer once this position is visible; 0: now */
    int64_t deadline_us;       /* monotonic: give up waiting */
    meower_range range;        /* LIST; SEARCH: only skip and take */
    const char *text;          /* SEARCH: the query; GET: the id */
    size_t text_len;           /* bytes */
    bool highlight;            /* SEARCH */
    uint64_t after;            /* EVENTS; HEAD: out */
    struct meower_page *page;  /* LIST, GET, SEARCH: made by who asks, filled by the reader */
    struct event_batch *batch; /* EVENTS: the same */
    int status;                /* out */
    meower_error error;        /* out, when status is not OK */
};

struct reader {
    meower *instance;
    unsigned lane;
    struct read_request *parked; /* they wait for their position */
    struct worker worker;
};

void reader_init(struct reader *reader, meower *instance, unsigned lane);
void reader_destroy(struct reader *reader);

/* Answers a LIST or GET out of the timeline, without waiting for anything. Returns false when it cannot. Any thread. */
bool reader_answer_from_timeline(meower *instance, struct read_request *request);

/* Queues a request and wakes a reader. Returns 0, BUSY or CLOSED; complete() will be called only after 0. Any thread.
 */
int reader_submit(meower *instance, struct read_request *request);

/* worker_step of a struct reader. */
bool reader_step(void *stage, int64_t *wait_us);

/* Fails what is parked or queued, after the workers have stopped. */
void reader_abandon(struct reader *reader);

#endif
