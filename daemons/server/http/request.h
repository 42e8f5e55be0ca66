/* request.h - the strict gate: HTTP/1.1 as RFC 9112 has it, or a refusal. Bytes in, a request out; no I/O.
 *
 * A request that two programs could read in two ways is refused here, before any route sees it, so that no byte of
 * one request can be taken for part of another (request smuggling). */
#ifndef SERVER_HTTP_REQUEST_H
#define SERVER_HTTP_REQUEST_H

#include "server/net/slice.h"

#define REQUEST_HEAD_MAX    8192  /* bytes of request line and header fields, with the empty line */
#define REQUEST_CONTENT_MAX 16384 /* bytes of content */

enum request_method {
    REQUEST_GET,
    REQUEST_HEAD,
    REQUEST_POST,
    REQUEST_DELETE,
    REQUEST_OPTIONS,
    REQUEST_OTHER /* well-formed, but no route has it */
};

/* The header fields that matter here; all others are checked for form and left out. */
enum request_field {
    REQUEST_HOST,
    REQUEST_CONTENT_LENGTH,
    REQUEST_CONTENT_TYPE,
    REQUEST_AUTHORIZATION,
    REQUEST_IDEMPOTENCY_KEY,
    REQUEST_MEOWER_CURSOR,
    REQUEST_LAST_EVENT_ID,
    REQUEST_ORIGIN,
    REQUEST_WEBSOCKET_KEY,
    REQUEST_WEBSOCKET_VERSION,
    REQUEST_EXPECT,
    REQUEST_FIELD_COUNT /* each of those above may stand in a request once at most */
};

/* Those that are lists, and may go on in further lines (RFC 9110, 5.3). */
enum request_list_field {
    REQUEST_IF_NONE_MATCH,
    REQUEST_ACCEPT_ENCODING,
    REQUEST_UPGRADE,
    REQUEST_LIST_COUNT
};

/* Lines that are read of each; without the rest a client gets more than it needs, never less. */
#define REQUEST_LIST_LINES 4

struct request_list {
    struct slice lines[REQUEST_LIST_LINES]; /* text is NULL after the last one */
};

/* All texts point into the bytes that were parsed. */
struct request {
    enum request_method method;
    struct slice method_name;
    struct slice path;                        /* as sent, with its percent-encoding, which is well-formed */
    struct slice query;                       /* after '?'; text is NULL when there is none */
    struct slice fields[REQUEST_FIELD_COUNT]; /* text is NULL for one that is absent */
    struct request_list lists[REQUEST_LIST_COUNT];
    struct slice content;
    size_t head_len;    /* bytes up to the content */
    size_t content_len; /* bytes of content that the head announces */
    bool keep_alive;
    bool wants_upgrade; /* "upgrade" stands in the Connection field */
    bool expects_continue;
};

enum request_result {
    REQUEST_COMPLETE,
    REQUEST_INCOMPLETE, /* head_len is 0 until the head is complete */
    REQUEST_REFUSED
};

/* Why a request is refused: answer this and close the connection. */
struct request_refusal {
    int status;
    const char *detail;
};

/* Parses the request at the beginning of `bytes`. */
enum request_result request_parse(const char *bytes, size_t len, struct request *request,
                                  struct request_refusal *refusal);

/* Cuts the next element off the list, as slice_next() does off a line. False at the end of the last line. */
bool request_list_next(struct request_list *list, struct slice *element);

#endif
