/* test_pipeline.c - the requests of a connection one after another: which bytes belong to which, what it waits for and
 * for how long, when the socket is not read, and how a connection ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include "server/http/response.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct room room;
static struct peer peer;
static struct exchange *exchange;
static struct connection *connection;

/* What the stream of /stream was told. */
static struct {
    char received[200];
    unsigned writable;
    unsigned stopped;
    unsigned closed;
} stream;

/* ---- the routes of this file ------------------------------------------------------------------------------------ */

static void answer(struct exchange *of, const void *content)
{
    response_begin(of, 200);
    char *place = response_reserve(of, "text/plain", strlen(content));
    memcpy(place, content, strlen(content));
    response_send(of);
}

static void handle_now(void *context, struct exchange *of, const struct request *request, const char *argument)
{
    (void)context;
    (void)request;
    answer(of, argument);
}

static void handle_later(void *context, struct exchange *of, const struct request *request, const char *argument)
{
    (void)context;
    (void)request;
    (void)argument;
    exchange_await(of, answer);
}

static void receive(void *of, const char *bytes, size_t len)
{
    (void)of;
    strncat(stream.received, bytes, len);
}

static void writable(void *of)
{
    (void)of;
    stream.writable++;
}

static void stop(void *of)
{
    (void)of;
    stream.stopped++;
}

static void closed(void *of)
{
    (void)of;
    stream.closed++;
}

static const struct takeover takeover = {receive, writable, stop, closed};

static void handle_stream(void *context, struct exchange *of, const struct request *request, const char *argument)
{
    (void)context;
    (void)request;
    exchange_await_stream(of, &takeover, &stream);
    if (strcmp(argument, "now") == 0) {
        exchange_begin_stream(of);
    }
}

static const struct route rows[] = {
    {.path = "/now/{text}", .methods = ROUTE_READING, .name = "now", .role = 1, .handle = handle_now},
    {.path = "/later", .methods = ROUTE_READING, .name = "later", .role = 1, .handle = handle_later},
    {.path = "/post", .methods = ROUTE_METHOD(REQUEST_POST), .name = "post", .role = 1, .handle = handle_later},
    {.path = "/stream/{when}", .methods = ROUTE_READING, .name = "stream", .role = 1, .handle = handle_stream},
    {.path = NULL},
};

static int begin(void **state)
{
    (void)state;
    room_begin(&room);
    router_init(&room.router, 1, &room.metrics.http);
    router_add(&room.router, rows, NULL);
    exchange = room_connect(&room, &peer);
    connection = &exchange->connection;
    memset(&stream, 0, sizeof(stream));
    return 0;
}

static int end(void **state)
{
    (void)state;
    room_end(&room);
    peer_free(&peer);
    return 0;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static void say(const char *text)
{
    peer_send(&peer, text, strlen(text));
}

static unsigned count_of(const char *text)
{
    unsigned count = 0;
    for (const char *found = peer.received; (found = strstr(found, text)) != NULL; found++) {
        count++;
    }
    return count;
}

static void assert_waits_for(const struct timeout *timeout)
{
    assert_true(list_holds(&connection->deadline.node));
    assert_ptr_equal(connection->deadline.timeout, timeout);
}

/* The time of the connection's deadline has come. */
static void expire(struct timeout *timeout)
{
    assert_waits_for(timeout);
    deadline_clear(&connection->deadline);
    timeout->expired(&connection->deadline);
}

static void a_connection_is_counted_while_it_is_open(void **state)
{
    (void)state;
    assert_true(peer.is_undelayed);
    assert_int_equal(room.metrics.http.connections.connections, 1);
    assert_int_equal(room.metrics.http.connections.connections_total, 1);
    say(GET("/now/one"));
    assert_int_equal(room.metrics.http.connections.bytes_sent_total, peer.len);
    peer_hang_up(&peer);
    assert_int_equal(room.metrics.http.connections.connections, 0);
    assert_int_equal(room.metrics.http.connections.connections_total, 1);
}

/* ---- one after another ------------------------------------------------------------------------------------------ */

static void requests_in_one_piece_are_answered_in_their_order(void **state)
{
    (void)state;
    say(GET("/now/one") GET("/now/two") GET("/now/three"));
    assert_int_equal(count_of("HTTP/1.1 200"), 3);
    assert_true(strstr(peer.received, "one") < strstr(peer.received, "two"));
    assert_true(strstr(peer.received, "two") < strstr(peer.received, "three"));
    assert_false(peer.is_dropped);
    assert_waits_for(&room.http.idle_timeout);
}

static void a_request_may_come_byte_by_byte(void **state)
{
    (void)state;
    static const char text[] = GET("/now/slow");
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        assert_int_equal(peer.len, 0);
        peer_send(&peer, text + i, 1);
    }
    assert_int_equal(peer_status(&peer), 200);
    assert_string_equal(peer_content(&peer), "slow");
    assert_int_equal(exchange->in.len, 0);
    assert_null(exchange->in.bytes);
}

static void the_next_request_waits_for_the_answer_of_the_one_before(void **state)
{
    (void)state;
    say(GET("/later"));
    assert_int_equal(exchange->phase, EXCHANGE_ANSWERING);
    assert_false(peer.is_paused);
    say(GET("/now/two"));
    assert_int_equal(peer.len, 0);
    assert_true(peer.is_paused);
    answer(exchange, "one");
    assert_string_equal(peer_content(&peer), "one");
    room_turn(&room);
    assert_int_equal(count_of("HTTP/1.1 200"), 2);
    assert_non_null(strstr(peer.received, "two"));
    assert_false(peer.is_paused);
    assert_waits_for(&room.http.idle_timeout);
}

static void what_does_not_parse_is_answered_and_ends_the_connection(void **state)
{
    (void)state;
    say("nonsense\r\n\r\n" GET("/now/after"));
    assert_int_equal(peer_status(&peer), 400);
    assert_int_equal(count_of("HTTP/1.1"), 1);
    assert_non_null(strstr(peer.received, "Connection: close"));
    assert_true(connection->is_lingering);
    assert_waits_for(&room.http.connections.linger);
}

static void a_client_that_wants_its_connection_closed_gets_its_answer_first(void **state)
{
    (void)state;
    say("GET /now/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" GET("/now/after"));
    assert_int_equal(count_of("HTTP/1.1"), 1);
    assert_string_equal(peer_content(&peer), "last");
    assert_true(connection->is_lingering);
    say(GET("/now/after"));
    assert_int_equal(count_of("HTTP/1.1"), 1);
    assert_non_null(peer.lws);
    peer_end(&peer);
    assert_null(peer.lws);
}

static void a_peer_that_closes_late_is_waited_for_no_longer_than_the_limit(void **state)
{
    (void)state;
    say("GET /now/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_false(peer.is_dropped);
    expire(&room.http.connections.linger);
    assert_true(peer.is_dropped);
}

/* ---- 100 Continue ----------------------------------------------------------------------------------------------- */

#define POST_HEAD "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"

static void a_client_that_waits_with_its_content_is_told_to_go_on_once(void **state)
{
    (void)state;
    say(POST_HEAD);
    assert_string_equal(peer.received, "HTTP/1.1 100 Continue\r\n\r\n");
    say("ab");
    assert_int_equal(count_of("100 Continue"), 1);
    say("cd");
    assert_int_equal(exchange->phase, EXCHANGE_ANSWERING);
    answer(exchange, "posted");
    room_turn(&room);
    peer_forget(&peer);
    say(POST_HEAD);
    assert_int_equal(count_of("100 Continue"), 1);
}

static void a_client_that_did_not_wait_with_its_content_is_told_nothing(void **state)
{
    (void)state;
    say(POST_HEAD "ab");
    assert_int_equal(peer.len, 0);
    say("cd");
    assert_int_equal(peer.len, 0);
    assert_int_equal(exchange->phase, EXCHANGE_ANSWERING);
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

static void a_request_has_so_long_from_its_first_byte_on(void **state)
{
    (void)state;
    say(GET("/now/one"));
    say("GET ");
    assert_waits_for(&room.http.request_timeout);
    connection->deadline.due_ms = 17; /* a byte more does not set it anew */
    say("/now");
    assert_waits_for(&room.http.request_timeout);
    assert_int_equal(connection->deadline.due_ms, 17);
    say("/two HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_waits_for(&room.http.idle_timeout);
}

static void a_request_that_does_not_end_in_time_is_408(void **state)
{
    (void)state;
    say("GET /now");
    expire(&room.http.request_timeout);
    assert_int_equal(peer_status(&peer), 408);
    assert_true(connection->is_lingering);
    assert_int_equal(room.metrics.http.requests_timed_out_total, 1);
    assert_int_equal(room.metrics.http.routes[0].by_class[4], 1);
}

static void a_client_that_says_nothing_is_dropped(void **state)
{
    (void)state;
    expire(&room.http.request_timeout);
    assert_true(peer.is_dropped);
    say(GET("/now/late"));
    assert_int_equal(peer.len, 0);
    assert_int_equal(room.metrics.http.requests_timed_out_total, 1);
}

static void a_client_without_a_next_request_is_dropped(void **state)
{
    (void)state;
    say(GET("/now/one"));
    peer_forget(&peer);
    expire(&room.http.idle_timeout);
    assert_true(peer.is_dropped);
    assert_int_equal(peer.len, 0);
    assert_int_equal(room.metrics.http.requests_timed_out_total, 0);
}

static void an_answer_has_no_limit_of_the_client(void **state)
{
    (void)state;
    say(GET("/later"));
    assert_false(list_holds(&connection->deadline.node));
}

/* The duration of the last answer in the access log. */
static int64_t duration_ms = -1;

static void keep_duration(const void *log, const char *target, int status, int64_t ms)
{
    (void)log;
    assert_string_equal(target, "GET /later");
    assert_int_equal(status, 200);
    duration_ms = ms;
}

static void the_access_log_says_how_long_an_answer_took(void **state)
{
    (void)state;
    room.http.settings.reports.answered = keep_duration;
    say(GET("/later"));
    exchange->begun_ms -= 5000;
    answer(exchange, "late");
    assert_in_range(duration_ms, 5000, 9000);
}

/* ---- a client that reads slowly --------------------------------------------------------------------------------- */

static void no_further_request_is_looked_at_while_an_answer_waits_for_the_socket(void **state)
{
    (void)state;
    peer.takes = 10;
    say(GET("/now/one") GET("/now/two"));
    assert_int_equal(peer.len, 10);
    assert_true(connection->out.len > 0);
    assert_true(peer.is_paused);
    assert_waits_for(&room.http.connections.send);
    room_turn(&room);
    assert_true(peer.is_awaited);
    peer_take(&peer, SIZE_MAX);
    room_turn(&room);
    assert_int_equal(count_of("HTTP/1.1 200"), 2);
    assert_int_equal(connection->out.len, 0);
    assert_false(peer.is_paused);
    assert_waits_for(&room.http.idle_timeout);
}

static void the_last_byte_of_an_answer_has_the_limit_of_all_others(void **state)
{
    (void)state;
    say(GET("/now/one"));
    peer.takes = peer.len - 1;
    say(GET("/now/two"));
    assert_int_equal(connection->out.len, 1);
    assert_waits_for(&room.http.connections.send);
}

static void a_client_that_takes_something_gets_more_time(void **state)
{
    (void)state;
    peer.takes = 10;
    say(GET("/now/one"));
    room_turn(&room);
    connection->deadline.due_ms = 17;
    peer_take(&peer, 0);
    assert_int_equal(connection->deadline.due_ms, 17);
    room_turn(&room);
    peer_take(&peer, 1);
    assert_int_not_equal(connection->deadline.due_ms, 17);
    assert_waits_for(&room.http.connections.send);
    expire(&room.http.connections.send);
    assert_true(peer.is_dropped);
}

static void a_last_answer_that_waits_for_the_socket_is_sent_before_the_end(void **state)
{
    (void)state;
    peer.takes = 10;
    say("GET /now/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_false(connection->is_lingering);
    room_turn(&room);
    peer_take(&peer, SIZE_MAX);
    assert_string_equal(peer_content(&peer), "last");
    assert_true(connection->is_lingering);
    assert_false(peer.is_paused);
}

/* ---- a client that ends ----------------------------------------------------------------------------------------- */

static void a_client_that_sends_nothing_more_gets_the_answer_it_waits_for(void **state)
{
    (void)state;
    say(GET("/later"));
    peer_end(&peer);
    assert_non_null(peer.lws);
    assert_true(peer.is_paused);
    answer(exchange, "still here");
    assert_string_equal(peer_content(&peer), "still here");
    room_turn(&room);
    assert_false(peer.is_paused);
    peer_end(&peer);
    assert_null(peer.lws);
}

static void a_client_that_ends_between_requests_is_closed(void **state)
{
    (void)state;
    say(GET("/now/one"));
    peer_end(&peer);
    assert_null(peer.lws);
}

static void the_answer_of_a_client_that_is_gone_is_dropped(void **state)
{
    (void)state;
    say(GET("/later"));
    peer_hang_up(&peer);
    assert_null(exchange_of_tag(exchange));
    assert_int_equal(peer.len, 0);
}

/* ---- streams ---------------------------------------------------------------------------------------------------- */

static void what_follows_the_request_is_the_streams(void **state)
{
    (void)state;
    say(GET("/stream/now") "one ");
    assert_string_equal(stream.received, "one ");
    say("two");
    assert_string_equal(stream.received, "one two");
    assert_int_equal(exchange->in.len, 0);
    peer_hang_up(&peer);
    assert_int_equal(stream.closed, 1);
}

static void what_comes_before_a_stream_begins_waits_for_it(void **state)
{
    (void)state;
    say(GET("/stream/later") "one ");
    assert_string_equal(stream.received, "");
    exchange_begin_stream(exchange);
    room_turn(&room);
    assert_string_equal(stream.received, "one ");
    assert_int_equal(exchange->in.len, 0);
    say("two");
    assert_string_equal(stream.received, "one two");
}

static void a_request_in_parts_may_be_followed_by_a_stream(void **state)
{
    (void)state;
    say("GET /stream/now HTTP/1.1\r\n");
    say("Host: x\r\n\r\none ");
    assert_string_equal(stream.received, "one ");
    assert_int_equal(exchange->in.len, 0);
}

static void a_stream_may_send_when_the_socket_takes_more(void **state)
{
    (void)state;
    say(GET("/stream/now"));
    peer.takes = 0;
    connection_send(connection, "hello", 5);
    room_turn(&room);
    peer_take(&peer, SIZE_MAX);
    assert_string_equal(peer.received, "hello");
    assert_int_equal(stream.writable, 1);
}

static void a_stream_that_has_not_begun_is_told_that_the_client_is_gone(void **state)
{
    (void)state;
    say(GET("/stream/later"));
    peer_hang_up(&peer);
    assert_int_equal(stream.closed, 1);
}

/* ---- the server stops ------------------------------------------------------------------------------------------- */

static void connections_without_a_request_are_dropped_at_the_end(void **state)
{
    (void)state;
    say(GET("/now/one"));
    http_stop(&room.http);
    assert_true(peer.is_dropped);
}

static void a_request_that_has_begun_is_answered_at_the_end(void **state)
{
    (void)state;
    say("GET /now/last HTTP/1.1\r\n");
    http_stop(&room.http);
    assert_false(peer.is_dropped);
    say("Host: x\r\n\r\n");
    assert_int_equal(peer_status(&peer), 200);
    assert_non_null(strstr(peer.received, "Connection: close"));
    assert_true(connection->is_lingering);
}

static void a_request_that_is_being_answered_ends_its_connection_at_the_end(void **state)
{
    (void)state;
    say(GET("/later"));
    http_stop(&room.http);
    assert_false(peer.is_dropped);
    answer(exchange, "late");
    assert_string_equal(peer_content(&peer), "late");
    assert_non_null(strstr(peer.received, "Connection: close"));
    room_turn(&room);
    assert_true(connection->is_lingering);
}

static void an_answer_that_waits_for_the_socket_is_sent_at_the_end(void **state)
{
    (void)state;
    peer.takes = 10;
    say(GET("/now/one"));
    room_turn(&room);
    http_stop(&room.http);
    assert_false(peer.is_dropped);
    peer_take(&peer, SIZE_MAX);
    assert_string_equal(peer_content(&peer), "one");
    assert_true(connection->is_lingering);
}

static void streams_end_as_they_do(void **state)
{
    (void)state;
    say(GET("/stream/now"));
    http_stop(&room.http);
    assert_int_equal(stream.stopped, 1);
    assert_false(peer.is_dropped);
}

static void a_stream_that_has_not_begun_is_dropped_at_the_end(void **state)
{
    (void)state;
    say(GET("/stream/later"));
    http_stop(&room.http);
    assert_int_equal(stream.stopped, 0);
    assert_true(peer.is_dropped);
}

static void a_connection_that_ends_already_is_left_alone_at_the_end(void **state)
{
    (void)state;
    say("GET /now/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    http_stop(&room.http);
    assert_true(connection->is_lingering);
    assert_false(peer.is_dropped);
}

/* ---- accepting -------------------------------------------------------------------------------------------------- */

static struct {
    int descriptor; /* of the connection that was placed last */
    bool is_full;
    char reason[100]; /* why connections cannot be accepted */
} place;

static bool is_full(void *owner)
{
    (void)owner;
    return place.is_full;
}

static void keep_descriptor(void *owner, int descriptor)
{
    (void)owner;
    place.descriptor = descriptor;
}

static void keep_reason(const void *log, const char *reason)
{
    (void)log;
    snprintf(place.reason, sizeof(place.reason), "%s", reason);
}

static const struct http_placing placing = {NULL, is_full, keep_descriptor};
static struct sockaddr_in address;

static void listen_here(void)
{
    socklen_t len = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    memset(&place, 0, sizeof(place));
    place.descriptor = -1;
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    assert_true(http_listen(&room.http, listener, &placing));
}

static int connect_here(void)
{
    int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
    return client;
}

static void accept_all(void)
{
    room.http.acceptor.watch.readable(&room.http.acceptor.watch);
}

static void an_accepted_connection_is_placed(void **state)
{
    (void)state;
    listen_here();
    int client = connect_here();
    accept_all();
    assert_true(place.descriptor >= 0);
    assert_int_equal(room.metrics.http.connections_refused_total, 0);
    close(place.descriptor);
    close(client);
    http_stop(&room.http);
}

static void a_connection_too_many_is_told_to_come_again(void **state)
{
    (void)state;
    char text[500] = "";
    listen_here();
    place.is_full = true;
    int client = connect_here();
    accept_all();
    assert_int_equal(place.descriptor, -1);
    ssize_t len = read(client, text, sizeof(text) - 1);
    assert_true(len > 0);
    assert_memory_equal(text, "HTTP/1.1 503 ", 13);
    assert_non_null(strstr(text, "\r\nRetry-After: 1\r\n"));
    const char *content = strstr(text, "\r\n\r\n");
    assert_non_null(content);
    assert_int_equal(strlen(content + 4), atoi(strstr(text, "Content-Length: ") + 16));
    assert_int_equal(read(client, text, sizeof(text)), 0);
    assert_int_equal(room.metrics.http.connections_refused_total, 1);
    close(client);
    http_stop(&room.http);
}

static void without_descriptors_it_says_so_and_tries_again_with_the_next_tick(void **state)
{
    (void)state;
    struct rlimit before, none;
    room.http.settings.reports.cannot_accept = keep_reason;
    listen_here();
    int client = connect_here();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    accept_all();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_string_equal(place.reason, strerror(EMFILE));
    assert_int_equal(place.descriptor, -1);
    assert_true(room.http.acceptor.watch.is_paused);
    room_tick(&room);
    assert_false(room.http.acceptor.watch.is_paused);
    accept_all();
    assert_true(place.descriptor >= 0);
    close(place.descriptor);
    close(client);
    http_stop(&room.http);
}

static void a_listener_that_the_system_refuses_stays_the_callers(void **state)
{
    (void)state;
    assert_false(http_listen(&room.http, -1, &placing));
    assert_null(room.http.placing);
}

#define PIPELINE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PIPELINE_TEST(a_connection_is_counted_while_it_is_open),
        PIPELINE_TEST(requests_in_one_piece_are_answered_in_their_order),
        PIPELINE_TEST(a_request_may_come_byte_by_byte),
        PIPELINE_TEST(the_next_request_waits_for_the_answer_of_the_one_before),
        PIPELINE_TEST(what_does_not_parse_is_answered_and_ends_the_connection),
        PIPELINE_TEST(a_client_that_wants_its_connection_closed_gets_its_answer_first),
        PIPELINE_TEST(a_peer_that_closes_late_is_waited_for_no_longer_than_the_limit),
        PIPELINE_TEST(a_client_that_waits_with_its_content_is_told_to_go_on_once),
        PIPELINE_TEST(a_client_that_did_not_wait_with_its_content_is_told_nothing),
        PIPELINE_TEST(a_request_has_so_long_from_its_first_byte_on),
        PIPELINE_TEST(a_request_that_does_not_end_in_time_is_408),
        PIPELINE_TEST(a_client_that_says_nothing_is_dropped),
        PIPELINE_TEST(a_client_without_a_next_request_is_dropped),
        PIPELINE_TEST(an_answer_has_no_limit_of_the_client),
        PIPELINE_TEST(the_access_log_says_how_long_an_answer_took),
        PIPELINE_TEST(no_further_request_is_looked_at_while_an_answer_waits_for_the_socket),
        PIPELINE_TEST(the_last_byte_of_an_answer_has_the_limit_of_all_others),
        PIPELINE_TEST(a_client_that_takes_something_gets_more_time),
        PIPELINE_TEST(a_last_answer_that_waits_for_the_socket_is_sent_before_the_end),
        PIPELINE_TEST(a_client_that_sends_nothing_more_gets_the_answer_it_waits_for),
        PIPELINE_TEST(a_client_that_ends_between_requests_is_closed),
        PIPELINE_TEST(the_answer_of_a_client_that_is_gone_is_dropped),
        PIPELINE_TEST(what_follows_the_request_is_the_streams),
        PIPELINE_TEST(what_comes_before_a_stream_begins_waits_for_it),
        PIPELINE_TEST(a_request_in_parts_may_be_followed_by_a_stream),
        PIPELINE_TEST(a_stream_may_send_when_the_socket_takes_more),
        PIPELINE_TEST(a_stream_that_has_not_begun_is_told_that_the_client_is_gone),
        PIPELINE_TEST(connections_without_a_request_are_dropped_at_the_end),
        PIPELINE_TEST(a_request_that_has_begun_is_answered_at_the_end),
        PIPELINE_TEST(a_request_that_is_being_answered_ends_its_connection_at_the_end),
        PIPELINE_TEST(an_answer_that_waits_for_the_socket_is_sent_at_the_end),
        PIPELINE_TEST(streams_end_as_they_do),
        PIPELINE_TEST(a_stream_that_has_not_begun_is_dropped_at_the_end),
        PIPELINE_TEST(a_connection_that_ends_already_is_left_alone_at_the_end),
        PIPELINE_TEST(an_accepted_connection_is_placed),
        PIPELINE_TEST(a_connection_too_many_is_told_to_come_again),
        PIPELINE_TEST(without_descriptors_it_says_so_and_tries_again_with_the_next_tick),
        PIPELINE_TEST(a_listener_that_the_system_refuses_stays_the_callers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
