/* read_request.h - one request on its way to a reader and back. */
#ifndef STAGE_READ_REQUEST_H
#define STAGE_READ_REQUEST_H

#include "feed/event_log.h"
#include "run/queue.h"
#include "stage/answer.h"

enum {
    READ_LIST = 1,
    READ_GET = 2,
    READ_SEARCH = 3,
    READ_EVENTS = 4,
    READ_HEAD = 5, /* how far the feed is, others' events included */
    READ_TOTAL = 6 /* how many meows a list has in all */
};

/* Whoever makes it embeds or allocates it; the reader fills in what became of it and calls complete() once. */
struct read_request {
    struct queue_node node; /* first: queues hold it by this */
    int kind;
    void (*complete)(struct read_request *request);
    uint64_t wait_for;         /* answer once this position is visible; 0: now */
    int64_t deadline_us;       /* monotonic: give up waiting */
    meower_range range;        /* LIST, TOTAL; SEARCH: only skip, take and terms */
    const char *text;          /* SEARCH: the query; GET: the id */
    size_t text_len;           /* bytes */
    bool highlight;            /* SEARCH */
    uint64_t after;            /* EVENTS; HEAD: out */
    struct answer *answer;     /* LIST, TOTAL, GET, SEARCH: made by who asks, filled by the reader */
    struct event_batch *batch; /* EVENTS: the same */
    int status;                /* out */
    meower_error error;        /* out, when status is not OK */
};

#endif
