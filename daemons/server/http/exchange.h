/* exchange.h - HTTP on a connection: one request after another, and what an answer must know of its request, whose
 * bytes are gone by then. */
#ifndef SERVER_HTTP_EXCHANGE_H
#define SERVER_HTTP_EXCHANGE_H

#include "server/http/request.h"
#include "server/net/connection.h"
#include "server/net/listener.h"
#include <stdatomic.h>
#include <time.h>

#define EXCHANGE_CONDITION_SIZE 200 /* bytes of an If-None-Match that is looked at */
#define EXCHANGE_ORIGIN_SIZE    100
#define EXCHANGE_TARGET_SIZE    120 /* bytes of a target in the access log */

#define HTTP_ROUTES_MAX 16

struct router;
struct http_placing;

/* Answers of one route. */
struct route_metrics {
    const char *route;         /* NULL: this place is free */
    atomic_ullong by_class[6]; /* by the status's first digit */
};

struct http_metrics {
    struct connection_metrics connections;
    struct route_metrics routes[HTTP_ROUTES_MAX + 1]; /* the first: requests that no route got */
    atomic_ullong connections_refused_total;
    atomic_ullong requests_timed_out_total;
};

/* What HTTP reports, for a log. */
struct http_reports {
    const void *log; /* goes with each call */
    /* A request was answered. NULL: not wanted. */
    void (*answered)(const void *log, const char *target, int status, int64_t duration_ms);
    /* A request was answered 500. */
    void (*failed)(const void *log, const char *what, const char *status_name, const char *reason);
    /* Connections wait, but descriptors or memory are short. */
    void (*cannot_accept)(const void *log, const char *reason);
};

struct http_settings {
    const char *cors_origin; /* see cors.h */
    int64_t request_timeout_ms;
    int64_t idle_timeout_ms;
    struct http_reports reports;
};

/* What the exchanges of a loop share. */
struct http {
    struct http_settings settings;
    const struct router *router;
    struct http_metrics *metrics;
    struct connections connections;
    struct acceptor acceptor;
    const struct http_placing *placing; /* NULL: it does not accept */
    struct timeout request_timeout;     /* a request must have arrived whole */
    struct timeout idle_timeout;        /* the next request must have begun */
    struct buffer answer;               /* the answer that is being built: one at a time */
    time_t date_at_s;
    char date[40]; /* of date_at_s, as the Date field has it */
    bool is_stopping;
};

enum exchange_phase {
    EXCHANGE_READING,   /* waits for a request, or for the rest of one */
    EXCHANGE_ANSWERING, /* the handler answers later */
    EXCHANGE_STREAMING  /* a stream has taken the connection over */
};

/* A stream that takes a connection over, such as WebSocket: what it is told. */
struct takeover {
    void (*receive)(void *stream, const char *bytes, size_t len);
    void (*writable)(void *stream); /* it may send more */
    void (*stop)(void *stream);     /* the server ends */
    void (*closed)(void *stream);   /* the last call, also when the stream has not begun */
};

struct exchange;

/* Answers a request later, with what its handler waited for. */
typedef void (*exchange_answer)(struct exchange *exchange, const void *result);

struct exchange {
    struct connection connection;
    struct http *http;
    struct buffer in; /* bytes of requests that could not be used yet */
    enum exchange_phase phase;
    bool is_processing;     /* its handler runs right now */
    bool has_peer_ended;    /* the peer sends nothing more; it may wait for its answer */
    bool has_begun_request; /* part of a request is here, its time runs */
    bool has_continued;     /* "100 Continue" was sent for it */

    /* Of the request that is being answered: */
    bool is_head;
    bool keep_alive;
    struct route_metrics *counts;
    exchange_answer answer;
    unsigned take;        /* kept by the handler of a page for its answer */
    uint64_t query_hash;  /* likewise */
    struct buffer filter; /* likewise: the labels of a list as parameters, with a NUL; empty when there are none */
    int64_t begun_ms;
    char condition[EXCHANGE_CONDITION_SIZE]; /* If-None-Match, "" when there is none */
    char origin[EXCHANGE_ORIGIN_SIZE];       /* Origin, when the settings name it; else "" */
    char target[EXCHANGE_TARGET_SIZE];       /* method and path, for the access log */

    const struct takeover *takeover;
    void *stream; /* NULL: there is none, and none is about to begin */
};

struct exchange *exchange_of(struct connection *connection);

/* A request begins to be answered. */
void exchange_begin(struct exchange *exchange, const struct request *request);

/* The answer comes later, by exchange->answer(). Until then the exchange is the tag of what was asked for, and the
 * library may keep it longer than the client keeps its connection. */
void exchange_await(struct exchange *exchange, exchange_answer answer);

/* The exchange that is the tag of an answer of the library; NULL when the client is gone, and then the exchange is
 * freed. */
struct exchange *exchange_of_tag(void *tag);

/* The answer was sent, or waits for the socket: goes on with the next request, or closes. */
void exchange_answered(struct exchange *exchange);

/* A stream will answer the request and take the connection over. It is told from now on when the connection closes. */
void exchange_await_stream(struct exchange *exchange, const struct takeover *takeover, void *stream);

/* The stream has answered: all that comes from the client now is for it. */
void exchange_begin_stream(struct exchange *exchange);

/* The stream does not begin: the request is answered as any other. */
void exchange_drop_stream(struct exchange *exchange);

void exchange_free(struct exchange *exchange);

#endif
